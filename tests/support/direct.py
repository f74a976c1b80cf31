# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many searches and reports on a guest by one process, as a task of Ansible for each would take a second or more."""

import json

from paths import MODULE_UTILS

HOME = "/root/direct"

_SCRIPT = r"""
import json, resource, subprocess, sys, time
sys.path.insert(0, "/root/direct")
from ansible_collections.linux.audit.plugins.module_utils._log import report
from ansible_collections.linux.audit.plugins.module_utils._log import search

TEXTS = [name for name, spec in search.ARGUMENTS.items() if spec["type"] == "list" and sys.argv[1] == "search"]
DEFAULTS = {
    "search": dict(dict.fromkeys(search.ARGUMENTS), exact=True, limit=1000, latest=False, raw=False, checkpoint=None,
                   input_file=None),
    "report": dict(report="overview", summary=False, start=None, end=None, success=None, node=None, config=True,
                   limit=1000, input_file=None),
}
RUN = {"search": search.run_search, "report": report.run_report}

class Ended(Exception):
    pass

class Module:
    # What the functions use of AnsibleModule.
    def __init__(self, params, check_mode):
        self.params, self.check_mode, self.warnings = params, check_mode, []
    def warn(self, text):
        self.warnings.append(text)
    def exit_json(self, **result):
        raise Ended(dict(result, warnings=self.warnings))
    def fail_json(self, **result):
        raise Ended(dict(result, failed=True))

def listed(name, value):
    values = value if isinstance(value, list) else [value]
    return values if name in ("pid", "ppid") else [str(item) for item in values]

for given in json.load(sys.stdin):
    if isinstance(given, str):
        subprocess.run(given, shell=True, check=True, stdin=subprocess.DEVNULL)
        continue
    check_mode = given.pop("check_mode", False)
    params = dict(DEFAULTS[sys.argv[1]])
    params.update((name, listed(name, value) if name in TEXTS else value) for name, value in given.items())
    began = time.monotonic()
    try:
        RUN[sys.argv[1]](Module(params, check_mode))
    except Ended as ended:
        result = ended.args[0]
    own, children = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    result.update(seconds=time.monotonic() - began, kibibytes=max(own, children))
    print(json.dumps(result))
"""


class Direct:
    """The library on a guest; a request is a dictionary with the parameters of the module, a text a shell command."""

    def __init__(self, guest) -> None:
        """Put the library in place."""
        self.guest = guest
        package = f"{HOME}/ansible_collections/linux/audit/plugins"
        guest.run(f"rm -rf {HOME}; mkdir -p {package}; cat > {HOME}/run.py", input=_SCRIPT)
        guest.put(MODULE_UTILS, package)

    def search(self, *requests: dict | str, **options) -> list[dict]:
        """What audit_search returns, with `seconds` and `kibibytes` and its `warnings`; commands return nothing."""
        return self._run("search", requests, **options)

    def report(self, *requests: dict | str, **options) -> list[dict]:
        """What audit_report returns, likewise."""
        return self._run("report", requests, **options)

    def _run(self, what, requests, environment="", timeout=120):
        command = f"{environment} python3 -B {HOME}/run.py {what}"
        lines = self.guest.run(command, input=json.dumps(requests), timeout=timeout).stdout.splitlines()
        assert len(lines) == sum(isinstance(request, dict) for request in requests), lines
        return [json.loads(line) for line in lines]
