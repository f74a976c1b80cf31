# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A variable that is a list or a dictionary is refused as a text, whichever it is."""

import pytest
import yaml

from hostile_host import HostileHosts, failures
from paths import ROOT


def specs(role):
    """Names of the variables of a role by type, from meta/argument_specs.yml."""
    found = {"list": set(), "dict": set()}
    text = (ROOT / f"roles/{role}/meta/argument_specs.yml").read_text()
    for spec in yaml.safe_load(text)["argument_specs"].values():
        for name, option in spec["options"].items():
            found.get(option["type"], set()).add(name)
    return found


# The argument spec itself refuses a text where it expects a list of dictionaries.
REFUSED_BEFORE = {"auditd_plugins"}


ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
VARIABLES = [(role, kind, name) for role in ROLES for kind, names in specs(role).items() for name in sorted(names)]


@pytest.mark.parametrize("role", ROLES)
def test_every_list_and_dictionary_is_checked(role):
    path = ROOT / f"roles/{role}/vars/main.yml"
    held = yaml.safe_load(path.read_text())
    kinds = {"list": f"__{role}_lists", "dict": f"__{role}_dictionaries"}
    assert {kind: set(held.get(name, [])) for kind, name in kinds.items()} == specs(role)


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """By role, the messages when each of its lists and dictionaries is a text, and how often the host was asked."""
    messages = {}
    for role in {role for role, _kind, _name in VARIABLES}:
        hosts = HostileHosts(tmp_path_factory.mktemp(role), {"web1": {}})
        wrong = {name: "10.0.0.1" if kind == "list" else "a=b" for one, kind, name in VARIABLES if one == role}
        wrong = {name: value for name, value in wrong.items() if name not in REFUSED_BEFORE}
        play = [{"hosts": "all", "gather_facts": False, "roles": [{"role": f"linux.audit.{role}"}]}]
        messages[role] = (failures(hosts.run(play, **wrong))["web1"], hosts.asked("web1"))
    return messages


@pytest.mark.parametrize(("role", "kind", "name"), [each for each in VARIABLES if each[2] not in REFUSED_BEFORE])
def test_a_text_is_refused_and_named(said, role, kind, name):
    message, asked = said[role]
    assert name in message.partition(":")[0].split(", ")
    assert "a list or dictionary is expected" in message
    assert asked == []


@pytest.mark.parametrize("name", sorted(REFUSED_BEFORE))
def test_what_the_argument_spec_refuses(tmp_path, name):
    hosts = HostileHosts(tmp_path, {"web1": {}})
    play = [{"hosts": "all", "gather_facts": False, "roles": [{"role": "linux.audit.auditd"}]}]
    (line,) = [line for line in hosts.run(play, **{name: "10.0.0.1"}) if line["result"].get("failed")]
    assert name in str(line["result"]["argument_errors"])
    assert hosts.asked("web1") == []


@pytest.mark.parametrize("value", [{"a": 1}, 5, True])
def test_what_is_neither_a_text_nor_a_list_is_refused(tmp_path, value):
    play = [{"hosts": "all", "gather_facts": False, "tasks": [
        {"ansible.builtin.include_role": {"name": "linux.audit.auditd", "tasks_from": "types.yml"},
         "vars": {"__auditd_types_lists": ["x", "y"], "__auditd_types_dictionaries": ["z"]}},
    ]}]  # fmt: skip
    hosts = HostileHosts(tmp_path, {"web1": {}})
    assert failures(hosts.run(play, x=value, y=["fine"], z={"also": "fine"}))["web1"].startswith("x: a list")
    assert failures(hosts.run(play, y=[], z={})) == {}
