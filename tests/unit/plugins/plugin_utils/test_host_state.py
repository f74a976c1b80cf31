# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a host in words, from what audit_info returns."""

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.linux.audit.plugins.filter.state import FilterModule
from paths import PLUGINS

FILTERS = FilterModule().filters()
differences, host_state = FILTERS["differences"], FILTERS["host_state"]

NOTHING = {"missing": [], "extra": [], "other_key": [], "out_of_order": [], "settings": []}
IN_SYNC = {
    "available": True, "in_sync": True, "reboot_required": False, "pending": [], "drift": NOTHING,
    "files": [{"path": "a.rules", "line": 1, "text": "-b 8192"}],
}  # fmt: skip
OF_ALL_KINDS = IN_SYNC | {
    "in_sync": False,
    "files": [{"path": "a.rules", "line": 1, "text": "-x", "error": "unknown option -x"}],
    "drift": {
        "missing": ["-w /a"],
        "extra": ["-w /b"],
        "other_key": [{"file": "-w /c -k file", "kernel": "-w /c -k kernel"}],
        "out_of_order": [{"first": "-w /d", "second": "-w /e"}],
        "settings": [{"name": "backlog_limit", "file": 8192, "kernel": 64}],
    },
}


def test_every_kind_of_difference_has_a_line():
    assert differences(OF_ALL_KINDS) == [
        "unknown option -x",
        "not loaded: -w /a",
        "in no file: -w /b",
        "loaded under another key: -w /c -k file",
        "loaded in another place: -w /e",
        "another value in the kernel: backlog_limit",
    ]
    assert differences(IN_SYNC) == []


def test_every_kind_of_difference_that_the_module_documents_is_counted():
    """A kind that audit_info learns about must get a line, too."""
    text = (PLUGINS / "modules" / "audit_info.py").read_text().partition('RETURN = r"""')[2].partition('"""')[0]
    assert set(yaml.safe_load(text)["drift"]["contains"]) == set(NOTHING)


@pytest.mark.parametrize("ignored", [["backlog_limit"], "enabled,backlog_limit"])
def test_settings_can_be_ignored(ignored):
    assert differences(OF_ALL_KINDS, ignore_settings=ignored) == differences(OF_ALL_KINDS)[:-1]


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (IN_SYNC, "in sync"),
        (OF_ALL_KINDS, "drift: 6"),
        (OF_ALL_KINDS | {"reboot_required": True, "pending": ["-b 1", "-w /a"]}, "waiting for reboot: 2"),
        ({"available": False, "reason": "this is a container"}, "no audit: this is a container"),
        ({"failed": True, "msg": "no Python"}, "no audit: no Python"),
        ({}, "no audit: unknown"),
        ({"unreachable": True, "msg": "no route"}, "unreachable"),
    ],
)
def test_state(result, state):
    assert host_state(result) == state


@pytest.mark.parametrize("name", FILTERS)
def test_anything_but_a_result_is_refused(name):
    with pytest.raises(AnsibleFilterError, match=f"linux.audit.{name} takes a result of audit_info"):
        FILTERS[name](["in sync"])
