# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which standard a host gets, and what the standard wants there beside rules."""

import stat

import pytest
from ansible.errors import AnsibleError
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.filter.standards import host_standards
from ansible_collections.linux.audit.plugins.module_utils._policy.beside_rules import HostFacts, checked
from ansible_collections.linux.audit.plugins.module_utils._policy.command_line import CommandLine
from ansible_collections.linux.audit.plugins.plugin_utils import standards


def facts(distribution, version):
    """Of a host, as the module setup has them."""
    return {
        "distribution": distribution,
        "distribution_version": version,
        "distribution_major_version": version.partition(".")[0],
    }


@pytest.mark.parametrize(
    ("distribution", "version", "standard"),
    [
        ("RedHat", "8.10", "stig_rhel8"),
        ("RedHat", "9.6", "stig_rhel9"),
        ("Rocky", "9.6", "stig_rhel9"),
        ("AlmaLinux", "10.0", "stig_rhel10"),
        ("Ubuntu", "20.04", "stig_ubuntu2004"),
        ("Ubuntu", "22.04", "stig_ubuntu2204"),
        ("Ubuntu", "24.04", "stig_ubuntu2404"),
    ],
)
def test_the_stig_is_that_of_the_distribution(distribution, version, standard):
    assert standards.chosen("stig", facts(distribution, version)) == [standard]
    found = host_standards(["stig"], facts(distribution, version))
    assert [pack["name"] for pack in found["packs"]] == [standard]
    assert found["auditd_conf"]["action_mail_acct"] == "root"
    # auditd makes its log readable for any other group, and this STIG alone allows that.
    assert found["auditd_conf"].get("log_group") == (None if standard == "stig_rhel10" else "root")


@pytest.mark.parametrize(("distribution", "version"), [("Debian", "12.11"), ("Ubuntu", "22.10"), ("Fedora", "42")])
def test_no_other_standard_is_taken_for_it(distribution, version):
    with pytest.raises(AnsibleError, match=f"There is no STIG for {distribution} {version} here"):
        standards.chosen(["stig"], facts(distribution, version))


def test_parameters_and_other_names_stay():
    asked = ["cis_level2", {"name": "stig", "parameters": {"immutable": True}}]
    assert standards.chosen(asked, facts("RedHat", "9.6")) == [
        "cis_level2",
        {"name": "stig_rhel9", "parameters": {"immutable": True}},
    ]


def test_the_failure_mode_has_one_owner():
    (stig,) = host_standards(["stig_rhel9"], {})["packs"]
    assert (host_standards(["stig_rhel9"], {})["failure"], stig["parameters"]) == ("panic", {})
    assert host_standards([{"name": "stig_rhel9", "parameters": {"panic": False}}], {})["failure"] == ""
    assert host_standards(["stig_ubuntu2204"], {})["failure"] == ""
    assert host_standards([], {}) == {
        "packs": [], "auditd_conf": {}, "contradictions": [], "failure": "", "files": []
    }  # fmt: skip


def test_of_two_standards_a_value_counts_that_both_accept_or_else_the_first_one():
    stig_first, cis_first = (
        host_standards(names, {}) for names in (["stig_rhel9", "cis_level2"], ["cis_level2", "stig_rhel9"])
    )
    # The STIG accepts single alone, and CIS single and halt, of which its pack sets halt.
    assert {both["auditd_conf"]["admin_space_left_action"] for both in (stig_first, cis_first)} == {"single"}
    assert stig_first["auditd_conf"]["max_log_file_action"] == "rotate"
    assert cis_first["auditd_conf"]["max_log_file_action"] == "keep_logs"
    assert (stig_first["contradictions"], cis_first["contradictions"]) == (
        [{"setting": "max_log_file_action", "value": "rotate", "standard": "cis_level2"}],
        [{"setting": "max_log_file_action", "value": "keep_logs", "standard": "stig_rhel9"}],
    )


def test_of_two_standards_files_get_the_narrower_mode():
    both = host_standards(["stig_rhel9", "cis_level2"], {})
    modes = {file["path"]: file for file in both["files"]}
    assert modes["/etc/audit/rules.d/*.rules"]["owner"] == "root"
    assert modes["/etc/audit/rules.d/*.rules"]["mode"] == "u-x,g-rwx,o-rwx"
    assert {path.rpartition("/")[0] for path in modes} <= {"/etc/audit", "/etc/audit/rules.d"}


@pytest.mark.parametrize(("now", "then"), [(0o755, 0o640), (0o400, 0o400), (0o640, 0o640), (0o604, 0o600)])
def test_a_mode_gives_nothing(now, then):
    """The words mean to Ansible what they say."""
    (file,) = [
        file for file in host_standards(["cis_level2"], {})["files"] if file["path"] == "/etc/audit/rules.d/*.rules"
    ]
    info = type("Info", (), {"st_mode": stat.S_IFREG | now})()
    assert AnsibleModule._symbolic_mode_to_octal(info, file["mode"]) == then


NOTHING = HostFacts({}, {}, None, CommandLine("/proc/cmdline:1", ""), [], {})


@pytest.mark.parametrize("name", [name for name in standards.names() if name.startswith("stig_")])
def test_every_stig_asks_for_what_makes_rules_count(name):
    """The audit system is on from the start of the boot, and its files belong to root alone; each can be checked."""
    (standard,) = standards.standards([name])
    asked = {key for requirement in standard["requirements"] for key in requirement}
    assert {"kernel_arguments", "service", "files", "auditd_conf"} <= asked
    requirements = [each for each in standard["requirements"] if set(each) & {"kernel_arguments", "service", "files"}]
    for requirement in requirements:
        checks = {key: requirement[key] for key in ("kernel_arguments", "service", "files") if key in requirement}
        assert checked(checks, NOTHING, requirement["id"])
    families = {requirement["id"].rpartition("-")[0] for requirement in standard["requirements"]}
    assert len(families) == 1
