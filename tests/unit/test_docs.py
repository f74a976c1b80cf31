# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents show is true."""

import json
import re

import pytest
import yaml

from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._policy import single_rules
from ansible_collections.linux.audit.plugins.module_utils._policy.checks import examine
from ansible_collections.linux.audit.plugins.module_utils._policy.requirements import KEYS, read_standard
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import RulesDirectory
from ansible_collections.linux.audit.plugins.module_utils._policy.survey import described_problem
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.model import equivalent, same_match
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.resolver import Resolver
from ansible_collections.linux.audit.plugins.module_utils.rules.structure import parse_structure
from ansible_collections.linux.audit.plugins.modules import audit_info
from ansible_collections.linux.audit.plugins.plugin_utils import standards
from hostile_host import HostileHosts, shown
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


MESSY = {
    "10-base.rules": """-D
-b 8192
-w /etc/passwd -p wa -k identity
-w /opt/app/config -p wa -k app
-a always,exit -F arch=b64 -S openat -F auid>=1000 -F auid!=unset -F exit=-EACCES -F key=access
""",
    "20-team.rules": """-a always,exit -F arch=b64 -S openat -F success=no -F key=failed
-w /etc/passwd -p wa -k passwd_changes
-a always,exit -F path=/usr/bin/su -F perm=x -F auid>=1000 -F auid!=-1 -k su
""",
}
"""The files of the host whose problems the README shows."""


class Bookworm(Resolver):
    """A Debian 12."""

    version = (3, 0, 9)


def test_problems_of_the_readme_are_those_that_are_found(tmp_path):
    directory = tmp_path / "rules.d"
    directory.mkdir()
    for name, text in MESSY.items():
        (directory / name).write_text(text)
    found = examine(RulesDirectory(str(directory), Bookworm()).files, Bookworm())
    said = json.loads(blocks(README, "json")[0])["problems"]
    real = json.loads(json.dumps(list(map(described_problem, found))).replace(str(directory), "/etc/audit/rules.d"))
    assert said == real


def test_errors_of_the_readme_are_those_that_are_raised():
    said = re.findall(r"^(/srv/audit/site\.rules:\d+): audit rule '(.*?)': (.*)$", README, re.MULTILINE)
    assert len(said) == 2
    for origin, line, reason in said:
        with pytest.raises(RuleError) as error:
            parse_line(line, Resolver())
        assert str(error.value.of(line, origin)) == f"{origin}: audit rule '{line}': {reason}"


def test_the_page_of_rules_names_a_result_that_has_lines():
    (name,) = re.findall(r"`audit_info` lists all rules of a host, as `rules\[\]\.(\w+)`", RULES)
    assert yaml.safe_load(audit_info.RETURN)["rules"]["contains"][name]["type"] == "str"


@pytest.mark.parametrize("text", [README, RULES], ids=["README.md", "rules.md"])
def test_the_pages_say_of_how_many_rules_a_result_has_the_rules(text):
    """test_rule_modules.py has tasks for as many, and for one more."""
    said = re.findall(r"for more than (\d+) rules\s+does\s+not return `rules`", text)
    assert said == [str(single_rules._MOST_SHOWN)]


def test_the_tasks_of_the_readme_show_all_rules(tmp_path):
    tasks = yaml.safe_load(blocks(README, "yaml")[1])
    rules = yaml.safe_load(audit_info.RETURN)["rules"]["sample"]
    hosts = HostileHosts(tmp_path, {"web1": {"audit_info": {"changed": False, "rules": rules}}})
    lines = hosts.run([{"hosts": "all", "gather_facts": False, "tasks": tasks}])
    assert shown(lines, "Show them as lines") == [["-a always,exit -F path=/etc/passwd -F perm=wa -F key=identity"]]


def test_other_results_of_the_readme_are_valid_json():
    assert json.loads(blocks(README, "json")[1])["reboot_required"] is True


WRITTEN = "".join(re.findall(r"^\| (`.*?) \|", RULES.partition("## What is refused")[2], re.MULTILINE))


@pytest.mark.parametrize("part", re.findall(r"`([a-z0-9_]+!?=[^` ]+)`", WRITTEN))
def test_what_is_said_to_be_refused_is_refused(part):
    with pytest.raises(RuleError, match=re.escape(part.split("=")[-1])):
        parse_line(f"-a always,exit -S all -F {part}", Resolver())


def test_key_alone_makes_the_same_match():
    one, other = (parse_line(f"-w /etc/passwd -p wa -k {key}", Resolver()).rule for key in ("a", "b"))
    assert same_match(one, other)
    assert not equivalent(one, other)


def test_the_requirements_of_the_compliance_page_can_be_judged():
    text = (ROOT / "docs" / "compliance.md").read_text()
    own = standards.own_standard(blocks(text, "yaml")[0], "page.yml")
    found = read_standard(own, Host())
    assert [requirement.id for requirement in found] == ["SITE-1", "SITE-2"]
    assert len(found[0].lines) == 2
    assert set(KEYS) == {key for item in own["requirements"] for key in item}
