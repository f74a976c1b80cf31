# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer of many hosts: each event once, attributed to its node, and above it what the logs could not tell."""

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.linux.audit.plugins.filter.answers import FilterModule

FILTERS = FilterModule().filters()
COLUMNS = ["time", "host", "log", "program"]


def event(number, node=None, exe="/bin/cat"):
    return {
        "time": f"2026-01-29T12:00:{number:02d}.000Z", "id": number, "node": node, "types": ["SYSCALL"],
        "subject": {"pid": 5, "exe": exe}, "syscall": {"number": 2, "exit": 0}, "paths": [{"name": "/f", "inode": 7}],
    }  # fmt: skip


def told(host, *events, own=(), notes=(), **result):
    """What a host tells after one search."""
    result = {"events": list(events), "own_nodes": list(own), "gaps": [], "truncated": False} | result
    return FILTERS["host_answer"]([result], result["events"], COLUMNS, host, notes)


def answer(parts, asked=None, inventory=None):
    hosts = list(parts)
    return FILTERS["fleet_answer"](parts, "Who?", asked or hosts, inventory or asked or hosts)


def places(found):
    """Of each row the host and the log."""
    return [(row["host"], row["log"]) for row in found["rows"]]


def test_a_record_of_another_node_is_attributed_to_the_node():
    """Not to the server whose log has it; the server's own records are its own, by whatever name."""
    found = answer(
        {"central": told("central", event(1, "web1"), event(2, "srv.example"), event(3), own=["srv.example"])}
    )
    assert places(found) == [("web1", "central"), ("central", ""), ("central", "")]
    assert found["lines"] == ["Who? 3 events on 1 host."]


def test_an_event_in_two_logs_comes_once():
    """From the log of its own host, if that was asked; of the others the first."""
    central = told("central", event(1, "web1.example"), event(2, "web9"), own=["central"])
    backup = told("backup", event(1, "web1.example"), event(2, "web9"), own=["backup"])
    for node in (None, "web1.example"):
        web1 = told("web1", event(1, node), own=["web1.example"])
        for parts in ({"central": central, "web1": web1}, {"web1": web1, "central": central, "backup": backup}):
            assert places(answer(parts)) == [("web1", ""), ("web9", "central")]


def test_events_that_differ_are_two():
    """By their time, number, process or node."""
    central = told("central", event(1, "web1"), event(1, "web1", exe="/bin/dog"), event(2, "web1"), event(1, "web2"))
    assert len(answer({"central": central, "web1": told("web1", event(1), own=["web1"])})["rows"]) == 4


def test_no_host_hides_what_a_server_has_of_another_one():
    """A host that claims the name of another host of the inventory, or of one that claims it, owns nothing."""
    central = told("central", event(1, "web2"))
    liar = told("web1", event(1), own=["web2"])
    assert ("web2", "central") in places(answer({"web1": liar, "central": central}, ["web1", "web2", "central"]))
    other = told("db", own=["web2"])
    assert ("web2", "central") in places(answer({"web1": liar, "db": other, "central": central}))


def test_the_first_line_says_what_a_limit_left_out():
    """And how many there are."""
    found = answer({"web1": told("web1", event(1), event(2), truncated=True, total=6), "web2": told("web2", event(3))})
    assert found["lines"] == [
        "Who? 3 of 7 events on 2 hosts.",
        "web1: the limit left out earlier events; raise limit, or narrow start and end",
    ]


def test_two_searches_may_leave_out_the_same_events():
    """Then the number is the largest that there can be."""
    results = [{"events": [event(1)], "truncated": True, "total": 3, "gaps": [], "own_nodes": []}] * 2
    part = FILTERS["host_answer"](results, [event(1)], COLUMNS, "web1")
    assert answer({"web1": part})["lines"][0] == "Who? 1 of up to 5 events on 1 host."


def test_hosts_that_did_not_answer_are_named_and_not_counted():
    """However many they are."""
    asked = ["web1", *(f"db{number}" for number in range(12))]
    assert answer({"web1": told("web1")}, asked)["lines"] == [
        "Who? 0 events on 1 of 13 hosts.",
        f"{', '.join(asked[1:11])} and 2 more: did not answer; the table says nothing of these hosts",
    ]


def test_what_a_log_could_not_tell_is_said_once_for_all_hosts():
    """With their names, and harmless for a terminal."""
    parts = {host: told(host, gaps=["no rule watches /f\x1b[2J"], notes=["loaded now"]) for host in ("web1", "web2")}
    assert answer(parts)["lines"] == [
        "Who? 0 events on 2 hosts.",
        r"web1, web2: no rule watches /f\x1b[2J",
        "web1, web2: loaded now",
    ]


@pytest.mark.parametrize("result", [{"events": [{}]}, {"events": [event(1) | {"time": 5}]}, {"events": [5]}])
def test_what_is_no_result_is_refused(result):
    """With the name of the filter."""
    with pytest.raises(AnsibleFilterError, match=r"linux\.audit\.host_answer takes"):
        FILTERS["host_answer"]([result], result["events"], COLUMNS, "web1")


def test_what_no_host_told_is_refused():
    """With the name of the filter."""
    with pytest.raises(AnsibleFilterError, match=r"linux\.audit\.fleet_answer takes"):
        answer({"web1": {}})
