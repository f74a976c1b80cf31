# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters and tests, called as Python and from a play."""

import importlib
import json
import os
import pathlib
import random
import subprocess
import sys

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.linux.audit.plugins.filter import cost as cost_filters
from ansible_collections.linux.audit.plugins.filter.cost import optimise_rules, rule_cost
from ansible_collections.linux.audit.plugins.filter.rules import parse_rules, render_rules
from ansible_collections.linux.audit.plugins.module_utils.rules import _covered
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_file, parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from ansible_collections.linux.audit.plugins.module_utils.rules.resolver import Resolver
from ansible_collections.linux.audit.plugins.test import rules as test_plugin
from ansible_collections.linux.audit.plugins.test.rules import equivalent
from paths import DATA, PLUGINS, ROOT
from strategies import HOST, rule

BASELINE = (DATA / "baseline.rules").read_text()
PASSWD = "-a always,exit -F path=/etc/passwd -F perm=wa -F key=identity"


def structure(**values):
    empty = {
        "list": "exit",
        "action": "always",
        "arch": [],
        "syscalls": [],
        "fields": [],
        "comparisons": [],
        "keys": [],
    }
    return empty | values


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("", []),
        ("# -w /etc/passwd\n\n   \n  # x\n-D\n-b 8192\n-e 2\n--loginuid-immutable\n", []),
        ("-w /etc/passwd -p wa -k identity", [structure(fields=["path=/etc/passwd", "perm=wa"], keys=["identity"])]),
        ("-w /etc/ssh/ -p wa", [structure(fields=["dir=/etc/ssh", "perm=wa"])]),
        ("-w / -p w", [structure(fields=["dir=/", "perm=w"])]),
        (
            "-a never,exit -F arch=b32 -S open,openat -F auid=root -C uid!=euid",
            [
                structure(
                    action="never",
                    arch=["b32"],
                    syscalls=["open", "openat"],
                    fields=["auid=0"],
                    comparisons=["uid!=euid"],
                )
            ],
        ),
        (
            "-a always,exit -S 1 -k a\n-A always,exit -S 2 -k b\n",
            [structure(syscalls=["open"], keys=["b"]), structure(syscalls=["write"], keys=["a"])],
        ),
    ],
)
def test_parse_rules(text, rules):
    assert parse_rules(text) == rules
    assert parse_rules(text.split("\n")) == rules


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("-D\n\n-w etc -p wa", ["line 3", "-w etc -p wa", "absolute"]),
        ("-w a\n-w b", ["line 1", "line 2"]),
        ("-a always,exit -S all -F auid=joe", ["line 1", "-F auid=joe", "user", "controller", "number"]),
        ("-a always,exit -S all -F gid=staff", ["line 1", "-F gid=staff", "group", "controller", "number"]),
        ("-d always,exit -S all", ["line 1", "-d always,exit -S all", "deletes"]),
        ("-W /etc/passwd", ["line 1", "deletes"]),
        ("-w /etc/passwd\r\n", ["line 1", "carriage return"]),
        (["-D", 5], ["line 2", "5"]),
        (5, ["parse_rules", "5", "list of lines"]),
        (None, ["parse_rules", "None"]),
        ({"list": "exit"}, ["parse_rules", "list of lines"]),
    ],
)
def test_parse_rules_refuses(value, parts):
    with pytest.raises(AnsibleFilterError) as error:
        parse_rules(value)
    for part in parts:
        assert part in str(error.value)


@pytest.mark.parametrize(
    "function", [parse_rules, render_rules, lambda value, machine: equivalent(PASSWD, PASSWD, machine)]
)
@pytest.mark.parametrize("machine", ["vax", "", None, 64])
def test_an_unknown_machine(function, machine):
    with pytest.raises(AnsibleFilterError, match="uname -m"):
        function([], machine=machine)


def test_arch_and_syscalls_are_those_of_the_machine():
    line = "-a always,exit -F arch=b64 -S 56"
    assert [parse_rules(line, machine)[0]["syscalls"] for machine in ("x86_64", "aarch64")] == [["clone"], ["openat"]]
    assert equivalent(line, "-a always,exit -F arch=aarch64 -S openat", machine="aarch64")
    assert not equivalent(line, "-a always,exit -F arch=aarch64 -S openat")
    with pytest.raises(AnsibleFilterError, match="rule 1.*open"):
        render_rules([{"arch": "b64", "syscalls": "open"}], machine="aarch64")


def test_the_release_decides_which_syscalls_a_permission_has():
    line = "-a always,exit -F arch=b64 -F path=/usr/bin/id -F perm=x"
    few, every, exact = (
        line.replace("-F path", f"-S {names} -F path") for names in ("execve", "all", "execve,execveat")
    )
    fields = ["path=/usr/bin/id", "perm=x"]
    # Without a release, the structure leaves it to the host, as the line does.
    assert parse_rules(line) == [structure(arch=["b64"], fields=fields)]
    assert parse_rules(line, version="4.0.2") == [structure(arch=["b64"], syscalls=["execve"], fields=fields)]
    assert parse_rules(line, version="3.0.9") == [structure(arch=["b64"], syscalls=["all"], fields=fields)]
    assert parse_rules(line.replace("-F perm=", "-p ")) == [structure(arch=["b64"], syscalls=["all"], fields=fields)]
    assert render_rules(parse_rules(line)) == [line]
    for version, same in (("3.0.9", every), ("4.0.2", few), ("4.2", exact)):
        assert equivalent(line, same, version=version)
        assert equivalent(line, parse_rules(line, version=version)[0], version=version)
    assert not equivalent(line, few.replace("-F perm=", "-p "), version="4.2")
    assert not equivalent(line, few)


def test_a_structure_cannot_leave_other_syscalls_to_the_host():
    line = "-a always,exit -F arch=b64 -S mount -F path=/usr/bin/id -F perm=x"
    with pytest.raises(AnsibleFilterError, match="line 1.*different ones in each release; pass the release"):
        parse_rules(line)
    assert parse_rules(line, version="4.0.2")[0]["syscalls"] == ["execve", "mount"]


@pytest.mark.parametrize("version", ["", "new", "4", "4.0.2-1", 4.0, "4.0.2\n"])
@pytest.mark.parametrize("function", [parse_rules, render_rules])
def test_an_unknown_release(function, version):
    with pytest.raises(AnsibleFilterError, match="auditctl -v"):
        function([], version=version)


def test_names_that_are_newer_than_the_release():
    rules = [{"syscalls": ["mseal"]}]
    assert render_rules(rules, version="3.0.9") == ["-a always,exit -S 462"]
    assert render_rules(rules, version="4.0.2") == render_rules(rules) == ["-a always,exit -S mseal"]


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        ([], []),
        (
            [{"arch": ["b64", "b32"], "syscalls": ["connect"], "fields": ["a2!=110"], "keys": ["network"]}],
            [f"-a always,exit -F arch={arch} -S connect -F a2!=110 -F key=network" for arch in ("b64", "b32")],
        ),
        ([{"fields": ["success=yes"]}], ["-a always,exit -S all -F success=1"]),
        ({"list": "exclude", "fields": ["msgtype=CWD"]}, ["-a always,exclude -F msgtype=CWD"]),
        (["-w  /etc/passwd/   -p wa"], ["-w /etc/passwd/ -p wa"]),
    ],
)
def test_render_rules(rules, lines):
    assert render_rules(rules) == lines


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ([{}, {"fieldz": []}], ["rule 2", "fieldz"]),
        ([{"fields": ["uid=joe"]}], ["rule 1", "uid=joe", "controller", "number"]),
        (["-D"], ["rule 1", "-D", "setting"]),
        ([["a"]], ["rule 1", "structure"]),
        ("-w /etc/passwd", ["render_rules", "list of structures"]),
        (7, ["render_rules", "7"]),
    ],
)
def test_render_rules_refuses(value, parts):
    with pytest.raises(AnsibleFilterError) as error:
        render_rules(value)
    for part in parts:
        assert part in str(error.value)


def test_what_is_parsed_is_rendered_as_the_same_rules():
    rules = [
        canonical(line.statement.rule)
        for line in parse_file(BASELINE, "x", HOST)
        if line.statement and line.statement.rule
    ]
    chance = random.Random(7)
    rules += [canonical(rule(chance)) for _time in range(300)]
    lines = [render(item, "x86_64") for item in rules]
    again = [canonical(parse_line(line, Resolver()).rule) for line in render_rules(parse_rules(lines))]
    assert len(again) > 300
    assert again == rules


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("-w /etc/passwd -p wa -k identity", PASSWD, True),
        ("-w /etc/ssh/ -p wa", "-a exit,always -F perm=aw -F dir=/etc/ssh", True),
        ("-w /etc/ssh -p wa", "-a exit,always -F perm=aw -F dir=/etc/ssh", False),
        (PASSWD, {"fields": ["perm=aw", "path=/etc/passwd"], "keys": ["identity"]}, True),
        (PASSWD, PASSWD.replace("identity", "other"), False),
        (PASSWD, PASSWD.replace("always", "never"), False),
        (
            "-a always,exit -F arch=x86_64 -S 257 -F auid!=-1",
            "-a always,exit -F arch=b64 -S openat -F auid!=unset",
            True,
        ),
    ],
)
def test_equivalent(one, other, same):
    assert equivalent(one, other) is same
    assert equivalent(other, one) is same


@pytest.mark.parametrize(
    ("other", "parts"),
    [
        ("-D", ["-D", "setting"]),
        ("-d always,exit -S all", ["deletes"]),
        ("-w etc", ["-w etc", "absolute"]),
        ({"arch": ["b64", "b32"]}, ["2 rules", "one at a time"]),
        ({"fields": ["uid=joe"]}, ["uid=joe", "controller", "number"]),
        ([PASSWD], ["line of auditctl or a structure"]),
    ],
)
def test_equivalent_refuses(other, parts):
    for pair in ((PASSWD, other), (other, PASSWD)):
        with pytest.raises(AnsibleFilterError) as error:
            equivalent(*pair)
        for part in parts:
            assert part in str(error.value)


def filter_files():
    """All files of filters, imported."""
    names = sorted(path.stem for path in (PLUGINS / "filter").glob("*.py"))
    return [importlib.import_module(f"ansible_collections.linux.audit.plugins.filter.{name}") for name in names]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("filter", [name for file in filter_files() for name in file.FilterModule().filters()]),
        ("test", test_plugin.TestModule().tests()),
    ],
)
def test_each_has_a_page(kind, names):
    assert sorted(names) == sorted(path.stem for path in (PLUGINS / kind).glob("*.yml"))


def example(path):
    (task,) = yaml.safe_load(yaml.safe_load((PLUGINS / path).read_text())["EXAMPLES"])
    return task


def test_in_a_play(tmp_path):
    """What the pages show, run by ansible-playbook."""
    (tmp_path / "site.rules").write_text(f"-D\n-w /etc/shadow -p wa -k noisy\n{PASSWD}\n")
    dest = tmp_path / "out.rules"
    copy, ruleset = example("filter/render_rules.yml"), example("filter/parse_rules.yml")
    copy["ansible.builtin.copy"]["dest"] = str(dest)
    bad = "{{ '-w /etc/passwd\n-a always,exit -S all -F auid=joe' | linux.audit.parse_rules }}"
    tasks = [
        copy,
        # The expression alone: this machine's own rules are left alone.
        {"ansible.builtin.debug": {"msg": ruleset["linux.audit.audit_ruleset"]["rules"]}},
        example("test/equivalent.yml"),
        {"ansible.builtin.debug": {"msg": bad}, "ignore_errors": True},
        {"ansible.builtin.debug": {"msg": "{{ '-D' is linux.audit.equivalent('-D') }}"}, "ignore_errors": True},
    ]
    python = {"ansible_python_interpreter": sys.executable}
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": python, "tasks": tasks}]
    (tmp_path / "play.yml").write_text(json.dumps(play))
    done = subprocess.run(
        [pathlib.Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", str(tmp_path / "play.yml")],
        check=False,
        cwd=ROOT,
        env=os.environ
        | {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests" / "integration" / "callback"),
            "ANSIBLE_STDOUT_CALLBACK": "results",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_REMOTE_TMP": str(tmp_path / "remote"),
        },
        capture_output=True,
        text=True,
    )
    results = [json.loads(line)["result"] for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(results) == len(tasks), done.stdout + done.stderr
    assert dest.read_text().splitlines() == [
        f"-a always,exit -F arch={arch} -S connect -F a2!=110 -F key=network" for arch in ("b64", "b32")
    ]
    assert results[1]["msg"] == [structure(fields=["path=/etc/passwd", "perm=wa"], keys=["identity"])]
    assert not results[2].get("failed")
    for result, parts in zip(results[3:], (["line 2", "joe", "controller", "number"], ["-D", "setting"]), strict=True):
        assert result["failed"]
        for part in parts:
            assert part in result["msg"]


MODES = [f"-a always,exit -F arch=b64 -S {name} -F auid>=1000 -F key=modes" for name in ("chmod", "fchmod")]


def test_optimise_rules_warns_of_more_rules_than_it_compares(monkeypatch, capsys):
    said = "there are so many rules that not all were compared"
    optimise_rules(MODES)
    assert said not in " ".join(capsys.readouterr().err.split())
    monkeypatch.setattr(_covered, "_MOST_PAIRS", 0)
    optimise_rules(MODES)
    assert said in " ".join(capsys.readouterr().err.split())


def test_optimise_rules_takes_what_the_other_filters_take():
    """Lines, structures and texts; it tells why, and adds a guard on request."""
    united = ["-a always,exit -F arch=b64 -S chmod,fchmod -F auid>=1000 -F key=modes"]
    assert optimise_rules(MODES) == optimise_rules(parse_rules(MODES)) == united
    assert optimise_rules("# modes\n-D\n\n" + "\n".join(MODES) + "\n-e 2\n") == united
    (reason,) = optimise_rules(MODES, reasons=True)
    assert reason["rule"] == MODES[1] and MODES[0] in reason["reason"]
    session = [f"-a always,exit -F arch=b64 -S {number} -F auid!=unset -F key=k{number}" for number in range(12)]
    assert "-a never,exit -S all -F auid=unset" in optimise_rules(session, guard=True)
    assert optimise_rules(session) == optimise_rules(session, guard=False)


def test_rule_cost_counts_what_the_kernel_looks_at():
    """Rules of the list, those of them that have the call in their mask, and those that are kept by inode."""
    found = rule_cost([*MODES, PASSWD, "-a always,exit -S all -F uid=77", "-a never,user -F uid=77"])
    assert (found["rules"], found["by_inode"]) == (3, 1)
    openat, getppid = found["calls"]["openat"], found["calls"]["getppid"]
    assert (openat["walked"], openat["evaluated"], openat["by_inode"]) == (3, 1, 1)
    assert 0 < getppid["nanoseconds"] == found["nanoseconds"] < rule_cost(MODES * 100)["nanoseconds"]


@pytest.mark.parametrize("filter_name", ["optimise_rules", "rule_cost"])
def test_what_is_wrong_is_named(filter_name):
    """All of it, with the number of the rule."""
    called = cost_filters.FilterModule().filters()[filter_name]
    with pytest.raises(AnsibleFilterError, match=r"(?s)rule 1.*rule 3"):
        called(["-w etc", PASSWD, "-a always,exit -S nothing"])
    for value, options in ((5, {}), ([], {"machine": "vax"}), ([], {"version": "four"})):
        with pytest.raises(AnsibleFilterError, match=filter_name):
            called(value, **options)
