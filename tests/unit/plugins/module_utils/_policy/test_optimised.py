# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rules of a declaration are made cheaper, and how they are written."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._policy import optimised
from ansible_collections.linux.audit.plugins.module_utils._policy.sources import read_sources
from ansible_collections.linux.audit.plugins.module_utils.rules import _covered
from ansible_collections.linux.audit.plugins.module_utils.rules.cost import described
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.plugin_utils import packs
from pack_host import PackHost, hide_this_machine

TWINS = [f"-a always,exit -F arch={arch} -F path=/etc/passwd -F perm=wa -F key=k" for arch in ("b64", "b32")]
MODES = [f"-a always,exit -F arch=b64 -S {name} -F key=modes" for name in ("chmod", "fchmod")]


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch):
    """No directory is missing, neither now nor at a boot."""
    hide_this_machine(monkeypatch)
    monkeypatch.setattr(optimised, "may_be_missing_at_boot", lambda directory: None)


def rules(found):
    """The texts of the rules."""
    return [line.text for line in found.lines if line.statement and line.statement.rule]


def own(*lines, **source):
    """A source of rules, or with parameters a pack."""
    return {"name": "own", "content": "\n".join(lines) + "\n", **source}


def test_by_default_only_packs_whose_text_does_not_count_are_optimised():
    """Not the rules of the task; all of them if the task says so, or none."""
    pack, exact = own(*MODES, parameters={}), own(*MODES, parameters={}, exact=True)
    united = ["-a always,exit -F arch=b64 -S chmod,fchmod -F key=modes"]
    for source, by_default in ((own(*MODES), MODES), (pack, united), (exact, MODES)):
        assert rules(read_sources([source], PackHost(), None)) == by_default
        assert rules(read_sources([source], PackHost(), True)) == united
        assert rules(read_sources([source], PackHost(), False)) == MODES


def test_what_must_stay_is_used_all_the_same():
    """A rule that stays makes another superfluous, and is not changed itself."""
    sources = [own(*MODES), own(MODES[0].replace("-F key", "-F uid=0 -F key"), parameters={})]
    assert rules(read_sources(sources, PackHost(), None)) == MODES


def test_comments_stay_and_reasons_are_sentences():
    """A rule that moves forward is placed before the rule that it precedes."""
    lines = [
        "# one",
        MODES[0],
        "# two",
        MODES[1],
        "# three",
        "-a never,exit -F arch=b64 -S adjtimex -F uid=0",
        "-b 8192",
    ]
    found = read_sources([own(*lines)], PackHost(), True)
    assert [line.text for line in found.lines] == [
        "# one", lines[5], "-a always,exit -F arch=b64 -S chmod,fchmod -F key=modes", "# two", "# three", "-b 8192",
    ]  # fmt: skip
    assert f"'{MODES[1]}' is dropped: united with '{MODES[0]}', which differs only in its syscalls" in found.reasons
    assert f"'{lines[5]}' is moved before '{MODES[0]}', which matches none of its events" in found.reasons


@pytest.mark.parametrize(
    "line",
    [
        "-w /etc/passwd -p wa -k k",
        "-a always,exit -F arch=b64 -S openat -F path=/etc/passwd -F perm=wa -F key=k",
    ],
)
def test_what_auditctl_decides_when_it_loads_a_line_is_left_to_it(line):
    """Whether a path is a directory, and which syscalls a permission adds to those that are named."""
    assert rules(read_sources([own(line)], PackHost(version=(4, 0, 2)), True)) == [line]


def test_a_watch_of_a_directory_that_may_be_missing_at_boot_stays(monkeypatch):
    """Then auditctl watches it as a file, where it would refuse dir=."""
    line = "-w /srv/data -p wa -k k"
    assert "-F dir=/srv/data" in rules(read_sources([own(line)], PackHost(), True))[0]
    monkeypatch.setattr(optimised, "may_be_missing_at_boot", lambda directory: "because")
    assert rules(read_sources([own(line)], PackHost(), True)) == [line]


def test_a_set_with_a_prepended_rule_stays():
    """It goes before rules that are not in the set."""
    lines = [*MODES, "-A always,exit -F arch=b64 -S chown -F key=k"]
    assert rules(read_sources([own(*lines)], PackHost(), True)) == lines


@pytest.mark.parametrize("version", [(3, 0), (3, 1, 2), (3, 1, 5), (4, 0, 2), (4, 2)])
def test_a_permission_does_not_depend_on_the_release(version):
    """Both archs in one rule with the same syscalls, and with -p, to which no release adds others."""
    (text,) = rules(read_sources([own(*TWINS)], PackHost(version=version), True))
    assert "-p wa" in text and "arch=" not in text
    newest = parse_line(rules(read_sources([own(*TWINS)], PackHost(version=(4, 2)), True))[0], PackHost())
    assert parse_line(text, PackHost(version=version)).rule == newest.rule


@pytest.mark.parametrize(
    ("machine", "version"), [("x86_64", (3, 0)), ("x86_64", (4, 2)), ("aarch64", (4, 0, 2)), ("ppc64le", (3, 1, 5))]
)
def test_all_packs_together_are_written_and_read_again(machine, version):
    """What is written is what was found, and less of it is on the list of the kernel; the second time is the same."""
    host = PackHost(machine, version)
    sources = packs.sources(packs.names())
    costs = []
    for optimise in (False, None, True):
        found = read_sources(sources, host, optimise)
        assert not [line.error for line in found.lines if line.error]
        made = [line.statement.rule for line in found.lines if line.statement and line.statement.rule]
        costs.append(described(made, machine)["rules"])
        assert rules(read_sources(sources, host, optimise)) == rules(found)
    assert costs[0] > costs[1] > costs[2]


def test_a_set_that_is_too_large_to_be_compared_whole_is_noted(monkeypatch):
    said = "the set has so many rules that not all were compared to make it cheaper; fewer rules may do"
    assert read_sources([own(*TWINS)], PackHost(), True).notes == []
    monkeypatch.setattr(_covered, "_MOST_PAIRS", 1)
    assert read_sources([own(*TWINS)], PackHost(), True).notes == [said]
    assert read_sources([own(*TWINS)], PackHost(), False).notes == []
