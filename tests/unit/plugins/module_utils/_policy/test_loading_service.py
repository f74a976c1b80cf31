# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which states of the units mean that no service loads the rules at boot."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._policy.loading_service import (
    Loader,
    drop_in,
    hidden_places,
    hidden_rules,
    read_only_cause,
    stale_rules,
    unit_states_problem,
)
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_file
from strategies import HOST


@pytest.mark.parametrize(
    ("rules", "auditd", "reason"),
    [
        ("", "enabled", None),
        ("not-found", "enabled", None),
        ("", "disabled", "are not loaded at boot: auditd.service is disabled"),
        ("not-found", "masked", "are not loaded at boot: auditd.service is masked"),
        ("enabled", "disabled", None),
        # auditd.service requires audit-rules.service, which then loads the rules.
        ("disabled", "enabled", None),
        ("disabled", "disabled", "are not loaded at boot: auditd.service is disabled"),
        ("masked", "enabled", "are not loaded at boot: audit-rules.service is masked"),
        # Without auditd, the host does not tell what loads them.
        ("", "", None),
    ],
)
def test_states_of_the_units(rules, auditd, reason):
    assert unit_states_problem(rules, auditd) == reason


# As systemctl show prints it on Debian 12; "+" before the command adds the flag.
COMMAND = "{{ path=/sbin/augenrules ; argv[]=/sbin/augenrules --load ; flags=ignore-failure{} ; start_time=[n/a] }}"
PROPERTIES = {
    "ProtectKernelModules": "yes",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectSystem": "full",
    "ReadOnlyPaths": "/srv/ro",
    "InaccessiblePaths": "-/srv/i /srv/f",
    "TemporaryFileSystem": "/srv/tfs:ro",
    "BindPaths": "/srv/other:/srv/bind:rbind /srv/plain:/srv/plain:rbind",
    "ExecStartPostEx": COMMAND.format(""),
}


# What a guest with these properties has recorded after auditd.service had loaded a watch of each.
@pytest.mark.parametrize("path", ["/home/joe", "/tmp/x", "/var/tmp/x", "/srv/i", "/srv/tfs", "/srv/bind/x"])
def test_a_watch_that_the_service_puts_on_another_inode(path):
    """Each of them recorded nothing."""
    loader = Loader("auditd.service", "enabled", hidden_places(PROPERTIES))
    (problem,) = hidden_rules(parse_file(f"-a always,exit -F dir={path} -F perm=wa\n", "x.rules", HOST), [loader])
    assert problem.origin == "x.rules:1"
    assert "auditd.service loads the rules with " in problem.reason
    assert (problem.silent, problem.lost) == (True, True)


@pytest.mark.parametrize(
    "field",
    ["dir=/dev/shm/x", "dir=/srv/ro", "dir=/srv/plain", "dir=/etc/foo", "path=/srv/f", "dir=/homes", "dir=/srv"],
)
def test_a_watch_that_the_service_puts_on_the_inode_of_the_host(field):
    """Each of them recorded: the service sees the same thing, read-only or not, or the directory of the file."""
    loader = Loader("auditd.service", "enabled", hidden_places(PROPERTIES))
    assert hidden_rules(parse_file(f"-a always,exit -F {field} -F perm=wa\n", "x.rules", HOST), [loader]) == []


def test_a_command_outside_of_the_namespaces_sees_everything():
    """It is written with + in the unit."""
    assert hidden_places(PROPERTIES | {"ExecStartPostEx": COMMAND.format(" privileged")}) == []
    assert hidden_places({"ProtectHome": "read-only", "PrivateTmp": "no", "RootDirectory": ""}) == []


def test_a_service_that_is_off_hides_nothing():
    loader = Loader("other.service", "disabled", hidden_places(PROPERTIES))
    assert hidden_rules(parse_file("-w /home/joe -p wa\n", "x.rules", HOST), [loader]) == []


def test_a_part_of_the_unit_starts_only_that_command_outside():
    """The loading commands keep their flags, and their order; other kinds of start are not touched."""
    other = COMMAND.format("").replace("augenrules --load", "auditctl -R /etc/audit/more.rules")
    daemon = COMMAND.format("").replace("augenrules --load", "auditd")
    assert drop_in({"ExecStartEx": daemon, "ExecStartPostEx": f"{other} {COMMAND.format('')}"}) == (
        "[Service]\nExecStartPost=\nExecStartPost=-+/sbin/auditctl -R /etc/audit/more.rules\n"
        "ExecStartPost=-+/sbin/augenrules --load\n"
    )


@pytest.mark.parametrize(
    "command", ["sh -c augenrules --load", "true x y", "augenrules --load $MORE", "auditctl -R /etc/a;b"]
)
def test_a_command_that_cannot_be_copied_exactly_leaves_the_unit_alone(command):
    """systemctl shows no quotes; a part of a unit with a wrong command would load no rule at all."""
    other = COMMAND.format("").replace("argv[]=/sbin/augenrules --load", f"argv[]=/bin/{command}")
    assert drop_in({"ExecStartPostEx": f"{other} {COMMAND.format('')}"}) == ""


@pytest.mark.parametrize(
    ("properties", "cause"),
    [
        ({"ProtectSystem": "full"}, "ProtectSystem=full"),
        ({"ProtectSystem": "strict"}, "ProtectSystem=strict"),
        # This leaves /etc alone.
        ({"ProtectSystem": "yes"}, ""),
        ({"ProtectSystem": "full", "ReadWritePaths": "/etc/audit"}, ""),
        ({"ReadOnlyPaths": "/srv -/etc"}, "ReadOnlyPaths=/etc"),
        ({"ReadOnlyPaths": "/", "ReadWritePaths": "/etc"}, ""),
        ({"ReadOnlyPaths": "/etc/audit/rules.d"}, ""),
        ({"ProtectSystem": "full", "ExecStartPostEx": COMMAND.format(" privileged")}, ""),
        ({}, ""),
    ],
)
def test_a_service_whose_augenrules_cannot_write_what_it_compiles(properties, cause):
    """What a guest did with some of them: tests/integration/modules/test_audit_info.py."""
    assert read_only_cause(properties) == cause
    loader = Loader("auditd.service", "enabled", (), "", "/sbin/augenrules --load", cause)
    found = stale_rules("/etc/audit/audit.rules", [loader])
    assert [problem.lost for problem in found] == [True] * bool(cause)
    assert stale_rules("/etc/audit/audit.rules", [loader._replace(state="masked")]) == []
    assert stale_rules("/etc/audit/audit.rules", [loader._replace(commands="/sbin/auditctl -R x")]) == []
