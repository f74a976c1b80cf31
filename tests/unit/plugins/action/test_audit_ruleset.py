# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of audit_ruleset turns src and packs into sources that the module accepts."""

import subprocess
import sys
import types

import pytest
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task

from ansible_collections.linux.audit.plugins.action.audit_ruleset import ActionModule
from ansible_collections.linux.audit.plugins.modules import audit_ruleset
from ansible_collections.linux.audit.plugins.plugin_utils import packs
from changing import System
from paths import ROOT
from running import run_module

PASSWD, SHADOW = "-w /etc/passwd -p wa -k passwd", "-w /etc/shadow -p wa -k shadow"


class Action(ActionModule):
    """Runs the module in this process."""

    calls: list

    def _execute_module(self, **call):
        self.calls.append(call)
        return run_module(audit_ruleset.main, call["module_args"])


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel without rules and an empty rules.d."""
    return System(monkeypatch, tmp_path)


@pytest.fixture
def run(host, tmp_path):
    """run(**args): the result of a task whose play has one.rules and files/two.rules, and the modules that ran."""
    (tmp_path / "files").mkdir()
    (tmp_path / "one.rules").write_text(f"# one\n{PASSWD}\n")
    (tmp_path / "files" / "two.rules").write_text(f"# caf\u00e9\n{SHADOW}\n")

    def run(asynchronous=0, **args):
        loader = DataLoader()
        loader.set_basedir(str(tmp_path))
        task = Task()
        task.args, task.async_val = dict(args, rules_dir=str(host.directory)), asynchronous
        connection = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir=str(tmp_path)))
        action = Action(task, connection, None, loader, None, None)
        action.calls = []
        result = action.run(None, {"name": "value"})
        (call,) = action.calls
        assert (call["module_name"], call["task_vars"]) == ("linux.audit.audit_ruleset", {"name": "value"})
        assert call["wrap_async"] == asynchronous
        # A task may run again, for example in a loop.
        assert task.args == dict(args, rules_dir=str(host.directory))
        return result, call["module_args"]

    return run


def test_files_of_the_controller_become_sources(host, run, tmp_path):
    result, sent = run(src="one.rules")
    assert sent["sources"] == [{"name": "one.rules", "content": f"# one\n{PASSWD}\n"}]
    assert "src" not in sent
    assert len(result["added"]) == 1
    whole = str(tmp_path / "one.rules")
    result, sent = run(src=["two.rules", whole])
    assert [source["name"] for source in sent["sources"]] == ["two.rules", whole]
    assert len(host.kernel.lines) == 2


@pytest.mark.parametrize("src", ["none.rules", ["one.rules", "none.rules"], "files"])
def test_a_file_that_cannot_be_read_is_named(run, src):
    name = src if isinstance(src, str) else src[-1]
    with pytest.raises(AnsibleActionFail, match=f"Cannot read the rules file {name} on the controller"):
        run(src=src)


@pytest.mark.parametrize(
    ("own", "names"),
    [
        ({}, []),
        ({"rules": [PASSWD]}, ["rules"]),
        ({"content": f"{PASSWD}\n"}, ["content"]),
        ({"rules": []}, ["rules"]),
        ({"sources": [{"name": "base", "rules": [PASSWD]}]}, ["base"]),
        ({"src": "one.rules"}, ["one.rules"]),
    ],
)
def test_packs_come_after_what_the_task_declares_itself(run, own, names):
    result, sent = run(packs=["injection"], **own)
    assert [source["name"] for source in sent["sources"]] == [*names, "injection"]
    assert not {"packs", "rules", "content", "src"} & set(sent)
    assert not result.get("failed"), result
    assert sent["sources"][-1] == packs.sources(["injection"])[0]


def test_parameters_that_need_no_controller_are_passed_on(run):
    _result, sent = run(rules=[PASSWD], packs=[])
    assert (sent["rules"], "sources" in sent) == ([PASSWD], False)


def test_an_unknown_pack_is_named(run):
    with pytest.raises(AnsibleError, match="no rule pack 'firewall'"):
        run(packs=["firewall"])


def test_a_task_can_run_in_the_background(run):
    _result, sent = run(asynchronous=30, rules=[PASSWD])
    assert sent["rules"] == [PASSWD]


def test_packs_are_read_before_a_run_forks():
    """Whoever has imported the plugin, as Ansible does before it forks, reads no pack again."""
    program = (
        "from ansible_collections.linux.audit.plugins.action import audit_ruleset\n"
        "from ansible_collections.linux.audit.plugins.plugin_utils import packs\n"
        "import os, pathlib\n"
        "pathlib.Path.read_text = None\n"
        "if os.fork() == 0:\n"
        "    assert [source['name'] for source in packs.sources(['time_changes'])] == ['time_changes']\n"
        "    os._exit(0)\n"
        "raise SystemExit(os.wait()[1])\n"
    )
    subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": str(ROOT / ".tree")}, check=True)
