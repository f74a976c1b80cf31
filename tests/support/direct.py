# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many searches and reports on a guest in one process, because a task of Ansible for each takes a second or more."""

import json

from paths import MODULE_UTILS, PLUGINS

HOME = "/root/direct"

# main() of the module is called for each request. Guests have no ansible-core, so this stands in for its AnsibleModule:
# of the argument specification it knows default values, and lists that are given as a single value.
_SCRIPT = r"""
import importlib, json, resource, subprocess, sys, time, types
sys.path.insert(0, "/root/direct")

class Ended(SystemExit):
    pass

class AnsibleModule:
    given = {}
    def __init__(self, argument_spec, supports_check_mode):
        self.check_mode, self._diff = self.given.pop("check_mode", False), False
        self.params = {name: entry.get("default") for name, entry in argument_spec.items()}
        self.params.update((name, listed(argument_spec[name], value)) for name, value in self.given.items())
        self.warnings = []
    def warn(self, text):
        self.warnings.append(text)
    def exit_json(self, **result):
        raise Ended(dict(result, warnings=self.warnings))
    def fail_json(self, **result):
        raise Ended(dict(result, failed=True))

def listed(entry, value):
    if entry["type"] != "list":
        return value
    values = value if isinstance(value, list) else [value]
    return [str(item) for item in values] if entry["elements"] == "str" else values

for name in ("ansible", "ansible.module_utils", "ansible.module_utils.basic"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["ansible.module_utils.basic"].AnsibleModule = AnsibleModule
module = importlib.import_module("ansible_collections.linux.audit.plugins.modules." + sys.argv[1])

for given in json.load(sys.stdin):
    if isinstance(given, str):
        subprocess.run(given, shell=True, check=True, stdin=subprocess.DEVNULL)
        continue
    AnsibleModule.given = given
    began = time.monotonic()
    try:
        module.main()
    except Ended as ended:
        result = ended.args[0]
    own, children = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    result.update(seconds=time.monotonic() - began, kibibytes=max(own, children))
    print(json.dumps(result))
"""


class Direct:
    """The modules on a guest. A request is a dictionary with the parameters of a module, or a text, a shell command."""

    def __init__(self, guest) -> None:
        """Copy the modules, and what they import, to the guest."""
        self.guest = guest
        package = f"{HOME}/ansible_collections/linux/audit/plugins"
        guest.run(f"rm -rf {HOME}; mkdir -p {package}; cat > {HOME}/run.py", input=_SCRIPT)
        guest.put(MODULE_UTILS, f"{package}/module_utils")
        guest.put(PLUGINS / "modules", f"{package}/modules")

    def search(self, *requests: dict | str, **options) -> list[dict]:
        """What audit_search returns for each request, with `seconds` and `kibibytes`; commands return nothing."""
        return self._run("audit_search", requests, **options)

    def report(self, *requests: dict | str, **options) -> list[dict]:
        """What audit_report returns for each request, with the same additions."""
        return self._run("audit_report", requests, **options)

    def _run(self, module, requests, environment="", timeout=120):
        command = f"{environment} python3 -B {HOME}/run.py {module}"
        lines = self.guest.run(command, input=json.dumps(requests), timeout=timeout).stdout.splitlines()
        assert len(lines) == sum(isinstance(request, dict) for request in requests), lines
        return [json.loads(line) for line in lines]
