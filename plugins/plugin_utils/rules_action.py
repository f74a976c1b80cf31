# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules with sets of rules do on the controller: they read rule packs and the files in `src`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.linux.audit.plugins.plugin_utils import packs
from ansible_collections.linux.audit.plugins.plugin_utils.arguments import items, texts
from ansible_collections.linux.audit.plugins.plugin_utils.printable import printable

__all__ = ("RulesAction",)

# Python keeps a byte that is not UTF-8 as one of these (PEP 383), which ansible-core cannot send to a host.
_SURROGATE = re.compile("[\ud800-\udfff]")

# Ansible imports an action plugin once a run, and then forks a process for each host and task.
packs.load_all()


def _check_text(value, where):
    """Raise AnsibleActionFail for a text that is not UTF-8, before the host is changed; `where` names the argument."""
    if isinstance(value, str):
        found = _SURROGATE.search(value)
        if found:
            line = value.count("\n", 0, found.start()) + 1
            number = ord(found[0])
            byte = 0xDC80 <= number <= 0xDCFF
            what = f"the byte 0x{number - 0xDC00:02x}" if byte else f"the surrogate U+{number:04X}"
            raise AnsibleActionFail(
                f"{printable(where)}:{line}: {what} is not UTF-8. Nothing was sent to the host. "
                "Write the rules in UTF-8, or match the path by a directory above it whose name is UTF-8."
            )
    elif isinstance(value, Mapping):
        name = value.get("name") if isinstance(value.get("name"), str) else where
        for key, item in value.items():
            _check_text(key, f"{name} (a key)")
            _check_text(item, name if key in ("name", "content", "rules") and name else f"{key}")
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for item in value:
            _check_text(item, where)


class RulesAction(ActionBase):
    """Turns `src` and `packs` into `sources`, and runs the module."""

    #: The module that a subclass runs.
    MODULE = ""

    def run(self, tmp=None, task_vars=None):
        self._supports_check_mode = True
        self._supports_async = True
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        names = texts("src", arguments.pop("src", None))
        if names:
            arguments["sources"] = [{"name": name, "content": self._content(name)} for name in names]
        if arguments.get("packs"):
            found = packs.sources(arguments.pop("packs"))
            arguments["sources"] = self._own_sources(arguments) + found
        _check_text(arguments, "")
        result.update(
            self._execute_module(
                module_name=self.MODULE,
                module_args=arguments,
                task_vars=task_vars or {},
                wrap_async=self._task.async_val,
            )
        )
        return result

    @staticmethod
    def _own_sources(arguments):
        """The task's other rules as sources, a list of dictionaries; removes them from its arguments."""
        own = items("sources", arguments.pop("sources", None))
        for form in ("rules", "content"):
            if arguments.get(form) is not None:
                own.append({"name": form, form: arguments.pop(form)})
        return own

    def _content(self, name):
        try:
            path = self._find_needle("files", name)
            with open(self._loader.get_real_file(path), encoding="utf-8", errors="surrogateescape") as file:
                return file.read()
        except (OSError, AnsibleError) as error:
            raise AnsibleActionFail(f"Cannot read the rules file {name} on the controller: {error}") from error
