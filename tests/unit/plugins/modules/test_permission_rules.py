# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules with a permission on hosts of several releases: loaded as the host's auditctl loads them, and found again."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host import host as host_module
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule, equivalent
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.modules import audit_info, audit_rule, audit_ruleset
from changing import System
from running import run_module
from strategies import Host

RELEASES = [None, (3, 0), (3, 0, 9), (4, 0, 2), (4, 2, 1)]
LINE = "-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=xa -F key=k"
WITH_SYSCALL = "-a always,exit -F arch=b64 -S mount -F path=/etc/passwd -F perm=xa -F key=k"


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel without rules and an empty rules.d."""
    return System(monkeypatch, tmp_path)


@pytest.fixture
def run(host, monkeypatch):
    """run(main, release, **params): the result of a module on the host with auditctl of that release."""

    def run(main, release, **params):
        monkeypatch.setattr(host_module, "_auditctl_version", lambda: release)
        result = run_module(main, {"rules_dir": str(host.directory), **params})
        assert not result.get("failed"), result
        return result

    return run


def loaded(line, release):
    return wire.encode(parse_line(line, Host(version=release)).rule)


@pytest.mark.parametrize("line", [LINE, WITH_SYSCALL])
@pytest.mark.parametrize("release", RELEASES)
def test_the_kernel_gets_what_the_hosts_auditctl_loads(host, run, release, line):
    assert run(audit_rule.main, release, rule=line)["changed"]
    assert host.kernel.held == [loaded(line, release)]
    assert host.files()["rules.d/50-linux-audit.rules"].splitlines()[-1] == line
    assert not run(audit_rule.main, release, rule=line)["changed"]
    assert run(audit_info.main, release)["in_sync"]


@pytest.mark.parametrize("line", [LINE, WITH_SYSCALL])
@pytest.mark.parametrize("before", RELEASES)
@pytest.mark.parametrize("after", RELEASES)
def test_what_another_release_has_loaded_is_replaced_and_removed(host, run, before, after, line):
    # What 4.2 adds to a rule without -S is all that a kernel can match.
    same = equivalent(wire.decode(loaded(line, before)), wire.decode(loaded(line, after)))
    assert run(audit_ruleset.main, before, rules=[line])["changed"]
    assert run(audit_info.main, after)["in_sync"] is same
    assert run(audit_ruleset.main, after, rules=[line])["changed"] is not same
    assert host.kernel.held == [loaded(line, before if same else after)]
    assert not run(audit_ruleset.main, after, rules=[line])["changed"]
    assert run(audit_info.main, after)["in_sync"]
    assert run(audit_rule.main, before, rule=line, state="absent")["changed"]
    assert host.kernel.held == []


def test_names_that_the_host_does_not_know_are_numbers_in_what_is_said(run):
    line = "-a always,exit -F arch=b64 -S mseal -F key=k"
    number = line.replace("mseal", "462")
    result = run(audit_rule.main, (3, 0, 9), rule=line)
    assert result["rules"] == result["added"] == [number]
    (held,) = run(audit_info.main, (3, 0, 9))["rules"]
    assert (held["text"], held["rule"]["syscalls"]) == (number, ["462"])
    (held,) = run(audit_info.main, (4, 0, 2))["rules"]
    assert (held["text"], held["rule"]["syscalls"]) == (line, ["mseal"])


@pytest.mark.parametrize("before", [[], ["-a always,exit -F arch=b64 -S 462 -F key=other"]])
def test_a_name_that_is_written_as_a_number_is_no_reason_to_warn(host, run, before):
    (host.directory / "50-linux-audit.rules").write_text("".join(f"{line}\n" for line in before))
    result = run(audit_rule.main, (3, 0, 9), rule="-a always,exit -F arch=b64 -S mseal -F key=k")
    assert host.files()["rules.d/50-linux-audit.rules"].splitlines()[-1] == "-a always,exit -F arch=b64 -S 462 -F key=k"
    assert not result.get("warnings")
    assert run(audit_info.main, (3, 0, 9))["problems"] == []


def test_two_permissions_that_others_have_loaded_are_listed_and_purged(host, run):
    fields = [Field("path", "=", "/etc/passwd"), Field("perm", "=", 4), Field("perm", "=", 2)]
    host.kernel.held.append(wire.encode(Rule("exit", "always", tuple(fields))))
    (held,) = run(audit_info.main, (4, 0, 2))["rules"]
    assert held["text"] == "-a always,exit -F perm=w -F perm=r -F path=/etc/passwd"
    assert sorted(held["rule"]["fields"]) == ["path=/etc/passwd", "perm=r", "perm=w"]
    assert run(audit_ruleset.main, (4, 0, 2), rules=[LINE], purge="all")["removed"] == [held["text"]]
    assert host.kernel.held == [loaded(LINE, (4, 0, 2))]
