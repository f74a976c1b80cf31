# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules as dictionaries."""

import pytest
from hypothesis import given, settings

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.structure import parse_structure, to_structure
from ansible_collections.linux.audit.plugins.module_utils.rules.syntax import parse_line
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
    ("structure", "parts"),
    [
        ({"syscall": ["mount"]}, ["syscall", "syscalls"]),
        ({"list": ["exit", "task"]}, ["list", "one word"]),
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
