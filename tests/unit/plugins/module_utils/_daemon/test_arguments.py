# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parameters that modules share ask for."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._daemon.arguments import (
    asked_options,
    asked_settings,
    asked_version,
    text_of,
)
from ansible_collections.linux.audit.plugins.module_utils._daemon.conf_change import ConfOptions
from ansible_collections.linux.audit.plugins.module_utils._daemon.errors import ConfError


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({"settings": {"Num_Logs": 5, "name": None, "use_libwrap": True}},
         {"num_logs": "5", "name": None, "use_libwrap": "yes"}),
        ({"settings": {"num_logs": 5}, "state": "absent"}, {"num_logs": None}),
        ({"option": "num_logs", "value": 5}, {"num_logs": "5"}),
        ({"option": "num_logs", "state": "absent"}, {"num_logs": None}),
    ],
)  # fmt: skip
def test_settings(parameters, wanted):
    standard = {"settings": None, "option": None, "value": None, "state": "present"}
    assert asked_settings({**standard, **parameters}) == wanted


class _Host:
    def __init__(self, version):
        self.version = version


def test_versions():
    assert asked_version({"version": None}, _Host((3, 0))) == (3, 0)
    assert asked_version({"version": "4.1.2"}, _Host(None)) == (4, 1, 2)
    with pytest.raises(ConfError, match="audit is not installed"):
        asked_version({"version": None}, _Host(None))
    for text in ("next", "2.7", "4", "4.x"):
        with pytest.raises(ConfError, match="a release of audit from 2.8 on"):
            asked_version({"version": text}, _Host(None))


def test_options():
    """Each has the value of the parameter of its name."""
    parameters = {"apply": "reload", "validate": False, "strict": False, "repair": True, "backup": True, "path": "/x"}
    assert asked_options(parameters) == ConfOptions("reload", False, False, True, True)


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "yes"), (False, "no"), (5, "5"), ("5%", "5%"), (" exec  /bin/x ", "exec /bin/x"), (None, None)],
)
def test_values_of_parameters(value, text):
    assert text_of("a", value) == text


@pytest.mark.parametrize("value", ["", "  ", "a\nb", "a\tb", "a\x7f", 1.5, ["a"], {"a": 1}])
def test_values_that_are_refused(value):
    with pytest.raises(ConfError, match="^a must"):
        text_of("a", value)
