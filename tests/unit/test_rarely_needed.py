# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task that changes nothing compiles no file and runs no program without need: all hosts pay for it in each task."""

import ast
import json
import subprocess
import sys

import pytest

from paths import MODULE_UTILS, ROOT

RARELY_NEEDED = {
    "_kernel/reasons": "the kernel refuses something",
    "_policy/carrying_out": "something is to be changed",
    "_policy/compiled": "audit.rules is to be changed",
    "_policy/setting_lines": "settings are added to what the files hold",
    "_policy/optimised": "rules are written in a cheaper form",
    "_policy/packs": "the task has packs",
    "_policy/precedence": "a rule must come before others",
    "_policy/single_rules": "a set is added to what a host holds, and always by the modules for single rules",
    "rules/_generated_syscalls": "a rule names syscalls",
    "rules/_generated_tables": "a rule names an error or a record type",
    "rules/_minimum_cut": "rules that the kernel holds must change places",
    "rules/insertion": "the order changes of rules that are held among those of no file",
    "rules/overruled": "a rule leaves events out of the log",
    "rules/plan": "rules are added, deleted or moved",
    "rules/silence": "a rule leaves events out of the log",
    "rules/structure": "a rule is written as a structure",
}
"""The files that are imported where they are needed, and when that is; all others are imported at the top."""

WITHOUT_CHANGE = """
import json, shutil, sys
programs = []
shutil.which = lambda name, path: programs.append(name)
from ansible_collections.linux.audit.plugins.module_utils._ansible import Mode
from ansible_collections.linux.audit.plugins.modules import {module} as module
found = {{name: option.get("default") for name, option in module.ARGUMENTS.items()}}
found.update(json.loads(sys.argv[1]))
result = module.{function}(found, Mode())
prefix = "ansible_collections.linux.audit.plugins.module_utils."
names = [name[len(prefix):].replace(".", "/") for name in sys.modules if name.startswith(prefix)]
print(json.dumps([result["changed"], names, programs]))
"""
RULES = ["-a always,exit -F dir=/etc -F perm=wa -F key=etc", "-a always,exit -F arch=b64 -S all -F auid=0 -F key=root"]
DEPENDENT = ["-a always,exit -F arch=b64 -F dir=/etc -F perm=wa -F key=etc"]


def apply(module, function, directory, rules):
    """Whether a module changes files, which of the plugins' files it has imported, and which programs it looks for."""
    arguments = {"rules": rules, "live": False, "rules_dir": str(directory), "file": "50-test.rules"}
    program = WITHOUT_CHANGE.format(module=module, function=function)
    command = [sys.executable, "-c", program, json.dumps(arguments)]
    done = subprocess.run(command, env={"PYTHONPATH": f"{ROOT / '.tree'}"}, check=True, stdout=subprocess.PIPE)
    changed, names, programs = json.loads(done.stdout)
    return changed, set(names), programs


MODULES = pytest.mark.parametrize(
    ("module", "function"), [("audit_rule", "hold_rules"), ("audit_ruleset", "hold_ruleset")], ids=str
)


@MODULES
def test_what_changes_nothing_imports_nothing_that_is_rarely_needed(module, function, tmp_path):
    """The second run of a task does without all files of the table; the first one needs some."""
    changed, names, _programs = apply(module, function, tmp_path, RULES)
    assert changed
    assert names & set(RARELY_NEEDED) >= {"_policy/carrying_out"}
    changed, names, _programs = apply(module, function, tmp_path, RULES)
    assert not changed
    assert names & set(RARELY_NEEDED) == ({"_policy/single_rules"} if module == "audit_rule" else set())


@MODULES
def test_what_changes_nothing_runs_no_program(module, function, tmp_path):
    """The host's auditctl is asked for its release if the rules mean something else in another one, and only then."""
    for rules, looked_for in ((RULES, []), (DEPENDENT, ["ausearch", "auditctl"])):
        apply(module, function, tmp_path, rules)
        changed, _names, programs = apply(module, function, tmp_path, rules)
        assert (changed, programs) == (False, looked_for)


def imported_within_functions():
    """The files of module_utils that functions import from each other."""
    for path in MODULE_UTILS.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            inner = ast.walk(function) if isinstance(function, ast.FunctionDef) else ()
            for node in inner:
                if isinstance(node, ast.ImportFrom) and node.level:
                    directory = path.parents[node.level - 1] / (node.module or "").replace(".", "/")
                    names = [directory / alias.name for alias in node.names] + [directory]
                    yield next(name for name in names if name.with_suffix(".py").is_file())


def test_only_what_is_rarely_needed_is_imported_within_functions():
    """Each import within a function is of a file of the table, and each file of the table is imported so."""
    found = {path.relative_to(MODULE_UTILS).as_posix() for path in imported_within_functions()}
    assert found == set(RARELY_NEEDED)
