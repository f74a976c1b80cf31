# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter lint_rules, and the playbook that uses it."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.linux.audit.plugins.filter.lint import FilterModule, lint_rules
from paths import PLUGINS, ROOT

PANIC = "-f 2\n"
TEMPLATE = "{{lookup('pipe','touch${IFS}PWNED')}}"


def ids(*arguments, **options):
    return [one["id"] for one in lint_rules(*arguments, **options)]


@pytest.mark.parametrize(
    ("value", "places"),
    [
        (PANIC, [("rules", 1)]),
        (["-b 64", "-f 2"], [("rules", 2)]),
        ({"d/1.rules": "-b 64\n", "d/2.rules": PANIC, "e/1.rules": PANIC}, [("d/2.rules", 1), ("e/1.rules", 1)]),
        ("", []),
        ([], []),
    ],
)
def test_what_it_takes(value, places):
    assert [(one["path"], one["line"]) for one in lint_rules(value)] == places


@pytest.mark.parametrize("value", [None, 7, [7], {"a": 7}, {7: "a"}, b"-f 2"])
def test_what_it_refuses(value):
    with pytest.raises(AnsibleFilterError, match="takes the text of a rules file"):
        lint_rules(value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"machines": ["vax"]}, "unknown machine"),
        ({"machines": 7}, "machines must be a list of texts"),
        ({"version": "four"}, "release of audit"),
        ({"ignore": ["nothing"]}, "not the id of a check"),
        ({"users": [7]}, "users must be a list of texts"),
    ],
)
def test_options_that_it_refuses(options, message):
    with pytest.raises(AnsibleFilterError, match=message):
        lint_rules(PANIC, **options)


def test_options():
    rule = "-a always,exit -F arch=b64 -S open -F uid=chrony -F success=no\n"
    assert {"named-user", "missing-b32"} <= set(ids(rule))
    assert "missing-on-machine" in ids(rule, machines=["x86_64", "aarch64"])
    assert "unreadable" in ids(rule, version="3.0.9")
    assert "unknown-user" in ids(rule, users=[])
    assert "unknown-user" not in ids(rule, users=["chrony"])
    assert ids(PANIC, ignore=["panic"]) == ids(PANIC, ignore="panic") == []
    assert "no-delete" in ids({"a.rules": rule})
    assert "no-delete" not in ids({"a.rules": rule}, directory=False)
    assert "no-delete" in ids(rule, directory=True)


def test_the_sample_of_its_documentation_is_what_it_returns():
    documentation = yaml.safe_load((PLUGINS / "filter" / "lint_rules.yml").read_text())
    (sample,) = yaml.safe_load(json.dumps(documentation["RETURN"]["_value"]["sample"]))
    assert sample in lint_rules(sample["text"] + "\n")
    assert set(FilterModule().filters()) == {documentation["DOCUMENTATION"]["name"]}


def play(directory, *variables):
    """Run the playbook in a directory; return the finished process."""
    words = [pathlib.Path(sys.executable).with_name("ansible-playbook"), "linux.audit.lint"]
    for variable in variables:
        words += ["-e", variable]
    environment = os.environ | {
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".tree"),
        "ANSIBLE_NOCOLOR": "1",
        "PWD": str(directory),
        "LC_ALL": "C.UTF-8",
    }
    return subprocess.run(words, cwd=directory, env=environment, capture_output=True, text=True, check=False)


def test_the_playbook_finds_writes_and_fails(tmp_path):
    rules = tmp_path / "rules.d"
    rules.mkdir()
    (rules / ".old").mkdir()
    (rules / ".old" / "10-a.rules").write_text("-f 2\n")
    (rules / "10-a.rules").write_text(f"-D\n-f 2\n-w /etc/passwd -p wa -k {TEMPLATE}\n")
    done = play(tmp_path, "src=rules.d", "output=found.json")
    assert done.returncode == 2, done.stdout + done.stderr
    assert f"{rules}/10-a.rules:2: warning [panic]" in done.stdout
    assert "Findings that count: 1." in done.stdout
    found = json.loads((tmp_path / "found.json").read_text())
    assert [(one["id"], one["line"]) for one in found] == [("panic", 2), ("old-watch", 3), ("long-key", 3)]
    assert TEMPLATE in found[2]["message"]
    assert not (tmp_path / "PWNED").exists()
    # The next run asks for less.
    done = play(tmp_path, "src=rules.d", "lint_ignore=panic,long-key", "lint_version=3.0.9")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[old-watch]" in done.stdout
    assert "[panic]" not in done.stdout


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ([], "Give the directory"),
        (["src=missing"], "missing"),
        (["src=.", "lint_fail_on=all"], "lint_fail_on is error"),
    ],
)
def test_the_playbook_refuses_what_it_cannot_do(tmp_path, variables, message):
    done = play(tmp_path, *variables)
    assert done.returncode == 2
    assert message in done.stdout + done.stderr
