# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way in which a change can fail half-way: afterwards, the error tells the truth about the host."""

import errno
import os
from collections import Counter

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host import files
from ansible_collections.linux.audit.plugins.module_utils._host.files import FileError
from ansible_collections.linux.audit.plugins.module_utils._kernel import rule_changes
from ansible_collections.linux.audit.plugins.module_utils._kernel.settings import SETTINGS
from ansible_collections.linux.audit.plugins.module_utils._policy.options import ChangeError
from ansible_collections.linux.audit.plugins.module_utils._policy.single_rules import Change
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from changing import System
from kernel_double import NO_ROOM, Fault, KernelDouble, rendered, rules_of, statements

PASSWD, SHADOW, GROUP = (f"-w /etc/{name} -p wa -k {name}" for name in ("passwd", "shadow", "group"))
MOUNTS = "-a always,exit -S mount -F key=mounts"
ROOT = "-a never,exit -S all -F auid=0"
HELD = (ROOT, MOUNTS, PASSWD, SHADOW)
LOCKS = {"loginuid_immutable": True, "enabled": 2}
VALUES = {"backlog_limit": 100, "rate_limit": 7, "failure": 0}


def single_rules(host):
    """Add a rule, replace one, and remove two."""
    host.apply(
        Change(present=statements(GROUP, PASSWD.replace("-k passwd", "-k new")), absent=statements(ROOT, SHADOW))
    )


def declaration(host):
    """Replace a whole set, with settings that lock the kernel."""
    host.declare(["-D", "-b 100", GROUP, MOUNTS, "--loginuid-immutable", "-e 2"], purge="all")


def additions(host):
    """Add rules and settings to what the host has."""
    host.declare(["-b 100", GROUP, "-r 7"], purge="none")


def values(host):
    """Change settings that can be undone."""
    host.set(VALUES)


def locks(host):
    """Change settings, two of which only a boot can undo."""
    host.set({**VALUES, **LOCKS})


WORDS = {setting.name: setting for setting in SETTINGS}
#: The changes, and how many requests each of them takes.
CHANGES = [(single_rules, 5), (declaration, 7), (additions, 3), (values, 3), (locks, 5)]
REQUESTS = [
    pytest.param(change, number, id=f"{change.__name__}-{number}")
    for change, count in CHANGES
    for number in range(count)
]
FAULTS = [errno.EINVAL, errno.ENOMEM, *Fault]


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel with rules, two files of rules.d, and an audit.rules."""
    system = System(monkeypatch, tmp_path)
    system.kernel = KernelDouble(*HELD)
    system.write("10-theirs.rules", MOUNTS)
    system.write(system.file.name, ROOT, PASSWD, SHADOW)
    (tmp_path / "audit.rules").write_text("# an old one\n")
    return system


def snapshot(host):
    """Files, rules without their order, settings."""
    texts, lines, settings = host.state()
    return texts, Counter(lines), settings


def tree(host):
    """All paths, directories too."""
    return sorted(str(path.relative_to(host.root)) for path in host.root.rglob("*"))


def assert_nothing_is_left_behind(host):
    """No draft, no lock, no connection."""
    assert [path for path in tree(host) if ".linux-audit." in path] == []
    assert not host.is_locked()
    assert host.kernel.connections == 0


def assert_message_is_true(host, before, message):
    """What the error calls unchanged is unchanged, and everything else is named."""
    texts, lines, settings = snapshot(host)
    assert texts == before[0], "the files are put back"
    assert (lines != before[1]) is ("the kernel's rules could not be put back" in message)
    for name, value in settings.items():
        word = WORDS[name].word(value)
        assert (value != before[2][name]) is (f"{name} stays {str(word).lower()} until the next boot" in message)
    same = (lines, settings) == before[1:]
    assert same is ("everything is as it was before" in message or "the kernel is as it was before" in message)


@pytest.mark.parametrize(("change", "count"), CHANGES)
def test_a_change_takes_as_many_requests_as_are_made_to_fail(host, change, count):
    change(host)
    assert host.kernel.requests == count
    assert_nothing_is_left_behind(host)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("change", "number"), REQUESTS)
def test_the_error_is_true_whichever_request_fails(host, change, number, fault):
    before, paths = snapshot(host), tree(host)
    host.kernel.fail(number, fault)
    with pytest.raises(ChangeError) as error:
        change(host)
    message = str(error.value)
    if fault is Fault.NOT_DONE and host.kernel.log[number][0] != "set":
        assert_unfinished_change_is_named(host, before, message, host.kernel.log[number])
    else:
        assert_message_is_true(host, before, message)
        assert tree(host) == paths
    assert_nothing_is_left_behind(host)


def assert_unfinished_change_is_named(host, before, message, request):
    """The kernel confirmed what it did not do: nothing is undone, no setting changes, what is missing is named."""
    operation, line = request
    options = ("-d",) if operation == "delete" else ("-a", "-A")
    needed = message.partition("It still needs: ")[2].split("; ")
    # A rule that moves is another copy of the same rule.
    same = [canonical(rule) for rule in rules_of([line])]
    assert any(step[:2] in options and list(map(canonical, rules_of([f"-a{step[2:]}"]))) == same for step in needed)
    assert "as it was before" not in message
    assert snapshot(host)[2] == before[2]
    assert ("-e 2" in needed) is any(control.startswith("-e 2") for control in host.file.read_text().splitlines())


@pytest.mark.parametrize("fault", [errno.EINVAL, Fault.ANSWER_LOST])
def test_a_kernel_that_a_lost_answer_has_locked_is_named_with_its_rules(host, fault):
    """The lock is the last request: it cannot be undone, and neither can the rules from then on."""
    before = snapshot(host)
    host.kernel.fail(6, fault)
    with pytest.raises(ChangeError) as error:
        declaration(host)
    message = str(error.value)
    assert "loginuid_immutable stays true until the next boot" in message
    assert ("enabled stays immutable until the next boot" in message) is (fault is Fault.ANSWER_LOST)
    assert ("the kernel's rules could not be put back" in message) is (fault is Fault.ANSWER_LOST)
    assert host.files() == before[0]


#: More than go with one message; of the last two the order matters, and one of them keeps events out of the log.
LARGE, OTHERS = (
    [f"-a always,exit -S mount -F auid={number} -F key=k" for number in numbers] for numbers in (range(8), range(8, 16))
)
KEPT = "-a always,exit -S umount2 -F key=umounts"
DROPS = "-a never,exit -S umount2 -F auid=7"
LARGE_REQUESTS = range(2 * len(LARGE) + 2)


@pytest.fixture
def large_host(host, monkeypatch):
    """A host with many rules, which are of one file; its kernel is quick, however slow this machine is."""
    monkeypatch.setattr(rule_changes, "_LONG", 60.0)
    host.declare(["-D", *LARGE, DROPS, KEPT], purge="all")
    host.kernel.forget()
    return host


def replace_large(host):
    """Replace nearly all of them, and let the rule that keeps events out of the log come last."""
    host.declare(["-D", *OTHERS, KEPT, DROPS], purge="all")


def test_a_large_set_goes_with_few_messages(large_host):
    replace_large(large_host)
    assert large_host.kernel.canonical == list(map(canonical, rules_of([KEPT, *OTHERS, DROPS])))
    assert large_host.kernel.messages == [1, 2, 4, 1, 1, 1, 2, 4, 2]
    assert large_host.kernel.requests == len(LARGE_REQUESTS)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("number", LARGE_REQUESTS)
def test_the_error_is_true_whichever_request_of_a_message_fails(large_host, number, fault):
    """Those after it in the same message are done, and undone."""
    before, paths = snapshot(large_host), tree(large_host)
    large_host.kernel.fail(number, fault)
    with pytest.raises(ChangeError) as error:
        replace_large(large_host)
    if fault is Fault.NOT_DONE:
        assert_unfinished_change_is_named(large_host, before, str(error.value), large_host.kernel.log[number])
    else:
        assert_message_is_true(large_host, before, str(error.value))
        assert snapshot(large_host) == before
        assert tree(large_host) == paths
    assert_nothing_is_left_behind(large_host)


@pytest.mark.parametrize("number", LARGE_REQUESTS)
def test_answers_that_there_was_no_room_for_are_not_needed(large_host, number):
    """The kernel says what it holds."""
    large_host.kernel.fail(number, NO_ROOM)
    replace_large(large_host)
    assert large_host.kernel.canonical == list(map(canonical, rules_of([KEPT, *OTHERS, DROPS])))
    assert_nothing_is_left_behind(large_host)


@pytest.mark.parametrize("number", LARGE_REQUESTS[1:])
def test_a_refusal_that_there_was_no_room_for_is_found(large_host, number):
    """As the rule is not what was asked for; the reason was lost."""
    before = snapshot(large_host)
    large_host.kernel.faults = {number - 1: errno.ENOMEM, number: NO_ROOM}
    with pytest.raises(ChangeError, match="everything is as it was before$"):
        replace_large(large_host)
    assert snapshot(large_host) == before


@pytest.mark.parametrize("fault", [errno.EPERM, Fault.NOT_HEARD, Fault.NOT_DONE])
def test_an_undo_that_fails_is_not_said_to_be_done(host, fault):
    """The third request fails, and then the first one that undoes something."""
    before = snapshot(host)
    host.kernel.faults = {2: errno.ENOMEM, 3: fault}
    with pytest.raises(ChangeError, match="the kernel's rules could not be put back to what they were before") as error:
        single_rules(host)
    assert snapshot(host)[1] != before[1]
    assert_message_is_true(host, before, str(error.value))
    assert_nothing_is_left_behind(host)


def test_a_kernel_that_cannot_be_reached_any_more_is_not_said_to_be_put_back(host):
    """Nor is it known what it holds."""

    def leave():
        host.kernel.unreachable = errno.ECONNREFUSED

    host.kernel.faults, host.kernel.before = {2: errno.ENOMEM}, {2: leave}
    files = host.files()
    with pytest.raises(ChangeError, match="the kernel could not be put back to what it was before: cannot reach"):
        single_rules(host)
    assert host.files() == files
    assert_nothing_is_left_behind(host)


@pytest.mark.parametrize("number", range(dict(CHANGES)[single_rules] + 1))
def test_copies_of_a_rule_are_put_back_as_many_as_there_were(host, number):
    """auditctl -A adds a rule that is there. What is put back may be another copy of the same rule."""
    host.kernel.held = [*host.kernel.held, *KernelDouble(PASSWD, MOUNTS, PASSWD).held]
    before = Counter(host.kernel.canonical)
    host.kernel.fail(number, errno.ENOMEM)
    with pytest.raises(ChangeError, match="everything is as it was before$"):
        single_rules(host)
    assert Counter(host.kernel.canonical) == before


def test_an_undo_that_is_done_but_not_confirmed_is_known_to_be_done(host):
    """The kernel is asked what it holds."""
    before = snapshot(host)
    host.kernel.faults = {1: errno.ENOMEM, 2: Fault.ANSWER_LOST}
    with pytest.raises(ChangeError, match="everything is as it was before$"):
        single_rules(host)
    assert snapshot(host) == before


def test_an_undo_leaves_alone_what_something_else_has_changed_meanwhile(host):
    """Another tool adds a rule, and deletes one, before the request that fails."""
    theirs = "-a always,exit -F arch=b64 -S sethostname -F key=theirs"

    def interfere():
        (mounts,) = (entry.data for entry in host.kernel.rules() if canonical(entry.rule) == others[0])
        host.kernel.held.remove(mounts)
        host.kernel.load(theirs)

    before, others = host.kernel.canonical, list(map(canonical, rules_of([MOUNTS, theirs])))
    host.kernel.before = {2: interfere}
    host.kernel.fail(2, errno.ENOMEM)
    with pytest.raises(ChangeError, match="everything is as it was before$"):
        single_rules(host)
    assert Counter(host.kernel.canonical) == Counter(before) - Counter(others[:1]) + Counter(others[1:])


def no_space(monkeypatch, host, function, number):
    """Let a call of ``os.function`` for a file below the host's root fail, the number-th; return the calls."""
    real, calls = getattr(files.os, function), []

    def failing(target, *rest):
        if function == "fsync" and not os.readlink(f"/proc/self/fd/{target}").startswith(str(host.root)):
            return real(target, *rest)
        # Whether all rules that the host had are held at this moment.
        calls.append(not Counter(rendered(*HELD)) - Counter(host.kernel.lines))
        if len(calls) == number + 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(target, *rest)

    monkeypatch.setattr(files.os, function, failing)
    return calls


class FullDisk:
    """A file whose write() fails."""

    def __init__(self, file):
        self._file = file

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._file.close()

    def write(self, text):
        """As on a full disk."""
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def full_disk(monkeypatch, host, number):
    """Let the write of a draft fail, the number-th; return the calls."""
    real, calls = files.os.fdopen, []

    def fdopen(*args, **options):
        calls.append(not Counter(rendered(*HELD)) - Counter(host.kernel.lines))
        file = real(*args, **options)
        return FullDisk(file) if len(calls) == number + 1 else file

    monkeypatch.setattr(files.os, "fdopen", fdopen)
    return calls


def assert_disk_error_is_true(host, before, paths, change):
    """The error names the directory, and everything is as it was."""
    with pytest.raises(FileError, match=rf"cannot write to {host.root}\S*: No space left on device; ") as error:
        change(host)
    message = str(error.value)
    assert "no file has changed; the kernel is as it was before" in message
    assert_message_is_true(host, before, message)
    assert tree(host) == paths
    assert_nothing_is_left_behind(host)


RULE_CHANGES = [(single_rules, 2), (declaration, 3), (additions, 2)]
DRAFTS = [
    pytest.param(change, number, id=f"{change.__name__}-{number}")
    for change, count in RULE_CHANGES
    for number in range(count)
]


@pytest.mark.parametrize(("change", "number"), DRAFTS)
def test_a_full_disk_is_found_before_any_rule_is_deleted(host, monkeypatch, change, number):
    before, paths = snapshot(host), tree(host)
    calls = full_disk(monkeypatch, host, number)
    assert_disk_error_is_true(host, before, paths, change)
    assert calls == [True] * (number + 1)


@pytest.mark.parametrize(("change", "number"), DRAFTS)
def test_a_draft_that_cannot_be_synced_is_found_before_any_rule_is_deleted(host, monkeypatch, change, number):
    before, paths = snapshot(host), tree(host)
    calls = no_space(monkeypatch, host, "fsync", number)
    assert_disk_error_is_true(host, before, paths, change)
    assert calls == [True] * (number + 1)


@pytest.mark.parametrize("function", ["rename", "fsync"])
@pytest.mark.parametrize(("change", "number"), DRAFTS)
def test_a_draft_that_cannot_be_moved_takes_everything_back(host, monkeypatch, change, number, function):
    """After the deletions: files and rules are put back."""
    before, paths = snapshot(host), tree(host)
    drafts = dict(RULE_CHANGES)[change] if function == "fsync" else 0
    no_space(monkeypatch, host, function, drafts + number)
    assert_disk_error_is_true(host, before, paths, change)


def test_a_disk_that_stays_full_is_named_with_the_file_that_is_not_put_back(host, monkeypatch):
    """Of two files the first is in place, and cannot be put back; the kernel can."""
    before = snapshot(host)
    real, calls = os.rename, []

    def rename(source, target):
        calls.append(target)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), source)
        real(source, target)

    monkeypatch.setattr(files.os, "rename", rename)
    with pytest.raises(FileError, match=f"and {host.file} could not be put back; the kernel is as it was before$"):
        single_rules(host)
    assert snapshot(host)[1:] == before[1:]
    assert_nothing_is_left_behind(host)


def test_a_change_of_files_alone_says_nothing_of_the_kernel(host, monkeypatch):
    full_disk(monkeypatch, host, 0)
    with pytest.raises(FileError, match="No space left on device; no file has changed$"):
        host.set({"backlog_limit": 100}, live=False)
    assert_nothing_is_left_behind(host)
