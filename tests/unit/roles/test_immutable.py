# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role immutable: what it refuses to lock, and a connection that breaks after a boot."""

import pytest

from hostile_host import HostileHosts, failures

NEVER = {
    "path": "kernel", "line": 0, "text": "-a never,task", "reason": "switches auditing off", "stops_loading": False,
    "stops_recording": True, "lost_at_boot": False,
}  # fmt: skip
IN_SYNC = {
    "available": True, "in_sync": True, "reboot_required": False, "pending": [], "rules": [], "problems": [],
    "files": [], "status": {"enabled": "enabled"}, "changed": False,
    "drift": {"missing": [], "extra": [], "other_key": [], "out_of_order": [], "settings": []},
}  # fmt: skip
# A connection plugin that loses its host once: when this machine's modules are asked for the second time.
BREAKING = """
DOCUMENTATION = '''
name: breaking
short_description: Breaks
description: [Breaks.]
author: [nobody]
'''
import pathlib
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as Local

class Connection(Local):
    transport = "breaking"

    def exec_command(self, cmd, *args, **kwargs):
        left = pathlib.Path(__file__).with_name("left")
        if "AnsiballZ_audit_info" in cmd and int(left.read_text()):
            left.write_text(str(int(left.read_text()) - 1))
            raise AnsibleConnectionFailure("mux_client_request_session: read from master failed: Broken pipe")
        return super().exec_command(cmd, *args, **kwargs)

    def reset(self):
        with pathlib.Path(__file__).with_name("reset").open("a") as file:
            file.write("reset\\n")
"""


def role(tasks_from, **variables):
    include = {"name": "linux.audit.immutable", "tasks_from": tasks_from}
    return [{"hosts": "all", "gather_facts": False, "tasks": [
        {"ansible.builtin.include_role": include, "vars": variables},
    ]}]  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ({"problems": [NEVER]}, ["kernel: ", "-a never,task"]),
        ({"problems": [NEVER | {"path": "/etc/audit/rules.d/audit.rules", "line": 7}]},
         ["/etc/audit/rules.d/audit.rules:7", "-a never,task"]),
        ({"status": {"enabled": "immutable"}, "problems": [NEVER | {"path": "a", "line": 1}]}, ["a:1"]),
    ],
)  # fmt: skip
def test_a_host_on_which_auditing_is_switched_off_is_not_locked(tmp_path, seen, words):
    hosts = HostileHosts(tmp_path, {"web1": {"audit_info": IN_SYNC | seen}})
    said = failures(hosts.run(role("lock.yml")))["web1"]
    assert said.startswith("Nothing is locked on web1, because auditing is switched off there")
    assert all(word in said for word in words), said
    assert "audit_ruleset" not in hosts.asked("web1")


@pytest.mark.parametrize(
    ("seen", "variables"),
    [
        ({"problems": [NEVER]}, {"immutable_state": "unlocked"}),
        ({"problems": [NEVER], "status": {"enabled": "immutable"}}, {}),
        ({"problems": [NEVER | {"path": "a", "line": 1, "stops_recording": False}]}, {}),
        ({}, {}),
    ],
)
def test_others_are_locked_and_unlocked(tmp_path, seen, variables):
    """A locked kernel that holds such a rule needs a boot, which the files decide."""
    hosts = HostileHosts(tmp_path, {"web1": {"audit_info": IN_SYNC | seen}})
    hosts.run(role("lock.yml", **variables))
    assert "audit_ruleset" in hosts.asked("web1")


@pytest.mark.parametrize(("breaks", "fails"), [(0, False), (1, False), (4, False), (5, True)])
def test_a_connection_that_breaks_after_the_boot_is_made_again(tmp_path, breaks, fails):
    """A limited number of times; then the host has failed, and is not lost for the report."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "breaking.py").write_text(BREAKING)
    (plugins / "left").write_text(str(breaks))
    hosts = HostileHosts(tmp_path, {"web1": {"audit_info": IN_SYNC}})
    hosts.inventory["all"]["hosts"]["web1"]["ansible_connection"] = "breaking"
    (play,) = role("booted.yml", immutable_reboot_timeout=5)
    play["tasks"].append({"ansible.builtin.assert": {"that": "__immutable_booted.in_sync | default(false)"}})
    play["tasks"][0]["ansible.builtin.include_role"]["public"] = True
    lines = hosts.run([play], environment={"ANSIBLE_CONNECTION_PLUGINS": str(plugins)})
    assert bool(failures(lines)) == fails
    assert (plugins / "left").read_text() == "0"
    assert len((plugins / "reset").read_text().split()) >= min(breaks + 1, 5)
