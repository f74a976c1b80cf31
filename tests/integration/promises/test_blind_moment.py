# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An event every millisecond while whole sets of rules are replaced: every one of them is logged."""

import json

import pytest

from audited import meaning
from probing import prepare, probing, rule_set

# A record fewer for each event lets the guest keep pace.
FRAME = ["-D", "-b 60000", "-f 1", "-a always,exclude -F msgtype=PROCTITLE"]
FILE = "/etc/audit/rules.d/40-linux-audit-ruleset.rules"


VARIANTS = {
    "base": {},
    "changed": {"first": 5000},
    "reordered": {"backwards": True},
    "re-keyed": {"key": "new"},
}


@pytest.fixture(scope="module")
def probed_guest(lab):
    """A guest of its own, whose auditd logs a thousand events in a second."""
    guest = lab.boot("bookworm", name="probed")
    prepare(guest)
    yield guest
    guest.stop()


@pytest.fixture
def write(tmp_path):
    """write(name, rules): a rules file on this machine; its path."""

    def write(name, rules):
        path = tmp_path / f"{name}.rules"
        path.write_text("\n".join([*FRAME, *rules]) + "\n")
        return path

    return write


@pytest.fixture
def replace(probed_guest, playbook, tmp_path):
    """replace(paths): have audit_ruleset bring the guest to one set after the other, in one play."""

    def replace(*paths):
        play = {
            "hosts": probed_guest.name,
            "gather_facts": False,
            "tasks": [{"linux.audit.audit_ruleset": {"src": [str(path)], "purge": "all"}} for path in paths],
        }
        (tmp_path / "play.yml").write_text(json.dumps([play]))
        results = [line["result"] for line in playbook(tmp_path / "play.yml", limit=probed_guest.name)]
        assert len(results) == len(paths), results[-1]
        for path, result in zip(paths, results, strict=True):
            assert result["changed"], (path.name, result)
        return results

    return replace


@pytest.fixture
def say(capsys):
    """say(text): the counts belong into the report, also of a test that passes."""

    def say(text):
        with capsys.disabled():
            print(f"\n{text}", flush=True)

    return say


def held(guest):
    return [line for line in guest.run("auditctl -l").stdout.splitlines() if line != "No rules"]


def listed(rules):
    """As auditctl lists them."""
    return [rule.replace("auid!=unset", "auid!=-1") for rule in rules] + FRAME[-1:]


# A deletion takes the kernel 12 ms, so not every size goes all ways.
@pytest.mark.parametrize(
    ("size", "variants"),
    [
        (150, ["changed", "reordered", "re-keyed", "base"]),
        (400, ["reordered", "base"]),
        pytest.param(1000, ["re-keyed", "base"], marks=pytest.mark.fleet),
    ],
    ids=str,
)
def test_every_event_is_logged_while_sets_are_replaced(lab, probed_guest, write, replace, say, size, variants):
    base, *paths = (write(name, rule_set(size, **VARIANTS[name])) for name in ["base", *variants])
    probed_guest.run("auditctl -D")
    replace(base)
    with probing(lab, probed_guest) as probe:
        replace(*paths)
    found = probe.result
    say(f"{size} rules, {', '.join(variants)}: {found}")
    assert set(meaning(held(probed_guest))) == set(meaning(listed(rule_set(size, **VARIANTS[variants[-1]]))))
    assert found.lost == 0
    assert found.missing == {}
    assert found.logged == found.made
    # The probe did run all the time.
    assert found.made > found.seconds * 900
    assert found.wakes > found.seconds * 50


def test_the_same_probe_shows_the_losses_of_a_reload(lab, probed_guest, write, replace, say):
    base, changed = (write(name, rule_set(1000, **VARIANTS[name])) for name in ("base", "changed"))
    probed_guest.run("auditctl -D")
    replace(base)
    probed_guest.put(changed, "/root/changed.rules")
    with probing(lab, probed_guest) as probe:
        probed_guest.run(f"cp /root/changed.rules {FILE} && augenrules --load")
    found = probe.result
    say(f"1000 rules, changed, by augenrules --load: {found}")
    assert set(meaning(held(probed_guest))) == set(meaning(listed(rule_set(1000, first=5000))))
    assert found.lost == 0
    assert set(found.missing) == {"1001", "1002", "1003"}
    assert found.logged == found.made - sum(found.missing.values())
    assert sum(found.missing.values()) > 50
