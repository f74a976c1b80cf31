# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings against a kernel that does what a test tells it to."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils import apply as apply_module
from ansible_collections.linux.audit.plugins.module_utils import control
from ansible_collections.linux.audit.plugins.module_utils.apply import Options
from ansible_collections.linux.audit.plugins.module_utils.control import SETTINGS, apply_control, set_settings
from ansible_collections.linux.audit.plugins.module_utils.kernel import KernelError
from strategies import HOST
from unit.test_ruleset import FakeSystem


def names(*wanted):
    return [setting for setting in SETTINGS if setting.name in wanted]


def test_what_is_immutable_is_set_last():
    assert [setting.name for setting in SETTINGS][-2:] == ["loginuid_immutable", "enabled"]


def test_a_setting_that_is_refused_takes_the_others_back():
    kernel = FakeSystem()
    wanted = {"backlog_limit": 100, "rate_limit": 7, "failure": 13}
    with pytest.raises(KernelError, match="failure to 13"):
        set_settings(kernel, names(*wanted), control.current(kernel), wanted)
    assert (kernel.backlog_limit, kernel.rate_limit, kernel.failure) == (64, 0, 1)


def test_proof_is_asked_for():
    kernel = FakeSystem()
    kernel.set = lambda name, value: None
    with pytest.raises(KernelError, match="does not hold it: backlog_limit"):
        set_settings(kernel, names("backlog_limit"), control.current(kernel), {"backlog_limit": 100})


def test_a_lock_is_not_undone():
    kernel = FakeSystem()
    kernel.set_loginuid_immutable = lambda: None
    calls = []
    kernel.set = lambda name, value: calls.append((name, value))
    with pytest.raises(KernelError):
        set_settings(kernel, names("loginuid_immutable", "enabled"), control.current(kernel),
                     {"loginuid_immutable": True, "enabled": 2})  # fmt: skip
    assert calls == [("enabled", 2)]


@pytest.mark.parametrize(("text", "value"), [("-b 100\n", 100), ("-b 0x64", 100), ("-b 100\n-b 7\n-b 100\n", 100)])
def test_a_line_that_says_the_same_is_kept(monkeypatch, tmp_path, text, value):
    directory = tmp_path / "rules.d"
    directory.mkdir()
    (directory / "10-a.rules").write_text(text)
    monkeypatch.setattr(apply_module, "DEFAULT_DIRECTORY", str(directory))
    options = Options(rules_dir=str(directory), file="99-c.rules", live=False)
    apply_control({"backlog_limit": value}, options, HOST)
    assert (directory / "10-a.rules").read_text() == text
    assert apply_control({"backlog_limit": value}, options, HOST).changed is False
    assert apply_control({"backlog_limit": value + 1}, options, HOST).changed is True
    assert (directory / "10-a.rules").read_text().splitlines()[-1] == f"-b {value + 1}"
