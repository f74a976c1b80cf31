# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a set of rules costs: how many rules the kernel looks at, and for how long."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules.cost import CALLS, described, rule_cost, total
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from strategies import Host

HOST = Host(directories=("/d",))
WALKED = "-a always,exit -F arch=b64 -S reboot -F auid={} -k k"


def read(*lines):
    """The rules of lines."""
    return [parse_line(line, HOST).rule for line in lines]


def test_no_rule_costs_nothing():
    """And rules of other lists do not count."""
    assert total([]) == total(read("-a never,user -F uid=0", "-a always,exclude -F msgtype=CWD")) == 0
    assert {cost.nanoseconds for cost in rule_cost([], "x86_64").values()} == {0}


def test_rules_are_counted_by_where_the_kernel_keeps_them():
    """A directory's rule is on the list, a file's rule is kept by inode."""
    rules = read(
        "-w /d -p wa -k d",
        "-w /etc/passwd -p wa -k p",
        "-a always,exit -F arch=b64 -S openat -F inode=5 -k i",
        "-a always,exit -F arch=b64 -S openat -k o",
    )
    assert (described(rules, "x86_64")["rules"], described(rules, "x86_64")["by_inode"]) == (2, 2)
    costs = rule_cost(rules, "x86_64")
    assert costs["openat"][:3] == (2, 2, 2)
    assert costs["read"][:3] == (2, 1, 1)


def test_a_rule_costs_more_in_its_mask_and_in_a_long_list():
    """As it was measured: a few nanoseconds in the mask, and several times as much for each rule out of the cache."""
    one, hundreds = read(WALKED.format(1)), read(*map(WALKED.format, range(300)))
    assert total(read("-a always,exit -S all -F auid=1 -k k")) > total(one) > 0
    assert total(hundreds) > 3 * 300 * total(one)
    costs = [total(hundreds[:count]) for count in range(300)]
    assert costs == sorted(costs)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64", "armv7l", "s390x"])
def test_each_machine_has_the_calls_that_it_has(machine):
    """By its own numbers; of a machine without tables nothing is said."""
    found = rule_cost([], machine)
    assert set(found) <= set(CALLS) and {"read", "openat", "execve"} <= set(found)
    assert rule_cost([], "mips64") == {}
