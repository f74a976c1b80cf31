# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a module's parameters to its result."""

import json
import pathlib
import subprocess
import zipfile

import pytest

from ansible_collections.linux.audit.plugins.module_utils._ansible import Mode, printable, run
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import AuditError
from paths import PLUGINS
from pythons import find

AT_THE_END = """
import gc, sys, types
sys.path.insert(0, sys.argv[1])
from ansible_collections.linux.audit.plugins.module_utils._ansible import run
def print_collections(phase, info):
    print(phase, info["generation"], len(gc.get_objects()) < 1000)
def exit_json(**result):
    gc.callbacks.append(print_collections)
    gc.collect()
    sys.exit(0)
module = types.SimpleNamespace(params={}, check_mode=False, _diff=False, exit_json=exit_json)
run(module, lambda parameters, mode: {"changed": False})
"""
FROM_ARCHIVE = """
import builtins, json, sys
compiled = []
genuine = builtins.compile
def noting(source, file, *others, **named):
    compiled.extend([file] if file.startswith(sys.argv[1]) else [])
    return genuine(source, file, *others, **named)
builtins.compile = noting
sys.path.insert(0, sys.argv[1])
from ansible_collections.linux.audit.plugins.module_utils._ansible import run
before = len(compiled)
from ansible_collections.linux.audit.plugins.module_utils._policy import single_rules
parent = sys.modules[single_rules.__package__]
facts = [single_rules.__name__, single_rules.__file__, parent.__name__, parent.__file__, list(parent.__path__)]
print(json.dumps([compiled[before:], facts]))
"""


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ({"a": ["x\udcff", 5, None, True]}, {"a": ["x\\xff", 5, None, True]}),
        ({"/x\udcff": 1}, {"/x\\xff": 1}),
        ("é\\", "é\\"),
    ],
)
def test_bytes_that_are_no_text(value, seen):
    assert printable(value) == seen


class Ended(Exception):
    """The module has said its last word."""


class ModuleDouble:
    """What run() uses of AnsibleModule."""

    params = {"name": "x"}
    check_mode, _diff = True, False

    def __init__(self):
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)

    def exit_json(self, **result):
        raise Ended(result)

    def fail_json(self, **result):
        raise Ended({"failed": True, **result})


def ended(function):
    with pytest.raises(Ended) as ending:
        run(ModuleDouble(), function)
    return ending.value.args[0]


def test_a_result_is_printable():
    result = ended(lambda parameters, mode: {"changed": mode.check, "name": parameters["name"] + "\udcff"})
    assert result == {"changed": True, "name": "x\\xff"}


def test_warnings_are_those_of_the_task():
    module = ModuleDouble()
    with pytest.raises(Ended) as ending:
        run(module, lambda parameters, mode: {"changed": False, "warnings": ["one", "tw\udcff"]})
    assert ending.value.args[0] == {"changed": False}
    assert module.warnings == ["one", "tw\\xff"]


def test_the_mode_is_that_of_the_task():
    assert ended(lambda parameters, mode: {"mode": mode}) == {"mode": Mode(check=True, diff=False)}


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (AuditError("what is wrong with \udcff"), "what is wrong with \\xff"),
        (FileNotFoundError(2, "No such file or directory", "/x\udcff"), "/x\\xff: No such file or directory"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (
            ModuleNotFoundError("No module named 'getopt'"),
            "cannot read a part of Python, or of this collection: No module named 'getopt'",
        ),
    ],
)
def test_an_error_becomes_a_message(error, message):
    def fail(parameters, mode):
        raise error

    assert ended(fail) == {"failed": True, "msg": message}


def test_a_mistake_of_this_code_is_not_hidden():
    with pytest.raises(KeyError):
        run(ModuleDouble(), lambda parameters, mode: parameters["no such parameter"])


def test_what_fails_after_the_result_is_a_sentence():
    """The result has been printed by then."""

    class Exiting(ModuleDouble):
        def exit_json(self, **result):
            raise SystemExit(0)

    def fail():
        raise AuditError("the checkpoint x\udcff cannot be replaced")

    with pytest.raises(SystemExit) as ending:
        run(Exiting(), lambda parameters, mode: {"changed": True, "afterwards": fail})
    assert ending.value.code == "the checkpoint x\\xff cannot be replaced"


@pytest.fixture
def archive(tmp_path):
    """An archive of module_utils like those that Ansible sends."""
    package = "ansible_collections/linux/audit/plugins"
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as file:
        for path in (PLUGINS / "module_utils").rglob("*.py"):
            file.write(path, f"{package}/{path.relative_to(PLUGINS)}")
        for name in {str(parent) for inner in file.namelist() for parent in pathlib.PurePath(inner).parents} - {"."}:
            file.writestr(f"{name}/__init__.py", "")
    return tmp_path / "archive.zip"


def python_of(version):
    """The Python of that version on this machine; a test without it is skipped."""
    python = find(version)
    if not python:
        pytest.skip(f"this machine has no Python {version}")
    return python


@pytest.mark.parametrize("version", ["3.6", "3.9", "3.11", "3.13"])
def test_no_cycles_are_looked_for_at_the_end(version, archive):
    """A collection when the process ends would look at all objects, and Python 3.6 cannot be told to leave them out."""
    done = subprocess.run([python_of(version), "-B", "-c", AT_THE_END, archive], check=True, stdout=subprocess.PIPE)
    assert done.stdout.decode().splitlines()[0] == f"start 2 {version != '3.6'}"


@pytest.mark.parametrize("version", ["3.6", "3.9", "3.11", "3.13"])
def test_a_file_of_the_archive_is_compiled_once(version, archive, tmp_path):
    """A host compiles each file that it imports once, and names, files and packages are those of zipimport."""
    python = python_of(version)
    done = subprocess.run([python, "-B", "-c", FROM_ARCHIVE, archive], check=True, stdout=subprocess.PIPE, cwd=tmp_path)
    compiled, facts = json.loads(done.stdout)
    assert len(set(compiled)) == len(compiled)
    # The zipimport of 3.6 is written in C, whose calls of compile() cannot be counted.
    assert (version == "3.6") == (not compiled)
    name = "ansible_collections.linux.audit.plugins.module_utils._policy"
    home = f"{archive}/{name.replace('.', '/')}"
    assert facts == [f"{name}.single_rules", f"{home}/single_rules.py", name, f"{home}/__init__.py", [home]]


def test_errors_and_warnings_have_nothing_that_a_terminal_obeys():
    module = ModuleDouble()

    def fail(parameters, mode):
        raise AuditError("not '\x1b[2J\x9b\u202e\0'\nbut")

    with pytest.raises(Ended) as ending:
        run(module, fail)
    assert ending.value.args[0]["msg"] == "not '\\x1b[2J\\x9b\\u202e\\x00'\nbut"
    with pytest.raises(Ended):
        run(module, lambda parameters, mode: {"changed": False, "warnings": ["\x1bx"]})
    assert module.warnings == ["\\x1bx"]
