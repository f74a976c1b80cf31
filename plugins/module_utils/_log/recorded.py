# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a log may lack the events that are looked for: nothing records them, nothing writes them, or they are gone."""

import socket
from contextlib import suppress
from typing import Dict, List, NamedTuple, Optional, Sequence, Set

from .._daemon.conf_file import read_settings as read_conf
from .._host.files import FileError
from .._host.host import Host
from .._kernel.netlink import IMMUTABLE, Kernel, KernelError, Status
from .._kernel.settings import read_settings
from .._policy.boot import loaded_by
from .._policy.named_paths import misnamed
from .._policy.recording import kernel_problems
from .._policy.rules_d import DEFAULT_DIRECTORY, RulesDirectory, in_augenrules_order
from ..rules import syscalls
from ..rules.errors import counted, shown
from ..rules.model import Rule, canonical, syscall_machine
from ..rules.real_paths import real_rule
from ..rules.render import render
from ..rules.resolver import Resolver
from ..rules.values import decimal
from .file_history import lies_within
from .files import Log
from .times import iso

__all__ = ("Looked", "Recorder", "begins", "gaps", "gaps_of_log", "own_nodes", "recorder")

_CONFIGURATION = "/etc/audit/auditd.conf"
# The letter w of perm. A watch of changes is what most watches are, and what is asked for.
_WRITE = 2
# So many rules are named in a sentence.
_NAMED = 3
_UNWRITTEN = {"write_logs": "no", "log_format": "nolog"}
# Some system calls that a rule for any access to files has.
_FILE_CALLS = (
    "open", "openat", "openat2", "creat", "truncate", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir",
    "chmod", "fchmod", "fchmodat", "chown", "fchown", "fchownat", "execve", "link", "linkat", "mkdir", "mkdirat",
    "mknod", "mknodat", "symlink", "symlinkat", "setxattr",
)  # fmt: skip


class Looked(NamedTuple):
    """What is looked for and only rules record: files, keys and system calls."""

    paths: Sequence[str] = ()
    keys: Sequence[str] = ()
    syscalls: Sequence[str] = ()


class Recorder(NamedTuple):
    """What records on this host: the rules that the kernel holds, those of rules.d, and why it records none of them.

    ``status`` is None if the kernel does not answer, and ``reasons`` say why.
    """

    held: List[Rule]
    filed: List[Rule]
    status: Optional[Status]
    reasons: List[str]
    host: Resolver

    def paths(self, wanted: Sequence[str]) -> List[str]:
        """Wanted paths, and those that the kernel finds for them where they lead over symbolic links."""
        found = []
        for path in wanted:
            real = self.host.real_path(path)
            found += [path] if real is None else [path, real + "/" * (path.endswith("/") and real != "/")]
        return list(dict.fromkeys(found))

    def placed(self) -> List[Rule]:
        """The rules of the kernel and of the files, with the paths that the kernel finds for them."""
        return [real_rule(rule, self.host) for rule in [*self.held, *self.filed]]


def recorder(host: Host) -> Recorder:
    """What records on this host now."""
    filed: List[Rule] = []
    with suppress(FileError):
        lines = [line for file in RulesDirectory(DEFAULT_DIRECTORY, host).files for line in file.lines]
        filed = loaded_by(in_augenrules_order(lines)).rules
    try:
        with Kernel() as kernel:
            status = kernel.status()
            held = [entry.rule for entry in kernel.rules()]
            problems = kernel_problems(held, read_settings(kernel), host)
    except KernelError as error:
        return Recorder([], filed, None, [f"the kernel does not say what it records: {error}"], host)
    reasons = [str(problem) for problem in problems]
    if not status.pid:
        reasons.append("no audit daemon runs, so nothing is written to the log")
    if status.lost:
        reasons.append(f"the kernel has lost {counted(status.lost, 'record')} since it was booted")
    conf = _conf()
    reasons += [f"auditd writes no log: {key} = {conf[key]}" for key in _UNWRITTEN if _is_unwritten(conf, key)]
    return Recorder(held, filed, status, reasons, host)


def gaps(found: Recorder, looked: Looked) -> List[str]:
    """Why the log of this host may lack what is looked for."""
    sentences = list(found.reasons)
    if found.status is None:
        return sentences
    rules = [("held", found.held), ("filed", found.filed)]
    for path in looked.paths:
        recording = {name for name, some in rules if any(_records(rule, path, found) for rule in some)}
        sentences += _unrecorded(found, recording, f"watches {path}")
        sentences += _conditions([rule for rule in found.held if _records(rule, path, found)], path, found)
    for key in looked.keys:
        recording = {name for name, some in rules if any(key in rule.keys for rule in some)}
        sentences += _unrecorded(found, recording, f"has the key {key}")
    for call in looked.syscalls:
        recording = {name for name, some in rules if any(_has_call(rule, call, found.host.machine) for rule in some)}
        sentences += _unrecorded(found, recording, f"records the system call {call}")
        sentences += _conditions(
            [rule for rule in found.held if _has_call(rule, call, found.host.machine)], call, found
        )
    return sentences


def gaps_of_log(log: Log, start: Optional[float]) -> List[str]:
    """What a log no longer has, of the time since a start."""
    first = begins(log)
    if first is None:
        return ["the log has no record"]
    if start is not None and first > start + 1:
        return [f"the log begins at {iso(int(first))}, which is after start; what was before is not in it"]
    return []


def begins(log: Log) -> Optional[float]:
    """When the first record of a log was made, None if it has no record."""
    firsts = [file.first() for file in log.files]
    return min((first.seconds + first.milliseconds / 1000 for first in firsts if first), default=None)


def own_nodes() -> List[str]:
    """The names under which auditd may record events of this host (name_format and name of auditd.conf(5))."""
    conf, hostname = _conf(), socket.gethostname()
    names: List[str] = [hostname, conf.get("name", "")]
    with suppress(OSError, UnicodeError):
        if conf.get("name_format", "").lower() in ("fqd", "numeric"):
            # Both may ask a name server, so they are not looked up for other formats.
            found = socket.getaddrinfo(hostname, None, flags=socket.AI_CANONNAME)
            for _family, _kind, _protocol, canonical, address in found:
                names += [canonical, str(address[0])]
    return list(dict.fromkeys(name for name in names if name))


def _unrecorded(found: Recorder, recording: Set[str], what: str) -> List[str]:
    if "held" in recording:
        return []
    if "filed" not in recording:
        return [f"no rule {what}"]
    if found.status and found.status.enabled == IMMUTABLE:
        return [f"no rule of the kernel {what}; the rule in rules.d that does waits for a reboot"]
    return [f"no rule of the kernel {what}; the rule in rules.d that does is not loaded"]


def _conditions(recording: Sequence[Rule], what: str, found: Recorder) -> List[str]:
    """What rules ask for beside the path or the system call, if each of them asks for something more."""
    if not recording or not all(map(_is_conditional, recording)):
        return []
    texts = [f"'{shown(render(canonical(rule), found.host.machine))}'" for rule in recording[:_NAMED]]
    more = [f"{len(recording) - _NAMED} more"] if len(recording) > _NAMED else []
    return [f"{what} is recorded under the conditions of rules alone: {', '.join(texts + more)}"]


def _is_conditional(rule: Rule) -> bool:
    """Whether a rule has a condition beside the place, the system calls and changes."""
    return any(
        not field.number & _WRITE if field.name == "perm" else field.name not in ("arch", "path", "dir")
        for field in rule.fields
    )


def _records(rule: Rule, wanted: str, found: Recorder) -> bool:
    """Whether a rule may record an access to a path."""
    if rule.list != "exit" or rule.action != "always":
        return False
    real = real_rule(rule, found.host)
    places = [(field.name, field.text.rstrip("/") or "/") for field in real.fields if field.name in ("path", "dir")]
    if places:
        wrong = misnamed(rule)
        if wrong and wrong.nothing:
            return False
        return any(all(_is_at(name, value, path) for name, value in places) for path in found.paths([wanted]))
    return rule.syscalls is None or any(_has_call(rule, call, found.host.machine) for call in _FILE_CALLS)


def _is_at(name: str, value: str, wanted: str) -> bool:
    """Whether a field path or dir matches the wanted path, or something below it."""
    return lies_within(value, wanted) or (name == "dir" and wanted.startswith(value.rstrip("/") + "/"))


def _has_call(rule: Rule, call: str, machine: str) -> bool:
    if rule.list != "exit" or rule.action != "always":
        return False
    if rule.syscalls is None:
        return True
    number = decimal(call)
    if number is not None:
        return number in rule.syscalls
    native = syscall_machine(rule.fields, machine)
    return native is None or syscalls.number(native, call.lower()) in rule.syscalls


def _conf() -> Dict[str, str]:
    try:
        return read_conf(_CONFIGURATION)
    except (FileError, OSError):
        return {}


def _is_unwritten(conf: Dict[str, str], key: str) -> bool:
    return conf.get(key, "").lower() == _UNWRITTEN[key]
