# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sample of `./dev faults`: system calls of modules fail, and what is left, and what is said, is as promised."""

import pytest

from faults import lost, prepare, try_faults


@pytest.fixture(scope="module")
def hindered(lab):
    """A guest of its own, with strace."""
    guest = lab.boot("bookworm", name="faults")
    prepare(guest)
    yield guest
    guest.stop()


@pytest.mark.parametrize(
    ("scenario", "share", "least"),
    [("audit_rule present", "5/31", 10), ("audit_ruleset purge", "7/53", 5), ("audit_search", "3/47", 3)],
)
def test_a_sample_of_faults(hindered, scenario, share, least):
    cases = try_faults(hindered, scenario, share, timeout=300)
    assert [(case["what"], case["text"], case["problems"]) for case in lost(cases)] == []
    assert sum(case["hindered"] for case in cases) >= least


def test_a_broken_promise_is_seen(hindered):
    """A module that removes rules of others in its undo, as audit_trace once did, is found out."""
    path = "/root/lib/ansible_collections/linux/audit/plugins/module_utils/_policy/carrying_out.py"
    hindered.run(
        f"cp {path} /root/kept; sed -i 's/^def _undo(/def _undo(*_all):\\n    return []\\n\\n\\ndef _unused(/' {path}"
    )
    try:
        cases = try_faults(hindered, "audit_rule present", "1/9", timeout=300)
    finally:
        hindered.run(f"cp /root/kept {path}")
    assert any("the error is" in problem for case in lost(cases) for problem in case["problems"])
