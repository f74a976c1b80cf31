# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cheaper set of rules treats every call of a model of the kernel as the set does that it was made of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import call_model
import list_model
from ansible_collections.linux.audit.plugins.module_utils.rules import _covered, _passage, syscalls, tables
from ansible_collections.linux.audit.plugins.module_utils.rules._permission_masks import archs_of, permission_mask
from ansible_collections.linux.audit.plugins.module_utils.rules.fields import LISTS
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Rule
from ansible_collections.linux.audit.plugins.module_utils.rules.optimise import optimise
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.permissions import PERMISSIONS, permission_variants
from call_model import MACHINE, some_calls, treatment
from strategies import Host

HOST = Host(directories=("/d", "/d/e", "/etc/ssh"))
USERS = "-F auid>=1000 -F auid!=unset"


def read(*lines):
    """The rules of lines."""
    return [parse_line(line, HOST).rule for line in lines]


def made(*lines, **options):
    """The rules that are made of lines."""
    return [item.rule for item in optimise(read(*lines), MACHINE, **options).rules]


def same(*lines):
    """A check that what is made of lines is what is made of nothing else."""
    return made(*lines) == read(*lines)


def assert_same_treatment(before, after, seed):
    """Of many calls."""
    for call in some_calls(seed):
        assert treatment(after, call) == treatment(before, call), (call, before, after)


@settings(max_examples=150, deadline=None)
@given(rules=call_model.rules(), seed=st.integers(0, 10**6), guard=st.booleans(), data=st.data())
def test_every_call_is_treated_as_before(rules, seed, guard, data):
    """With a guard and without; rules that are fixed stay as they are, in their order."""
    fixed = data.draw(st.frozensets(st.integers(0, len(rules) - 1)) if data.draw(st.booleans()) else st.just(()))
    found = optimise(rules, MACHINE, frozenset(fixed), guard).rules
    assert_same_treatment(rules, [item.rule for item in found], seed)
    stayed = [item for item in found if item.place in fixed]
    assert [item.place for item in stayed] == sorted(fixed)
    assert all(item.rule == rules[item.place] for item in stayed)


@pytest.mark.parametrize("filter_list", LISTS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_list_treats_its_events_as_before(filter_list, data):
    """By the model of all lists with which the planner is proved."""
    rules = data.draw(st.lists(list_model.rules(filter_list), max_size=7))
    found = [item.rule for item in optimise(rules, MACHINE).rules]
    for event in list_model.events(filter_list):
        assert list_model.decide(found, event) == list_model.decide(rules, event), event


@pytest.mark.parametrize("table", [(_passage, "_MOST_COMPARISONS"), (_covered, "_MOST_PAIRS")])
@settings(max_examples=50, deadline=None)
@given(rules=call_model.rules(), seed=st.integers(0, 10**6))
def test_every_call_is_treated_as_before_if_too_much_is_to_be_compared(table, rules, seed):
    """Then rules stay that could be dropped, and the result says that they may."""
    whole = optimise(rules, MACHINE)
    assert whole.is_complete
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(*table, 3)
        found = optimise(rules, MACHINE)
        assert_same_treatment(rules, [item.rule for item in found.rules], seed)
        assert found.rules == whole.rules or not found.is_complete


@settings(max_examples=40, deadline=None)
@given(rules=call_model.rules())
def test_nothing_is_lost_from_the_account(rules):
    """Each rule of the input is in the result, or there is a reason; no rule is made of nothing."""
    found = optimise(rules, MACHINE)
    dropped = {reason.place for reason in found.reasons if reason.text.startswith("dropped")}
    kept = [item.place for item in found.rules]
    assert sorted(kept + list(dropped)) == list(range(len(rules)))
    changed = {reason.place for reason in found.reasons} | {by for reason in found.reasons for by in reason.by}
    assert all(item.rule == rules[item.place] or item.place in changed for item in found.rules)


@settings(max_examples=40, deadline=None)
@given(rules=call_model.rules())
def test_the_list_never_grows(rules):
    """Neither in rules nor, by what is made of it, the second time."""
    once = [item.rule for item in optimise(rules, MACHINE).rules]
    twice = [item.rule for item in optimise(once, MACHINE).rules]
    assert len(twice) <= len(once) <= len(rules)


@pytest.mark.parametrize("machine", syscalls.MACHINES)
@pytest.mark.parametrize("letter", PERMISSIONS)
def test_a_mask_has_whatever_a_release_adds_and_all_later_numbers(machine, letter):
    """On each machine: what auditctl of any release adds for the permission, and what no release knows."""
    arch = next(
        number
        for word in ("b64", "b32")
        if (number := tables.arch_number(word, machine)) is not None and tables.arch_machine(number) == machine
    )
    mask = permission_mask(PERMISSIONS[letter], frozenset((arch,)))
    known = set(syscalls.names(machine).values())
    assert all(added <= mask for added in permission_variants(letter, machine))
    assert set(range(max(known) + 1, 512)) <= mask
    assert mask & known < known
    assert not mask & {syscalls.names(machine)[name] for name in ("read", "getppid")}


def test_a_machine_without_tables_keeps_its_rules():
    """The calls of other machines are not known, nor is every arch of a kernel that calls itself one of 32 bits."""
    lines = ["-a always,exit -F dir=/etc/ssh -F perm=wa -F key=k"]
    assert [item.rule for item in optimise(read(*lines), "mips64").rules] == read(*lines)
    assert archs_of("i686") == frozenset()
    assert [item.rule for item in optimise(read(*lines), "i686").rules] == read(*lines)


def test_a_permission_narrows_the_mask():
    """Of a directory and of a file; with a mask of its own, a rule keeps to it."""
    for rule in made("-w /etc/ssh -p wa -k k", "-w /etc/passwd -p wa -k k"):
        assert rule.syscalls == permission_mask(10, archs_of(MACHINE))
    (rule,) = made("-a always,exit -F arch=b64 -S read,openat -F dir=/etc/ssh -F perm=w -F key=k")
    assert rule.syscalls == {syscalls.number("x86_64", "openat")}


def test_rules_of_both_archs_are_one_if_a_permission_tells_them_apart():
    """Without a permission, a number of one arch would be another call of the other."""
    twins = [f"-a always,exit -F arch={arch} -F dir=/etc/ssh -F perm=wa -F key=k" for arch in ("b64", "b32")]
    assert made(*twins) == made("-a always,exit -F dir=/etc/ssh -F perm=wa -F key=k")
    assert same(*(f"-a always,exit -F arch={arch} -S chmod -F key=k" for arch in ("b64", "b32")))
    # The number of fchmod for the one arch is that of lchown for the other.
    few = "-F dir=/d -p a -k k"
    assert same(f"-a always,exit -F arch=b64 -S chmod {few}", f"-a always,exit -F arch=b32 -S fchmod {few}")


def test_rules_that_differ_in_their_syscalls_are_one():
    """Past rules that match no common event, and under one key."""
    assert made(
        f"-a always,exit -F arch=b64 -S chmod {USERS} -k k",
        "-a always,exit -F arch=b32 -S chmod -k l",
        f"-a always,exit -F arch=b64 -S chown {USERS} -k k",
    ) == read(
        f"-a always,exit -F arch=b64 -S chmod,chown {USERS} -k k",
        "-a always,exit -F arch=b32 -S chmod -k l",
    )
    assert same("-a always,exit -F arch=b64 -S chmod -k k", "-a always,exit -F arch=b64 -S chown -k l")
    # The rule between them matches what either of them does, and names it otherwise.
    assert same(
        "-a always,exit -F arch=b64 -S chmod -F uid=0 -k k",
        "-a always,exit -F arch=b64 -S chmod,chown -F auid=1000 -k l",
        "-a always,exit -F arch=b64 -S chown -F uid=0 -k k",
    )


def test_rules_that_differ_in_one_number_are_one():
    """A range that leaves out what is between them; numbers too far apart stay two rules."""
    lines = (f"-a always,exit -F arch=b64 -S open -F exit=-{name} {USERS} -k k" for name in ("EACCES", "EPERM"))
    (rule,) = made(*lines)
    taken = {
        value
        for value in range(2**32 - 200, 2**32)
        if all(call_model.COMPARE[field.operator](value, field.value) for field in rule.fields if field.name == "exit")
    }
    assert taken == {call_model.EACCES, call_model.EPERM}
    assert made("-a always,exit -S all -F auid=1000 -k k", "-a always,exit -S all -F auid=1001 -k k") == read(
        "-a always,exit -S all -F auid>=1000 -F auid<=1001 -k k"
    )
    assert same("-a always,exit -S all -F auid=0 -k k", "-a always,exit -S all -F auid=1000 -k k")
    assert same("-a always,exit -S all -F auid=4294967294 -k k", "-a always,exit -S all -F auid=unset -k k")


def test_what_never_takes_effect_is_dropped():
    """A later rule that an earlier one covers, syscalls that it covers, and rules that no event can match."""
    wide = f"-a always,exit -F arch=b64 -S chmod,chown {USERS} -k k"
    assert made(wide, f"-a always,exit -F arch=b64 -S chown {USERS} -F uid=0 -k l") == read(wide)
    assert made(wide, f"-a always,exit -F arch=b64 -S chown,fchown -F auid>1000 {USERS} -k l") == read(
        wide, f"-a always,exit -F arch=b64 -S fchown -F auid>1000 {USERS} -k l"
    )
    assert made(wide, "-a always,exit -F arch=b64 -S chmod -F auid=0 -F auid>=1000 -k l") == read(wide)
    assert same(wide, "-a always,exit -F arch=b64 -S chown -F auid=0 -k l")


def test_what_a_later_rule_records_as_well_is_dropped():
    """Under the same key, if no rule between them treats such an event in another way."""
    narrow, wide = "-a always,exit -F arch=b64 -S chown -F uid=0 -k k", "-a always,exit -F arch=b64 -S chown,chmod -k k"
    assert made(narrow, wide) == read(wide)
    assert same(narrow, "-a never,exit -F arch=b64 -S chown -F exit=0 -k n", wide)
    assert same(narrow, wide.replace("-k k", "-k l"))


def test_a_directory_stands_for_no_file():
    """A hard link leads to the file from elsewhere, and only the watch of the file sees this."""
    lines = [f"-a always,exit -F {watched} -F perm=wa -F key=k" for watched in ("dir=/etc/ssh", "path=/etc/ssh/x")]
    assert len(made(*lines)) == len(made(*reversed(lines))) == 2


def test_an_exception_goes_forward():
    """As far as nothing else matches what it matches; what is kept by inode need not be passed."""
    watch = "-a always,exit -F arch=b64 -S execve,execveat -F path=/etc/passwd -k p"
    chown, chmod = (f"-a always,exit -F arch=b64 -S {name} -k {name}" for name in ("chown", "chmod"))
    exception = "-a never,exit -F arch=b64 -S adjtimex,fchown -F uid=0"
    assert made(watch, chown, chmod, exception) == read(exception, watch, chown, chmod)
    assert made(chown, chmod, "-a always,exit -F arch=b64 -S fchown -F auid=0 -k k", exception)[-1:] == read(exception)
    assert same(watch, exception)


def test_a_guard_spares_most_calls_the_rules_of_sessions():
    """Only on request, and only if there are enough of these rules."""
    session = [f"-a always,exit -F arch=b64 -S {number} {USERS} -k k{number}" for number in range(200, 215)]
    daemons = "-a always,exit -F arch=b64 -S chown -k d"
    guarded = made(*session, daemons, with_guard=True)
    assert guarded == read(daemons, "-a never,exit -S all -F auid=unset", *session)
    assert made(*session, daemons) == read(*session, daemons)
    assert made(*session[:5], daemons, with_guard=True) == read(*session[:5], daemons)


def test_other_lists_keep_their_rules():
    """Their semantics are others, and they have few rules."""
    assert same("-a always,exclude -F msgtype=CWD", "-a never,user -F uid=0", "-a never,filesystem -F fstype=tracefs")


def ten_thousand(kind):
    """As many rules, of which few or many have something in common."""
    for number in range(10000):
        arch, block = ("b64", "b32")[number % 2], ("b64", "b32")[number // 5000]
        words = {
            "files": f"arch={arch} -F path=/srv/{number // 2} -F perm=wa -F key=k{number // 2}",
            "blocks": f"arch={block} -F path=/srv/{number % 5000} -F perm=wa -F key=k{number % 50}",
            "shared key": f"arch={arch} -S {number % 300} -F auid={number} -F key=k",
        }
        yield f"-a always,exit -F {words[kind]}"


@pytest.mark.parametrize("kind", ["files", "blocks", "shared key"])
def test_ten_thousand_rules(kind):
    """Whatever they are; `./dev bench cost` measures the time."""
    rules = read(*ten_thousand(kind))
    found = optimise(rules, MACHINE).rules
    assert len(found) <= len(rules)
    assert kind not in ("files", "blocks") or len(found) == 5000


def test_a_directory_with_a_slash_at_its_end_may_be_another_one():
    """Because of the slash the kernel follows a symbolic link; whether there is one, only the host knows."""
    for one, other in (("/etc/x", "/etc/x/"), ("/etc/x/", "/etc/x")):
        rules = read(
            *(f"-a always,exit -F dir={path} -F perm=wa -F key={key}" for path, key in ((one, "a"), (other, "b")))
        )
        assert [item.rule.keys for item in optimise(rules, MACHINE).rules] == [("a",), ("b",)]


def test_unknown_lists_are_no_matter():
    """A sequence without a rule has no rule afterwards."""
    assert optimise([], MACHINE).rules == []
    assert isinstance(optimise([Rule("exit", "always")], MACHINE).rules[0].rule, Rule)
