# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that set rules have in common: parameters, reading of rules, and the result."""

from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Mapping, Tuple

from .._ansible import printable
from .._host.files import FileError
from .._host.host import Host
from .._kernel.netlink import AuditUnavailable, KernelError
from ..rules.errors import RuleError
from ..rules.model import Rule, canonical, without_keys
from ..rules.parse import Statement, parse_line
from ..rules.render import render
from ..rules.resolver import Resolver
from ..rules.structure import parse_structure
from .rules_d import DEFAULT_DIRECTORY
from .single_rules import ApplyError, Change, Options, apply

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

__all__ = ("ARGUMENTS", "read_rules", "run", "without_repetition")

#: Parameters of every module that sets rules; documented in the fragment ``rules``.
ARGUMENTS: Dict[str, Dict[str, Any]] = {
    "live": {"type": "bool", "default": True},
    "persistent": {"type": "bool", "default": True},
    "file": {"type": "str", "default": "50-linux-audit.rules"},
    "rules_dir": {"type": "path", "default": DEFAULT_DIRECTORY},
    "position": {"type": "str", "choices": ["append", "prepend"], "default": "append"},
    "immutable": {"type": "str", "choices": ["stage", "fail"], "default": "stage"},
}


def run(module: "AnsibleModule", change_of: Callable[[Host], Change], **changed_options: Any) -> None:
    """Read what is asked for, apply it, and leave the module with its result."""
    parameters = module.params
    if not parameters["live"] and not parameters["persistent"]:
        module.fail_json(msg="live: false and persistent: false together leave nothing to do; set one of them to true")
    options = Options(
        live=parameters["live"],
        persistent=parameters["persistent"],
        file=parameters["file"],
        rules_dir=parameters["rules_dir"],
        prepend=parameters["position"] == "prepend",
        stage_when_immutable=parameters["immutable"] == "stage",
        check=module.check_mode,
        with_diff=module._diff,
    )._replace(**changed_options)
    host = Host()
    try:
        change = change_of(host)
        outcome = apply(change, options, host)
    except AuditUnavailable as error:
        module.fail_json(msg=f"{error}; with live: false rules are written to {options.rules_dir} alone")
    except (RuleError, ApplyError, KernelError, FileError) as error:
        module.fail_json(msg=printable(str(error)))
    except OSError as error:
        module.fail_json(msg=f"{error.filename or options.rules_dir}: {error.strerror}")
    for problem in outcome.problems:
        module.warn(printable(problem))
    rules = change.present or change.absent
    result = {
        "changed": outcome.changed,
        "added": outcome.added,
        "removed": outcome.removed,
        "rules": [render(canonical(statement.rule), host.machine) for statement in rules],
        "pending": outcome.pending,
        "reboot_required": outcome.reboot_required,
    }
    if options.with_diff:
        result["diff"] = outcome.diff
    module.exit_json(**printable(result))


def read_rules(items: Iterable[Any], resolver: Resolver) -> List[Statement]:
    """Statements of rules given as lines or structures. Raises RuleError for the first that is wrong."""
    statements = []
    for number, item in enumerate(items, 1):
        try:
            if isinstance(item, Mapping):
                statements += parse_structure(item, resolver)
            elif isinstance(item, str):
                statements.append(parse_line(item, resolver))
            else:
                raise RuleError(f"must be a line of auditctl or a structure, not {item!r}")
        except RuleError as error:
            raise error.of("", f"rule {number}") from None
    for statement in statements:
        if statement.operation == "control":
            raise RuleError("is a setting, not a rule", statement.text, statement.text)
        if statement.operation == "delete":
            raise RuleError("deletes a rule; write it with -a (or -w) and set state: absent", rule=statement.text)
    return statements


def without_repetition(statements: Iterable[Statement]) -> Tuple[Statement, ...]:
    """Each rule once. Raises RuleError where two differ in their keys alone: the kernel looks at the first of them."""
    found: Dict[Rule, Statement] = {}
    for statement in statements:
        first = found.setdefault(without_keys(statement.rule), statement)
        if set(first.rule.keys) != set(statement.rule.keys):
            raise RuleError(
                f"matches the same events as '{first.text}' under another key, and so would never be looked at; give "
                "one rule both keys",
                rule=statement.text,
            )
    return tuple(found.values())
