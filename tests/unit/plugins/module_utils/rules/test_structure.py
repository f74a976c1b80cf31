# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules as dictionaries."""

import pytest
from hypothesis import given, settings

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.structure import parse_structure, to_structure
from strategies import HOST, rules


@settings(max_examples=500, deadline=None)
@given(rules())
def test_to_structure_and_back_is_the_same_rule(rule):
    structure = to_structure(rule, HOST.machine)
    assert set(structure) == {"list", "action", "arch", "syscalls", "fields", "comparisons", "keys"}
    (statement,) = parse_structure(structure, HOST)
    assert canonical(statement.rule) == canonical(rule)
    # What is made of the statement's text is the same rule, too.
    assert canonical(parse_line(statement.text, HOST).rule) == canonical(rule)


@pytest.mark.parametrize(
    ("structure", "lines"),
    [
        ({"syscalls": ["mount", "umount2"], "keys": ["m"]}, ["-a always,exit -S mount,umount2 -F key=m"]),
        ({"syscalls": "mount, umount2", "keys": "m"}, ["-a always,exit -S mount,umount2 -F key=m"]),
        (
            {"arch": "b64,b32", "syscalls": ["mount"]},
            ["-a always,exit -F arch=b64 -S mount", "-a always,exit -F arch=b32 -S mount"],
        ),
        ({"arch": ["arch!=b64"]}, ["-a always,exit -F arch!=b64 -S all"]),
        ({}, ["-a always,exit -S all"]),
        ({"fields": ["auid=1000"], "keys": ["k"]}, ["-a always,exit -S all -F auid=1000 -F key=k"]),
        (
            {"fields": ["path=/etc/x y", "perm=wa"], "keys": ["k"]},
            [r"-a always,exit -F path=/etc/x\ y -F perm=wa -F key=k"],
        ),
        ({"list": "exclude", "fields": "msgtype=CWD"}, ["-a always,exclude -F msgtype=CWD"]),
        (
            {"record_types": ["cwd", "1302", "network"]},
            [
                f"-a always,exclude -F msgtype={name}"
                for name in ("CWD", "PATH", "SOCKETCALL", "SOCKADDR", "NETFILTER_PKT", "NETFILTER_CFG")
            ],
        ),
        (
            {"list": "exclude", "action": "never", "record_types": "CWD, PATH", "fields": ["uid=0"]},
            ["-a never,exclude -F msgtype=CWD -F uid=0", "-a never,exclude -F msgtype=PATH -F uid=0"],
        ),
        ({"list": "task", "action": "never"}, ["-a never,task"]),
        (
            {"list": "filesystem", "action": "never", "fields": ["fstype=tracefs"]},
            ["-a never,filesystem -F fstype=tracefs"],
        ),
        ({"comparisons": ["uid!=euid"], "syscalls": [59]}, ["-a always,exit -S 59 -C uid!=euid"]),
        ({"arch": None, "syscalls": ["mount"], "keys": None}, ["-a always,exit -S mount"]),
    ],
)
def test_what_a_structure_says(structure, lines):
    assert [canonical(statement.rule) for statement in parse_structure(structure, HOST)] == [
        canonical(parse_line(line, HOST).rule) for line in lines
    ]


@pytest.mark.parametrize(
    ("structure", "texts"),
    [
        ({}, ["-a always,exit -S all"]),
        ({"list": "exit", "action": "never", "syscalls": [], "fields": []}, ["-a never,exit -S all"]),
        # What says by itself what the rule is about makes -S all superfluous, on the list exit, and so does -S.
        ({"fields": ["path=/a"]}, ["-a always,exit -F path=/a"]),
        ({"fields": ["dir=/a"]}, ["-a always,exit -F dir=/a"]),
        ({"fields": ["perm=w"]}, ["-a always,exit -F perm=w"]),
        ({"fields": ["exe=/a"]}, ["-a always,exit -F exe=/a"]),
        ({"fields": ["uid=0", "exe!=/a"]}, ["-a always,exit -F uid=0 -F exe!=/a"]),
        ({"fields": ["uid=0"]}, ["-a always,exit -S all -F uid=0"]),
        ({"fields": ["path=/a"], "syscalls": "open"}, ["-a always,exit -S open -F path=/a"]),
        ({"list": "user", "fields": "uid=0"}, ["-a always,user -F uid=0"]),
        ({"list": ["io_uring"], "action": ["always"]}, ["-a always,io_uring"]),
        # The order is that of auditctl: arch, syscalls, fields, comparisons, keys.
        (
            {
                "keys": ["k", "l"],
                "comparisons": ["uid=euid", "gid!=egid"],
                "fields": ["uid=1", "gid=2"],
                "syscalls": ["open", "close"],
                "arch": "b64",
            },
            ["-a always,exit -F arch=b64 -S open,close -F uid=1 -F gid=2 -C uid=euid -C gid!=egid -F key=k -F key=l"],
        ),
        (
            {"arch": " b64 ,b32", "syscalls": " open , close "},
            [f"-a always,exit -F arch={arch} -S open,close" for arch in ("b64", "b32")],
        ),
        (
            {"arch": ["arch=b64", "arch!=b32"]},
            ["-a always,exit -F arch=b64 -S all", "-a always,exit -F arch!=b32 -S all"],
        ),
        # A key may have a comma in it, and a list of keys may have none.
        ({"syscalls": ["open"], "keys": "a,b"}, ["-a always,exit -S open -F key=a,b"]),
        ({"syscalls": ["open"], "keys": ["", "a"]}, ["-a always,exit -S open -F key=a"]),
        ({"syscalls": ("open", 3)}, ["-a always,exit -S open,3"]),
        ({"fields": "exe=/a,b"}, ["-a always,exit -F exe=/a,b"]),
        # Record types stand before other fields; without a list they are left out.
        ({"record_types": "cwd"}, ["-a always,exclude -F msgtype=CWD"]),
        (
            {"list": "user", "record_types": ["USER", "LOGIN"], "fields": ["uid=0"]},
            [f"-a always,user -F msgtype={name} -F uid=0" for name in ("USER", "LOGIN")],
        ),
        ({"list": "exclude", "record_types": [], "fields": ["uid=0"]}, ["-a always,exclude -F uid=0"]),
    ],
)  # fmt: skip
def test_the_text_of_a_structure(structure, texts):
    assert [statement.text for statement in parse_structure(structure, HOST)] == texts


EMPTY = {key: [] for key in ("arch", "syscalls", "fields", "comparisons", "keys")}


@pytest.mark.parametrize(
    ("line", "structure"),
    [
        ("-a always,exit -S all", {"syscalls": ["all"]}),
        ("-a never,task", {"list": "task", "action": "never"}),
        (
            "-a always,exit -F arch=b64 -S open,close -F uid=1 -C uid!=euid -k a -k b",
            {
                "arch": ["b64"],
                "syscalls": ["open", "close"],
                "fields": ["uid=1"],
                "comparisons": ["uid!=euid"],
                "keys": ["a", "b"],
            },
        ),
        # auditctl reads names by the last arch, even by one that the rule excludes.
        ("-a always,exit -F arch!=b32 -S 1", {"arch": ["arch!=b32"], "syscalls": ["exit"]}),
        # Several archs would be several rules.
        (
            "-a always,exit -F arch=b64 -F arch!=b32 -S 1",
            {"arch": ["arch!=b32"], "syscalls": ["exit"], "fields": ["arch=b64"]},
        ),
        (r"-w /tmp/a\ b -p wa -k c\ d", {"fields": ["path=/tmp/a b", "perm=wa"], "keys": ["c d"]}),
        ("-a always,exit -S open -F path=/a -F perm=w", {"syscalls": ["open"], "fields": ["path=/a", "perm=w"]}),
        ("-a always,exit -S open -F perm=w", {"syscalls": ["open"], "fields": ["perm=w"]}),
        ("-a always,exclude -F msgtype=CWD", {"list": "exclude", "fields": ["msgtype=CWD"]}),
        ("-a always,io_uring -S openat", {"list": "io_uring", "syscalls": ["openat"]}),
    ],
)
def test_the_structure_of_a_line(line, structure):
    expected = {"list": "exit", "action": "always", **EMPTY, **structure}
    found = to_structure(parse_line(line, HOST).rule, "x86_64")
    assert found == expected
    assert list(found) == ["list", "action", "arch", "syscalls", "fields", "comparisons", "keys"]


@pytest.mark.parametrize(
    ("structure", "message"),
    [
        (
            {"syscall": ["mount"], 1: 2},
            "audit rule '{rule}': has the unknown key 1, syscall; use list, action, arch, syscalls, fields, "
            "comparisons, keys, record_types",
        ),
        ({"list": ["exit", "task"]}, "audit rule '{rule}': 'list': must be a single word"),
        ({"action": ["always", "never"]}, "audit rule '{rule}': 'action': must be a single word"),
        ({"list": None, "action": 1.5}, "audit rule '{rule}': 'action': must be a text, not 1.5"),
        ({"list": {}}, "audit rule '{rule}': 'list': must be a text, not {{}}"),
        *(
            ({key: [None]}, f"audit rule '{{rule}}': '{key}': must be a list of texts, not None")
            for key in ("arch", "syscalls", "fields", "comparisons", "keys", "record_types")
        ),
        ({"keys": [True]}, "audit rule '{rule}': 'keys': must be a list of texts, not True"),
        *(
            (
                {"list": name, "record_types": ["CWD"]},
                "audit rule '{rule}': 'record_types': can only be matched on the lists exclude and user",
            )
            for name in ("exit", "task", "filesystem", "io_uring")
        ),
    ],
)
def test_messages(structure, message):
    with pytest.raises(RuleError) as caught:
        parse_structure(structure, HOST)
    assert str(caught.value) == message.format(rule=str(structure))


@pytest.mark.parametrize("key", ["syscalls", "fields", "comparisons"])
def test_an_empty_text_is_an_error_but_for_a_key(key):
    with pytest.raises(RuleError):
        parse_structure({key: [""]}, HOST)


def test_a_record_type_that_is_none_is_named_with_the_whole_rule():
    reason = "'x': is neither the number nor the name of a record type, such as CWD, nor a category of record types: "
    with pytest.raises(RuleError, match="^audit rule '{'record_types': 'cwd, x'}': " + reason) as caught:
        parse_structure({"record_types": "cwd, x"}, HOST)
    assert (caught.value.part, caught.value.rule) == ("x", "{'record_types': 'cwd, x'}")


@pytest.mark.parametrize(
    ("structure", "parts"),
    [
        ({"syscall": ["mount"]}, ["syscall", "syscalls"]),
        ({"list": ["exit", "task"]}, ["list", "must be a single word"]),
        ({"list": True}, ["list", "a text"]),
        ({"fields": {"auid": 1000}}, ["fields", "a list of texts", "auid"]),
        ({"fields": [["auid=1000"]]}, ["fields", "auid=1000"]),
        ({"syscalls": [None]}, ["syscalls", "None"]),
        ({"syscalls": ["no_such"]}, ["no_such"]),
        ({"arch": ["b63"], "syscalls": ["mount"]}, ["arch=b63"]),
        ({"action": "maybe"}, ["maybe,exit", "always"]),
        ({"fields": ["auid"]}, ["auid", "operator"]),
        ({"keys": ["a\nb"], "syscalls": ["mount"]}, [r"a\nb"]),
        ({1: 2}, ["unknown key 1"]),
    ],
)
def test_what_is_wrong_with_a_structure(structure, parts):
    with pytest.raises(RuleError) as error:
        parse_structure(structure, HOST)
    for part in parts:
        assert part in str(error.value)
