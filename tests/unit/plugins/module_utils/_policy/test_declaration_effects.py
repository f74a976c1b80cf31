# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole sets: the order of effects, undeclared rules and their positions, settings, and refused sets."""

import itertools
import os
import stat
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils._host.files import FileError
from ansible_collections.linux.audit.plugins.module_utils._policy.options import ChangeError
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import HEADER
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.overlap import must_keep_order
from changing import System
from kernel_double import Fault, KernelDouble, rendered, rules_of

PASSWD, SHADOW, GROUP = (f"-w /etc/{name} -p wa -k {name}" for name in ("passwd", "shadow", "group"))
OTHER_KEY = "-w /etc/passwd -p wa -k theirs"
MOUNT = "-a always,exit -S mount -F key=mounts"
UNSET = "-a never,exit -S mount -F auid=4294967295"
MISSING = "-w /no/such/file -p wa -k x"


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel without rules and an empty rules.d."""
    return System(monkeypatch, tmp_path)


def test_kernel_changes_before_files_and_files_before_settings(host):
    """If the run is killed, the old file tells the next run which rules must go; the lock comes last."""
    host.declare([PASSWD])
    log = host.record()
    host.declare(["-e 2", "-b 100", "--loginuid-immutable", SHADOW])
    assert log == [
        ("append", *rendered(SHADOW)),
        *[("sync", "temporary"), ("sync", "temporary")],
        ("delete", *rendered(PASSWD)),
        *[("write", "rules.d/50-linux-audit.rules"), ("sync", "rules.d")],
        *[("write", "audit.rules"), ("sync", ".")],
        ("set", "backlog_limit", 100),
        ("set", "loginuid_immutable", True),
        ("set", "enabled", 2),
    ]


def test_files_of_others_are_copied_before_they_are_removed(host):
    host.write("10-other.rules", PASSWD)
    log = host.record()
    backup = host.declare(["-D", SHADOW], purge="all").backup
    name = backup.rpartition("/")[2]
    files = [entry for entry in log if entry[0] in ("write", "remove")]
    assert files == [
        ("write", f"{name}/10-other.rules"),
        ("write", "rules.d/50-linux-audit.rules"),
        ("remove", "rules.d/10-other.rules"),
        ("write", "audit.rules"),
    ]
    assert host.files()[f"{name}/10-other.rules"] == f"{PASSWD}\n"
    assert time.strftime("%Y-%m-%dT", time.gmtime())[:4] in name


@pytest.mark.parametrize(("purge", "number"), [("file", 0), ("all", 0), ("all", 1)])
def test_a_rule_that_the_kernel_did_not_apply_is_found(host, purge, number):
    """An addition that was not done; with purge: all, also a deletion."""
    host.declare(["-D", PASSWD])
    host.kernel.fail(number, Fault.NOT_DONE)
    with pytest.raises(ChangeError, match="does not hold what was asked for") as error:
        host.declare(["-D", SHADOW], purge)
    needed = ["-a" + rendered(SHADOW)[0][2:], "-d" + rendered(PASSWD)[0][2:]][number]
    assert str(error.value).endswith(f"It still needs: {needed}")


@pytest.mark.parametrize(
    ("purge", "left", "added"),
    [
        # A rule with the same match is replaced; a rule that matches something else is kept.
        ("file", [GROUP, PASSWD], [PASSWD]),
        ("all", [PASSWD], [PASSWD]),
        ("none", [GROUP, PASSWD], [PASSWD]),
    ],
)
def test_an_undeclared_rule_with_the_same_match_under_another_key(host, purge, left, added):
    host.kernel = KernelDouble(OTHER_KEY, GROUP)
    outcome = host.declare(["-D", PASSWD] if purge == "all" else [PASSWD], purge)
    assert sorted(host.kernel.lines) == sorted(rendered(*left))
    assert outcome.outcome.added == rendered(*added)
    assert outcome.outcome.removed == rendered(OTHER_KEY, *([GROUP] if purge == "all" else []))


def test_a_rule_of_another_file_under_another_key_stays(host):
    """The undeclared file keeps its rule, and a problem says that the first rule wins."""
    host.write("10-other.rules", OTHER_KEY)
    host.kernel = KernelDouble(OTHER_KEY)
    outcome = host.declare(["-D", PASSWD])
    assert host.kernel.lines == rendered(OTHER_KEY, PASSWD)
    assert host.lines_of("10-other.rules") == [OTHER_KEY]
    assert any("another key" in problem for problem in outcome.problems)
    host.declare(["-D", PASSWD], purge="all", keep=["10-other.rules"])
    assert host.kernel.lines == rendered(OTHER_KEY, PASSWD)
    host.declare(["-D", PASSWD], purge="all")
    assert host.kernel.lines == rendered(PASSWD)


def test_kept_files_keep_their_rules_and_their_order(host):
    for name, line in (("10-a.rules", GROUP), ("20-b.rules", UNSET), ("90-c.rules", SHADOW)):
        host.write(name, line)
    host.kernel = KernelDouble(GROUP, UNSET, SHADOW)
    outcome = host.declare([MOUNT], purge="all", keep=["20-b.rules", "90-c.rules"])
    assert host.kernel.canonical == list(map(canonical, rules_of([UNSET, MOUNT, SHADOW])))
    assert sorted(path.name for path in host.directory.iterdir()) == [
        "20-b.rules", "50-linux-audit.rules", "90-c.rules",
    ]  # fmt: skip
    assert outcome.outcome.removed == rendered(GROUP)


WAZUH, OSQUERY = "-w /etc/ssh -p wa -k wazuh_fim", "-a always,exit -S connect"


@pytest.mark.parametrize(
    ("patterns", "kept"),
    [((), []), (("wazuh_*",), [WAZUH]), (("",), [OSQUERY]), (("wazuh_fim", ""), [WAZUH, OSQUERY]), (("other",), [])],
)
def test_rules_of_other_agents_stay_if_their_keys_are_named(host, patterns, kept):
    """With purge: all, although no file has them; a rule without a key has the empty key. Twice, without a change."""
    host.kernel = KernelDouble(WAZUH, OSQUERY, SHADOW)
    host.declare([PASSWD], purge="all", keep_keys=patterns)
    assert sorted(host.kernel.canonical) == sorted(map(canonical, rules_of([PASSWD, *kept])))
    assert not host.declare([PASSWD], purge="all", keep_keys=patterns).outcome.changed


@pytest.mark.parametrize("lines", [["-b 100", "-b 200"], ["-b 200", "-b 100", "-b 0xc8"]])
def test_of_two_values_of_a_setting_the_last_counts(host, lines):
    """Now and at the next boot, because auditctl sets one value after the other."""
    outcome = host.declare([*lines, PASSWD])
    assert host.kernel.backlog_limit == 200
    assert outcome.outcome.settings.lines == ["-b 200"]
    assert host.lines_of(host.file.name) == [HEADER, "-i", *lines, PASSWD]
    assert not any("next boot" in problem for problem in outcome.problems)
    assert not host.declare([*lines, PASSWD]).outcome.changed


def test_a_later_file_wins_at_the_next_boot(host):
    other = host.write("90-other.rules", "-D", "-b 300", "-b 400")
    outcome = host.declare(["-b 100", "-b 200", PASSWD])
    assert host.kernel.backlog_limit == 200
    assert outcome.problems == [f"{other}:3: '-b 400' is read after the set, so it wins at the next boot"]
    host.write("90-other.rules", "-D", "-b 300", "-b 200")
    assert host.declare(["-b 100", "-b 200", PASSWD]).problems == []


def test_the_order_of_prepended_rules(host):
    """Each -A comes before all earlier rules, so the last -A comes first; the file has the same order."""
    never = [f"-A never,exit -S mount -F uid={uid}" for uid in (1, 2)]
    always = "-A always,exit -S mount -F key=first"
    host.declare(["-b 100", MOUNT.replace("key=mounts", "uid=5 -F key=five"), *never, always])
    wanted = [always, never[1], never[0], MOUNT.replace("key=mounts", "uid=5 -F key=five")]
    assert host.kernel.lines == rendered(*[line.replace("-A", "-a") for line in wanted])
    assert host.lines_of(host.file.name) == [HEADER, "-i", "-b 100", *(line.replace("-A", "-a") for line in wanted)]


def test_undeclared_rules_keep_their_position(host):
    """They stay between declared rules that do not change, and next to their neighbours if these change."""
    first, second, third = (f"-a always,exit -S mount -F uid={uid} -F key=u{uid}" for uid in (1, 2, 3))
    foreign = "-a never,exit -S mount -F gid=7"
    host.kernel = KernelDouble(first, foreign, second)
    host.declare([first, second])
    assert host.kernel.operations == []
    assert host.kernel.lines == rendered(first, foreign, second)
    host.declare([first, second, third])
    assert host.kernel.lines == rendered(first, foreign, second, third)
    assert host.kernel.operations == ["append"]


def test_a_diff_shows_undeclared_rules_in_their_position(host):
    """Even if their position does not matter, so that the diff shows only real changes."""
    host.kernel = KernelDouble(PASSWD, SHADOW, GROUP)
    hosts = "-w /etc/hosts -p wa -k hosts"
    (_file, diff) = host.declare([PASSWD, GROUP, hosts], with_diff=True).outcome.diff
    assert diff["before"].splitlines() == rendered(PASSWD, SHADOW, GROUP)
    assert diff["after"].splitlines() == host.kernel.lines == rendered(PASSWD, SHADOW, GROUP, hosts)


OURS = [*[f"-a always,exit -S mount -F uid={uid} -F key=u{uid}" for uid in (1, 2)], MOUNT, PASSWD]
FOREIGN = [
    "-a never,exit -S mount -F gid=7", "-a always,exit -S mount -F uid=1 -F gid=1 -F key=f", SHADOW,
    "-a never,exit -S all -F auid=0",
]  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(OURS + FOREIGN), st.lists(st.sampled_from(OURS), unique=True), st.integers(0, 8))
def test_undeclared_rules_still_follow_the_rules_they_followed(host, held, declared, count):
    """Wherever the order counts, however the declared rules change; their own order does not change either."""
    held = held[:count]
    host.kernel = KernelDouble(*held)
    host.file.unlink(missing_ok=True)
    host.declare(declared)
    after = host.kernel.canonical
    for first, second in itertools.combinations(rules_of(held), 2):
        theirs = second in rules_of(FOREIGN)
        if theirs and must_keep_order(first, second):
            assert after.index(canonical(first)) < after.index(canonical(second))
    state = host.state()
    host.declare(declared)
    assert host.state() == state


@pytest.mark.parametrize("purge", ["file", "none"])
def test_rules_whose_directory_is_missing(host, purge):
    with pytest.raises(ChangeError, match="set:2: .*/no/such does not exist.*on_missing"):
        host.declare([PASSWD, MISSING], purge)
    assert host.state()[:2] == ({}, [])
    outcome = host.declare([PASSWD, MISSING], purge, on_missing="skip")
    assert outcome.left_out == [MISSING]
    assert (host.kernel.lines, host.lines_of(host.file.name)) == (rendered(PASSWD), [HEADER, "-i", PASSWD])
    outcome = host.declare([PASSWD, MISSING], purge, on_missing="stage")
    assert outcome.left_out == [MISSING]
    assert outcome.outcome.changed
    assert (host.kernel.lines, host.lines_of(host.file.name)) == (rendered(PASSWD), [HEADER, "-i", PASSWD, MISSING])
    assert not host.declare([PASSWD, MISSING], purge, on_missing="stage").outcome.changed


NOBODY = "-a always,exit -S mount -F uid=no-such-user -F key=x"


@pytest.mark.parametrize("purge", ["file", "none"])
def test_rules_of_unknown_users_and_groups(host, purge):
    """As those of missing directories: refused, left out, or written for a boot by which the user exists."""
    with pytest.raises(ChangeError, match="set:2: .*no-such-user.* is neither a number nor the name of a user"):
        host.declare([PASSWD, NOBODY], purge)
    assert host.state()[:2] == ({}, [])
    outcome = host.declare([PASSWD, NOBODY], purge, on_missing="skip")
    assert outcome.left_out == [NOBODY]
    assert (host.kernel.lines, host.lines_of(host.file.name)) == (rendered(PASSWD), [HEADER, "-i", PASSWD])
    with pytest.raises(ChangeError, match="nonsense"):
        host.declare([PASSWD, NOBODY, "-w /etc/passwd -p nonsense"], purge, on_missing="skip")


def test_a_rule_of_an_unknown_user_can_be_staged(host):
    outcome = host.declare([PASSWD, NOBODY], on_missing="stage")
    assert outcome.left_out == [NOBODY]
    assert host.lines_of(host.file.name) == [HEADER, "-i", PASSWD, NOBODY]
    assert host.kernel.lines == rendered(PASSWD)
    assert any("no-such-user" in problem for problem in outcome.problems)


def test_purge_none_adds_and_removes(host):
    host.write("10-other.rules", GROUP)
    host.kernel = KernelDouble(GROUP)
    outcome = host.declare(["-b 100", PASSWD, SHADOW], "none", with_diff=True)
    assert outcome.outcome.settings.lines == ["-b 100"]
    assert [entry["before_header"] for entry in outcome.outcome.diff] == [str(host.file), "kernel", "kernel"]
    assert host.lines_of(host.file.name) == [HEADER, "-i", PASSWD, SHADOW, "-b 100"]
    assert host.kernel.lines == rendered(GROUP, PASSWD, SHADOW)
    assert host.kernel.backlog_limit == 100
    outcome = host.declare([PASSWD], "none", present=False)
    assert outcome.outcome.removed == rendered(PASSWD)
    assert host.kernel.lines == rendered(GROUP, SHADOW)
    assert host.lines_of(host.file.name) == [HEADER, "-i", SHADOW, "-b 100"]


def test_removing_a_set_keeps_other_rules(host):
    host.write("10-other.rules", GROUP)
    host.kernel = KernelDouble(GROUP, MOUNT)
    host.declare([PASSWD, SHADOW, "-b 100"])
    outcome = host.declare([], present=False)
    assert host.kernel.lines == rendered(GROUP, MOUNT)
    assert not host.file.exists()
    assert outcome.outcome.removed == rendered(PASSWD, SHADOW)
    # Nobody knows the earlier value of a setting.
    assert host.kernel.backlog_limit == 100
    assert outcome.problems == []


@pytest.mark.parametrize(
    ("lines", "parts"),
    [
        (["-d always,exit -S mount -F key=m"], ["set:1", "deletes a rule"]),
        (["-m hello"], ["is an action"]),
        (["-D -k x"], ["is an action"]),
        ([PASSWD, OTHER_KEY], ["set:2", "would never be evaluated", "(set:1)", "give one rule both keys"]),
        ([{"syscalls": ["no_such_call"]}, 5], ["set:1", "set:2: must be a line of auditctl or a structure, not 5"]),
        (["-b many", "-w passwd -p wa"], ["set:1", "set:2"]),
    ],
)
def test_lines_that_a_set_must_not_have(host, lines, parts):
    with pytest.raises(ChangeError, match="nothing was changed, because of") as error:
        host.declare(lines)
    for part in parts:
        assert part in str(error.value)
    assert host.state()[:2] == ({}, [])


def test_a_repeated_rule_counts_once(host):
    host.declare([PASSWD, "-a always,exit -F perm=aw -F path=/etc/passwd -F key=passwd", "-i", "-c", "-D"])
    assert host.kernel.lines == rendered(PASSWD)
    assert host.lines_of(host.file.name) == [HEADER, "-i", PASSWD, "-i", "-c", "-D"]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"persistent": False}, "Set persistent: true, because a boot loads only what the files hold"),
        ({"stage_when_immutable": False}, "the kernel takes this only after a boot"),
    ],
)
def test_an_immutable_kernel_refuses_a_set(host, options, part):
    host.declare([PASSWD])
    host.kernel.enabled = 2
    state = host.state()
    for lines in ([PASSWD, SHADOW], ["-b 100", PASSWD], []):
        with pytest.raises(ChangeError, match=part):
            host.declare(lines, **options)
    assert host.state() == state


def test_staged_rules_are_written_and_pending(host):
    host.kernel.enabled = 2
    host.kernel.load(GROUP)
    outcome = host.declare(["-b 100", PASSWD, "-e 2"])
    assert (outcome.outcome.changed, outcome.outcome.reboot_required, outcome.outcome.settings.lines) == (
        True,
        True,
        [],
    )
    # A boot loads only what the files hold, so a rule that no file has is deleted.
    assert sorted(outcome.outcome.pending) == sorted(
        ["-a" + rendered(PASSWD)[0][2:], "-d" + rendered(GROUP)[0][2:], "-b 100"]
    )
    assert host.kernel.log == []
    assert host.lines_of(host.file.name) == [HEADER, "-i", "-b 100", PASSWD, "-e 2"]


def test_a_missing_rules_directory(host):
    with pytest.raises(FileError, match="the directory /no/such does not exist: install"):
        host.declare([PASSWD], rules_dir="/no/such")
    host.declare([PASSWD], rules_dir="/no/such", persistent=False)
    assert host.kernel.lines == rendered(PASSWD)


def test_an_unsupported_rule_is_found_before_any_change(host):
    host.kernel.features &= ~(1 << 4)
    with pytest.raises(ChangeError, match="this kernel does not know the field sessionid"):
        host.declare([PASSWD, "-a always,exit -S all -F sessionid=3"])
    assert (host.files(), host.kernel.log) == ({}, [])


def test_only_the_files(host):
    host.kernel.unreachable = 111
    outcome = host.declare(["-b 100", MISSING, PASSWD], live=False, with_diff=True)
    assert outcome.outcome.added == rendered(MISSING, PASSWD)
    assert (outcome.outcome.settings.lines, outcome.left_out) == ([], [])
    assert host.lines_of(host.file.name) == [HEADER, "-i", "-b 100", MISSING, PASSWD]
    adds = "no file has the line -D: augenrules --load deletes no rule that the kernel holds, it only adds rules"
    assert adds in outcome.problems
    host.write("10-other.rules", SHADOW)
    fails = "no file has the line -D: augenrules --load fails if the kernel already holds one of the rules"
    problems = host.declare(["-b 100", MISSING, PASSWD], live=False).problems
    assert fails in problems
    assert adds not in problems


def test_only_the_kernel(host):
    outcome = host.declare(["-b 100", PASSWD], persistent=False, with_diff=True)
    assert host.files() == {}
    assert (host.kernel.lines, host.kernel.backlog_limit) == (rendered(PASSWD), 100)
    assert [entry["before_header"] for entry in outcome.outcome.diff] == ["kernel", "kernel"]
    assert outcome.outcome.diff[1]["before"] == "backlog_limit: 64\n"


def test_a_link_to_nothing_is_purged_once(host):
    """There is no text to keep, so there is no backup either."""
    (host.directory / "10-gone.rules").symlink_to("nothing")
    assert host.declare([PASSWD], purge="all").outcome.changed
    assert [path.name for path in host.directory.iterdir()] == [host.file.name]
    assert not host.declare([PASSWD], purge="all").outcome.changed


def test_the_copy_of_a_purged_file_is_as_strict_as_the_file(host):
    host.write("10-secret.rules", SHADOW).chmod(0o600)
    backup = host.declare([PASSWD], purge="all").backup
    assert stat.S_IMODE(os.stat(os.path.join(backup, "10-secret.rules")).st_mode) == 0o600


def test_purge_all_writes_the_line_that_deletes_what_the_kernel_holds(host):
    """The file that had the line is moved away; a declaration that has it gets no second one."""
    host.write("audit.rules", "-D", SHADOW)
    host.declare([PASSWD], purge="all")
    assert host.lines_of(host.file.name) == [HEADER, "-i", "-D", PASSWD]
    assert not host.declare([PASSWD], purge="all").outcome.changed
    host.declare(["-D", PASSWD], purge="all")
    assert host.lines_of(host.file.name) == [HEADER, "-i", "-D", PASSWD]
