# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Ansible stdout callback that prints every result as one line of JSON, with its diff and with nothing left out."""

DOCUMENTATION = """
name: results
type: stdout
short_description: One line of JSON for each result
description: One line of JSON for each result.
"""

import json  # noqa: E402

from ansible.plugins.callback import CallbackBase  # noqa: E402

_PARTS = ("host", "task", "result")


class CallbackModule(CallbackBase):
    """Prints {host, task, result}."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "results"

    def _line(self, outcome, **more):
        # Before ansible-core 2.19 these names begin with a line.
        host, task, result = (getattr(outcome, name, None) or getattr(outcome, f"_{name}") for name in _PARTS)
        line = {"host": host.get_name(), "task": task.get_name(), "result": {**result, **more}}
        self._display.display(json.dumps(line, default=str))

    def v2_runner_on_ok(self, result):
        """Print."""
        self._line(result)

    def v2_runner_on_skipped(self, result):
        """Print."""
        self._line(result, skipped=True)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        """Print."""
        self._line(result, failed=True)

    def v2_runner_on_unreachable(self, result):
        """Print."""
        self._line(result, unreachable=True)
