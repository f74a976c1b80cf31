# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of audit_compliance that runs on the controller: it reads standards and files, and knows the date."""

from __future__ import annotations

import datetime

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.linux.audit.plugins.plugin_utils import evidence, standards
from ansible_collections.linux.audit.plugins.plugin_utils.arguments import items, texts
from ansible_collections.linux.audit.plugins.plugin_utils.packed import pack
from ansible_collections.linux.audit.plugins.plugin_utils.printable import printable

# What remains of a result besides the evidence.
_KEPT = ("changed", "warnings", "deprecations", "failed", "unreachable", "msg", "exception")


def _evidence(answer, host, views):
    """The result with the evidence alone; a host that has failed has none, whatever it has sent under that name."""
    kept = {key: answer[key] for key in _KEPT if key in answer}
    if answer.get("failed") or answer.get("unreachable"):
        return kept
    try:
        return {**kept, "evidence": pack(evidence.host_entry(host, answer, views))}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleActionFail(
            f"The answer of {host} is not one of audit_compliance: {printable(repr(error))}"
        ) from error


class ActionModule(ActionBase):
    """Turns `standard`, `src` and `requirements` into `standards`, and runs the module."""

    def run(self, tmp=None, task_vars=None):
        self._supports_check_mode = True
        self._supports_async = True
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        found = items("standards", arguments.pop("standards", None))
        asked = arguments.pop("standard", None)
        if asked:
            found += standards.standards(self._chosen(asked, task_vars or {}))
        for path in texts("src", arguments.pop("src", None)):
            found.append(standards.own_standard(self._content(path), path))
        views = self._views(arguments.pop("evidence", None))
        own = arguments.pop("requirements", None)
        if own:
            found.append({"name": "requirements", "requirements": own})
        several = [str(one.get("name")) for one in found if isinstance(one, dict)]
        if len(set(several)) < len(several):
            raise AnsibleActionFail(f"a standard is given twice, or two files have one name: {', '.join(several)}")
        # A host that chose the date could choose which exceptions have expired.
        arguments.setdefault("today", datetime.date.today().isoformat())
        arguments["standards"] = found
        answer = self._execute_module(
            module_name="linux.audit.audit_compliance",
            module_args=arguments,
            task_vars=task_vars or {},
            wrap_async=self._task.async_val,
        )
        # Evidence is made here; what a host sends under this name is not.
        answer.pop("evidence", None)
        # A task that runs on in the background has not answered yet.
        if views and not self._task.async_val:
            answer = _evidence(answer, str((task_vars or {}).get("inventory_hostname")), views)
        result.update(answer)
        return result

    @staticmethod
    def _views(asked):
        """The views that count in the evidence, if any is asked for."""
        try:
            return evidence.views_of(asked) if asked else []
        except ValueError as error:
            raise AnsibleActionFail(f"evidence: {error}") from error

    def _chosen(self, asked, task_vars):
        """The standards that are asked for, with the one for the distribution of the host if that is left open."""
        items = asked if isinstance(asked, list) else [asked]
        if not any((item.get("name") if isinstance(item, dict) else item) == standards.STIG for item in items):
            return asked
        facts = task_vars.get("ansible_facts") or {}
        if "distribution" not in facts:
            subset = {"gather_subset": ["!all", "!min", "distribution"]}
            found = self._execute_module(module_name="ansible.builtin.setup", module_args=subset, task_vars=task_vars)
            named = found.get("ansible_facts") or {}
            facts = {name.removeprefix("ansible_"): value for name, value in named.items()}
        return standards.chosen(items, facts)

    def _content(self, name):
        try:
            path = self._find_needle("files", name)
            with open(self._loader.get_real_file(path), encoding="utf-8") as file:
                return file.read()
        except (OSError, UnicodeError, AnsibleError) as error:
            raise AnsibleActionFail(f"Cannot read the requirements {name} on the controller: {error}") from error
