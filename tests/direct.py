# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many searches and reports on a guest by one process, as a task of Ansible for each would take a second or more."""

import json
import pathlib

MODULE_UTILS = pathlib.Path(__file__).resolve().parent.parent / "plugins" / "module_utils"
HOME = "/root/direct"

_SCRIPT = r"""
import json, resource, sys, time
sys.path.insert(0, "/root/direct")
from ansible_collections.linux.audit.plugins.module_utils import log_files, log_time, report, search
from ansible_collections.linux.audit.plugins.module_utils.host import Host
from ansible_collections.linux.audit.plugins.module_utils.result import visible

def run_search(given):
    asked = dict.fromkeys(search.ARGUMENTS)
    asked.update(exact=True, limit=0, latest=False, raw=False, input_file=None)
    asked.update({k: [v] if search.ARGUMENTS.get(k, {}).get("type") == "list" and not isinstance(v, list) else v for k, v in given.items()})
    asked.update({k: list(map(str, v)) for k, v in asked.items() if search.ARGUMENTS.get(k, {}).get("elements") == "str" and v is not None})
    wanted = search.query(asked, Host(), time.time())
    with log_files.Log(asked["input_file"]) as log:
        found = search.search(log, wanted, asked["limit"], asked["latest"], asked["raw"])
    return found._asdict()

def run_report(given):
    asked = dict(report="overview", summary=False, start=None, end=None, success=None, node=None, config=True, limit=0, input_file=None)
    asked.update(given)
    with log_files.Log(asked["input_file"]) as log:
        return report.gather(asked, log, time.time())

for given in json.load(sys.stdin):
    began = time.monotonic()
    try:
        result = {"search": run_search, "report": run_report}[sys.argv[1]](given)
    except Exception as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    own, children = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    result.update(seconds=time.monotonic() - began, kibibytes=max(own, children))
    print(json.dumps(visible(result)))
"""


class Direct:
    """The library on a guest; each request is a dictionary with the parameters of the module."""

    def __init__(self, guest) -> None:
        """Put the library in place."""
        self.guest = guest
        package = f"{HOME}/ansible_collections/linux/audit/plugins"
        guest.run(f"rm -rf {HOME}; mkdir -p {package}; cat > {HOME}/run.py", input=_SCRIPT)
        guest.put(MODULE_UTILS, package)

    def search(self, *requests: dict, **options) -> list[dict]:
        """What audit_search would find, with `seconds` and `kibibytes`; an `error` where it would fail."""
        return self._run("search", requests, **options)

    def report(self, *requests: dict, **options) -> list[dict]:
        """What audit_report would return, likewise."""
        return self._run("report", requests, **options)

    def _run(self, what, requests, environment="", timeout=120):
        command = f"{environment} python3 -B {HOME}/run.py {what}"
        lines = self.guest.run(command, input=json.dumps(requests), timeout=timeout).stdout.splitlines()
        assert len(lines) == len(requests), lines
        return [json.loads(line) for line in lines]
