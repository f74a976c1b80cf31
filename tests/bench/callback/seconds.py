# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes for each task of a run how long its hosts took, as JSON in the file that BENCH_SECONDS names."""

DOCUMENTATION = """
name: seconds
type: aggregate
short_description: How long each task took
description: How long each task took.
"""

import json  # noqa: E402
import os  # noqa: E402
import time  # noqa: E402

from ansible.plugins.callback import CallbackBase  # noqa: E402


class CallbackModule(CallbackBase):
    """Notes when the first host of a task begins, and when the last one ends."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "seconds"

    def __init__(self):
        super().__init__()
        self._began = {}
        self._tasks = {}

    def v2_runner_on_start(self, host, task):
        self._began.setdefault(task._uuid, time.monotonic())

    def v2_runner_on_ok(self, result):
        name, uuid = result.task.get_name(), result.task._uuid
        seconds = time.monotonic() - self._began[uuid]
        self._tasks[uuid] = (name, seconds, bool(result.result.get("changed")))

    def v2_playbook_on_stats(self, stats):
        with open(os.environ["BENCH_SECONDS"], "w", encoding="utf-8") as file:
            json.dump(list(self._tasks.values()), file)
