# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a module's parameters to its result."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._ansible import Mode, printable, run
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import AuditError


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ({"a": ["x\udcff", 5, None, True]}, {"a": ["x\\xff", 5, None, True]}),
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
