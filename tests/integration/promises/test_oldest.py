# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The oldest Ansible that is supported, with the oldest Python on the managed side."""

import json
import os
import re
import subprocess

import pytest

import pythons
from matrix import CORES, controller
from paths import ROOT


@pytest.fixture(scope="module")
def python36():
    """An interpreter of Python 3.6."""
    return pythons.find("3.6") or pytest.skip("there is no Python 3.6 on this machine; vermin has checked the syntax")


@pytest.fixture(scope="module")
def ansible():
    """The `ansible` of the oldest release, in an environment of its own."""
    return controller(CORES[0]).commands / "ansible"


def run(ansible, python, module, arguments, *options):
    """The result of a module on this machine, without its kernel."""
    done = subprocess.run(
        [
            ansible,
            "localhost",
            "-c",
            "local",
            "-e",
            f"ansible_python_interpreter={python}",
            "-m",
            module,
            "-a",
            json.dumps(arguments),
            *options,
        ],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"=> (\{.*\n\})\n", done.stdout, re.DOTALL)
    assert found, done.stdout + done.stderr
    return json.loads(found[1])


def test_module_through_oldest_ansible_on_oldest_python(tmp_path, ansible, python36):
    directory = tmp_path / "rules.d"
    directory.mkdir()
    place = {"live": False, "rules_dir": str(directory)}
    wanted = place | {"rules": ["-w /etc/passwd -p wa -k id", {"arch": ["b64", "b32"], "syscalls": ["mount"]}]}
    assert run(ansible, python36, "audit_rule", wanted, "--check")["changed"]
    assert not list(directory.iterdir())
    assert len(run(ansible, python36, "audit_rule", wanted)["added"]) == 3
    assert not run(ansible, python36, "audit_rule", wanted)["changed"]
    watch = place | {"path": "/etc/passwd", "permissions": "aw", "keys": ["id"]}
    assert not run(ansible, python36, "linux.audit.audit_watch", watch)["changed"]
    assert run(ansible, python36, "linux.audit.audit_watch", watch | {"state": "absent"})["removed"] == [
        "-a always,exit -F path=/etc/passwd -F perm=wa -F key=id"
    ]
    wrong = run(ansible, python36, "audit_rule", place | {"rule": "-a always,exit -S open -F uid=1000abc"})
    assert "1000abc" in wrong["msg"]
