# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters that the modules for the daemon's files share, and what their values ask for."""

import re
from typing import Any, Dict, Mapping, Optional

from .._host.host import Host
from .conf_change import ConfOptions
from .errors import ConfError
from .schema import OLDEST, Version

__all__ = ("CONF_ARGUMENTS", "SETTINGS_ARGUMENTS", "asked_options", "asked_settings", "asked_version", "text_of")

#: Parameters of every module for a file of the daemon; documented in the fragment ``daemon``.
CONF_ARGUMENTS: Dict[str, Dict[str, Any]] = {
    "version": {"type": "str"},
    "apply": {"type": "str", "choices": ["auto", "reload", "restart", "none"], "default": "auto"},
    "validate": {"type": "bool", "default": True},
    "strict": {"type": "bool", "default": True},
    "repair": {"type": "bool", "default": False},
    "backup": {"type": "bool", "default": False},
}
#: Further parameters of the modules that set any keyword; documented in the fragment ``daemon.settings``.
SETTINGS_ARGUMENTS: Dict[str, Dict[str, Any]] = {
    "settings": {"type": "dict"},
    "option": {"type": "str"},
    "value": {"type": "raw"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "path": {"type": "path"},
}


def asked_options(parameters: Mapping[str, Any]) -> ConfOptions:
    """How a file is to be checked, written and put into effect."""
    return ConfOptions(*(parameters[name] for name in ConfOptions._fields))


def asked_version(parameters: Mapping[str, Any], host: Host) -> Version:
    """The release that is asked for, otherwise the one that is installed. Raises ConfError."""
    given = parameters["version"]
    if given is None:
        if host.version is None:
            raise ConfError(
                "audit is not installed on this host, so it is not known which keywords its daemon will accept; "
                "install audit first, or set version to the release that will be installed"
            )
        return host.version
    if not re.match(r"\d+(\.\d+){1,3}$", given) or tuple(map(int, given.split("."))) < OLDEST:
        raise ConfError(f"version must be a release of audit from 2.8 on, such as 3.0.9, not {given!r}")
    return tuple(map(int, given.split(".")))


def asked_settings(parameters: Mapping[str, Any]) -> Dict[str, Optional[str]]:
    """The values that settings, or option and value, ask for; None for a keyword without a line. Raises ConfError."""
    settings, absent = parameters["settings"], parameters["state"] == "absent"
    if settings is None:
        if parameters["value"] is None and not absent:
            raise ConfError("option needs a value, or state: absent")
        settings = {parameters["option"]: parameters["value"]}
    if not settings:
        raise ConfError("settings names no keyword: give at least one")
    wanted: Dict[str, Optional[str]] = {}
    for key, value in settings.items():
        name = str(key).strip().lower()
        if not re.match(r"[a-z0-9_]+$", name):
            raise ConfError(f"{key!r} is not a keyword: keywords consist of letters, digits and _")
        wanted[name] = None if absent else text_of(name, value)
    return wanted


def text_of(name: str, value: Any) -> Optional[str]:
    """The value of a parameter or keyword as a file has it, None for null. Raises ConfError."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, (int, str)):
        raise ConfError(f"{name} must be a text, a number, true or false, not {value!r}")
    text = str(value)
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ConfError(f"{name} must be one line without tabs and other control characters, not {text!r}")
    if not text.strip():
        raise ConfError(f"{name} must have a value; to remove its line, use null, or state: absent")
    return " ".join(text.split())
