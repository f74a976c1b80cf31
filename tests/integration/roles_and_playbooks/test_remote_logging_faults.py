# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No record is lost by faults that the queue of a client can bridge; `tests/bench` has the table of all faults."""

import json

import pytest

from remote_logging import Faults, plays

pytestmark = pytest.mark.fleet


@pytest.fixture(scope="module")
def faults(lab, playbook, tmp_path_factory):
    """A server and a client as the role sets them up."""
    server, client = (lab.boot(release, name=f"faults-{release}") for release in ("bookworm", "trixie"))
    path = tmp_path_factory.mktemp("faults") / "play.yml"
    path.write_text(json.dumps(plays(server, [client])))
    failed = [
        line["result"] for line in playbook(path, limit=f"{server.name},{client.name}") if line["result"].get("failed")
    ]
    assert not failed, failed
    yield Faults(lab, server, client, seconds=6)
    for guest in (server, client):
        guest.stop()


@pytest.mark.parametrize("fault", ["server_stopped", "server_rebooted", "server_crashed", "cable_cut", "disk_full"])
def test_nothing_is_lost(faults, fault):
    counted = getattr(faults, fault)()
    assert counted.made > 100
    assert counted.arrived == counted.made, counted


def test_queue_loses_what_it_has_no_room_for(faults):
    depth = 50
    counted = faults.queue_full(depth)
    assert depth - 2 <= counted.arrived < counted.made, counted  # the plugin's own records take a place, too
