# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of the kernel's audit system, live and in the control lines of rules files."""

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union

from .._ansible import printable
from .._host.files import Edit, FileError, file_diffs, written
from .._host.host import Host
from .._kernel.netlink import Kernel, KernelError
from ..rules.parse import RulesLine, parse_line
from ..rules.resolver import Resolver
from ..rules.values import parse_number
from .rules_d import RulesDirectory, RulesFile, add_lines
from .single_rules import ApplyError, Options, locked

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

__all__ = (
    "SETTINGS",
    "ControlOutcome",
    "Setting",
    "apply_control",
    "current",
    "differing_settings",
    "run_control",
    "set_settings",
    "setting_value",
    "settings_diff",
)

_IMMUTABLE = 2
Value = Union[int, bool]


class Setting(NamedTuple):
    """One setting: its name in the status, its option in rules files (auditctl(8)), and words for its values."""

    name: str
    option: str
    words: Tuple[str, ...] = ()

    def line(self, value: Value) -> Optional[str]:
        """The control line for a value; None for what a file says by not having a line."""
        if isinstance(value, bool):
            return self.option if value else None
        return f"{self.option} {value}"

    def word(self, value: Value) -> Union[int, str, bool]:
        """The value as users write it."""
        return self.words[value] if self.words and not isinstance(value, bool) else value


# In the order in which they are set: once the system is immutable nothing else can be.
SETTINGS = (
    Setting("backlog_limit", "-b"),
    Setting("backlog_wait_time", "--backlog_wait_time"),
    Setting("rate_limit", "-r"),
    Setting("failure", "-f", ("silent", "printk", "panic")),
    Setting("loginuid_immutable", "--loginuid-immutable"),
    Setting("enabled", "-e", ("disabled", "enabled", "immutable")),
)


class ControlOutcome(NamedTuple):
    """What was done, or in check mode would be done.

    ``before`` and ``after``: the kernel's settings in words. ``lines``: those that it changed, and ``pending``: those
    that it takes only after a boot, as arguments of auditctl.
    """

    changed: bool
    lines: List[str]
    before: Dict[str, Union[int, str, bool]]
    after: Dict[str, Union[int, str, bool]]
    pending: List[str]
    diff: List[Dict[str, str]]


def apply_control(wanted: Dict[str, Value], options: Options, host: Host) -> ControlOutcome:
    """Bring settings, by name, to the wanted values. Raises ApplyError, KernelError or FileError."""
    with locked(options):
        kernel = Kernel() if options.live else None
        try:
            return _apply(wanted, options, host, kernel)
        finally:
            if kernel:
                kernel.close()


def _apply(wanted: Dict[str, Value], options: Options, host: Host, kernel: Optional[Kernel]) -> ControlOutcome:
    held = current(kernel) if kernel else {}
    now, later = differing_settings(held, wanted)
    pending = [setting.line(wanted[setting.name]) or f"without {setting.option}" for setting in later]
    if later and not options.stage_when_immutable:
        raise ApplyError("the kernel takes this only after a boot: " + ", ".join(pending))
    if later and not options.persistent:
        raise ApplyError(
            "the kernel takes this only after a boot, and without persistent: true nothing would be left of it then: "
            + ", ".join(pending)
        )
    edits = _edits(wanted, options, host) if options.persistent else []
    if not options.check:
        with written(edits):
            set_settings(kernel, now, held, wanted)
    before = {setting.name: setting.word(held[setting.name]) for setting in SETTINGS if setting.name in held}
    after = dict(before, **{setting.name: setting.word(wanted[setting.name]) for setting in now})
    diff = file_diffs(edits)
    if now:
        diff.append(settings_diff(now, held, wanted))
    lines = [setting.line(wanted[setting.name]) or "" for setting in now]
    return ControlOutcome(bool(now or edits), lines, before, after, pending, diff if options.with_diff else [])


def differing_settings(held: Dict[str, Value], wanted: Dict[str, Value]) -> Tuple[List[Setting], List[Setting]]:
    """The settings that the kernel is to change now, and those that it takes only after a boot."""
    differing = [
        setting
        for setting in SETTINGS
        if setting.name in wanted and setting.name in held and held[setting.name] != wanted[setting.name]
    ]
    later = [setting for setting in differing if _takes_a_boot(setting, held, wanted)]
    return [setting for setting in differing if setting not in later], later


def settings_diff(settings: List[Setting], held: Dict[str, Value], wanted: Dict[str, Value]) -> Dict[str, str]:
    """A change of the kernel's settings in Ansible's form."""

    def text(values: Dict[str, Value]) -> str:
        return "".join(f"{setting.name}: {setting.word(values[setting.name])}\n" for setting in settings)

    return {"before_header": "kernel", "after_header": "kernel", "before": text(held), "after": text(wanted)}


def current(kernel: Kernel) -> Dict[str, Value]:
    """The kernel's settings by name."""
    status = kernel.status()
    values: Dict[str, Value] = {
        setting.name: getattr(status, setting.name) for setting in SETTINGS if setting.name in status._fields
    }
    values["loginuid_immutable"] = kernel.loginuid_immutable()[0]
    return values


def _takes_a_boot(setting: Setting, held: Dict[str, Value], wanted: Dict[str, Value]) -> bool:
    if setting.name == "loginuid_immutable":
        # It has a lock of its own, which auditctl sets together with it.
        return not wanted[setting.name]
    return held["enabled"] == _IMMUTABLE


def set_settings(
    kernel: Optional[Kernel], settings: List[Setting], held: Dict[str, Value], wanted: Dict[str, Value]
) -> None:
    """Set and look whether it was done; if not, set back what can be. Raises KernelError."""
    done: List[Setting] = []
    try:
        for setting in settings:
            if setting.name == "loginuid_immutable":
                kernel.set_loginuid_immutable()
            else:
                kernel.set(setting.name, wanted[setting.name])
            done.append(setting)
        if settings:
            values = current(kernel)
            missing = [setting.name for setting in settings if values[setting.name] != wanted[setting.name]]
            if missing:
                raise KernelError(f"the kernel took every change and does not hold it: {', '.join(missing)}")
    except KernelError:
        for setting in reversed(done):
            # What is locked stays so until the next boot, and comes last.
            if setting.name != "loginuid_immutable" and (setting.name, wanted[setting.name]) != ("enabled", _IMMUTABLE):
                kernel.set(setting.name, held[setting.name])
        raise


def _edits(wanted: Dict[str, Value], options: Options, host: Resolver) -> List[Edit]:
    """The edits after which the last line of each setting, which is the one that counts, has the wanted value."""
    directory = RulesDirectory(options.rules_dir, host)
    target = directory.file(options.file)
    files = {file.path: file for file in directory.files}
    files.setdefault(target.path, target)
    touched = set()
    for setting in SETTINGS:
        if setting.name not in wanted:
            continue
        text = setting.line(wanted[setting.name])
        places = [
            (path, number)
            for path, file in files.items()
            for number, line in enumerate(file.lines)
            if line.statement and line.statement.control and line.statement.control[0] == setting.option
        ]
        if places and text is not None:
            path, number = places[-1]
            if _value(files[path].lines[number]) != _value(RulesLine(text, "", parse_line(text, host))):
                files[path] = _with_line(files[path], number, text)
                touched.add(path)
        elif places:
            for path, number in reversed(places):
                files[path] = _with_line(files[path], number, None)
                touched.add(path)
        elif text is not None:
            files[target.path] = add_lines(files[target.path], [text], False)
            touched.add(target.path)
    edits = directory.edits(files[path] for path in sorted(touched))
    compiled = directory.compiled(edits)
    return edits + ([compiled] if compiled else [])


def _value(line: RulesLine) -> Value:
    return setting_value(line.statement.control[1] if line.statement and line.statement.control else "")


def setting_value(text: str) -> Value:
    """The value of a control line; True for an option that has none."""
    return parse_number(text) if text else True


def _with_line(file: RulesFile, number: int, text: Optional[str]) -> RulesFile:
    lines = list(file.lines)
    lines[number : number + 1] = [] if text is None else [RulesLine(text, file.path)]
    return file._replace(lines=tuple(lines))


def run_control(module: "AnsibleModule") -> None:
    """Do what the parameters of the module audit_control ask for, and leave the module with its result."""
    parameters = module.params
    if not parameters["live"] and (parameters["reset_lost"] or parameters["user_message"] is not None):
        module.fail_json(msg="reset_lost and user_message are for the running kernel, and so need live: true")
    options = Options(
        live=parameters["live"],
        persistent=parameters["persistent"],
        file=parameters["file"],
        rules_dir=parameters["rules_dir"],
        stage_when_immutable=parameters["immutable"] == "stage",
        check=module.check_mode,
        with_diff=module._diff,
    )
    try:
        outcome = apply_control(_wanted(parameters), options, Host())
        lost = _act(parameters, module.check_mode) if options.live else 0
    except (ApplyError, KernelError, FileError) as error:
        module.fail_json(msg=printable(str(error)))
    except OSError as error:
        module.fail_json(msg=f"{error.filename or options.rules_dir}: {error.strerror}")
    acted = parameters["user_message"] is not None or bool(parameters["reset_lost"] and lost)
    live = {"before": outcome.before, "after": outcome.after, "lost": lost} if options.live else {}
    if live:
        live["immutable"] = outcome.after["enabled"] == "immutable"
        if live["immutable"] and outcome.before["enabled"] != "immutable":
            module.warn("the audit system takes no change of rules and settings any more; only a boot undoes that")
    module.exit_json(
        changed=outcome.changed or acted,
        pending=outcome.pending,
        reboot_required=bool(outcome.pending),
        **live,
        **({"diff": printable(outcome.diff)} if options.with_diff else {}),
    )


def _wanted(parameters: Mapping[str, Any]) -> Dict[str, Value]:
    wanted: Dict[str, Value] = {}
    for setting in SETTINGS:
        value = parameters[setting.name]
        if value is None:
            continue
        if setting.words:
            value = setting.words.index(value)
        if not isinstance(value, bool) and not 0 <= value <= 0xFFFFFFFF:
            raise ApplyError(f"{setting.name} must be a number from 0 to 4294967295, not {value}")
        wanted[setting.name] = value
    text = parameters["user_message"]
    if text is not None and (not text or not text.isprintable()):
        raise ApplyError("user_message must be a text without control characters, as it becomes one record")
    return wanted


def _act(parameters: Mapping[str, Any], check: bool) -> int:
    """What is no setting: reset the counter and record the message; return how many records were lost."""
    with Kernel() as kernel:
        lost = kernel.status().lost
        if not check:
            if parameters["user_message"] is not None:
                kernel.message(parameters["user_message"])
            if parameters["reset_lost"]:
                lost = kernel.reset_lost()
        return lost
