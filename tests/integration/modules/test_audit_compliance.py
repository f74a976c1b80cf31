# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts on a real kernel, with rules of other words, of another order, and in other places."""

import pytest

from audited import RULES_D, Audited, task

RELOAD = "augenrules >/dev/null; auditctl -R /etc/audit/audit.rules >/dev/null 2>&1"
STIG = task("audit_compliance", {"standard": "stig_rhel9"})
IDENTITY = "RHEL-09-654240"
SITE = {
    "id": "SITE-1",
    "title": "Changes of users are recorded",
    "rules": ["-w /etc/passwd -p wa -k identity", "-w /etc/shadow -p wa -k identity"],
    "settings": {"enabled": ["enabled", "immutable"]},
}
OWN = task("audit_compliance", {"requirements": [SITE]})


@pytest.fixture
def host(guest, playbook, tmp_path):
    """The shared bookworm guest, without a rule."""
    host = Audited(guest, playbook, tmp_path)
    guest.run(f"auditctl -D >/dev/null; {RELOAD}; auditctl -e 1 >/dev/null")
    yield host
    guest.run(f"rm -f {RULES_D}/50-site.rules {RULES_D}/50-linux-audit.rules; auditctl -D >/dev/null; {RELOAD}")


def verdicts(result, *views):
    """By requirement, the verdicts of the views."""
    assert not result.get("failed"), result
    assert result["changed"] is False
    return {found["id"]: tuple(found[view] for view in views) for found in result["requirements"]}


def test_a_host_with_the_pack_meets_the_rules_of_the_standard_and_nothing_is_changed(host):
    state = "auditctl -l; auditctl -s; find /etc/audit -type f | sort | xargs sha256sum"
    _applied, before, judged, checked, after, digest = host.tasks(
        task("audit_ruleset", {"packs": ["stig_rhel9"], "file": "50-site.rules"}),
        state,
        STIG,
        task("audit_compliance", {"standard": "stig_rhel9"}, check=True),
        state,
        "auditctl -l | wc -l",
    )
    assert before == after
    found = verdicts(judged, "kernel", "files", "text")
    assert found == verdicts(checked, "kernel", "files", "text")
    rules = {found["id"] for found in judged["requirements"] if found["rules"]}
    assert len(rules) >= 40
    assert {name: found[name] for name in rules if found[name] != ("met",) * 3} == {}
    # Cron's label needs SELinux; the lock and the panic are not in place.
    assert found["RHEL-09-654097"] == ("not applicable",) * 3
    assert found["RHEL-09-654275"] == found["RHEL-09-654265"] == ("not met",) * 3
    assert len(judged["proof"]["rules"]) == int(digest)
    assert judged["standards"][0]["release"] == "V2R9"
    assert sum(judged["summary"]["kernel"].values()) == len(judged["requirements"])


def test_rules_in_other_words_meet_it_and_a_scanner_would_not_see_it(host):
    """A directory for files; the lines of the standard are nowhere."""
    _wrote, judged = host.tasks(f"echo '-w /etc -p rwa -k etc' >{RULES_D}/50-site.rules; {RELOAD}", OWN)
    assert verdicts(judged, "kernel", "files", "text") == {"SITE-1": ("met", "met", "not met")}
    (first, _second) = judged["requirements"][0]["rules"]
    etc = "-a always,exit -F dir=/etc -F perm=rwa -F key=etc"
    assert first["kernel"]["by"] == [etc]
    assert first["kernel"]["keys"] == ["etc"]
    assert first["files"]["origins"] == [f"{RULES_D}/50-site.rules:1"]
    assert first["text"] == {"status": "not met", "origin": "", "in_auditctl_l": False}


def test_the_kernel_and_the_files_may_differ(host):
    only_files, only_kernel = host.tasks(
        f"printf '%s\\n' '{SITE['rules'][0]}' '{SITE['rules'][1]}' '-e 1' >{RULES_D}/50-site.rules",
        OWN,
        f"rm {RULES_D}/50-site.rules; auditctl {SITE['rules'][0]}; auditctl {SITE['rules'][1]}",
        OWN,
    )[1::2]
    assert verdicts(only_files, "kernel", "files", "text") == {"SITE-1": ("partly met", "met", "met")}
    # No file has the rules, but auditd will enable auditing after the boot, which is the rest of the requirement.
    assert verdicts(only_kernel, "kernel", "files") == {"SITE-1": ("met", "partly met")}
    assert {rule["files"]["status"] for rule in only_kernel["requirements"][0]["rules"]} == {"not met"}
    assert all(rule["text"]["in_auditctl_l"] for rule in only_kernel["requirements"][0]["rules"])


def test_an_earlier_never_and_a_line_that_stops_the_boot_are_seen(host):
    both = "; ".join(f"auditctl {rule}" for rule in SITE["rules"])
    results = host.tasks(
        f"auditctl -a never,exit -F dir=/etc; {both}",
        OWN,
        f"printf '%s\\n' '-w /nowhere/x -p wa' '{SITE['rules'][0]}' '{SITE['rules'][1]}' >{RULES_D}/50-site.rules",
        OWN,
    )
    off, stopped = results[1], results[3]
    assert verdicts(off, "kernel") == {"SITE-1": ("partly met",)}
    assert off["requirements"][0]["rules"][0]["kernel"]["reason"] == (
        "switched off by -a never,exit -S all -F dir=/etc"
    )
    assert verdicts(stopped, "files") == {"SITE-1": ("partly met",)}
    assert {rule["files"]["status"] for rule in stopped["requirements"][0]["rules"]} == {"not met"}


def test_exceptions_expire(host):
    def excepted(until):
        arguments = {"requirements": [SITE], "exceptions": [{"requirement": "SITE-1", "reason": "x", "until": until}]}
        return task("audit_compliance", {**arguments, "today": "2026-11-27"})

    last_day, over = host.tasks(excepted("2026-11-27"), excepted("2026-11-26"))
    assert last_day["summary"]["kernel"]["excepted"] == 1
    assert over["summary"]["kernel"]["excepted"] == 0
    assert [result["requirements"][0]["exception"]["expired"] for result in (last_day, over)] == [False, True]


def test_other_users_are_told_to_be_root(host, ansible):
    result = ansible(
        host.guest,
        "audit_compliance",
        {"requirements": [SITE]},
        extra={"ansible_become": True, "ansible_become_user": "nobody"},
    )
    assert result["failed"]
    assert "root" in result["msg"]
