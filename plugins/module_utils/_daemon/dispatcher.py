# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon's plugins: which are there, and what is asked for of one, and of the one that sends to another host."""

import os
import re
import stat
from typing import Any, Container, Dict, List, Mapping, Optional, Sequence, Tuple

from .._host.files import read_text
from .conf_file import parse, values
from .conf_module import ConfError, Effect, Request, asked_settings, program
from .keywords import AUDISPD_CONF, AUDITD_CONF, PLUGIN_CONF, PLUGINS, REMOTE_CONF, Plugin, Version
from .plugins_d import PluginFile, read_plugins
from .validation import Target, built_with, check, dotted, effective, forgets_name, need, text_of

__all__ = ("auditd_request", "known_plugin", "plugin_directory", "plugin_request", "remote_request", "unfit")

_REMOTE = "audisp-remote"
_UNCHANGED = ("path", "type", "args", "format")


def plugin_directory(version: Version) -> str:
    """The folder that the daemon reads its plugins from. Raises FileError."""
    file = AUDITD_CONF if version >= (3, 0) else AUDISPD_CONF
    text = read_text(file.path(version))
    return values(parse(text or "")).get("plugin_dir", PLUGIN_CONF.path(version)).rstrip("/")


def known_plugin(name: str, version: Version) -> Optional[Plugin]:
    """A plugin that comes with audit, by its name or that of its file; None for another. Raises ConfError."""
    for known, history in PLUGINS.items():
        files = {plugin.file for _since, plugin in history.steps}
        if name == known or name in files:
            plugin = history(version)
            if plugin is None:
                since = dotted(history.steps[0][0])
                raise ConfError(f"the plugin {known} comes with audit since {since}, and this is {dotted(version)}")
            return plugin
    return None


def plugin_request(parameters: Mapping[str, Any], version: Version) -> Request:
    """What the parameters of the module audisp_plugin ask for. Raises ConfError or FileError."""
    name = parameters["name"]
    if not re.match(r"[A-Za-z0-9_][A-Za-z0-9_-]*$", name):
        raise ConfError(f"name must be a word of letters, digits, _ and -, not {name!r}")
    own = plugin_directory(version)
    directory = (parameters["directory"] or own).rstrip("/")
    known = known_plugin(name, version)
    path = os.path.join(directory, f"{known.file if known else name}.conf")
    removed = parameters["state"] == "absent"
    text = None if removed else read_text(path)
    in_use = directory == own

    def effect(before: Mapping[str, str], after: Mapping[str, str]) -> Effect:
        if not in_use:
            return Effect("none")
        others = [found for found in read_plugins(own, version) if found.active and found.path != path]
        return _plugin_effect(before, after, version, [found.values.get("path") for found in others])

    def further(after: Mapping[str, str]) -> List[str]:
        return unfit(after, version) if in_use and _is_active(after) else []

    def directories(after: Mapping[str, str]) -> List[str]:
        return _queue_directories(_remote_values(version)) if in_use and _is_active(after) and _is_remote(after) else []

    wanted = {} if removed else _wanted(parameters, known, text, version)
    return Request(PLUGIN_CONF, path, wanted, effect, removed=removed, further=further, directories=directories)


def _wanted(
    parameters: Mapping[str, Any], known: Optional[Plugin], text: Optional[str], version: Version
) -> Dict[str, Optional[str]]:
    """The values that are asked for, and those of a known plugin that are not in the file."""
    held = values(parse(text or ""))
    wanted: Dict[str, Optional[str]] = {}
    try:
        for key, parameter in (("active", "active"), ("direction", "direction"), ("path", "plugin"), ("type", "type")):
            if parameters[parameter] is not None:
                wanted[key] = text_of(parameter, parameters[parameter])
        if parameters["args"] is not None:
            wanted["args"] = text_of("args", " ".join(parameters["args"])) if parameters["args"] else None
        if parameters["format"] is not None:
            wanted["format"] = parameters["format"]
    except ValueError as error:
        raise ConfError(str(error)) from error
    standard: Dict[str, str] = {}
    if not held:
        standard["active"] = "yes"
        if version < (4, 1, 2):
            standard["direction"] = "out"
    if known:
        standard.update({key: getattr(known, key) for key in _UNCHANGED if getattr(known, key)})
        if held.get("path", "").startswith("builtin_") and not known.path.startswith("builtin_"):
            # Of an older release, in which it was a part of the daemon.
            held = {key: value for key, value in held.items() if key not in ("path", "type")}
    elif not held:
        standard.update({"type": "always", "format": "string"})
        if "path" not in wanted:
            names = ", ".join(sorted(PLUGINS))
            raise ConfError(f"{parameters['name']} is none of {names}; for another one say what to run, as plugin")
    for key, value in standard.items():
        if key not in held:
            wanted.setdefault(key, value)
    return {key: wanted[key] for key in PLUGIN_CONF.keywords if key in wanted}


def _is_active(held: Mapping[str, str]) -> bool:
    return held.get("active", "").lower() == "yes"


def _is_remote(held: Mapping[str, str]) -> bool:
    return os.path.basename(held.get("path", "")) == _REMOTE


def _plugin_effect(
    before: Mapping[str, str], after: Mapping[str, str], version: Version, others: Container[str]
) -> Effect:
    """What a change of a plugin's file takes; ``others``: the programs of the other active plugins."""
    was, now = _is_active(before), _is_active(after)
    programs = (after["path"],) if now and after.get("path", "").startswith("/") else ()
    if was != now:
        ended = [before["path"]] if was and before.get("path") else []
        return Effect(_reload(version), programs, tuple(path for path in ended if path not in others))
    old, new = (effective(PLUGIN_CONF, held, version) for held in (before, after))
    if not now or all(old[key] == new[key] for key in _UNCHANGED):
        return Effect("none")
    return Effect(_anew(version), programs)


def _anew(version: Version) -> str:
    """What starts a plugin that runs once more: since 4.2 a reload does."""
    return _reload(version) if version >= (4, 2) else "restart"


def _reload(version: Version) -> str:
    """A reload, or a restart where the daemon would forget its name over it."""
    held = values(parse(read_text(AUDITD_CONF.path(version)) or ""))
    return "restart" if forgets_name(held, version) else "reload"


def unfit(held: Mapping[str, str], version: Version) -> List[str]:
    """Why the daemon would not run an active plugin, or the plugin would end at once."""
    path = held.get("path", "")
    if path.startswith("builtin_"):
        return []
    try:
        info = os.stat(path)
    except OSError as error:
        return [f"path = {path}: an active plugin needs a program that is there: {error.strerror}"]
    mode = stat.S_IMODE(info.st_mode)
    needed = 0o750 if version < (4, 0, 4) else 0o550
    if not stat.S_ISREG(info.st_mode) or info.st_uid != 0 or mode & needed != needed:
        return [
            f"path = {path}: an active plugin needs a program that is owned by root and has at least mode "
            f"{needed:04o}; this one is owned by user {info.st_uid} and has {mode:04o}"
        ]
    if version >= (4, 2) and mode & 0o022:
        return [f"path = {path}: since audit 4.2 it must not be writable by others than root; it has mode {mode:04o}"]
    return _unfit_remote(version) if _is_remote(held) else []


def _unfit_remote(version: Version) -> List[str]:
    """Why audisp-remote would end at once with its file as it is."""
    path = REMOTE_CONF.path(version)
    lines = parse(read_text(path) or "", REMOTE_CONF.unended)
    own = program(_REMOTE)
    problems = check(REMOTE_CONF, lines, Target(version, built_with(own) if own else None, _stat))
    reasons = [problem.at(path) for problem in problems if problem.key != "remote_server"]
    if not values(lines).get("remote_server"):
        reasons.append(f"{path} names no remote_server, without which the plugin ends at once; set it first")
    return reasons


def _stat(path: str) -> Optional[os.stat_result]:
    try:
        return os.stat(path)
    except OSError:
        return None


def _remote_values(version: Version) -> Mapping[str, str]:
    return values(parse(read_text(REMOTE_CONF.path(version)) or "", REMOTE_CONF.unended))


def _queue_directories(held: Mapping[str, str]) -> List[str]:
    """The directory that audisp-remote keeps its queue in, and does not make."""
    if held.get("mode", "").lower() != "forward":
        return []
    return [os.path.dirname(held.get("queue_file") or REMOTE_CONF.keywords["queue_file"].default)]


def auditd_request(parameters: Mapping[str, Any], version: Version) -> Request:
    """What the parameters of the module auditd_conf ask for. Raises ConfError."""
    path = parameters["path"]
    file = AUDISPD_CONF if os.path.basename(path) == AUDISPD_CONF.name else AUDITD_CONF

    def effect(before: Mapping[str, str], after: Mapping[str, str]) -> Effect:
        return Effect(need(file, before, after, version) if path == file.path(version) else "none")

    return Request(file, path, asked_settings(parameters), effect)


def remote_request(parameters: Mapping[str, Any], version: Version) -> Request:
    """What the parameters of the module audisp_remote_conf ask for. Raises ConfError or FileError."""
    standard = REMOTE_CONF.path(version)
    path = parameters["path"] or standard
    users: Sequence[PluginFile] = ()
    if path == standard:
        users = [
            plugin
            for plugin in read_plugins(plugin_directory(version), version)
            if plugin.active and _is_remote(plugin.values)
        ]

    def effect(before: Mapping[str, str], after: Mapping[str, str]) -> Effect:
        if not users:
            return Effect("none")
        # The plugin reads its file when it is started, and not on HUP.
        return Effect(_anew(version), tuple(plugin.values["path"] for plugin in users))

    def further(after: Mapping[str, str]) -> List[str]:
        if users and not after.get("remote_server"):
            return [f"remote_server must have a value while {users[0].path} has the plugin active"]
        return []

    def tolerated(after: Mapping[str, str]) -> Tuple[str, ...]:
        # The file of the package has it without a value.
        return () if users else ("remote_server",)

    return Request(
        REMOTE_CONF, path, asked_settings(parameters), effect,
        program=_REMOTE, tolerated=tolerated, further=further, directories=_queue_directories,
    )  # fmt: skip
