# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role auditd puts the STIG of a host's distribution in place, with what it wants beside rules."""

import json

import pytest

from distributions import DISTRIBUTIONS, disguise

pytestmark = pytest.mark.fleet

ROLE = {
    "role": "linux.audit.auditd",
    "vars": {"auditd_manage_packages": False, "auditd_rule_packs": [], "auditd_standards": ["stig"]},
}


@pytest.fixture(params=sorted(DISTRIBUTIONS))
def distribution(request, lab):
    """A guest that says that it is of a distribution, and the STIG for that."""
    guest = lab.boot("bookworm", name=request.param.replace("_", "-"))
    disguise(guest, request.param)
    yield guest, request.param
    guest.stop()


def test_the_stig_of_the_distribution_is_in_place(distribution, changes, ansible):
    guest, standard = distribution
    assert changes(guest, ROLE)
    assert changes(guest, ROLE) == []
    judged = ansible(guest, "audit_compliance", {"standard": "stig"})
    assert [found["name"] for found in judged["standards"]] == [standard]
    # The lock is the role immutable's, and these guests have no boot loader.
    excused = {"command line of the kernel", "enabled", "loginuid_immutable"}
    lacking = {
        found["id"]: [check for check in found["checks"] if check["kernel"] != "met"]
        for found in judged["requirements"]
        if found["kernel"] not in ("met", "not applicable")
    }
    assert {check["what"] for checks in lacking.values() for check in checks} <= excused, lacking
    by_rules = {
        (view, found["id"])
        for found in judged["requirements"]
        for view in ("kernel", "files", "text")
        if any(rule[view]["status"] != "met" for rule in found["rules"])
    }
    assert by_rules == set()
    failure = "2" if standard == "stig_rhel9" else "1"
    assert f"failure {failure}\n" in guest.run("auditctl -s").stdout
    modes = guest.run("stat -c %a /etc/audit/auditd.conf /etc/audit/rules.d/*.rules").stdout.split()
    assert set(modes) <= ({"600"} if standard == "stig_rhel9" else {"600", "640"})


def test_what_a_user_sets_takes_precedence(guest, playbook, tmp_path):
    """Two failure modes are refused with a sentence, and a distribution without a STIG as well."""
    wanted = [{"name": "stig_rhel9", "parameters": {"panic": True}}]
    said = []
    for variables in ({"auditd_rule_packs": wanted, "auditd_failure": "printk"}, {"auditd_standards": ["stig"]}):
        play = tmp_path / "play.yml"
        role = {"role": "linux.audit.auditd", "vars": {"auditd_manage_packages": False, **variables}}
        play.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "roles": [role]}]))
        said += [line["result"]["msg"] for line in playbook(play, limit=guest.name) if line["result"].get("failed")]
    assert said[0] == (
        f"{guest.name}: the failure mode of the kernel would be printk (auditd_failure) and panic, because panic is "
        "true for stig_rhel9 in auditd_rule_packs. Set auditd_failure to panic, or leave panic out."
    )
    assert "There is no STIG for Debian 12" in said[1]
