# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab must know of molecule, whose `create` starts it and whose `destroy` may never come."""

import contextlib
import os
import pathlib
import select
import signal
import threading


@contextlib.contextmanager
def tied():
    """End this process, by SIGTERM, with the `molecule test` that it descends from; any other command leaves guests.

    At the end molecule is made to forget that there are guests: it would not create them again.
    """
    if test := running_test():
        threading.Thread(target=_end_with, args=[test], daemon=True).start()
    try:
        yield
    finally:
        if state := os.environ.get("MOLECULE_STATE_FILE"):
            pathlib.Path(state).unlink(missing_ok=True)


def running_test(pid: int | None = None) -> int | None:
    """The process id of the `molecule test`, unless told never to destroy, that a process descends from."""
    pid = pid or os.getpid()
    while pid > 1:
        with contextlib.suppress(OSError):
            if _is_test(pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")):
                return pid
        pid = _parent(pid)
    return None


def _is_test(words):
    names = [pathlib.PurePath(word).name for word in words]
    if "molecule" not in names:
        return False
    options = words[names.index("molecule") + 1 :]
    return "test" in options and "never" not in " ".join(options).replace("--destroy=", "").split()


def _parent(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int(status.partition("\nPPid:")[2].split()[0])


def _end_with(pid):
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        select.select([descriptor], [], [])
        os.close(descriptor)
    os.kill(os.getpid(), signal.SIGTERM)
