# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence of a fleet: what is in it, what of it people see, and what files are made of it."""

import csv
import hashlib
import io
import json
import xml.etree.ElementTree as ElementTree

import pytest

from ansible_collections.linux.audit.plugins.plugin_utils import compliance_report, evidence, evidence_files
from judged_fleet import FLEET, HOSTILE, WAIVER, answer, fleet, requirement


def written(document, name):
    return next(file["text"] for file in evidence_files.files(document) if file["name"] == name)


@pytest.mark.parametrize(
    ("verdicts", "views", "worst"),
    [
        (("met", "met", "not met"), "kernel files", "met"),
        (("met", "met", "not met"), "kernel files text", "not met"),
        (("met", "not met", "met"), "kernel files", "not met"),
        (("met", "not met", "met"), "kernel", "met"),
        (("undecided", "met", "met"), "kernel files", "undecided"),
        (("undecided", "partly met", "met"), "kernel files", "partly met"),
        (("not applicable", "not applicable", "not applicable"), "kernel files text", "not applicable"),
    ],
)
def test_the_worst_of_the_views_that_count_is_the_verdict(verdicts, views, worst):
    entry = evidence.host_entry("h", answer(requirement("A", *verdicts)), views.split())
    assert entry["requirements"][0]["verdict"] == worst


def test_an_exception_counts_until_it_has_expired_and_hides_nothing():
    assert fleet(a=FLEET["excepted"])["hosts"][0]["state"] == "met"
    expired = fleet(a=answer(requirement(kernel="not met", exception=WAIVER | {"expired": True})))["hosts"][0]
    assert (expired["state"], expired["requirements"][0]["verdict"]) == ("not met: 1", "not met")
    assert expired["requirements"][0]["exception"]["reason"] == "change 4711"
    # What is met needs no exception.
    assert fleet(a=answer(requirement(exception=WAIVER)))["hosts"][0]["requirements"][0]["verdict"] == "met"


def test_totals_come_first_and_the_worst_hosts_first():
    document = fleet(**FLEET)
    assert [entry["host"] for entry in document["hosts"]] == ["broken", "gone", "bad", "excepted", "good"]
    lines = compliance_report.report(document)
    assert lines[0] == (
        "5 hosts: 1 failed, 1 unreachable, 1 not met, 2 met. "
        "Verdicts: 1 not met, 1 partly met, 1 undecided, 1 met, 1 excepted."
    )
    assert lines[1].split() == ["HOST", "STATE", "MET", "PARTLY", "MET", "NOT", "MET", "UNDECIDED", "EXCEPTED"]
    assert [line.split()[0] for line in lines[2:7]] == ["broken", "gone", "bad", "excepted", "good"]
    assert lines[7].split() == ["STANDARD", "REQUIREMENT", "BAD"]
    assert "bad: A: not met in the kernel: -w /etc/passwd -p wa (because; users: auid 0)" in lines


def test_what_a_host_cannot_have_returned_is_an_error():
    for broken in (answer(requirement(kernel="fine")), answer({"id": "A"}), answer(7), answer(requirement(rules=[{}]))):
        with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
            evidence.host_entry("h", broken)


def test_changes_since_an_earlier_run():
    before = json.loads(written(fleet(a=answer(requirement()), b=answer(requirement())), "compliance.json"))
    document = fleet(before, a=answer(requirement(kernel="not met")), c=answer(requirement()))
    assert document["changes"] == [
        {"host": "a", "standard": "s", "id": "A", "before": "met", "after": "not met"},
        {"host": "b", "standard": "s", "id": "A", "before": "met", "after": ""},
        {"host": "c", "standard": "s", "id": "A", "before": "", "after": "met"},
    ]
    assert compliance_report.report(document)[-3:] == [
        "a: A: met before, not met now",
        "b: A: met before, not judged now",
        "c: A: not judged before, met now",
    ]
    assert "changes" not in fleet(a=answer(requirement()))


def test_checksums_are_those_of_all_files():
    found = evidence_files.files(fleet(**FLEET))
    sums = dict(reversed(line.split("  ")) for line in found[-1]["text"].splitlines())
    assert sums == {file["name"]: hashlib.sha256(file["text"].encode()).hexdigest() for file in found[:-1]}
    assert set(sums) == {
        "compliance.json", "compliance.csv", "matrix.csv", "junit.xml",
        *(f"hdf-{host}.json" for host in FLEET),
    }  # fmt: skip


def test_the_json_has_a_schema_and_all_that_was_said():
    found = json.loads(written(fleet(**FLEET), "compliance.json"))
    assert (found["schema"], found["schema_version"]) == ("linux.audit.compliance", 1)
    assert found["generator"].startswith("linux.audit ")
    bad = found["hosts"][2]
    assert bad["standards"][0]["release"] == "V1"
    assert bad["proof"]["boot_id"] == "b"
    assert bad["requirements"][0]["rules"][0]["files"]["origins"] == ["/etc/audit/rules.d/a.rules:1"]


def test_csv_has_a_row_for_each_requirement_and_host():
    rows = list(csv.DictReader(io.StringIO(written(fleet(**FLEET), "compliance.csv"))))
    assert [(row["host"], row["requirement"], row["verdict"]) for row in rows] == [
        ("broken", "", ""), ("gone", "", ""), ("bad", "A", "not met"), ("bad", "B", "undecided"),
        ("bad", "C", "partly met"), ("excepted", "A", "excepted"), ("good", "A", "met"),
    ]  # fmt: skip
    assert (rows[2]["release"], rows[2]["time"], rows[5]["until"]) == ("V1", "2026-11-27T08:00:00Z", "2026-12-31")
    matrix = list(csv.DictReader(io.StringIO(written(fleet(**FLEET), "matrix.csv"))))
    assert [matrix[0][host] for host in ("bad", "excepted", "good", "gone")] == ["not met", "excepted", "met", ""]


def test_junit_counts_what_it_has():
    suites = ElementTree.fromstring(written(fleet(**FLEET), "junit.xml"))
    for suite in suites:
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(name)) == len(suite.findall(f"testcase/{tag}")), suite.get("name")
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
    bad = suites.find("testsuite[@name='bad']")
    assert (bad.get("failures"), bad.get("errors")) == ("2", "1")
    times = {suite.get("name"): suite.get("timestamp") for suite in suites}
    assert times["gone"] is None
    assert times["bad"]


# The properties that the schema of the Heimdall data format (exec-json of inspecjs) requires, with their types.
REQUIRED = {
    "document": {"platform": dict, "profiles": list, "statistics": dict, "version": str},
    "platform": {"name": str, "release": str},
    "profile": {"name": str, "sha256": str, "supports": list, "attributes": list, "groups": list, "controls": list},
    "control": {"id": str, "impact": float, "refs": list, "tags": dict, "source_location": dict, "results": list},
    "result": {"code_desc": str, "start_time": str, "status": str},
}


def conforms(value, name):
    assert {key: type(value.get(key)) for key in REQUIRED[name]} == REQUIRED[name]


def test_hdf_has_what_its_schema_requires():
    document = fleet(**FLEET)
    for host in FLEET:
        found = json.loads(written(document, f"hdf-{host}.json"))
        conforms(found, "document")
        conforms(found["platform"], "platform")
        for profile in found["profiles"]:
            conforms(profile, "profile")
            for control in profile["controls"]:
                conforms(control, "control")
                assert 0 <= control["impact"] <= 1
                for result in control["results"]:
                    conforms(result, "result")
                    assert result["status"] in ("passed", "failed", "skipped")


def test_hdf_says_the_same_as_the_verdicts():
    document = fleet(**FLEET)
    statuses = {
        (host, control["id"]): {result["status"] for result in control["results"]}
        for host in ("good", "bad", "excepted")
        for control in json.loads(written(document, f"hdf-{host}.json"))["profiles"][0]["controls"]
    }
    assert statuses == {
        ("good", "A"): {"passed"},
        ("bad", "A"): {"failed", "passed"},
        ("bad", "B"): {"passed", "skipped"},
        ("bad", "C"): {"failed", "passed"},
        ("excepted", "A"): {"skipped", "passed"},
    }
    (control,) = json.loads(written(document, "hdf-excepted.json"))["profiles"][0]["controls"]
    assert control["waiver_data"]["justification"] == "change 4711"
    assert control["waiver_data"]["expiration_date"] == "2026-12-31"


def test_hostile_names_and_answers_do_nothing():
    """Markup, formulas, escapes, halves of characters, and paths, in texts that a host or an inventory chooses."""
    said = requirement(HOSTILE, kernel="not met", title=HOSTILE, standard=HOSTILE)
    said["rules"][0]["wanted"] = said["rules"][0]["kernel"]["reason"] = HOSTILE
    document = fleet(
        **{"../../etc/cron.d/x": answer(said), "..": answer(requirement()), HOSTILE: {"failed": True, "msg": HOSTILE}}
    )
    for line in compliance_report.report(document):
        assert line.isprintable()
    found = evidence_files.files(document)
    names = [file["name"] for file in found]
    assert len(set(names)) == len(names)
    for file in found:
        assert "/" not in file["name"] and not file["name"].startswith(".")
        file["text"].encode()
    for name in ("compliance.csv", "matrix.csv"):
        for row in csv.reader(io.StringIO(written(document, name))):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    suites = ElementTree.fromstring(written(document, "junit.xml"))
    assert suites.find(".//script") is None
