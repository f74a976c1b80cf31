# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_ruleset with the parameter lint."""

import pytest

from ansible_collections.linux.audit.plugins.modules import audit_ruleset
from running import run_module

ONE = "-a always,exit -F arch=b64 -S mount -k m\n"
TWINS = ONE + ONE.replace("b64", "b32")


@pytest.fixture
def run(tmp_path):
    directory = tmp_path / "rules.d"
    directory.mkdir()

    def run(content, **parameters):
        parameters = {"content": content, "live": False, "rules_dir": str(directory), **parameters}
        result = run_module(audit_ruleset.main, parameters)
        return result, sorted(path.name for path in directory.iterdir())

    return run


def test_by_default_nothing_is_linted(run):
    result, _files = run("-D\n" + ONE)
    assert result["changed"]
    assert "lint" not in result
    assert not any("missing-b32" in warning for warning in result.get("warnings", ()))


def test_warn_returns_findings_and_warns_of_what_is_no_note(run):
    result, files = run(f"-D\n{ONE}-w /etc/passwd -p wa -k id\n", lint="warn")
    assert [(one["id"], one["path"], one["line"]) for one in result["lint"]] == [
        ("missing-b32", "content", 2),
        ("old-watch", "content", 3),
    ]
    (warning,) = [warning for warning in result["warnings"] if "[" in warning]
    assert warning == (
        f"content:2: '{ONE.strip()}': [missing-b32] There is no rule for mount with arch=b32 and the same conditions. "
        f"Write instead: '{ONE.strip()}' and '{ONE.strip().replace('b64', 'b32')}'."
    )
    assert files


def test_problems_are_not_warned_of_twice(run):
    shadowed = f"-D\n{TWINS}-a always,exit -F arch=b64 -S mount -F uid=0 -k m\n"
    result, _files = run(shadowed, lint="warn")
    assert "shadowed" in [one["id"] for one in result["lint"]]
    assert not any("[shadowed]" in warning for warning in result["warnings"])
    assert any("never takes effect" in warning for warning in result["warnings"])


def test_fail_changes_nothing(run):
    result, files = run("-D\n" + ONE, lint="fail")
    assert result["failed"]
    assert result["msg"].startswith("nothing was changed, because of\ncontent:2: ")
    assert "[missing-b32]" in result["msg"]
    assert files == []


@pytest.mark.parametrize(
    "content", ["-D\n" + TWINS, "-D\n-w /etc/passwd -p wa\n", "-D\n# lint: ignore missing-b32\n" + ONE]
)
def test_fail_lets_notes_and_ignored_lines_pass(run, content):
    result, files = run(content, lint="fail")
    assert result["changed"], result
    assert files


def test_off_is_what_yaml_makes_of_it(run):
    assert "lint" not in run("-D\n" + ONE, lint=False)[0]


def test_a_set_that_is_removed_is_not_linted(run):
    run("-D\n" + ONE)
    result, files = run("-D\n" + ONE, lint="fail", state="absent")
    assert (result["changed"], files) == (True, [])
