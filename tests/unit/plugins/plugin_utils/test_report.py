# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a fleet: what it has of a host, what earlier results say, and what Prometheus reads."""

import json
import random
import re

import pytest
import yaml

from ansible_collections.linux.audit.plugins.plugin_utils import evidence, fleet
from ansible_collections.linux.audit.plugins.plugin_utils import report_document as documents
from ansible_collections.linux.audit.plugins.plugin_utils import report_history as history
from ansible_collections.linux.audit.plugins.plugin_utils import report_states as states
from ansible_collections.linux.audit.plugins.plugin_utils.report_host import host_entry, silent_entry
from ansible_collections.linux.audit.plugins.plugin_utils.report_metrics import metrics
from ansible_collections.linux.audit.plugins.plugin_utils.report_page import page
from paths import ROOT
from simulated_fleet import FILES, drifted, healthy, loses, silent, simulated, waiting, watch

DAYS = [f"2026-11-{day:02}T06:00:00Z" for day in range(1, 8)]


def audited(*troubles, **status):
    """What audit_info says of a host with these troubles."""
    info = healthy(random.Random(1))
    info["status"].update({"enabled": "enabled"} | status)
    for trouble in troubles:
        trouble(info, random.Random(3))
    return info


def entry(info, host="web1", remote=None, judged=None):
    row = {"host": host, **fleet.drift_row(info, {"report": {}}, (), remote or "")}
    return host_entry(row, info, remote, judged)


def judged(host="web1", **verdicts):
    """What compliance_host says of a host, by the verdicts of requirements."""
    requirements = [
        {"standard": "s", "id": name, "title": f"T {name}", "severity": "high", "kernel": verdict, "files": verdict,
         "text": "met", "rules": [], "checks": [], "left_out": [], "exception": None}
        for name, verdict in verdicts.items()
    ]  # fmt: skip
    standard = {"name": "s", "title": "S", "release": "1", "sha256": "0"}
    return evidence.host_entry(host, {"requirements": requirements, "standards": [standard], "proof": {}})


def report(*entries, when=DAYS[-1], before=()):
    return documents.document(list(entries), when, before)


def test_the_states_are_those_of_drift():
    """Each state of a row is a kind of the report."""
    assert sorted(kind.name for kind in states.KINDS) == sorted(fleet._ORDER)
    assert states.kind_of("waiting for reboot: 2").slug == "waiting"
    assert states.kind_of("whatever").slug == "error"


@pytest.mark.parametrize(
    ("totals", "said", "rest"),
    [
        ({}, "No host was asked.", ""),
        ({"sync": 1}, "The only host is in sync.", ""),
        ({"sync": 1200}, "All 1,200 hosts are in sync.", ""),
        ({"silent": 3, "sync": 597}, "3 of 600 hosts record nothing.", "597 are in sync."),
        ({"unreachable": 1, "drift": 1, "sync": 1}, "1 of 3 hosts cannot be reached.",
         "1 has drifted from its files and 1 is in sync."),
    ],
)  # fmt: skip
def test_the_headline_is_a_sentence_on_the_worst(totals, said, rest):
    assert (states.headline(totals), states.others(totals)) == (said, rest)


def test_a_difference_has_both_sides_its_place_and_what_a_boot_makes_of_it():
    info = audited()
    one, two, three = (watch(path, "k") for path in ("/etc/a", "/etc/b", "/etc/c"))
    info["drift"] = {
        "missing": [one, two], "extra": [three], "other_key": [{"file": "f", "kernel": "g"}],
        "out_of_order": [{"first": "x", "second": "y"}],
        "settings": [{"name": "failure", "file": "panic", "kernel": "printk"}],
    }  # fmt: skip
    info["origins"] = {one: f"{FILES}/a:1", two: f"{FILES}/a:2", "failure": f"{FILES}/a:3"}
    info["problems"] = [{"path": f"{FILES}/a", "line": 2, "text": "t", "reason": "is refused", "lost_at_boot": True}]
    rows = entry(info)["drift"]
    assert [(row["what"], row["file"], row["kernel"]) for row in rows] == [
        ("not loaded", [one], []), ("not loaded", [two], []), ("in no file", [], [three]),
        ("another key", ["f"], ["g"]), ("another order", ["x", "y"], ["y", "x"]),
        ("another value", ["failure panic"], ["failure printk"]),
    ]  # fmt: skip
    assert [row["origin"] for row in rows] == [f"{FILES}/a:1", f"{FILES}/a:2", "", "", "", f"{FILES}/a:3"]
    assert rows[0]["boot"] == "the boot loads it"
    assert rows[1]["boot"] == "the boot does not load it, because it is refused"
    assert rows[2]["boot"] == "the boot drops it"
    assert rows[5]["boot"] == "the boot sets failure to panic"


def test_a_rule_that_a_boot_loses_is_a_difference_of_tomorrow():
    (row,) = entry(audited(loses))["drift"]
    assert (row["what"], row["origin"]) == ("lost at a boot", f"{FILES}/60-app.rules:2")
    assert row["boot"].startswith("the boot does not load it")


def test_rules_of_other_agents_are_no_difference():
    info = audited()
    info["drift"]["extra"] = [watch("/x", "agent-1"), watch("/y", "mine")]
    row = {"host": "a", "state": "drift: 1"}
    assert [one["kernel"] for one in host_entry(row, info, keep=["agent-*"])["drift"]] == [[watch("/y", "mine")]]


def test_the_worst_come_first_and_errors_are_apart():
    found = report(
        entry(audited(), "a"),
        entry(audited(drifted), "b"),
        entry(audited(silent), "c"),
        silent_entry("d", "unreachable"),
        entry(audited(waiting), "e"),
        silent_entry("f", "failed: x"),
        entry({"available": False, "reason": "no"}, "g"),
    )
    assert [host["host"] for host in found["hosts"]] == ["c", "g", "f", "d", "b", "e", "a"]
    assert found["totals"] == {
        "silent": 1,
        "none": 1,
        "error": 1,
        "unreachable": 1,
        "drift": 1,
        "waiting": 1,
        "sync": 1,
    }
    assert (found["headline"], found["locked"]) == ("1 of 7 hosts records nothing.", 1)
    assert "lock" not in found["hosts"][1]


def test_earlier_results_say_since_when():
    first = report(entry(audited(drifted)), entry(audited(), "web2"), when=DAYS[0])
    second = report(entry(audited(drifted)), entry(audited(silent), "web2"), when=DAYS[1], before=[first])
    third = report(entry(audited(drifted)), entry(audited(silent), "web2"), silent_entry("new", "unreachable"),
                   when=DAYS[2], before=[second])  # fmt: skip
    hosts = {host["host"]: host for host in third["hosts"]}
    assert (hosts["web1"]["since"], hosts["web1"]["first"]) == (DAYS[0], DAYS[0])
    assert (hosts["web2"]["since"], hosts["web2"]["first"]) == (DAYS[1], DAYS[0])
    assert hosts["new"]["since"] == DAYS[2]
    assert [reason["since"] for reason in hosts["web2"]["reasons"]] == [DAYS[1]]
    assert [one["kind"] for one in hosts["web2"]["trend"]] == ["sync", "silent", "silent"]
    assert [one["time"] for one in third["history"]] == DAYS[:3]
    assert third["compared_with"] == DAYS[1]
    # All results at once say the same as each with the one before it.
    again = report(entry(audited(drifted)), entry(audited(silent), "web2"), silent_entry("new", "unreachable"),
                   when=DAYS[2], before=[second, first])  # fmt: skip
    assert again == third


def test_a_state_that_comes_back_is_new():
    one = report(entry(audited(drifted)), when=DAYS[0])
    two = report(entry(audited()), when=DAYS[1], before=[one])
    assert report(entry(audited(drifted)), before=[two])["hosts"][0]["since"] == DAYS[-1]


def test_lost_records_have_their_change_also_after_a_boot():
    one = report(entry(audited(lost=10)), entry(audited(lost=9), "web2"), entry(audited(lost=1), "web3"), when=DAYS[0])
    two = report(entry(audited(lost=17)), entry(audited(lost=4), "web2"), entry(audited(lost=1), "web3"), before=[one])
    assert {host["host"]: host["lost_change"] for host in two["hosts"]} == {"web1": 7, "web2": 4, "web3": 0}
    assert two["history"][-1]["lost"] == 11
    assert "2 hosts lost records since the earlier result." in two["notes"]


def test_the_last_proof_of_remote_logging_is_kept():
    one = report(entry(audited(), remote=""), when=DAYS[0])
    two = report(entry(audited(), remote="no record has arrived"), when=DAYS[1], before=[one])
    three = report(entry(audited()), before=[two])
    assert [found["hosts"][0]["proved"] for found in (one, two, three)] == [DAYS[0]] * 3
    assert [found["hosts"][0]["remote"]["state"] for found in (one, two, three)] == [
        "arrived",
        "not confirmed",
        "not asked",
    ]


def test_verdicts_have_their_time_also_by_evidence():
    old = evidence.document([judged(A="met", B="met")], DAYS[0], evidence.VIEWS[:2])
    now = report(entry(audited(), judged=judged(A="met", B="not met", C="met")), when=DAYS[1], before=[old])
    later = report(entry(audited(), judged=judged(A="met", B="not met", C="met")), before=[now])
    assert {name: said["since"] for name, said in later["hosts"][0]["verdicts"]["s"].items()} == {
        "A": DAYS[0], "B": DAYS[1], "C": DAYS[1]
    }  # fmt: skip
    assert [item["id"] for item in later["hosts"][0]["lacking"]] == ["B"]
    assert "Of 1 judged host, 0 meet all requirements." in later["notes"]
    # A host that did not answer in between was not seen to meet anything.
    unjudged = {"judged": judged() | {"standards": [], "state": "unreachable"}}
    gone = report(silent_entry("web1", "unreachable") | unjudged, when=DAYS[2], before=[now])
    back = report(entry(audited(), judged=judged(A="met")), before=[gone])
    assert back["hosts"][0]["verdicts"]["s"]["A"]["since"] == DAYS[-1]


@pytest.mark.parametrize("kind", ["report", "compliance"])
def test_two_earlier_results_say_since_when_each_requirement_has_not_been_met(kind):
    """A and B since the first and the second result; C is met again, and D was met in between."""
    days = (
        {"A": "not met", "B": "met", "C": "not met", "D": "not met", "E": "not met"},
        {"A": "not met", "B": "not met", "C": "not met", "D": "met", "E": "partly met"},
        {"A": "not met", "B": "not met", "C": "met", "D": "not met", "E": "partly met"},
    )
    old = [
        report(entry(audited(), judged=judged(**said)), when=when)
        if kind == "report"
        else evidence.document([judged(**said)], when, evidence.VIEWS[:2])
        for when, said in zip(DAYS, days[:2], strict=False)
    ]
    now = report(entry(audited(), judged=judged(**days[2])), when=DAYS[2], before=old[::-1])
    (host,) = now["hosts"]
    assert [item["id"] for item in host["lacking"]] == ["A", "B", "D", "E"]
    assert {name: said["since"] for name, said in host["verdicts"]["s"].items()} == {
        "A": DAYS[0], "B": DAYS[1], "C": DAYS[2], "D": DAYS[2], "E": DAYS[1]
    }  # fmt: skip


def test_rows_of_drift_are_an_earlier_result():
    rows = [{"host": "web1", **fleet.drift_row(audited(drifted), {"report": {}})}]
    old = {**history.DRIFT, "generated": DAYS[0], "hosts": rows}
    found = report(entry(audited(drifted, lost=3)), before=[old])
    assert (found["hosts"][0]["since"], found["hosts"][0]["lost_change"]) == (DAYS[0], 3)
    assert found["history"][0]["totals"] == {"drift": 1}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"schema": "x"}, "an earlier result must be one of linux.audit.report 1, "),
        ({"schema_version": 2}, "not 'linux.audit.report' 2"),
        ({"generated": "yesterday"}, "such as 2026-01-31T12:00:00Z, not 'yesterday'"),
        ({"generated": DAYS[-1]}, "is not earlier than"),
    ],
)
def test_other_documents_are_refused(changed, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        report(entry(audited()), before=[report(entry(audited()), when=DAYS[0]) | changed])


def test_keys_are_summed_over_hosts():
    one, two = audited(), audited()
    for info, size in ((one, 5), (two, 7)):
        info["retention"]["keys"] = [
            {"key": "exec", "events": 1, "bytes": size, "bytes_a_day": size},
            {"key": None, "events": 2, "bytes": 1, "bytes_a_day": None},
        ]
    keys = report(entry(one), entry(two, "web2"))["keys"]
    assert [(key["key"], key["hosts"], key["bytes_a_day"], key["noisiest"]) for key in keys] == [
        ("exec", 2, 12, "web2"), (None, 2, 0, "web1"),
    ]  # fmt: skip


def test_a_fleet_of_many_keys_is_told_that_the_table_has_not_all():
    hosts = []
    for number in range(10):
        info = audited()
        info["retention"]["keys"] = [
            {"key": f"{number}-{key}", "events": 1, "bytes": 1, "bytes_a_day": 1} for key in range(25)
        ]
        hosts.append(entry(info, f"web{number}"))
    said = "Of 250 keys, the report has the 200 that log most."
    few, many = report(*hosts[:8]), report(*hosts)
    assert (len(few["keys"]), said in few["notes"]) == (200, False)
    assert (len(many["keys"]), said in many["notes"]) == (200, True)


def test_no_host_makes_the_report_long():
    info = audited()
    info["drift"]["extra"] = ["x" * 10_000] * 1000
    info["retention"]["keys"] = [{"key": "k", "events": 1, "bytes": 1, "bytes_a_day": 1}] * 10_000
    info["status"]["lost"] = float("inf")
    found = entry(info)
    assert (len(found["drift"]), len(found["keys"]), found["lost"]) == (400, 25, None)
    assert found["left_out"] == {"drift": 600, "keys": 9975, "reasons": 600}
    assert "left_out" not in entry(audited())
    assert "1 host had more to say than the report keeps of a host." in report(found)["notes"]
    assert len(json.dumps(found)) < 8_000_000


def test_prometheus_reads_the_metrics():
    parser = pytest.importorskip(
        "prometheus_client.parser", reason="prometheus_client is not installed; ./dev setup does it"
    )
    hostile = 'we"b\\1\n\x1b[2J\udc80{{ 1 }}'
    text = metrics(report(
        entry(audited(drifted, lost=5), hostile, remote=""), silent_entry("gone", "unreachable"),
        entry(audited(), "web2", judged=judged(A="met", B="not met")),
    ))  # fmt: skip
    text.encode()
    samples = [sample for family in parser.text_string_to_metric_families(text) for sample in family.samples]
    assert len(samples) == sum(1 for line in text.splitlines() if not line.startswith("#"))

    def value(name, **labels):
        return next(
            one.value for one in samples if one.name == f"linux_audit_{name}" and labels.items() <= one.labels.items()
        )

    shown = 'we"b\\1\\n\\x1b[2J\\udc80{{ 1 }}'
    assert value("hosts", state="drift") == 1
    assert value("host_state", host=shown, state="drift") == 1
    assert value("host_state", host="gone", state="unreachable") == 1
    assert value("host_lost_records_total", host=shown) == 5
    assert value("host_remote_proved", host=shown) == 1
    assert value("host_requirements", host="web2", verdict="not met", standard="s") == 1
    assert not any(one.labels.get("host") == "gone" and one.name.endswith("recording") for one in samples)


def test_the_alerts_of_the_page_ask_for_metrics_and_states_that_there_are():
    text = (ROOT / "docs" / "report.md").read_text()
    (group,) = yaml.safe_load(re.search(r"```yaml\n(groups:.*?)```", text, re.DOTALL)[1])["groups"]
    asked = " ".join(rule["expr"] for rule in group["rules"])
    written = metrics(report(entry(audited(), remote=""), entry(audited(loses), "web2")))
    assert set(re.findall(r"linux_audit_\w+", asked)) <= set(re.findall(r"# TYPE (\S+)", written))
    named = {name for found in re.findall(r'state=~"([^"]*)"', asked) for name in found.split("|")}
    assert named <= {kind.slug for kind in states.KINDS}


def test_the_page_allows_its_own_script_alone():
    found = page(simulated(3))
    assert found.count("<script") == 2
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', found)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)", found)
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', found, re.DOTALL)[1]
    assert not set("<>&") & set(data)
    assert len(json.loads(data)["hosts"]) == 3


def test_rules_that_a_boot_loses_are_looked_up_and_not_compared_one_by_one():
    """A line that stops the loading loses all after it."""

    class Rule(dict):
        compared = 0

        def __eq__(self, other):
            Rule.compared += 1
            return dict.__eq__(self, other)

    info, path, count = audited(), f"{FILES}/60-app.rules", 2000
    rules = [Rule(fields=[f"path=/etc/{number}"]) for number in range(count)]
    info["rules"] = [{"text": "", "rule": rule} for rule in rules]
    info["files"] = [{"path": path, "line": number, "text": "", "rule": rule} for number, rule in enumerate(rules, 1)]
    info["problems"] = [
        {"path": path, "line": number, "text": "", "reason": "is not loaded", "lost_at_boot": True}
        for number in range(1, count + 1)
    ]
    found = entry(info)
    assert (len(found["drift"]), found["left_out"]["drift"]) == (400, count - 400)
    assert Rule.compared < count
