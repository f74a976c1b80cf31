# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the daemon does what its files say: what is wrong with it now, read without telling it anything."""

from typing import List, Sequence

from .._host.files import file_status, read_text
from .._host.host import Host
from .._host.processes import has_connection, process_name, programs_below, state_and_parent
from .._host.programs import find_program
from .audisp_plugin import program_problems
from .audisp_remote_conf import runs_remote
from .conf_file import parse, read_settings, values
from .keywords import AUDITD_CONF, AUDITD_CONF_PATH
from .meaning import effective, waiting_for_restart
from .plugins_d import PluginFile, installed_plugins
from .schema import Version
from .service import mistakes
from .taken import has_read_its_file, running_values
from .target import Target
from .validation import file_problems

__all__ = ("daemon_problems", "is_running")

_STOPPED = ("T", "t")


def daemon_problems(pid: int, host: Host) -> List[str]:
    """Sentences on what is wrong with auditd, its file and its plugins. Raises FileError.

    ``pid`` is the process to which the kernel sends its records, or 0. Nothing is wrong with a daemon that is not
    installed while another program takes the records.
    """
    name = process_name(pid) if pid else None
    if find_program("auditd") is None or host.version is None:
        return [] if name else ["auditd is not installed, and no other program takes the records of the kernel"]
    found = _of_file(host, host.version)
    if name is None:
        return ["auditd is not running, so nothing takes the records of the kernel", *found]
    if name != "auditd":
        return [f"the kernel sends its records to {name} (pid {pid}), so auditd gets none", *found]
    if _is_stopped(pid):
        return [f"auditd (pid {pid}) is stopped by SIGSTOP or a debugger, so it records nothing", *found]
    if not has_read_its_file(pid):
        found.append(f"auditd (pid {pid}) has not read {AUDITD_CONF_PATH} since the file was changed; reload it")
    found += _of_values(pid, host.version)
    plugins = installed_plugins(host.version)
    return found + [words for plugin in plugins for words in _of_plugin(plugin, plugins, pid, host)]


def is_running(plugin: PluginFile, pid: int) -> bool:
    """Whether the daemon runs the plugin; one that is part of the daemon runs if it is active."""
    path = plugin.values.get("path", "")
    return plugin.active if path.startswith("builtin_") else bool(programs_below(pid, [path] if path else []))


def _is_stopped(pid: int) -> bool:
    return (state_and_parent(pid) or ("", 0))[0] in _STOPPED


def _of_values(pid: int, version: Version) -> List[str]:
    """What the file says and the daemon does only after a restart."""
    in_file = read_settings(AUDITD_CONF_PATH)
    running = running_values(pid, in_file)
    waiting = waiting_for_restart(AUDITD_CONF, running, in_file, version) if running is not None else []
    what = f"auditd (pid {pid}) runs with other values of {', '.join(waiting)} than {AUDITD_CONF_PATH} says"
    return [f"{what}, and takes them only when it is restarted"] if waiting else []


def _of_file(host: Host, version: Version) -> List[str]:
    """What keeps a daemon from starting with auditd.conf, and what keeps records from being written."""
    text, status = read_text(AUDITD_CONF_PATH), file_status(AUDITD_CONF_PATH)
    if text is None or status is None:
        return [f"{AUDITD_CONF_PATH} does not exist, without which auditd does not start"]
    found = [problem.at(AUDITD_CONF_PATH) for problem in file_problems(AUDITD_CONF, status, version)]
    found += mistakes(text, Target(version, None, file_status, host.gid))
    held = effective(AUDITD_CONF, values(parse(text)), version)
    if held.get("local_events") == "no":
        found.append(f"{AUDITD_CONF_PATH} has local_events = no, so auditd takes no records of this host")
    writes = held.get("write_logs") != "no" and held.get("log_format") != "nolog"
    if not writes and not any(plugin.active for plugin in installed_plugins(version)):
        found.append(f"{AUDITD_CONF_PATH} has records written to no file, and no plugin is active that takes them")
    return found


def _of_plugin(plugin: PluginFile, plugins: Sequence[PluginFile], pid: int, host: Host) -> List[str]:
    path = plugin.values.get("path", "")
    number = programs_below(pid, [path] if path.startswith("/") else []).get(path, 0)
    if not plugin.active:
        others = [other.values.get("path") for other in plugins if other.active]
        ended = number and path not in others
        return [f"auditd still runs {path} (pid {number}), although {plugin.path} is not active"] if ended else []
    found = [f"{plugin.path}: {reason}" for reason in program_problems(plugin.values, host.version or (), host)]
    if not path.startswith("/"):
        return found
    if not number:
        return [*found, f"the plugin {plugin.name} is active, but auditd does not run {path}"]
    if _is_stopped(number):
        found.append(f"the plugin {plugin.name} (pid {number}) is stopped by SIGSTOP or a debugger")
    elif runs_remote(plugin.values) and not has_connection(number):
        found.append(f"the plugin {plugin.name} (pid {number}) has no connection to its server, so it is not confirmed "
                     "that records arrive there")  # fmt: skip
    return found
