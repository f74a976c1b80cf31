# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that are not UTF-8 are refused on the controller, before anything is sent to a host."""

import pytest

from hostile_host import HostileHosts, failures

RULES = b"# one\n-w /srv/caf\xe9 -p wa -k x\n"


def refusal(tmp_path, **args):
    """The message of a task with these arguments, and what the host was asked."""
    (tmp_path / "bad.rules").write_bytes(RULES)
    hosts = HostileHosts(tmp_path, {"web1": {}})
    play = [{"hosts": "all", "gather_facts": False, "tasks": [{"linux.audit.audit_ruleset": args}]}]
    return failures(hosts.run(play)).get("web1"), hosts.asked("web1")


@pytest.mark.parametrize("src", ["bad.rules", ["bad.rules"]])
def test_a_file_is_refused_with_its_line_and_byte(tmp_path, src):
    said, asked = refusal(tmp_path, src=src)
    assert "bad.rules:2: the byte 0xe9 is not UTF-8. Nothing was sent to the host." in said
    assert asked == []


@pytest.mark.parametrize(
    ("args", "where"),
    [
        ({"sources": [{"name": "site", "content": "-D\n\n{{ bad }}"}]}, "site:4"),
        ({"sources": [{"name": "site", "rules": ["{{ bad }}"]}]}, "site:2"),
        ({"content": "{{ bad }}"}, "content:2"),
        ({"rules": ["-D", "{{ bad }}"]}, "rules:2"),
        ({"packs": [{"name": "hipaa"}], "rules": ["{{ bad }}"]}, "rules:2"),
    ],
)
def test_text_of_other_arguments_is_refused(tmp_path, args, where):
    """It may come from a file as well, by way of a lookup."""
    hosts = HostileHosts(tmp_path, {"web1": {}})
    (tmp_path / "bad.rules").write_bytes(RULES)
    values = {"bad": "{{ lookup('ansible.builtin.file', 'bad.rules') }}"}
    play = [{"hosts": "all", "gather_facts": False, "vars": values, "tasks": [{"linux.audit.audit_ruleset": args}]}]
    said = failures(hosts.run(play))["web1"]
    assert f"{where}: the byte 0xe9 is not UTF-8." in said
    assert hosts.asked("web1") == []


def test_utf_8_is_sent(tmp_path):
    """Every character of it."""
    (tmp_path / "good.rules").write_text("-w /srv/caf\u00e9\U0001f600 -p wa\n", encoding="utf-8")
    hosts = HostileHosts(tmp_path, {"web1": {}})
    task = {"linux.audit.audit_ruleset": {"src": "good.rules"}}
    assert failures(hosts.run([{"hosts": "all", "gather_facts": False, "tasks": [task]}])) == {}
    assert hosts.asked("web1") == ["audit_ruleset"]


def test_a_rules_file_of_the_role_is_refused(tmp_path):
    """Before its rules are sent; the tasks before it have run."""
    (tmp_path / "bad.rules").write_bytes(RULES)
    facts = {"ansible_os_family": "Debian", "ansible_cmdline": {}}
    hosts = HostileHosts(tmp_path, {"web1": {"setup": {"ansible_facts": facts}}})
    play = [{"hosts": "all", "gather_facts": True, "roles": ["linux.audit.auditd"]}]
    lines = hosts.run(
        play, auditd_rule_files=["bad.rules"], auditd_manage_packages=False, auditd_kernel_arguments=[],
        auditd_journald_audit="unmanaged",
    )  # fmt: skip
    assert "bad.rules:2: the byte 0xe9 is not UTF-8." in failures(lines)["web1"]
    assert "audit_ruleset" not in hosts.asked("web1")
