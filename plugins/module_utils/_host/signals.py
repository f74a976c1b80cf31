# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals that would end this process, held back while it must not end."""

import os
import signal
import threading
from contextlib import contextmanager
from typing import Iterator, List

__all__ = ("signals_held",)


@contextmanager
def signals_held() -> Iterator[None]:
    """Hold back SIGHUP, SIGINT and SIGTERM until the block ends. Only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: List[int] = []
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    handlers = {number: signal.signal(number, lambda number, frame: received.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler or signal.SIG_DFL)
        if received:
            os.kill(os.getpid(), received[0])
