# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role auditd makes of auditd_standards on hosts of two distributions, which answer like such hosts."""

import pytest

from hostile_host import HostileHosts, failures, shown

FACTS = {
    "rhel": {"distribution": "RedHat", "distribution_version": "9.6", "distribution_major_version": "9"},
    "ubuntu": {"distribution": "Ubuntu", "distribution_version": "22.04", "distribution_major_version": "22"},
    "debian": {"distribution": "Debian", "distribution_version": "12", "distribution_major_version": "12"},
}
MADE = "{{ [__auditd_packs | map(attribute='name') | list, __auditd_failure, __auditd_settings_here] }}"


def answers(facts):
    """Of a host with these facts, on which nothing needs to be done."""
    gathered = {f"ansible_{name}": value for name, value in facts.items()}
    file = {"path": "/etc/audit/auditd.conf"}
    return {
        "setup": {"changed": False, "ansible_facts": gathered | {"ansible_os_family": "any", "ansible_cmdline": {}}},
        "find": {"changed": False, "files": [file], "matched": 1},
    }


@pytest.fixture
def run(tmp_path):
    """run(names, **variables): the lines of a play of the role on hosts of these names."""

    def run(*names, **variables):
        hosts = HostileHosts(tmp_path, {name: answers(FACTS[name]) for name in names})
        quiet = {"auditd_manage_packages": False, "auditd_kernel_arguments": [], "auditd_journald_audit": "unmanaged"}
        play = [
            {
                "hosts": "all",
                "gather_facts": False,
                "roles": ["linux.audit.auditd"],
                "post_tasks": [{"name": "What was made", "ansible.builtin.debug": {"msg": MADE}}],
            }
        ]
        return hosts.run(play, **(quiet | {"auditd_rule_packs": []} | variables))

    return run


def test_each_host_gets_the_stig_of_its_distribution(run):
    lines = run("rhel", "ubuntu", auditd_standards=["stig"], auditd_settings={"disk_full_action": "syslog"})
    assert failures(lines) == {}
    # The hosts answer in any order.
    made = sorted(shown(lines, "What was made"), key=lambda one: one[0])
    packs, failures_wanted, settings = zip(*made, strict=True)
    assert packs == (["stig_rhel9"], ["stig_ubuntu2204"])
    assert failures_wanted == ("panic", "printk")
    # Those of the STIG take precedence over those of the role, and those of the user over both.
    assert {one["disk_full_action"] for one in settings} == {"syslog"}
    assert [one["space_left_action"] for one in settings] == ["email", "email"]
    assert settings[0]["admin_space_left_action"] == "single"


def test_what_is_beside_the_rules_can_be_left_out(run):
    (made,) = shown(run("rhel", auditd_standards=["stig"], auditd_standard_settings="false"), "What was made")
    assert made[:2] == [["stig_rhel9"], "printk"]
    assert made[2]["space_left_action"] == "syslog"


def test_a_user_decides_on_the_failure_mode(run):
    (made,) = shown(run("rhel", auditd_standards=["stig"], auditd_failure="printk"), "What was made")
    assert made[1] == "printk"


def test_two_failure_modes_are_refused(run):
    lines = run("rhel", auditd_rule_packs=[{"name": "stig_rhel9", "parameters": {"panic": True}}])
    assert failures(lines) == {
        "rhel": "rhel: the failure mode of the kernel would be printk (auditd_failure) and panic, because panic is "
        "true for stig_rhel9 in auditd_rule_packs. Set auditd_failure to panic, or leave panic out."
    }


def test_a_distribution_without_a_stig_is_named(run):
    lines = run("debian", auditd_standards=["stig"])
    assert "There is no STIG for Debian 12" in str([line["result"] for line in lines])
