# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which service loads the rules files at boot: whether one does, and which paths it sees as the host does.

Before audit 4.0 that is auditd.service, then audit-rules.service; distributions have others. So the services are found
by what they start.
"""

import glob
import os
import re
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence

from .._host.programs import ProgramError, find_program, run_program
from ..rules.parse import RulesLine
from .problem import RulesProblem

__all__ = (
    "OFF",
    "HiddenPlace",
    "Loader",
    "drop_in",
    "hidden_places",
    "hidden_rules",
    "loaders",
    "read_only_cause",
    "stale_rules",
    "unit_states_problem",
    "why_nothing_loads",
)

_LOADERS = ("audit-rules.service", "auditd.service")
OFF = ("disabled", "masked", "masked-runtime")
_UNIT_DIRECTORIES = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_LOADS = re.compile(r"\baugenrules\b|\bauditctl\s+(?:-\w\s+)*-R\b")
_STARTS = ("ExecStartPre", "ExecStart", "ExecStartPost")

# As ``systemctl show`` prints a command: its path, its arguments, its flags. And how a unit file writes the flags.
_COMMAND = re.compile(r"path=(\S+) ; argv\[\]=(.*?) ; flags=([a-z -]*) ;")
_PREFIXES = {"ignore-failure": "-", "privileged": "+", "no-env-expand": ":"}
_PLAIN_LOADER = re.compile(r"/[\w./-]*/(augenrules|auditctl)( [\w./-]+)*$")

#: Paths at which a property of a unit mounts something else, by the property. A watch holds the inode that auditctl
#: sees, so it never matches what others do there. Properties that mount the same thing read-only change no inode:
#: ProtectSystem, ReadOnlyPaths, ProtectControlGroups, ProtectKernelTunables.
_REPLACED = {
    "ProtectHome": ("/home", "/root", "/run/user"),
    "PrivateTmp": ("/tmp", "/var/tmp"),
    "ProtectKernelModules": ("/usr/lib/modules",),
    "PrivateDevices": ("/dev",),
}
#: Where augenrules writes what it compiles, and the values of ProtectSystem with which it cannot.
_COMPILED = "/etc/audit"
_READ_ONLY = ("full", "strict")
#: These are the host's own in a private /dev, too.
_SHARED_DEVICES = ("/dev/shm", "/dev/mqueue", "/dev/pts", "/dev/hugepages")
#: Properties whose values are paths.
_PATHS = ("InaccessiblePaths", "TemporaryFileSystem", "BindPaths", "BindReadOnlyPaths", "RootDirectory", "RootImage")


class HiddenPlace(NamedTuple):
    """A path at which the unit sees something else than the host, and the property that does it."""

    path: str
    cause: str

    def hides(self, path: str) -> bool:
        """Whether the path is there or below."""
        inside = path == self.path or path.startswith(self.path.rstrip("/") + "/")
        return inside and not (self.path == "/dev" and path.startswith(tuple(f"{name}/" for name in _SHARED_DEVICES)))


class Loader(NamedTuple):
    """A service that loads the rules when it starts: its name, its state (``enabled``), what it hides from auditctl.

    ``commands``: what it starts to load them. ``read_only``: the property because of which they cannot write files
    below /etc. ``drop_in``: a part of its unit with which it hides nothing; empty if
    its commands cannot be copied exactly.
    """

    unit: str
    state: str
    hidden: Sequence[HiddenPlace]
    drop_in: str = ""
    commands: str = ""
    read_only: str = ""


def why_nothing_loads() -> Optional[str]:
    """Why no service loads the rules at boot; None if one does, or the host does not tell."""
    systemctl = _systemctl()
    if systemctl is None:
        return None
    try:
        rules, auditd = (_state(systemctl, unit) for unit in _LOADERS)
        found = loaders()
    except ProgramError:
        return None
    if any(loader.state.startswith("enabled") for loader in found if loader.unit not in _LOADERS):
        return None
    if auditd.startswith("enabled") and not found and not rules.startswith("masked"):
        return "are not loaded at boot: no service starts augenrules or auditctl -R"
    return unit_states_problem(rules, auditd)


def loaders() -> List[Loader]:
    """The services of this host that load the rules. Raises ProgramError."""
    systemctl = _systemctl()
    if systemctl is None:
        return []
    names = sorted({name for directory in _UNIT_DIRECTORIES for name in _candidates(directory)})
    found = []
    for name in names:
        properties = _properties(systemctl, name)
        starts = [part for start in _STARTS for part in properties.get(start, "").split(" ; ") if "argv[]" in part]
        commands = [part.partition("argv[]=")[2] for part in starts if _LOADS.search(part)]
        if commands:
            state, hidden = properties.get("UnitFileState", ""), hidden_places(properties)
            loader = Loader(name, state, hidden, drop_in(properties), " ; ".join(commands), read_only_cause(properties))
            found.append(loader)
    return found


def hidden_places(properties: Dict[str, str]) -> List[HiddenPlace]:
    """Where a unit with these properties, as ``systemctl show`` prints them, sees something else than the host."""
    if _is_unconfined(properties):
        return []
    found = [
        HiddenPlace(path, f"{name}={properties[name]}")
        for name, paths in _REPLACED.items()
        if properties.get(name, "no") not in ("no", "", "read-only")
        for path in paths
    ]
    for name in _PATHS:
        for word in properties.get(name, "").split():
            source, _colon, rest = word.lstrip("-+").partition(":")
            target = rest.split(":")[0] if name.startswith("Bind") and rest.split(":")[0] else source
            if name.startswith("Bind") and target == source:
                continue
            found.append(HiddenPlace("/" if name.startswith("Root") else target, f"{name}={word}"))
    return found


def _is_unconfined(properties: Dict[str, str]) -> bool:
    """Whether the commands that load rules are started outside of the namespaces of the unit: with "+" before them."""
    commands = [properties.get(f"{start}Ex", "") for start in _STARTS]
    loading = [part for command in commands for part in command.split("}") if _LOADS.search(part)]
    return bool(loading) and all("privileged" in part.partition("flags=")[2].split(";")[0] for part in loading)


def read_only_cause(properties: Dict[str, str]) -> str:
    """The property of a unit because of which augenrules cannot write audit.rules; empty if it can."""
    if _is_unconfined(properties):
        return ""

    def around(name: str) -> List[str]:
        words = [word.lstrip("-+") for word in properties.get(name, "").split()]
        return [word for word in words if f"{_COMPILED}/".startswith(word.rstrip("/") + "/")]

    writable, read_only = around("ReadWritePaths"), around("ReadOnlyPaths")
    if read_only and max(map(len, read_only)) > max(map(len, writable), default=0):
        return f"ReadOnlyPaths={read_only[0]}"
    protected = properties.get("ProtectSystem", "") in _READ_ONLY and not writable
    return f"ProtectSystem={properties['ProtectSystem']}" if protected else ""


def stale_rules(path: str, found: Iterable[Loader]) -> List[RulesProblem]:
    """What a boot loads instead of the files of rules.d, if audit.rules (``path``) is not what they compile to."""
    return [
        RulesProblem(
            path,
            "",
            f"is not what augenrules makes of rules.d, and {loader.unit} starts augenrules with {loader.read_only}, so "
            "it cannot write the file, and a boot loads it as it is; run augenrules, or start its command with + "
            "(systemd.service(5))",
            lost=True,
        )
        for loader in found
        if loader.state not in OFF and loader.read_only and "augenrules" in loader.commands
    ]


def drop_in(properties: Dict[str, str]) -> str:
    """A part of a unit that starts the commands that load rules outside of its namespaces.

    The other processes of the unit stay in its sandbox. Empty if a command is not a plain one: systemctl(1) prints no
    quotes, so what a shell is given, or an argument with a space, cannot be written again.
    """
    lines = ["[Service]"]
    for start in _STARTS:
        commands = _COMMAND.findall(properties.get(f"{start}Ex", ""))
        if any(_LOADS.search(arguments) for _path, arguments, _flags in commands):
            if not all(_PLAIN_LOADER.match(arguments) for _path, arguments, _flags in commands):
                return ""
            lines.append(f"{start}=")
            for _path, arguments, flags in commands:
                prefixes = "".join(_PREFIXES.get(flag, "") for flag in flags.split())
                lines.append(f"{start}={prefixes}{'' if '+' in prefixes else '+'}{arguments}")
    return "".join(f"{line}\n" for line in lines) if len(lines) > 1 else ""


def hidden_rules(lines: Iterable[RulesLine], found: Iterable[Loader]) -> List[RulesProblem]:
    """The rules that a boot loads, and that never match after it, because the service sees other inodes there."""
    places = [(loader, place) for loader in found if loader.state not in OFF for place in loader.hidden]
    problems = []
    for line in lines if places else ():
        rule = line.statement.rule if line.statement and line.statement.operation in ("append", "prepend") else None
        # The watch of a file belongs to the directory that the file is in.
        directory = rule and (rule.value("dir") or os.path.dirname(str(rule.value("path") or "")))
        for loader, place in places if directory else ():
            if place.hides(os.path.realpath(str(directory))):
                reason = (
                    f"records nothing after a boot: {loader.unit} loads the rules with {place.cause}, and sees "
                    f"something else than the host at {place.path}; start its command with + (systemd.service(5))"
                )
                problems.append(RulesProblem(line.origin, line.text, reason, silent=True, lost=True))
                break
    return problems


def _systemctl() -> Optional[str]:
    return find_program("systemctl") if os.path.isdir("/run/systemd/system") else None


def _candidates(directory: str) -> List[str]:
    """The names of services whose unit file, or a part of it, names a program that loads rules."""
    names = []
    for path in glob.glob(f"{directory}/*.service") + glob.glob(f"{directory}/*.service.d/*.conf"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:
            continue
        if _LOADS.search(text):
            unit = os.path.dirname(path) if path.endswith(".conf") else path
            names.append(re.sub(r"\.d$", "", os.path.basename(unit)))
    return names


def _state(systemctl: str, unit: str) -> str:
    return run_program([systemctl, "is-enabled", unit], 10).output.decode("utf-8", "replace").strip()


def _properties(systemctl: str, unit: str) -> Dict[str, str]:
    names = ",".join(
        [
            "ProtectSystem",
            "ReadOnlyPaths",
            "ReadWritePaths",
            *_REPLACED,
            *_PATHS,
            *_STARTS,
            *(f"{start}Ex" for start in _STARTS),
            "UnitFileState",
        ]
    )
    output = run_program([systemctl, "show", "-p", names, unit], 10).output.decode("utf-8", "replace")
    found: Dict[str, str] = {}
    for line in output.splitlines():
        name, _equals, value = line.partition("=")
        # A unit with several commands has a line for each.
        found[name] = f"{found[name]} {value}" if name in found else value
    return found


def unit_states_problem(rules: str, auditd: str) -> Optional[str]:
    """The same, from what ``systemctl is-enabled`` prints for both units; for a missing unit, nothing or not-found."""
    if rules.startswith("masked"):
        return f"are not loaded at boot: {_LOADERS[0]} is {rules}"
    if rules.startswith("enabled") or auditd not in OFF:
        return None
    return f"are not loaded at boot: {_LOADERS[1]} is {auditd}"
