# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of kernel and files, as data."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import (
    AuditUnavailable,
    KernelError,
    KernelRule,
    PermissionDenied,
    Status,
)
from ansible_collections.linux.audit.plugins.module_utils._policy import survey as info
from ansible_collections.linux.audit.plugins.module_utils._policy.survey import gather
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from strategies import HOST

A = "-a always,exit -F path=/etc/passwd -F perm=wa -F key=a"
B = "-a always,exit -F path=/etc/shadow -F perm=wa -F key=b"
C = "-a always,exit -F path=/etc/group -F perm=wa -F key=c"
A_AS_X = A.replace("key=a", "key=x")
NEVER = "-a never,exit -S all -F auid=0"
EXCLUDE = "-a always,exclude -F msgtype=CWD"


def rules(*texts):
    return [parse_line(text, HOST).rule for text in texts]


class FakeKernel:
    """A kernel whose rules and settings a test chooses."""

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
    """A class whose attributes say what the kernel holds, and whether it can be reached."""
    kernel = type("Kernel", (FakeKernel,), {})
    monkeypatch.setattr(info, "Kernel", kernel)
    return kernel


@pytest.fixture
def asked(tmp_path, kernel):
    """asked(*lines): the result with these lines in one file."""
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
    path = result["files"][0]["path"]
    assert result["origins"] == {NEVER: f"{path}:1", A: f"{path}:2", B: f"{path}:3", "failure": f"{path}:4"}
    assert result["in_sync"] is False
    # A kernel that accepts changes has nothing pending.
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
        # A boot would not load it.
        ([], ["-w /no/such/directory/file -p wa"], [], False),
    ],
)
def test_changes_that_wait_for_a_boot(kernel, asked, held, lines, pending, reboot_required):
    kernel.held = held
    kernel.settings = {"enabled": 2}
    result = asked(*lines)
    assert (result["pending"], result["reboot_required"]) == (pending, reboot_required)


def test_an_invalid_line_is_named_and_not_in_sync(kernel, asked, tmp_path):
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
def test_a_kernel_that_cannot_be_reached(kernel, asked, problem):
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


def test_a_missing_directory_has_no_rules(kernel, tmp_path):
    kernel.held = [A]
    result = gather(str(tmp_path / "none"), HOST)
    assert result["files"] == []
    assert result["drift"]["extra"] == [A]
