# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of rules: what goes in one message, and what is said of those that the kernel refuses."""

import errno
import os
import struct
import types

import pytest

import kernel_double
from ansible_collections.linux.audit.plugins.module_utils._kernel import rule_changes
from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import Kernel, KernelRule
from ansible_collections.linux.audit.plugins.module_utils._kernel.rule_changes import (
    RuleRefused,
    appended,
    change_rules,
    deleted,
    prepended,
)
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule
from kernel_double import KernelDouble

ADD, DELETE = 1011, 1012


def rule(name, size=0):
    return Rule(
        "exit", "always", (Field("path", "=", f"/etc/{name}"), Field("perm", "=", 10)), None, (name * (size or 1),)
    )


RULES = [rule(name) for name in "abc"]


class KernelOfMessages:
    """Notes the messages; refuses the requests that ``codes`` has by their number; is as slow as ``seconds`` says."""

    def __init__(self, codes=(), held=RULES, enabled=1, error=None):
        self.messages, self.codes, self.held, self.enabled, self.error = [], dict(codes), held, enabled, error
        self.now, self.seconds = 0.0, lambda requests: 0.0

    def request_all(self, requests):
        first = sum(map(len, self.messages))
        self.messages.append(requests)
        self.now += self.seconds(requests)
        if self.error:
            raise OSError(self.error, os.strerror(self.error))
        numbers = range(first, first + len(requests))
        return {number - first: self.codes[number] for number in numbers if number in self.codes}

    def rules(self):
        return [KernelRule(held, wire.encode(held)) for held in self.held]

    def status(self):
        return types.SimpleNamespace(enabled=self.enabled)


def held(one):
    return KernelRule(one, wire.encode(one))


def test_what_is_asked():
    kernel = KernelOfMessages()
    change_rules(kernel, [appended(RULES[0])])
    change_rules(kernel, [prepended(RULES[0])])
    change_rules(kernel, [deleted(KernelRule(RULES[0], b"as listed"))])
    change_rules(kernel, [])
    ((add, at_end),), ((also_add, in_front),), (deletion,) = kernel.messages
    assert (add, also_add, deletion) == (ADD, ADD, (DELETE, b"as listed"))
    assert at_end == wire.encode(RULES[0])
    assert struct.unpack_from("=I", in_front)[0] == 4 | 0x10
    assert in_front[4:] == at_end[4:]


def test_the_kernel_gets_all_in_their_order(monkeypatch, tmp_path):
    """Of a hundred, several in a message; as good as one by one."""
    double = KernelDouble()
    kernel_double.connected(monkeypatch, lambda: double, tmp_path)
    rules = [rule(str(number)) for number in range(100)]
    with Kernel() as kernel:
        change_rules(kernel, [(prepended if number % 3 else appended)(one) for number, one in enumerate(rules)])
        in_front = [one for number, one in enumerate(rules) if number % 3]
        assert [entry.rule for entry in kernel.rules()] == [*reversed(in_front), *rules[::3]]
        change_rules(kernel, list(map(deleted, kernel.rules()[:90])))
        assert [entry.rule for entry in kernel.rules()] == rules[72::3]


def test_a_message_grows_while_the_kernel_is_quick(monkeypatch):
    """Others wait for the kernel meanwhile, so it gets less at once where each request takes long."""
    kernel = KernelOfMessages()
    monkeypatch.setattr(rule_changes, "time", types.SimpleNamespace(monotonic=lambda: kernel.now))
    changes = [appended(rule(str(number))) for number in range(200)]
    change_rules(kernel, changes)
    sizes = list(map(len, kernel.messages))
    assert sizes[:5] == [1, 2, 4, 8, 16]
    assert sum(sizes) == 200
    assert max(sizes) == sizes[5] == (1 << 15) // len(changes[50].data)
    for seconds, sizes in ((0.012, [1, 1, 1, 1]), (0.002, [1, 2, 4, 8, 4, 8]), (0.006, [1, 2, 1, 2, 1, 2])):
        kernel = KernelOfMessages()
        kernel.seconds = lambda requests, seconds=seconds: seconds * len(requests)
        change_rules(kernel, changes)
        assert list(map(len, kernel.messages))[: len(sizes)] == sizes
        assert [data for requests in kernel.messages for _kind, data in requests] == [one.data for one in changes]


def test_a_kernel_that_was_slow_for_a_while_gets_more_again(monkeypatch):
    kernel = KernelOfMessages()
    kernel.seconds = lambda requests: 1.0 if len(kernel.messages) < 4 else 0.0
    monkeypatch.setattr(rule_changes, "time", types.SimpleNamespace(monotonic=lambda: kernel.now))
    change_rules(kernel, [appended(rule(str(number))) for number in range(11)])
    assert list(map(len, kernel.messages)) == [1, 1, 1, 1, 2, 4, 1]


def test_a_message_has_room_for_a_rule_of_any_size():
    kernel = KernelOfMessages()
    change_rules(kernel, [appended(rule("a", size)) for size in (1, 40000, 1, 16000, 16000, 1)])
    assert list(map(len, kernel.messages)) == [1, 1, 2, 2]


@pytest.mark.parametrize("kind", [appended, prepended, lambda one: deleted(held(one))])
def test_a_rule_that_keeps_events_out_is_sent_alone(kind):
    """The kernel makes what comes after a refusal in the same message."""
    rules = [rule(str(number)) for number in range(20)]
    rules[9] = rules[9]._replace(action="never")
    kernel = KernelOfMessages()
    change_rules(kernel, list(map(kind, rules)))
    assert list(map(len, kernel.messages)) == [1, 2, 4, 2, 1, 10]
    kernel = KernelOfMessages({8: errno.EINVAL})
    with pytest.raises(RuleRefused, match="key=8"):
        change_rules(kernel, list(map(kind, rules)))
    assert sum(map(len, kernel.messages)) == 9


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        (errno.EEXIST, ["the rule exists"]),
        (errno.EINVAL, ["this kernel does not support its list, or one of its fields, operators or values"]),
        (errno.ENOENT, ["the directory of /etc/a does not exist"]),
        (errno.ENAMETOOLONG, ["too long"]),
        (errno.E2BIG, [os.strerror(errno.E2BIG), str(errno.E2BIG)]),
    ],
)
def test_a_refusal_names_rule_and_reason(code, parts):
    with pytest.raises(RuleRefused) as refused:
        change_rules(KernelOfMessages({0: code}), [appended(RULES[0])])
    assert (refused.value.code, refused.value.rule) == (code, RULES[0])
    for part in [*parts, "add", "path=/etc/a", "key=a"]:
        assert part in str(refused.value)


def test_a_refusal_to_delete():
    with pytest.raises(RuleRefused, match="refuses to delete .*/etc/a.*there is no such rule"):
        change_rules(KernelOfMessages({0: errno.ENOENT}), [deleted(held(RULES[0]))])


@pytest.mark.parametrize(("enabled", "reason"), [(2, "immutable until the next boot"), (1, "permission denied")])
def test_why_a_change_is_not_permitted(enabled, reason):
    with pytest.raises(RuleRefused, match=reason):
        change_rules(KernelOfMessages({0: errno.EPERM}, enabled=enabled), [appended(RULES[0])])


def test_the_first_that_is_refused_is_named_and_no_other_message_sent():
    kernel = KernelOfMessages({4: errno.EINVAL, 6: errno.EEXIST, 8: errno.E2BIG})
    with pytest.raises(RuleRefused, match="key=4"):
        change_rules(kernel, [appended(rule(str(number))) for number in range(20)])
    assert list(map(len, kernel.messages)) == [1, 2, 4]


def test_what_is_ignored_does_not_hide_another_refusal():
    changes = [deleted(held(rule(str(number)))) for number in range(20)]
    kernel = KernelOfMessages({4: errno.ENOENT, 17: errno.ENOENT})
    change_rules(kernel, changes, ignored=(errno.ENOENT,))
    assert sum(map(len, kernel.messages)) == 20
    with pytest.raises(RuleRefused, match="key=5"):
        change_rules(KernelOfMessages({4: errno.ENOENT, 5: errno.EPERM}), changes, ignored=(errno.ENOENT,))


@pytest.mark.parametrize(
    ("there", "change", "done"),
    [
        (RULES, appended(RULES[0]), True),
        ((), appended(RULES[0]), False),
        ((), deleted(held(RULES[0])), True),
        (RULES, deleted(held(RULES[0])), False),
    ],
)
def test_a_change_whose_acknowledgement_was_lost_is_looked_at(there, change, done):
    """What the kernel holds decides whether it was made."""
    kernel = KernelOfMessages(held=there, error=errno.ENOBUFS)
    if done:
        change_rules(kernel, [change])
    else:
        with pytest.raises(RuleRefused, match="No buffer space"):
            change_rules(kernel, [change])


@pytest.mark.parametrize("room", [1, 2, 3, 7])
def test_a_message_that_is_too_long_for_the_host_is_parted(room):
    class Narrow(KernelOfMessages):
        def request_all(self, requests):
            if len(requests) > room:
                raise OSError(errno.EMSGSIZE, os.strerror(errno.EMSGSIZE))
            return super().request_all(requests)

    changes = [appended(rule(str(number))) for number in range(40)]
    kernel = Narrow()
    change_rules(kernel, changes)
    assert [data for requests in kernel.messages for _kind, data in requests] == [change.data for change in changes]
    with pytest.raises(RuleRefused, match="key=6"):
        change_rules(Narrow({6: errno.EINVAL}), changes)


@pytest.mark.parametrize("code", [errno.EPERM, errno.EAGAIN, errno.EINTR, errno.ENOMEM])
def test_a_message_that_is_not_sent_is_a_refusal_of_its_first_rule(code):
    """The kernel holds nothing of it, and gets no other message."""

    class Failing(KernelOfMessages):
        def request_all(self, requests):
            if len(self.messages) == 2:
                raise OSError(code, os.strerror(code))
            return super().request_all(requests)

    kernel = Failing()
    with pytest.raises(RuleRefused, match="refuses to add .*key=3") as refused:
        change_rules(kernel, [appended(rule(str(number))) for number in range(20)])
    assert refused.value.code == code
    assert list(map(len, kernel.messages)) == [1, 2]


def test_a_rule_that_is_too_long_for_the_host_is_refused():
    with pytest.raises(RuleRefused, match="refuses to add .*/etc/a.*Message too long"):
        change_rules(KernelOfMessages(error=errno.EMSGSIZE), list(map(appended, RULES)))
