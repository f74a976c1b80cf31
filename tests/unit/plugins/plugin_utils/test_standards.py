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
from ansible_collections.linux.audit.plugins.module_utils._policy.options import ChangeError
from ansible_collections.linux.audit.plugins.module_utils.rules.conf_values import is_accepted, is_comparison
from ansible_collections.linux.audit.plugins.plugin_utils import packs, standards


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


@pytest.mark.parametrize(
    ("keyword", "word"), [("freq", "=>1"), ("freq", "== 1"), ("freq", ">=5%"), ("log_file", ">=1"), ("name", "<9")]
)
def test_a_comparison_that_cannot_be_met_is_an_error(keyword, word):
    """It is not the text that a value must have."""
    with pytest.raises(ChangeError, match=f"X-1: auditd_conf: {keyword}: '{word}' must compare with a number"):
        checked({"auditd_conf": {keyword: [5, word]}}, NOTHING, "X-1")


def requirements_of_settings():
    """What each standard asks of auditd.conf: a keyword, the words that it lists, and what its pack sets."""
    for name in standards.names():
        (standard,) = standards.standards([name])
        own = packs.load(name).settings
        values = {keyword: value for some in own.values() for keyword, value in some.items()}
        for requirement in standard["requirements"]:
            for keyword, listed in requirement.get("auditd_conf", {}).items():
                yield pytest.param(
                    standard, keyword, listed, values[keyword], id=f"{name}-{requirement['id']}-{keyword}"
                )


@pytest.mark.parametrize(("standard", "keyword", "listed", "own"), list(requirements_of_settings()))
def test_what_a_pack_sets_is_what_its_standard_lists(standard, keyword, listed, own):
    """Each spelling that a standard uses is understood: no comparison is taken for a word."""
    words = [str(one) for one in (listed if isinstance(listed, list) else [listed])]
    assert any(is_accepted(keyword, str(own), word) for word in words)
    assert all(is_comparison(keyword, word) for word in words if word[0] in "<>=")
    assert standards._accepts(standard, keyword, own)
    assert not standards._accepts(standard, keyword, "0" if str(own)[0].isdigit() else "no-such-word")


@pytest.mark.parametrize(
    ("standard", "setting", "value", "accepted"),
    [
        # As texts, none of these are what the standard lists.
        ("stig_rhel9", "space_left", "30%", True),
        ("stig_rhel9", "space_left", "9%", False),
        # Nothing is known here of the size of a log's file system.
        ("stig_rhel9", "space_left", 100000, False),
        ("stig_rhel9", "freq", 50, True),
        ("stig_rhel9", "freq", "0", False),
        ("stig_rhel9", "write_logs", True, True),
        ("stig_rhel9", "write_logs", False, False),
        ("stig_rhel9", "overflow_action", "SINGLE", True),
        ("cis_level2", "max_log_file", 32, True),
        ("cis_level2", "max_log_file", 4, False),
        ("pci_dss_v4", "space_left", "0100", True),
        ("pci_dss_v4", "space_left", "25%", False),
        # What a standard does not mention, it accepts.
        ("cis_level2", "freq", 1, True),
    ],
)
def test_a_standard_accepts_values_by_what_they_mean(standard, setting, value, accepted):
    (found,) = standards.standards([standard])
    assert standards._accepts(found, setting, value) is accepted


def test_a_size_that_both_standards_accept_is_no_contradiction(monkeypatch):
    """A pack that sets more than another one asks for."""
    settings = standards._settings_of
    monkeypatch.setattr(
        standards, "_settings_of", lambda name: {**settings(name), **({"max_log_file": 32} if name == "hipaa" else {})}
    )
    for names in (["hipaa", "cis_level2"], ["cis_level2", "hipaa"]):
        found = host_standards(names, {})
        assert [one for one in found["contradictions"] if one["setting"] == "max_log_file"] == []
    assert host_standards(["hipaa", "cis_level2"], {})["auditd_conf"]["max_log_file"] == 32
