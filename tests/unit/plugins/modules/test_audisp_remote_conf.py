# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audisp_remote_conf: changes of audisp-remote.conf, run as Ansible runs it, on a host that is played."""

import os

import pytest

from acted_host import NONE, REMOTE, failure, outcome
from ansible_collections.linux.audit.plugins.modules import audisp_remote_conf
from running import run_module


def run(check=False, diff=False, **parameters):
    """The result of the module."""
    return run_module(audisp_remote_conf.main, parameters, check, diff)


@pytest.mark.parametrize(("version", "action"), [("4.1.99", "restart"), ("4.2", "reload")])
@pytest.mark.parametrize("active", [True, False])
def test_a_change(stage, version, action, active):
    """Takes effect when the plugin is started again, if it is active."""
    host = stage(version, runs=False)
    host.plugin("audisp-remote", active=active)
    host.run()
    done = run(option="port", value=61)
    assert outcome(done) == (True, action if active else "none", False, False)
    assert (done["file"], host.remote.read_text()) == (str(host.remote), REMOTE + "port = 61\n")
    assert outcome(run(option="port", value=61)) == NONE


def test_a_server(host):
    """May be missing only as long as the plugin is not active, or for a file that is not in use."""
    host.remote.write_text("remote_server = \n")
    assert run(option="port", value=61)["changed"]
    host.plugin("audisp-remote")
    host.remote.write_text("# nothing\n")
    message = failure(run(option="port", value=61))
    assert "remote_server must have a value while" in message and "audisp-remote.conf has the plugin" in message
    host.remote.write_text("remote_server = \n")
    assert "has no value" in failure(run(option="port", value=61))
    other = host.root / "other.conf"
    done = run(option="port", value=61, path=str(other))
    assert (outcome(done), other.read_text()) == ((True, "none", False, False), "port = 61\n")


def test_what_its_program_is_built_with(host):
    """Not auditd's build counts."""
    host.program("audisp-remote", "libgssapi_krb5")
    assert run(option="transport", value="krb5")["changed"]
    host.program("audisp-remote", "nothing")
    assert "built without krb5" in failure(run(option="port", value=62))


@pytest.mark.parametrize(
    ("line", "directory"),
    [("", "/var/spool/audit"), ("queue_file = {}/spool/x\n", "{}/spool")],
)
def test_a_queue(host, line, directory):
    """Needs a folder in mode forward only."""
    host.remote.write_text(REMOTE + line.format(host.root))
    folder = directory.format(host.root)
    done = run(check=True, option="mode", value="forward")
    assert done["created"] == ([] if os.path.isdir(folder) else [folder])
    assert run(check=True, option="port", value=61)["created"] == []


def test_parameters(host):
    assert "one of the following is required: settings, option" in failure(run())
    assert "mutually exclusive" in failure(run(settings={}, option="x"))
    assert "mutually exclusive" in failure(run(settings={}, value="x"))
