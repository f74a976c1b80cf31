# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of hosts that answer what they like, with files that sha256sum and gpg check."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from ansible_collections.linux.audit.plugins.plugin_utils.packed import pack
from hostile_host import HostileHosts, failures, shown
from paths import ROOT

TEMPLATE = "{{ lookup('ansible.builtin.pipe', 'touch PWNED') }}{% raw %}"
STATUS = {"by": [], "keys": [], "missing": [], "off_by": [], "reason": TEMPLATE}


def judged(kernel="met", name="SITE-1"):
    """What audit_compliance returns."""
    rule = {
        "wanted": f"-w /etc/passwd -p wa -k {TEMPLATE}",
        "kernel": STATUS | {"status": kernel},
        "files": STATUS | {"status": "met", "origins": []},
        "text": {"status": "met", "origin": "x:1", "in_auditctl_l": True},
    }
    found = {"standard": "s", "id": name, "title": TEMPLATE, "severity": "high", "kernel": kernel, "files": "met"}
    found |= {"text": "met", "rules": [rule], "checks": [], "left_out": [], "exception": None}
    standard = {"name": "s", "title": "S", "release": "1", "sha256": "0" * 64}
    proof = {"time": "2026-11-27T08:00:00Z", "boot_id": "b", "kernel": "6.1", "rules": [TEMPLATE], "sha256": "1"}
    return {"audit_compliance": {"changed": False, "requirements": [found], "standards": [standard], "proof": proof}}


@pytest.fixture
def run(tmp_path):
    """run(answers, **extra): the lines of the playbook, and the directory of the evidence."""

    def run(answers, environment=None, **extra):
        hosts = HostileHosts(tmp_path, answers)
        output = tmp_path / "evidence"
        asked = {"compliance_standard": "stig_rhel9", "output": str(output)} | extra
        return hosts.run("linux.audit.compliance", environment=environment, **asked), output

    return run


def test_a_fleet_with_a_bad_and_a_broken_host(run):
    answers = {"good": judged(), "bad": judged("not met"), "broken": {"audit_compliance": {"failed": True, "msg": "x"}}}
    lines, output = run(answers)
    (report,) = shown(lines, "The fleet")
    assert report[0] == "3 hosts: 1 failed, 1 not met, 1 met. Verdicts: 1 not met, 1 met."
    assert [line.split()[0] for line in report[2:5]] == ["broken", "bad", "good"]
    assert failures(lines) == {}
    names = sorted(path.name for path in output.iterdir())
    assert names == [
        "SHA256SUMS", "compliance.csv", "compliance.json", *(f"hdf-{host}.json" for host in ("bad", "broken", "good")),
        "junit.xml", "matrix.csv",
    ]  # fmt: skip
    assert subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=output, check=False).returncode == 0
    assert {oct(path.stat().st_mode & 0o777) for path in output.iterdir()} == {"0o600"}
    document = json.loads((output / "compliance.json").read_text())
    assert document["hosts"][1]["requirements"][0]["title"] == TEMPLATE
    assert not (ROOT / "PWNED").exists()


def test_it_ends_badly_on_request_alone(run):
    lines, _output = run({"good": judged(), "bad": judged("not met")}, compliance_fail=True)
    assert failures(lines) == {"bad": "bad: not met: 1"}


def test_before_and_after(run, tmp_path):
    lines, output = run({"web1": judged("not met")})
    before = tmp_path / "before.json"
    shutil.copy(output / "compliance.json", before)
    (tmp_path / "web1").rename(tmp_path / "old")
    lines, output = run({"web1": judged()}, compliance_before=str(before))
    (report,) = shown(lines, "The fleet")
    assert report[-1] == "web1: SITE-1: not met before, met now"
    assert json.loads((output / "compliance.json").read_text())["changes"][0]["after"] == "met"


def test_files_are_named_from_where_the_playbook_is_started(run, tmp_path):
    for name in ("one.yml", "two.yml"):
        requirements = [{"id": name, "title": "T", "rules": ["-w /etc/passwd -p wa"]}]
        (tmp_path / name).write_text(json.dumps({"name": name, "requirements": requirements}))
    asked = {"compliance_standard": "cis_level2,stig_rhel9", "compliance_src": "one.yml,two.yml", "output": "found"}
    here = {"PWD": str(tmp_path)}
    lines, _output = run({"web1": judged("not met")}, here, **asked)
    assert failures(lines) == {}
    (tmp_path / "web1").rename(tmp_path / "old")
    lines, _output = run({"web1": judged()}, here, **asked, compliance_before="found/compliance.json")
    assert shown(lines, "The fleet")[0][-1] == "web1: SITE-1: not met before, met now"


def test_check_mode_judges_and_writes_nothing(tmp_path):
    hosts = HostileHosts(tmp_path, {"web1": judged("not met")})
    output = tmp_path / "evidence"
    lines = hosts.run("linux.audit.compliance", "--check", compliance_standard="stig_rhel9", output=str(output))
    assert failures(lines) == {}
    assert shown(lines, "The fleet")[0][0].startswith("1 host: 1 not met.")
    assert not output.exists()


def test_one_file_alone(run, tmp_path):
    _lines, _output = run({"web1": judged()}, output=str(tmp_path / "all.csv"))
    assert (tmp_path / "all.csv").read_text().startswith("host,state,standard,release,requirement")
    assert not (tmp_path / "SHA256SUMS").exists()


def test_no_host_brings_the_evidence_of_another_one(run):
    entry = {"host": "good", "state": "met", "requirements": [], "standards": [], "proof": {}}
    bad = {"audit_compliance": judged()["audit_compliance"] | {"ansible_facts": {"compliance_entry": entry}}}
    broken = judged()
    broken["audit_compliance"]["requirements"] = [{"id": 1}]
    broken["audit_compliance"]["ansible_facts"] = {"compliance_entry": entry}
    # As if it had been made on the controller, of a task that still runs.
    sent = {"changed": False, "evidence": pack(entry)}
    late = {"audit_compliance": {**sent, "ansible_job_id": "1", "started": 1}}
    dirty = {"audit_compliance": {**sent, "evidence": entry | {"state": "not met: \x1b[31m 5"}, "ansible_job_id": "1"}}
    also = {"audit_compliance": judged()["audit_compliance"] | sent}
    hosts = {"bad": bad, "broken": broken, "late": late, "dirty": dirty, "also": also, "good": judged("not met")}
    _lines, output = run(hosts)
    document = json.loads((output / "compliance.json").read_text())
    states = sorted((found["host"], found["state"].partition(":")[0]) for found in document["hosts"])
    assert states == [
        *[("also", "met"), ("bad", "met"), ("broken", "failed")],
        *[("dirty", "failed"), ("good", "not met"), ("late", "failed")],
    ]


@pytest.mark.skipif(shutil.which("gpg") is None, reason="signing needs gpg, which ./dev setup installs only as root")
def test_the_checksums_are_signed(run, tmp_path):
    home = tmp_path / "gpg"
    home.mkdir(mode=0o700)
    environment = {"GNUPGHOME": str(home)}
    words = ["--batch", "--passphrase", "", "--quick-gen-key", "auditor@example.org", "ed25519", "sign", "0"]
    subprocess.run(["gpg", *words], env=environment | {"PATH": "/usr/bin:/bin"}, check=True, capture_output=True)
    try:
        lines, output = run({"web1": judged()}, environment, compliance_sign_key="auditor@example.org")
        assert failures(lines) == {}
        verify = ["gpg", "--batch", "--verify", "SHA256SUMS.asc", "SHA256SUMS"]
        found = environment | {"PATH": "/usr/bin:/bin"}
        assert subprocess.run(verify, cwd=output, env=found, check=False, capture_output=True).returncode == 0
        (output / "SHA256SUMS").write_text("")
        assert subprocess.run(verify, cwd=output, env=found, check=False, capture_output=True).returncode != 0
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], env=environment | {"PATH": "/usr/bin:/bin"}, check=False)


def test_the_playbook_of_the_page_keeps_texts(tmp_path):
    """Also of a host that does not answer; what the tasks keep is one text each, of a host and of the fleet."""
    text = (ROOT / "docs" / "compliance.md").read_text()
    (page,) = [block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "  hosts: all" in block]
    play = yaml.safe_load(page)
    hosts = {"good": judged(), "bad": judged("not met"), "broken": {"audit_compliance": {"failed": True, "msg": "x"}}}
    lines = HostileHosts(tmp_path, hosts).run(play)
    (report,) = shown(lines, "Show the fleet")
    assert report[0] == "3 hosts: 1 failed, 1 not met, 1 met. Verdicts: 1 not met, 1 met."
    lacking = {line["host"]: line["result"]["msg"] for line in lines if line["task"] == play[0]["tasks"][-1]["name"]}
    assert lacking == {"good": [], "bad": ["SITE-1"], "broken": []}
    facts = [line["result"]["ansible_facts"] for line in lines if "ansible_facts" in line["result"]]
    assert len(facts) == 4
    assert all(isinstance(value, str) for found in facts for value in found.values())
    answers = [line["result"] for line in lines if line["task"] == "Judge the host"]
    assert [sorted({"evidence", "requirements"} & set(answer)) for answer in answers].count(["evidence"]) == 2
