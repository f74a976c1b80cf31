# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What files lead to, how a kernel differs from that, and what the module returns of both."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._ansible import printable
from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import (
    AuditUnavailable,
    KernelError,
    KernelRule,
    PermissionDenied,
    Status,
)
from ansible_collections.linux.audit.plugins.module_utils._policy import drift as info
from ansible_collections.linux.audit.plugins.module_utils._policy.boot import loaded_by
from ansible_collections.linux.audit.plugins.module_utils._policy.drift import (
    compare,
    feature_names,
    gather,
)
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import in_augenrules_order
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_file, parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from strategies import HOST

A = "-a always,exit -F path=/etc/passwd -F perm=wa -F key=a"
B = "-a always,exit -F path=/etc/shadow -F perm=wa -F key=b"
C = "-a always,exit -F path=/etc/group -F perm=wa -F key=c"
A_AS_X = A.replace("key=a", "key=x")
NEVER = "-a never,exit -S all -F auid=0"
EXCLUDE = "-a always,exclude -F msgtype=CWD"


def lines(*texts):
    return parse_file("\n".join(texts), "/x.rules", HOST)


def rules(*texts):
    return [parse_line(text, HOST).rule for text in texts]


def texts(found):
    return [render(rule, HOST.machine) for rule in found]


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ([], []),
        ([A, "# comment", "", B], [A, B]),
        ([A, A], [A]),
        ([A, A_AS_X], [A, A_AS_X]),
        ([A, "-A always,exit -F path=/etc/shadow -F perm=wa -F key=b"], [B, A]),
        # Where -A puts a rule that is there, the kernel holds it twice.
        ([A, A.replace("-a", "-A")], [A, A]),
        ([A, A.replace("-a", "-A"), A.replace("-a", "-d")], [A]),
        ([A, B, A.replace("-a", "-d")], [B]),
        ([A, B, A.replace("-a", "-d"), A], [B, A]),
        ([A, "-W /etc/passwd -p wa -k a"], []),
        # Only what is identical, the key included.
        ([A, "-W /etc/passwd -p wa"], [A]),
        ([A, A_AS_X.replace("-a", "-d")], [A]),
        ([A.replace("-a", "-d"), A], [A]),
        ([A, B, "-D", C], [C]),
        ([A, B, "-D -k a", C], [B, C]),
        ([A + " -F key=none", A.replace("=a", "=once"), B, "-D -k on"], [B]),
        ([A, "-w nonsense", B], [A, B]),
        (["-e 2", A], []),
        ([A, "-e 1", B], [A, B]),
    ],
)
def test_rules_that_lines_lead_to(given, held):
    assert texts(loaded_by(lines(*given)).rules) == held


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ([], {}),
        ([A, "-D", "-i", "-c", "-s"], {}),
        (["-b 8192", "-b 0x10"], {"backlog_limit": 16}),
        (["-f 2", "-f 1", "-e 0", "-e 1"], {"failure": 1, "enabled": 1}),
        (["-r 5", "--backlog_wait_time 60000"], {"rate_limit": 5, "backlog_wait_time": 60000}),
        (["--loginuid-immutable"], {"loginuid_immutable": True}),
        (["-b 5", "-D"], {"backlog_limit": 5}),
        (["-b 5", "-e 2", "-b 6"], {"backlog_limit": 5, "enabled": 2}),
        (["-b lots"], {}),
    ],
)
def test_settings_that_lines_lead_to(given, settings):
    assert loaded_by(lines(*given)).settings == settings


def test_the_order_of_augenrules():
    given = lines(A, "-e 2", B, "-D", "-b 5", "-D -k b", "# end")
    assert [line.text for line in in_augenrules_order(given)] == ["-D", A, B, "-b 5", "-D -k b", "# end", "-e 2"]


@pytest.mark.parametrize(
    ("held", "wanted", "missing", "extra", "other_key", "out_of_order"),
    [
        ([], [], [], [], [], []),
        ([A, B], [A, B], [], [], [], []),
        (["-w /etc/passwd -p aw -k a"], [A], [], [], [], []),
        ([A], [A, B], [B], [], [], []),
        ([A, B], [B], [], [A], [], []),
        ([A], [B], [B], [A], [], []),
        ([A_AS_X, B], [A, B], [], [], [(A, A_AS_X)], []),
        ([A_AS_X, A.replace("=a", "=y")], [A], [], [A.replace("=a", "=y")], [(A, A_AS_X)], []),
        ([A, A_AS_X], [A], [], [A_AS_X], [], []),
        # Other paths under other keys: the order makes no difference.
        ([B, A], [A, B], [], [], [], []),
        ([A, NEVER], [NEVER, A], [], [], [], [(NEVER, A)]),
        ([NEVER, A], [NEVER, A], [], [], [], []),
        # One pair for each rule: the first of those that it has to stand behind.
        ([A, B, NEVER], [NEVER, A, B], [], [], [], [(NEVER, A), (NEVER, B)]),
        ([A, NEVER + " -F uid=5", NEVER], [NEVER, NEVER + " -F uid=5", A], [], [], [], [(NEVER, A)]),
        # Lists have orders of their own.
        ([EXCLUDE, A], [A, EXCLUDE], [], [], [], []),
        # What moves and what is new at a time.
        ([A, C, NEVER], [NEVER, B, A], [B], [C], [], [(NEVER, A)]),
        # Of a rule that is held twice the first one decides.
        ([NEVER, A, NEVER], [NEVER, A], [], [], [], []),
        ([A, NEVER, A], [NEVER, A], [], [], [], [(NEVER, A)]),
    ],
)
def test_drift(held, wanted, missing, extra, other_key, out_of_order):
    drift = compare(rules(*held), rules(*wanted))
    assert texts(drift.missing) == missing
    assert texts(drift.extra) == extra
    assert [tuple(texts(pair)) for pair in drift.other_key] == other_key
    assert [tuple(texts(pair)) for pair in drift.out_of_order] == out_of_order


@pytest.mark.parametrize(
    ("bits", "names"),
    [
        (0, []),
        (1, ["backlog_limit"]),
        (0x42, ["backlog_wait_time", "filter_fs"]),
        (0x80, ["0x80"]),
        (
            0x3F,
            [
                "backlog_limit",
                "backlog_wait_time",
                "executable_path",
                "exclude_extend",
                "sessionid_filter",
                "lost_reset",
            ],
        ),
    ],
)
def test_features(bits, names):
    assert feature_names(bits) == names


class FakeKernel:
    """A kernel that holds what it is told."""

    held = ()
    settings = {}
    problems = ()

    def __enter__(self):
        for problem in self.problems:
            raise problem
        return self

    def __exit__(self, *exception):
        pass

    def status(self):
        return Status(
            **(dict.fromkeys(Status._fields, 0) | {"enabled": 1, "failure": 1, "features": 3} | self.settings)
        )

    def loginuid_immutable(self):
        return True, True

    def rules(self):
        return [KernelRule(rule, b"") for rule in rules(*self.held)]


@pytest.fixture
def kernel(monkeypatch):
    """A class whose attributes say what the kernel holds, and whether it can be asked."""
    kernel = type("Kernel", (FakeKernel,), {})
    monkeypatch.setattr(info, "Kernel", kernel)
    return kernel


@pytest.fixture
def asked(tmp_path, kernel):
    """asked(*lines): what is returned with these in one file."""
    directory = tmp_path / "rules.d"

    def asked(*texts):
        directory.mkdir(exist_ok=True)
        (directory / "10.rules").write_text("".join(f"{text}\n" for text in texts))
        return gather(str(directory), HOST)

    return asked


def test_in_sync(kernel, asked):
    kernel.held = [B, "-a always,exit -F perm=aw -F path=/etc/passwd -F key=a"]
    kernel.settings = {"backlog_limit": 5}
    result = asked("-D", "-b 5", "-w /etc/passwd -p wa -k a", B, "--loginuid-immutable")
    assert result["available"] is True
    assert "reason" not in result
    assert result["in_sync"] is True
    assert (result["pending"], result["reboot_required"]) == ([], False)
    assert [rule["text"] for rule in result["rules"]] == [B, A]
    assert result["rules"][1]["rule"]["fields"] == ["path=/etc/passwd", "perm=wa"]
    assert (result["status"]["enabled"], result["status"]["failure"]) == ("enabled", "printk")
    assert result["status"]["features"] == ["backlog_limit", "backlog_wait_time"]
    assert result["daemon"] == {"pid": 0, "running": False, "name": None}
    assert [(line["line"], line["operation"], line.get("setting")) for line in result["files"]] == [
        (1, "control", {"option": "-D", "value": ""}),
        (2, "control", {"option": "-b", "name": "backlog_limit", "value": 5}),
        (3, "append", None),
        (4, "append", None),
        (5, "control", {"option": "--loginuid-immutable", "name": "loginuid_immutable", "value": True}),
    ]
    assert result["files"][2]["rule"]["keys"] == ["a"]


def test_drift_in_words(kernel, asked):
    kernel.held = [A_AS_X, C, EXCLUDE]
    result = asked(NEVER, A, B, "-f 2", "-b 0", "-e 1")
    assert result["drift"] == {
        "missing": [NEVER, B],
        "extra": [C, EXCLUDE],
        "other_key": [{"file": A, "kernel": A_AS_X}],
        "out_of_order": [],
        "settings": [{"name": "failure", "file": "panic", "kernel": "printk"}],
    }
    assert result["in_sync"] is False
    # A kernel that takes changes leaves nothing to a boot.
    assert (result["pending"], result["reboot_required"]) == ([], False)


@pytest.mark.parametrize(
    ("held", "lines", "pending", "reboot_required"),
    [
        ([A], [A, "-e 2"], [], False),
        ([A], [A, B], [B], True),
        ([A, B], [A], ["-d" + B[2:]], True),
        ([A_AS_X], [A], ["-d" + A_AS_X[2:], A], True),
        ([], ["-b 7", "-e 1"], ["-b 7", "-e 1"], True),
        ([A, NEVER], [NEVER, A], [], True),
        # A boot would not bring it.
        ([], ["-w /no/such/directory/file -p wa"], [], False),
    ],
)
def test_what_waits_for_a_boot(kernel, asked, held, lines, pending, reboot_required):
    kernel.held = held
    kernel.settings = {"enabled": 2}
    result = asked(*lines)
    assert (result["pending"], result["reboot_required"]) == (pending, reboot_required)


def test_a_line_that_is_wrong_is_named_and_is_no_sync(kernel, asked, tmp_path):
    kernel.held = [A]
    result = asked(A, "", "-w etc -p wa", "-w /etc/passwd\t-p wa")
    assert not any(result["drift"].values())
    assert result["in_sync"] is False
    wrong = [(line["path"], line["line"], line["text"]) for line in result["files"] if "error" in line]
    path = str(tmp_path / "rules.d" / "10.rules")
    assert wrong == [(path, 3, "-w etc -p wa"), (path, 4, "-w /etc/passwd\t-p wa")]
    assert "absolute path" in result["files"][1]["error"]
    assert path not in result["files"][1]["error"]
    assert "a tab" in result["files"][2]["error"]


@pytest.mark.parametrize("problem", [AuditUnavailable("no audit system"), PermissionDenied("by root only")])
def test_a_kernel_that_cannot_be_asked(kernel, asked, problem):
    kernel.problems = (problem,)
    result = asked(A)
    assert (result["available"], result["reason"]) == (False, str(problem))
    assert [line["text"] for line in result["files"]] == [A]
    assert result["versions"]["kernel"]
    assert not {"status", "rules", "drift", "in_sync", "pending", "reboot_required", "daemon"} & set(result)


def test_a_kernel_that_does_not_answer_is_an_error(kernel, asked):
    kernel.problems = (KernelError("within 10 seconds"),)
    with pytest.raises(KernelError):
        asked(A)


def test_files_that_cannot_be_read(kernel, asked, tmp_path):
    asked(A)
    (tmp_path / "rules.d" / "20.rules").mkdir()
    result = asked(A)
    (entry,) = result["files"]
    assert entry["path"] == str(tmp_path / "rules.d")
    assert "20.rules" in entry["error"]
    assert result["rules"] == []
    assert not {"drift", "in_sync", "pending", "reboot_required"} & set(result)


def test_a_directory_that_is_missing_has_no_rules(kernel, tmp_path):
    kernel.held = [A]
    result = gather(str(tmp_path / "none"), HOST)
    assert result["files"] == []
    assert result["drift"]["extra"] == [A]


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ({"a": ["x\udcff", 5, None, True]}, {"a": ["x\\xff", 5, None, True]}),
        ("é\\", "é\\"),
    ],
)
def test_bytes_that_are_no_text(value, seen):
    assert printable(value) == seen
