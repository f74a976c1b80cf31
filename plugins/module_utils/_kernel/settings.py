# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of the kernel's audit system: their names, their options in rules files, and how they are changed."""

from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from ..rules.values import parse_number
from .netlink import IMMUTABLE, Kernel, KernelError

__all__ = (
    "BY_OPTION",
    "SETTINGS",
    "Setting",
    "SettingsChange",
    "Value",
    "change_settings",
    "read_settings",
    "restore_settings",
    "setting_value",
    "settings_change",
    "settings_diff",
)

Value = Union[int, bool]


class Setting(NamedTuple):
    """One setting: its name in the status, its option in rules files (auditctl(8)), and names of its values."""

    name: str
    option: str
    words: Tuple[str, ...] = ()

    def line(self, value: Value) -> Optional[str]:
        """The control line for a value; None for a value that a file expresses by the absence of the line."""
        if isinstance(value, bool):
            return self.option if value else None
        return f"{self.option} {value}"

    def described(self, value: Value) -> str:
        """The control line for a value, or "without" and the option where there is no line for the value."""
        return self.line(value) or f"without {self.option}"

    def word(self, value: Value) -> Union[int, str, bool]:
        """The value as users write it."""
        return self.words[value] if self.words and not isinstance(value, bool) else value


# In the order in which they are set: once the system is immutable, nothing else can be set.
SETTINGS = (
    Setting("backlog_limit", "-b"),
    Setting("backlog_wait_time", "--backlog_wait_time"),
    Setting("rate_limit", "-r"),
    Setting("failure", "-f", ("silent", "printk", "panic")),
    Setting("loginuid_immutable", "--loginuid-immutable"),
    Setting("enabled", "-e", ("disabled", "enabled", "immutable")),
)
BY_OPTION: Dict[str, Setting] = {setting.option: setting for setting in SETTINGS}


class SettingsChange(NamedTuple):
    """Settings before and after, by name; which of them the kernel changes ``now``, and which only at the next boot."""

    before: Mapping[str, Value] = {}
    after: Mapping[str, Value] = {}
    now: Sequence[Setting] = ()
    later: Sequence[Setting] = ()

    @property
    def lines(self) -> List[str]:
        """The settings that change now, as lines of a rules file."""
        return [self.after_line(setting) for setting in self.now]

    def after_line(self, setting: Setting) -> str:
        """The wanted value of a setting, as a line of a rules file."""
        return setting.described(self.after[setting.name])


def setting_value(text: str) -> Value:
    """The value in a control line; True for an option that takes no value."""
    return parse_number(text) if text else True


def read_settings(kernel: Kernel) -> Dict[str, Value]:
    """The kernel's settings by name. Raises KernelError."""
    status = kernel.status()
    values: Dict[str, Value] = {
        setting.name: getattr(status, setting.name) for setting in SETTINGS if setting.name in status._fields
    }
    values["loginuid_immutable"] = kernel.loginuid_immutable()[0]
    return values


def settings_change(held: Mapping[str, Value], wanted: Mapping[str, Value]) -> SettingsChange:
    """What must change so that the kernel has the wanted values; settings that ``held`` lacks are left out."""
    differing = [
        setting
        for setting in SETTINGS
        if setting.name in wanted and setting.name in held and held[setting.name] != wanted[setting.name]
    ]
    later = [setting for setting in differing if _takes_a_boot(setting, held, wanted)]
    return SettingsChange(held, wanted, [setting for setting in differing if setting not in later], later)


def _takes_a_boot(setting: Setting, held: Mapping[str, Value], wanted: Mapping[str, Value]) -> bool:
    if setting.name == "loginuid_immutable":
        # The kernel has a separate lock for this feature, and auditctl locks it whenever it sets the feature.
        return not wanted[setting.name]
    return held["enabled"] == IMMUTABLE


def settings_diff(change: SettingsChange) -> Dict[str, str]:
    """A change of the kernel's settings as Ansible's diff."""

    def text(values: Mapping[str, Value]) -> str:
        return "".join(f"{setting.name}: {setting.word(values[setting.name])}\n" for setting in change.now)

    return {
        "before_header": "kernel",
        "after_header": "kernel",
        "before": text(change.before),
        "after": text(change.after),
    }


def change_settings(kernel: Kernel, change: SettingsChange) -> None:
    """Set the values, then ask the kernel whether it has them. Raises KernelError."""
    for setting in change.now:
        _set(kernel, setting, change.after[setting.name])
    if change.now:
        values = read_settings(kernel)
        missing = [setting.name for setting in change.now if values[setting.name] != change.after[setting.name]]
        if missing:
            raise KernelError(f"the kernel accepted every change but did not apply {', '.join(missing)}")


def restore_settings(kernel: Kernel, change: SettingsChange) -> List[Tuple[Setting, Value]]:
    """Restore the values from before a change; return the settings that only a boot restores, with their values.

    Raises KernelError.
    """
    now = read_settings(kernel)
    back = settings_change(now, {setting.name: change.before[setting.name] for setting in change.now})
    # `enabled` was set last, so it is restored first.
    for setting in reversed(back.now):
        _set(kernel, setting, back.after[setting.name])
    return [(setting, now[setting.name]) for setting in back.later]


def _set(kernel: Kernel, setting: Setting, value: Value) -> None:
    if setting.name == "loginuid_immutable":
        kernel.set_loginuid_immutable()
    else:
        kernel.set(setting.name, value)
