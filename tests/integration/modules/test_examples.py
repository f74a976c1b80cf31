# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The EXAMPLES of every module, as they are printed, on a guest."""

import ast
import json

import pytest
import yaml

from paths import PLUGINS

MODULES = PLUGINS / "modules"
NAMES = sorted(path.stem for path in MODULES.glob("*.py") if path.stem != "__init__")

# Parameters that ask for something to be done, not for something to be there, and the values that do; None is any.
DONE_EACH_TIME = {
    "command": None,
    "user_message": None,
    "reset_lost": (True,),
    "rotate": (True,),
    "state": ("reloaded", "restarted"),
}


def done_each_time(parameters):
    """Whether a second run with these parameters does something again."""
    asked = {name: value for name, value in parameters.items() if name in DONE_EACH_TIME}
    return any(DONE_EACH_TIME[name] is None or value in DONE_EACH_TIME[name] for name, value in asked.items())


def constant(name, variable):
    """The text of a variable of a module."""
    for node in ast.parse((MODULES / f"{name}.py").read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == variable:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{name} has no {variable}")


@pytest.fixture(scope="module")
def example_host(lab):
    """A guest of its own: examples may do anything."""
    guest = lab.boot("bookworm", name="examples")
    yield guest
    guest.stop()


@pytest.fixture
def play(example_host, playbook, tmp_path):
    """play(tasks): their results, on a guest whose kernel takes changes."""

    def play(tasks):
        path = tmp_path / "examples.yml"
        path.write_text(json.dumps([{"hosts": example_host.name, "gather_facts": False, "tasks": tasks}]))
        return [line["result"] for line in playbook(path, limit=example_host.name)]

    if "enabled 2" in example_host.run("auditctl -s").stdout:
        example_host.reboot()
    return play


@pytest.mark.parametrize("name", NAMES)
def test_examples_run_and_change_nothing_the_second_time(play, name):
    tasks = yaml.safe_load(constant(name, "EXAMPLES"))
    results = play([task for task in tasks for _time in range(2)])
    assert len(results) == 2 * len(tasks), results[-1]
    for task, first, second in zip(tasks, results[::2], results[1::2], strict=True):
        assert not first.get("failed"), (task, first)
        assert not second.get("failed"), (task, second)
        parameters = next((value for key, value in task.items() if key.startswith("linux.audit.")), None) or {}
        assert second["changed"] is done_each_time(parameters), (task, second)


@pytest.mark.parametrize("name", NAMES)
def test_examples_use_full_names_and_say_what_they_do(name):
    tasks = yaml.safe_load(constant(name, "EXAMPLES"))
    assert all(task["name"] for task in tasks)
    assert any(f"linux.audit.{name}" in task for task in tasks)
    assert all(key.count(".") == 2 for task in tasks for key in task if key in NAMES or "." in key)


def test_short_names_work_in_the_checkout(play):
    first, second = play([{"audit_rule": {"rule": "-w /etc/hosts -p wa -k hosts", "state": "absent"}}] * 2)
    assert (first["changed"], second["changed"]) == (False, False)
