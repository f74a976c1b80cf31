# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rules and lines a change of single rules selects if there are several, and when it is refused."""

import errno

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils._host.files import FileError
from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import AuditUnavailable, PermissionDenied
from ansible_collections.linux.audit.plugins.module_utils._policy.options import ChangeError
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import HEADER
from ansible_collections.linux.audit.plugins.module_utils._policy.single_rules import Change, warnings_of
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical, without_keys
from changing import System, absent, present
from kernel_double import KernelDouble, rendered, rules_of, statements
from strategies import HOST

PASSWD, SHADOW, GROUP = (f"-w /etc/{name} -p wa -k {name}" for name in ("passwd", "shadow", "group"))
ROOT = "-a never,exit -S all -F auid=0"
MOUNTS = "-a always,exit -S mount -F key=mounts"
NEW = PASSWD.replace("-k passwd", "-k new")
BOTH = [f"-a always,exit -F arch={arch} -F path=/etc/passwd -F perm=wa -F key=k" for arch in ("b64", "b32")]
ONE = "-w /etc/passwd -p wa -k k"


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel without rules and an empty rules.d."""
    return System(monkeypatch, tmp_path)


def keyed(*keys):
    return [PASSWD.replace("-k passwd", f"-k {key}") for key in keys]


def test_several_lines_of_one_file_are_removed(host):
    host.write("10-other.rules", "# a", PASSWD, "# b", SHADOW, "# c", GROUP, "# d", MOUNTS)
    host.apply(absent(PASSWD, GROUP, SHADOW))
    assert host.lines_of("10-other.rules") == ["# a", "# b", "# c", "# d", MOUNTS]


def test_several_lines_of_one_file_are_replaced_and_removed(host):
    host.write("10-other.rules", "# a", PASSWD, "# b", SHADOW, "# c", GROUP, "# d")
    new = [SHADOW.replace("-k shadow", "-k s"), GROUP.replace("-k group", "-k g")]
    host.apply(Change(present=statements(*new), absent=statements(PASSWD)))
    assert host.lines_of("10-other.rules") == ["# a", "# b", new[0], "# c", new[1], "# d"]
    assert not host.file.exists()


@pytest.mark.parametrize(
    ("held", "left"),
    [
        (["a", "b", "c"], ["new"]),
        (["a", "new", "b"], ["new"]),
        (["new", "a"], ["new"]),
        (["a", "new"], ["new"]),
    ],
)
def test_of_rules_with_the_same_match_one_remains(host, held, left):
    """In the kernel and in a file; a rule that has the wanted key is kept."""
    host.kernel = KernelDouble(*keyed(*held))
    host.write("10-other.rules", *keyed(*held))
    outcome = host.apply(present(NEW))
    assert host.kernel.lines == rendered(*keyed(*left))
    assert host.lines_of("10-other.rules") == keyed(*left)
    assert outcome.removed == rendered(*keyed(*[key for key in held if key != "new"]))
    assert outcome.added == ([] if "new" in held else rendered(NEW))
    assert [operation for operation in host.kernel.operations if operation != "delete"] == (
        [] if "new" in held else ["append"]
    )


def test_the_first_of_several_copies_is_replaced(host):
    """The first in a file, among the files (ours comes first), and in the kernel, where order counts."""
    host.write("10-other.rules", "# a", *keyed("a"), "# b", *keyed("b"), SHADOW)
    host.apply(present(NEW), live=False)
    assert host.lines_of("10-other.rules") == ["# a", NEW, "# b", SHADOW]
    host.write("10-other.rules", *keyed("a"), SHADOW)
    host.file.write_text(f"# ours\n{PASSWD}\n")
    host.apply(present(NEW), live=False)
    assert host.lines_of("10-other.rules") == [SHADOW]
    assert host.lines_of(host.file.name) == ["# ours", NEW]
    first, second = (f"-a always,exit -S mount -F key={key}" for key in "ab")
    never = "-a never,exit -S mount -F uid=1"
    host.kernel = KernelDouble(first, never, second)
    host.apply(present(MOUNTS), persistent=False)
    assert host.kernel.lines == rendered(MOUNTS, never)


@pytest.mark.parametrize("held", [[BOTH[0]], [BOTH[1]], [BOTH[0], BOTH[1].replace("key=k", "key=x")]])
def test_one_held_rule_of_the_wanted_form_decides_for_it(host, held):
    """Its missing rules are added, although the host also holds the other form."""
    host.kernel = KernelDouble(ONE, *held)
    change = Change(present=statements(*BOTH), instead=statements(ONE))
    host.apply(change, persistent=False)
    assert sorted(host.kernel.lines) == sorted(rendered(ONE, *BOTH))


@pytest.mark.parametrize("held", [[BOTH[0]], [BOTH[1]]])
def test_half_of_the_other_form_does_not_count(host, held):
    """A rule for only one architecture does not watch the other."""
    host.kernel = KernelDouble(*held)
    host.write("10-other.rules", *held)
    change = Change(present=statements(ONE), instead=statements(*BOTH))
    assert host.apply(change).added == rendered(ONE)
    assert host.kernel.lines == rendered(*held, ONE)
    assert host.lines_of("10-other.rules") == held
    assert host.lines_of(host.file.name) == [HEADER, "-i", ONE]


def test_all_of_the_other_form_counts(host):
    host.kernel = KernelDouble(*BOTH)
    host.write("10-other.rules", *BOTH)
    change = Change(present=statements(ONE), instead=statements(*BOTH))
    host.apply(change)
    assert host.kernel.operations == []
    assert host.lines_of("10-other.rules") == BOTH
    assert not host.file.exists()
    assert not host.apply(change).changed


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("-w /etc/passwd -p wa", []),
        ("-w /etc/passwd -p wa -k a", ["b"]),
        ("-w /etc/passwd -p wa -k c", ["a", "b"]),
        ("-w /etc/passwd -p w", ["a", "b"]),
    ],
)
def test_without_a_key_a_rule_is_removed_whatever_its_key(host, line, left):
    host.kernel = KernelDouble(*keyed("a", "b"))
    host.write("10-other.rules", *keyed("a", "b"))
    host.apply(absent(line))
    assert host.kernel.lines == rendered(*keyed(*left))
    assert host.lines_of("10-other.rules") == keyed(*left)


def test_rules_with_a_key_are_removed(host):
    two = "-w /etc/passwd -p wa -k b -k passwd"
    host.kernel = KernelDouble(two, SHADOW, GROUP.replace("-k group", "-k bb"))
    host.write("10-other.rules", two, SHADOW)
    outcome = host.apply(Change(absent_keys=("b", "shadow")))
    assert host.kernel.lines == rendered(GROUP.replace("-k group", "-k bb"))
    assert host.lines_of("10-other.rules") == []
    assert outcome.removed == rendered(two, SHADOW)


def test_position_at_the_start_and_at_the_end(host):
    """A prepended rule comes before the rules whose order counts, and before the first rule of the file."""
    mount, never = "-a always,exit -S mount -F key=a", "-A never,exit -S mount -F uid=1"
    # Some releases of auditctl read -A as -d.
    written = never.replace("-A", "-a")
    host.kernel = KernelDouble(mount, PASSWD)
    host.write(host.file.name, "# head", mount, PASSWD)
    host.apply(present(never, GROUP))
    assert host.kernel.lines == rendered(never, mount, PASSWD, GROUP)
    assert host.lines_of(host.file.name) == ["# head", "-i", written, mount, PASSWD, GROUP]
    other = "-a never,exit -S mount -F uid=2"
    host.apply(present(SHADOW, other), prepend=True)
    held, (first, second) = host.kernel.canonical, map(canonical, rules_of([other, mount]))
    assert held.index(first) < held.index(second)
    assert host.lines_of(host.file.name) == ["# head", "-i", SHADOW, other, written, mount, PASSWD, GROUP]


def test_a_new_file_has_prepended_and_appended_rules(host):
    host.apply(present("-A never,exit -S mount -F uid=1", MOUNTS))
    assert host.lines_of(host.file.name) == [HEADER, "-i", "-a never,exit -S mount -F uid=1", MOUNTS]


RULE = st.sampled_from(statements(ROOT, MOUNTS, PASSWD, NEW, SHADOW, GROUP, "-a never,exit -S mount -F uid=1"))
RULES = st.lists(RULE, unique=True, max_size=4)
# Two rules with the same match in one task are refused earlier.
WANTED = st.lists(RULE, unique_by=lambda statement: without_keys(statement.rule), max_size=4)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RULES, RULES, WANTED, RULES, st.sampled_from([1, 2]), st.booleans())
def test_check_mode_reports_the_change_and_makes_none(host, held, lines, wanted, gone, enabled, prepend):
    host.file.unlink(missing_ok=True)
    host.kernel = KernelDouble()
    host.kernel.hold(statement.rule for statement in held)
    host.kernel.enabled = enabled
    host.write("10-other.rules", *[statement.text for statement in lines])
    change = Change(present=tuple(wanted), absent=tuple(rule for rule in gone if rule not in wanted))
    state = host.state()
    said = host.apply(change, check=True, with_diff=True, prepend=prepend)
    assert host.state() == state
    assert host.kernel.log == []
    done = host.apply(change, with_diff=True, prepend=prepend)
    assert said == done
    assert done.changed is (host.state() != state)
    again = host.apply(change, with_diff=True, prepend=prepend)
    assert (again.changed, again.added, again.removed, again.diff) == (False, [], [], [])


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"stage_when_immutable": False}, "immutable, enabled 2): -aalways,exit -F path=/etc/shadow"),
        ({"persistent": False}, "Set persistent: true, because a boot loads only what the files hold"),
        ({"persistent": False, "check": True}, "Set persistent: true, because a boot loads only what the files hold"),
    ],
)
def test_an_immutable_kernel_refuses_changes(host, options, part):
    host.kernel = KernelDouble(PASSWD)
    host.kernel.enabled = 2
    state = host.state()
    with pytest.raises(ChangeError, match="immutable") as error:
        host.apply(Change(present=statements(SHADOW), absent=statements(PASSWD)), **options)
    assert part.replace("-aalways", "-a always") in str(error.value)
    assert host.state() == state
    # A rule that the kernel already holds is no change.
    assert not host.apply(present(PASSWD), **dict(options, persistent=False)).changed


def test_staged_rules_are_in_the_files_and_pending(host):
    host.kernel = KernelDouble(PASSWD)
    host.kernel.enabled = 2
    outcome = host.apply(present(PASSWD, SHADOW), with_diff=True)
    assert outcome.pending == ["-a always,exit -F path=/etc/shadow -F perm=wa -F key=shadow"]
    assert host.lines_of(host.file.name) == [HEADER, "-i", PASSWD, SHADOW]
    assert [entry["before_header"] for entry in outcome.diff] == [str(host.file)]
    assert host.kernel.lines == rendered(PASSWD)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"rules_dir": "/no/such/rules.d"}, "the directory /no/such/rules.d does not exist: install"),
        ({"rules_dir": "rules.d"}, "rules_dir must be an absolute path"),
        ({"file": "x.conf"}, "must be a plain name"),
    ],
)
def test_unusable_files_are_refused(host, options, part):
    with pytest.raises((ChangeError, FileError), match=part):
        host.apply(present(PASSWD), **options)
    assert host.kernel.log == []


@pytest.mark.parametrize(
    ("line", "bit", "name"),
    [("-a always,exit -S all -F sessionid=3", 4, "sessionid"), ("-a never,filesystem -F fstype=tracefs", 6, "list")],
)
def test_an_unsupported_rule_is_found_before_any_change(host, line, bit, name):
    host.kernel.features &= ~(1 << bit)
    with pytest.raises(
        ChangeError, match=f"this kernel does not know the (field|list) .*{name}|does not know the list"
    ):
        host.apply(present(PASSWD, line))
    assert host.kernel.log == []
    assert host.files() == {}


@pytest.mark.parametrize(("code", "kind"), [(errno.ECONNREFUSED, AuditUnavailable), (errno.EPERM, PermissionDenied)])
def test_an_unreachable_kernel_leaves_the_files_alone(host, code, kind):
    host.kernel.unreachable = code
    with pytest.raises(kind):
        host.apply(present(PASSWD))
    assert host.files() == {}
    assert host.kernel.connections == 0


def test_a_line_that_stops_auditctl_at_the_next_boot_is_a_warning(host):
    other = host.write("20-other.rules", "-w passwd -p wa", PASSWD)
    host.write("10-first.rules", PASSWD)
    outcome = host.apply(present(SHADOW))
    problems = warnings_of(outcome, HOST)
    assert [problem.startswith(f"{other}:{number}: ") for number, problem in enumerate(problems, 1)] == [True, True]
    assert all("auditctl would load no line after it" in problem for problem in problems)


def test_a_file_of_an_earlier_release_is_told_to_go_on_after_errors_at_once(host):
    """Although it has the rule already: without the line, a boot may lose it."""
    host.kernel = KernelDouble(PASSWD)
    host.write(host.file.name, HEADER, PASSWD)
    assert host.apply(present(PASSWD)).changed
    assert host.lines_of(host.file.name) == [HEADER, "-i", PASSWD]
    assert not host.apply(present(PASSWD)).changed


def test_a_file_of_others_is_left_alone_if_it_has_the_rule(host):
    """It is theirs to say what auditctl does at an error."""
    host.kernel = KernelDouble(PASSWD)
    host.write(host.file.name, PASSWD)
    host.apply(present(PASSWD))
    assert host.lines_of(host.file.name) == [PASSWD]
