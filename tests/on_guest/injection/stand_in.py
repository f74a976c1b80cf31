# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules on a guest without ansible-core: with a stand-in for AnsibleModule, each system call is a module's own.

Of an argument specification it knows default values, and lists that are given as a single value.
"""

import importlib
import pathlib
import sys
import types

__all__ = ("call_module", "load_library", "load_module")


_PLUGINS = "ansible_collections.linux.audit.plugins"


class Ended(SystemExit):
    """The module has ended with this result."""


class AnsibleModule:
    """What the modules use of the real one."""

    given: dict = {}

    def __init__(self, argument_spec, **_rules):
        given = dict(self.given)
        self.check_mode, self._diff = given.pop("check_mode", False), False
        self.params = {name: entry.get("default") for name, entry in argument_spec.items()}
        self.params.update((name, _listed(argument_spec[name], value)) for name, value in given.items())
        self.warnings = []

    def warn(self, text):
        """Keep a warning for the result."""
        self.warnings.append(text)

    def exit_json(self, **result):
        """End well."""
        raise Ended(dict(result, warnings=self.warnings))

    def fail_json(self, **result):
        """End in failure."""
        raise Ended(dict(result, failed=True))


def _listed(entry, value):
    if entry["type"] != "list":
        return value
    values = value if isinstance(value, list) else [value]
    return [str(item) for item in values] if entry["elements"] == "str" else values


for _name in ("ansible", "ansible.module_utils", "ansible.module_utils.basic"):
    sys.modules[_name] = types.ModuleType(_name)
sys.modules["ansible.module_utils.basic"].AnsibleModule = AnsibleModule


def load_module(name):
    """A module of the collection, imported."""
    return importlib.import_module(f"{_PLUGINS}.modules.{name}")


def load_library():
    """Import everything that modules may import later, so that no step is that of an import."""
    directory = next(iter(importlib.import_module(f"{_PLUGINS}.module_utils").__path__))
    for path in pathlib.Path(directory).rglob("*.py"):
        words = path.relative_to(directory).with_suffix("").parts
        importlib.import_module(".".join((_PLUGINS, "module_utils", *words)))


def call_module(name, parameters):
    """The result of a module."""
    AnsibleModule.given = parameters
    try:
        load_module(name).main()
    except Ended as ended:
        return ended.args[0]
    except SystemExit as ended:
        # What comes after the result has failed, and says why.
        return {"failed": True, "msg": ended.code}
    raise AssertionError("the module ended without a result")
