# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches in their two forms."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.model import equivalent
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.watch import statements
from strategies import HOST, Host


def texts(*arguments, host=None):
    return [[statement.text for statement in form] for form in statements(*arguments, host or Host())]


@pytest.mark.parametrize(
    ("arguments", "modern", "watch"),
    [
        (
            ("/etc/passwd", False, "wa", ["id"]),
            [f"-a always,exit -F arch={arch} -F path=/etc/passwd -p wa -F key=id" for arch in ("b64", "b32")],
            ["-w /etc/passwd -p wa -k id"],
        ),
        (
            ("/etc/ssh//", True, "rwxa", []),
            [f"-a always,exit -F arch={arch} -F dir=/etc/ssh -p rwxa" for arch in ("b64", "b32")],
            ["-w /etc/ssh -p rwxa"],
        ),
        (
            ("/", True, "x", ["two words", "b"]),
            [rf"-a always,exit -F arch={arch} -F dir=/ -p x -F key=two\ words -F key=b" for arch in ("b64", "b32")],
            [r"-w / -p x -k two\ words -k b"],
        ),
        # What -w would find there is something else.
        (
            ("/etc/later", True, "w", []),
            [f"-a always,exit -F arch={arch} -F dir=/etc/later -p w" for arch in ("b64", "b32")],
            [],
        ),
    ],
)
def test_both_forms(arguments, modern, watch):
    assert texts(*arguments, "syscall") == [modern, watch]
    if watch:
        assert texts(*arguments, "watch") == [watch, modern]


def test_every_arch_of_the_host_and_no_other():
    def archs(machine):
        return [text.split()[3] for text in texts("/etc/x", False, "w", [], "syscall", host=Host(machine))[0]]

    assert archs("x86_64") == ["arch=b64", "arch=b32"]
    assert archs("i686") == ["arch=b32"]
    assert archs("ppc64le") == ["arch=b64"]
    assert "arch=b64" in archs("aarch64")


@pytest.mark.parametrize("machine", ["x86_64", "i686", "aarch64", "armv7l", "ppc64le", "s390x", "riscv64"])
@pytest.mark.parametrize("version", [None, (3, 0), (3, 1, 3), (4, 0, 2), (4, 0, 4), (4, 2, 1)])
@pytest.mark.parametrize("permissions", ["w", "x", "rwxa"])
def test_both_forms_have_all_syscalls_on_every_release(machine, version, permissions):
    host = Host(machine, version)
    modern, watch = statements("/etc/x", False, permissions, [], "syscall", host)
    # Before 4.0.3, auditctl does not know RISC-V, except Debian's 4.0.2.
    is_unknown = machine == "riscv64" and version in ((3, 0), (3, 1, 3))
    for statement in (*modern, *watch):
        assert (statement.rule.syscalls, statement.named_syscalls) == (None, None)
        assert bool(statement.unread) is (is_unknown and not statement.watch)
        assert statement.text.endswith(f"/etc/x -p {permissions}")


def test_a_path_without_a_slash_at_its_end_is_the_same_one():
    assert texts("/etc/ssh/", True, "w", [], "watch") == texts("/etc/ssh", True, "w", [], "watch")
    assert texts("//", True, "w", [], "watch") == texts("/", True, "w", [], "watch")


def test_two_slashes_are_the_root_directory():
    """auditctl sends // as it is written, and canonical rules have one slash at most at the end of a directory."""
    (two,), (one,) = (statements(path, True, "w", [], "watch", HOST)[0] for path in ("//", "/"))
    written = parse_line("-w // -p w", HOST)
    assert written.rule.value("dir") == "//"
    assert equivalent(written.rule, one.rule)
    assert two == one


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("etc/passwd", False, "wa", [], "syscall"), ["etc/passwd", "absolute"]),
        (("etc/", False, "wa", [], "syscall"), ["-w etc/ ", "absolute"]),
        (("/etc/passwd", False, "wb", [], "syscall"), ["wb", "r (read)"]),
        (("/etc/passwd", False, "", [], "syscall"), ["r (read)"]),
        (("/etc/passwd", False, "wa", ["a\x01b"], "syscall"), [r"a\x01b"]),
        (
            ("/etc/ssh", False, "wa", [], "watch"),
            ["-w /etc/ssh -p wa", "would watch /etc/ssh as a directory", "use style: syscall"],
        ),
        (
            ("/etc/later", True, "wa", [], "watch"),
            ["-w /etc/later -p wa", "would watch /etc/later as a file", "use style: syscall"],
        ),
    ],
)
def test_what_is_refused(arguments, parts):
    with pytest.raises(RuleError) as error:
        statements(*arguments, Host())
    for part in parts:
        assert part in str(error.value)
