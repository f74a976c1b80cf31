# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents show is true."""

import re

import pytest
import yaml

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.model import equivalent, same_match
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.resolver import Resolver
from ansible_collections.linux.audit.plugins.module_utils.rules.structure import parse_structure
from paths import ROOT

README = (ROOT / "README.md").read_text()
RULES = (ROOT / "docs" / "rules.md").read_text()


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_python_of_the_library_page_runs(capsys):
    (program,) = blocks(RULES, "python")
    exec(compile(program, "docs/rules.md", "exec"), {})
    shown = re.search(r"^print\(.*#  ?(.*)$", program, re.MULTILINE)[1]
    assert capsys.readouterr().out.strip() == shown


def test_playbook_of_the_readme_has_rules_that_parse():
    (play,) = yaml.safe_load(blocks(README, "yaml")[0])
    (rules,) = [task["linux.audit.audit_rule"]["rules"] for task in play["tasks"] if "linux.audit.audit_rule" in task]
    for rule in rules:
        assert parse_structure(rule, Resolver()) if isinstance(rule, dict) else parse_line(rule, Resolver())


@pytest.mark.parametrize(
    ("asked", "held"), re.findall(r"^\| `(-.*?)` \| `(-.*?)` \| the same rule", README, re.MULTILINE)
)
def test_what_the_readme_calls_the_same_is_the_same(asked, held):
    assert equivalent(parse_line(asked, Resolver()).rule, parse_line(held, Resolver()).rule)


def test_the_readme_compares_rules():
    assert len(re.findall(r"the same rule: nothing changes", README)) == 2


WRITTEN = "".join(re.findall(r"^\| (`.*?) \|", RULES.partition("## What is refused")[2], re.MULTILINE))


@pytest.mark.parametrize("part", re.findall(r"`([a-z0-9_]+!?=[^` ]+)`", WRITTEN))
def test_what_is_said_to_be_refused_is_refused(part):
    with pytest.raises(RuleError, match=re.escape(part.split("=")[-1])):
        parse_line(f"-a always,exit -S all -F {part}", Resolver())


def test_key_alone_makes_the_same_match():
    one, other = (parse_line(f"-w /etc/passwd -p wa -k {key}", Resolver()).rule for key in ("a", "b"))
    assert same_match(one, other)
    assert not equivalent(one, other)
