# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several changes of rules go to the kernel with one message: as good as one by one, whatever happens in between."""

import json

import pytest

from paths import MODULE_UTILS, ON_GUEST
from probing import prepare, probing
from releases import releases

LIBRARY = "/root/lib"


@pytest.fixture(scope="module", params=releases("bookworm", fleet=("bullseye", "sid")))
def messaged(request, lab):
    """A guest of its own, whose auditd logs a thousand events in a second."""
    guest = lab.boot(request.param, name=f"messaged-{request.param}")
    prepare(guest)
    plugins = f"{LIBRARY}/ansible_collections/linux/audit/plugins"
    guest.run(f"mkdir -p {plugins}")
    guest.put(MODULE_UTILS, f"{plugins}/module_utils")
    guest.put(ON_GUEST / "messages.py", "/root/messages.py")
    yield guest
    guest.stop()


def counts(guest, name, times, seed):
    command = f"PYTHONPATH={LIBRARY} python3 -B /root/messages.py {name} {times} {seed}"
    return json.loads(guest.run(command, timeout=60 + 20 * times).stdout)


MANY = [pytest.param(seed, 20, marks=pytest.mark.fleet) for seed in range(2, 5)]


@pytest.mark.parametrize(("seed", "rounds"), [(1, 10), *MANY])
def test_what_is_done_and_refused_is_that_of_a_message_for_each(messaged, seed, rounds):
    found = counts(messaged, "together", rounds, seed)
    assert found["refused"] > 10 * rounds
    assert found["changes"] - found["refused"] > 10 * rounds


@pytest.mark.parametrize(("seed", "halfway"), [(1, 5), *MANY])
def test_sets_that_are_hindered_in_the_middle_lose_no_event(lab, messaged, seed, halfway, capsys):
    """Ended by any signal, at any moment, while others add and delete rules."""
    # From then on the rules of the probe are there.
    counts(messaged, "replaced", 0, seed)
    with probing(lab, messaged) as probe:
        found = counts(messaged, "replaced", halfway, seed)
    with capsys.disabled():
        print(f"\n{found} {probe.result}", flush=True)
    assert found["halfway"] == halfway
    assert probe.result.lost == 0
    assert probe.result.missing == {}
    assert probe.result.made > probe.result.seconds * 900
