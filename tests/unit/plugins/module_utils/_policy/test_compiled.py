# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit.rules with lines that rules.d lacks: kept beside it, or in the way."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._policy import compiled
from ansible_collections.linux.audit.plugins.module_utils._policy.loading_service import Loader
from ansible_collections.linux.audit.plugins.module_utils._policy.options import ChangeError
from changing import System, present
from kernel_double import rendered

PASSWD, SHADOW = (f"-w /etc/{name} -p wa -k {name}" for name in ("passwd", "shadow"))
BY_HAND = f"-D\n-b 8192\n{SHADOW}\n"


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A host whose audit.rules was written by hand."""
    system = System(monkeypatch, tmp_path)
    (tmp_path / "audit.rules").write_text(BY_HAND)
    return system


def loads(monkeypatch, host, *commands, state="enabled"):
    """The service of the host runs these commands; ``{}`` is the path of its audit.rules."""
    text = " ; ".join(commands).format(host.root / "audit.rules")
    monkeypatch.setattr(compiled, "loaders", lambda: [Loader("auditd.service", state, (), "", text)])


def test_a_host_that_loads_it_as_it_is_keeps_it(host, monkeypatch):
    loads(monkeypatch, host, "/sbin/auditctl -R {}")
    before = host.state()
    for check in (True, False):
        for change in (
            lambda check=check: host.apply(present(PASSWD), check=check),
            lambda check=check: host.declare([PASSWD], check=check),
            lambda check=check: host.set({"failure": 2}, check=check),
        ):
            with pytest.raises(ChangeError, match="auditd.service loads .*audit.rules with auditctl -R") as caught:
                change()
            assert SHADOW in str(caught.value)
            assert host.state() == before
    # Adopted, in other words, it is not lost.
    host.declare(["-b 8192", "-a always,exit -F perm=wa -F path=/etc/shadow -F key=shadow", PASSWD])
    assert host.kernel.lines[-1:] == rendered(PASSWD)
    assert not host.apply(present(PASSWD)).changed


@pytest.mark.parametrize(
    ("commands", "state"),
    [
        (["/sbin/augenrules --load"], "enabled"),
        (["/sbin/augenrules", "/sbin/auditctl -R {}"], "enabled"),
        (["/sbin/auditctl -R /srv/other.rules"], "enabled"),
        (["/sbin/auditctl -R {}"], "masked"),
    ],
)
def test_where_it_is_compiled_its_former_text_is_kept(host, monkeypatch, commands, state):
    loads(monkeypatch, host, *commands, state=state)
    host.apply(present(PASSWD))
    assert (host.root / "audit.rules.prev").read_text() == BY_HAND
    assert SHADOW not in (host.root / "audit.rules").read_text()
    # A later change leaves it, because audit.rules now has what rules.d has.
    host.declare([PASSWD])
    assert (host.root / "audit.rules.prev").read_text() == BY_HAND
