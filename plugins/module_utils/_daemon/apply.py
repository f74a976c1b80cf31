# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the daemon put into effect: written, taken by the daemon with proof, or put back."""

from typing import Callable, Iterable, NamedTuple, Sequence, Tuple

from .._host.files import Edit, FileError
from .._host.replacing import written
from .._host.signals import signals_held
from ..rules.errors import AuditError
from .auditd import Daemon, Done
from .errors import DaemonError, PluginsStalled

__all__ = ("Effect", "action_for", "put_into_effect")


class Effect(NamedTuple):
    """What a change needs to take effect: none, reload or restart.

    ``plugins``: the paths of programs that the daemon must run as its plugins afterwards; ``ended``: of those that it
    must not. ``reloads``: whether a reload does a part of what needs a restart.
    """

    need: str
    plugins: Tuple[str, ...] = ()
    ended: Tuple[str, ...] = ()
    reloads: bool = True


def action_for(running: bool, need: str, start: bool = False) -> str:
    """The cheapest action with which files take effect that need one of none, reload and restart.

    A daemon that is not running reads them when it is started, which it is here only if ``start``.
    """
    if running:
        return need
    return "start" if start else "none"


def put_into_effect(
    daemon: Daemon,
    edits: Iterable[Edit],
    need: str,
    plugins: Sequence[str] = (),
    ended: Sequence[str] = (),
    start: bool = False,
    may_restart: bool = True,
) -> Done:
    """Make the edits and have the daemon run with them, by the cheapest action.

    ``need``, ``plugins`` and ``ended`` are those of an Effect. ``start``: start a daemon that is not running.
    ``may_restart``: restart a daemon whose plugins a reload leaves without records.

    If the daemon does not run with the new files, the old ones are put back, it runs with those again, and DaemonError
    has its words. FileError says that files cannot be written.
    """
    before, edits = daemon.settled_pid(), list(edits)
    action = action_for(bool(before), need, start)
    if action != "none":
        daemon.refuse_stopped(before)
    act = {
        "none": lambda: Done("none", before, before, True),
        "reload": lambda: _reload(daemon, plugins, ended, may_restart),
        "start": lambda: daemon.start(plugins),
        "restart": lambda: daemon.restart(plugins),
    }[action]
    written_all = False
    with signals_held():
        try:
            with written(edits):
                written_all = True
                return _acted(act)
        except AuditError as error:
            if not written_all:
                raise
            restored = "the old files are back, and " if edits and not isinstance(error, FileError) else ""
            raise DaemonError(f"{error}; {restored}{_run_as_before(daemon, before, action)}") from error


def _acted(act: Callable[[], Done]) -> Done:
    """What is done with the daemon; an error of /proc is not one of the files that were written."""
    try:
        return act()
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise DaemonError(f"the processes of auditd cannot be looked at{where}: {error.strerror}") from error


def _reload(daemon: Daemon, plugins: Sequence[str], ended: Sequence[str], may_restart: bool) -> Done:
    try:
        return daemon.reload(plugins, ended)
    except PluginsStalled as error:
        if not may_restart:
            # pylint does not see that AuditError is an exception.
            raise DaemonError(f"{error}, and will not until it is restarted") from error  # pylint: disable=bad-exception-cause
        return daemon.restart(plugins)


def _run_as_before(daemon: Daemon, before: int, action: str) -> str:
    """Have the daemon run as it did before; the outcome in words."""
    try:
        if not before:
            daemon.stop()
            return "auditd is not running, as before"
        pid = daemon.settled_pid()
        if not pid:
            daemon.start()
        elif action == "restart" and pid != before:
            daemon.restart()
        elif not daemon.read_files_again():
            return f"auditd (pid {pid}) runs, but has not said that it has read them again"
        return "auditd runs again as before"
    except AuditError as error:
        return f"auditd does not run again: {error}"
