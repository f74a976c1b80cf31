# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules whose path names a symbolic link or a wildcard; tests/integration/promises/test_links.py asks a kernel."""

import json
import re

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._policy.checks import examine
from ansible_collections.linux.audit.plugins.module_utils._policy.named_paths import misnamed
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import RulesFile
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_file, parse_line
from ansible_collections.linux.audit.plugins.modules import audit_rule, audit_watch
from changing import System
from running import run_module


@pytest.fixture
def root(tmp_path):
    """A file, a directory, and links to them."""
    root = tmp_path.resolve()
    (root / "directory").mkdir()
    (root / "file").touch()
    (root / "way").symlink_to(root)
    (root / "to-file").symlink_to("file")
    (root / "to-directory").symlink_to("directory")
    return root


@pytest.mark.parametrize(
    ("line", "words", "nothing", "tree"),
    [
        ("-w {0}/to-file -p wa", "records changes of the symbolic link {0}/to-file itself", False, False),
        ("-a always,exit -F path={0}/to-file -F perm=xr", "itself, and not what happens to {0}/file", False, False),
        ("-w {0}/to-directory", "records nothing below {0}/directory", True, True),
        ("-w {0}/to-directory/", "records nothing below {0}/directory", True, True),
        ("-a always,exit -F dir={0}/to-directory -F perm=r", "name {0}/directory instead", True, True),
        ("-a always,exit -F exe={0}/to-file", "compares with the link itself; name {0}/file instead", True, False),
        ("-a never,exit -F exe!={0}/to-file", "matches {0}/file as well", False, False),
        ("-w {0}/*", "know no wildcards, and {0}/* does not exist", True, False),
        ("-a always,exit -F path={0}/fil? -F perm=w", "know no wildcards", True, False),
    ],
)
def test_a_path_that_names_something_else(root, line, words, nothing, tree):
    found = misnamed(parse_line(line.format(root), Host()).rule)
    assert words.format(root) in found.reason
    assert (found.nothing, found.tree) == (nothing, tree)


@pytest.mark.parametrize(
    "line",
    [
        "-w {0}/file -p x",
        "-w {0}/to-file -p x",
        "-w {0}/way/file",
        "-w {0}/missing",
        "-w {0}/directory",
        "-a always,exit -F dir={0}/to-directory/ -F perm=r",
        "-a always,exit -F exe={0}/way/file",
        "-w /etc/localtime -p wa",
        "-a always,exit -S openat",
    ],
)
def test_a_path_that_names_what_it_seems_to(root, line):
    assert misnamed(parse_line(line.format(root), Host()).rule) is None


def test_many_paths_of_one_directory(root):
    """Each is judged as it is alone, although the directory is listed and not each of them looked up."""
    paths = [f"{root}/{name}" for name in ("to-file", "missing*", "file", "to-directory")]
    lines = [f"-w {root}/missing{number}" for number in range(100)] + [f"-w {path} -p wa" for path in paths]
    file = RulesFile(f"{root}/50-site.rules", "", tuple(parse_file("\n".join(lines), "f", Host())))
    reasons = {problem.text: problem.reason for problem in examine([file], Host())}
    for path, words in zip(paths, ("of the symbolic link", "no wildcards", "", "records nothing below"), strict=True):
        assert words in reasons.get(f"-w {path} -p wa", "")
    assert f"-w {root}/file -p wa" not in reasons


def test_a_name_with_a_star_in_it_is_a_name(root):
    (root / "*").touch()
    assert misnamed(parse_line(f"-w {root}/*", Host()).rule) is None


def test_what_a_problem_of_a_path_costs(root):
    text = f"-w {root}/to-file -p wa\n-a always,exit -F exe={root}/to-file\n-w {root}/to-directory\n"
    found = examine([RulesFile("1.rules", text, tuple(parse_file(text, "1.rules", Host())))], Host())
    costs = [(one.partial, one.dead, one.silent) for one in found if "symbolic link" in one.reason]
    assert costs == [(True, False, False), (False, True, False), (False, False, True)]


@pytest.fixture
def system(monkeypatch, tmp_path):
    """A kernel without rules and a rules directory."""
    (tmp_path / "system").mkdir()
    return System(monkeypatch, tmp_path / "system")


@pytest.mark.parametrize("persistent", [True, False])
@pytest.mark.parametrize(
    ("main", "parameters"),
    [
        (audit_watch.main, {"path": "{0}/to-file", "permissions": "wa"}),
        (audit_watch.main, {"path": "{0}/to-directory"}),
        (audit_rule.main, {"rules": ["-a always,exit -F exe={0}/to-file"]}),
        (audit_rule.main, {"rules": ["-w {0}/*"]}),
        (audit_rule.main, {"rules": ["-a always,exit -S openat -F uid>5 -F uid<3"]}),
    ],
)
def test_the_modules_warn_of_their_own_rules(root, system, main, parameters, persistent):
    where = {"rules_dir": str(system.directory), "persistent": persistent}
    text = json.loads(json.dumps(parameters).replace("{0}", str(root)))
    result = run_module(main, {**where, **text})
    assert not result.get("failed"), result
    found = [one for one in result["warnings"] if re.search("symbolic link|wildcard|no event meets", one)]
    assert len(found) == (2 if persistent and "to-directory" in text.get("path", "") else 1), result["warnings"]


def test_a_set_has_one_warning_for_all_that_watch_links(root, system):
    lines = [f"-w {root}/to-file -p wa", f"-w {root}/to-file -p r -k second", "-D"]
    declared = system.declare(lines)
    assert [one for one in declared.warnings if "less than" in one] == [
        "2 rules record less than the path seems to say; see problems"
    ]
    assert len([one for one in declared.problems if "symbolic link" in one]) == 2
    added = system.declare([f"-a always,exit -F dir={root}/to-directory -F perm=r -F key=third"], purge="none")
    assert [one for one in added.warnings if "records nothing below" in one] != []
