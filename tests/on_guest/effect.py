# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: puts files of the daemon into effect, one case after another, and prints the outcome of each.

A case is {"files": {path: text or null}, "need": ..., "plugins": [...], "start": ..., "before": a shell command}.
"""

import json
import os
import subprocess
import sys
import time

from ansible_collections.linux.audit.plugins.module_utils._daemon.apply import put_into_effect
from ansible_collections.linux.audit.plugins.module_utils._daemon.auditd import find_daemon
from ansible_collections.linux.audit.plugins.module_utils._daemon.errors import DaemonError
from ansible_collections.linux.audit.plugins.module_utils._host.files import Edit, read_text
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host


def outcome(daemon, case):
    subprocess.run(["sh", "-c", case.get("before", ":")], check=True, stdout=subprocess.DEVNULL)
    edits = [Edit(path, read_text(path), text) for path, text in case.get("files", {}).items()]
    before, began = daemon.pid, time.monotonic()
    result = {"manager": daemon.manager, "before": before}
    try:
        done = put_into_effect(daemon, edits, case["need"], case.get("plugins", ()), start=case.get("start", False))
        result["done"] = done._asdict()
    except DaemonError as error:
        result["error"] = str(error)
    result["seconds"] = round(time.monotonic() - began, 1)
    result["files"] = [
        "new" if text == edit.after else "old" if text == edit.before else "other"
        for edit, text in ((edit, read_text(edit.path)) for edit in edits)
    ]
    after = daemon.pid
    result.update(after=after, alive=bool(after) and os.path.exists(f"/proc/{after}"))
    return result


if __name__ == "__main__":
    print(json.dumps([outcome(find_daemon(Host()), case) for case in json.load(sys.stdin)]))
