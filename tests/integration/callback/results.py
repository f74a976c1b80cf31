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


class CallbackModule(CallbackBase):
    """Prints {host, task, result}."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "results"

    def _line(self, outcome, **more):
        line = {"host": outcome.host.get_name(), "task": outcome.task.get_name(), "result": {**outcome.result, **more}}
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
