# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command that is run when a process has ended, by a process that outlives this one: if this one is killed between
the end of a daemon and its start, the daemon is started all the same."""

import os
import subprocess
import tempfile
from contextlib import contextmanager
from typing import IO, Iterator, Sequence

from .programs import SEARCH_PATH, Finished, ProgramError

__all__ = ("Successor", "successor_of")

_SCRIPT = """
old=$1 zombies=$2 left=$(($3 * 20)); shift 3
exists() {
    IFS= read -r line 2>/dev/null <"/proc/$old/stat" || return 1
    line=${line##*) }
    [ "${line%% *}" != Z ] || [ "$zombies" = yes ]
}
while exists; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || exit 75
    sleep 0.05
done
exec "$@"
"""


class Successor:
    """The process that waits for the end of another one, and then runs the command."""

    def __init__(self, process: "subprocess.Popen[bytes]", output: IO[bytes], command: Sequence[str]) -> None:
        self._process, self._output, self._command = process, output, command

    def finished(self, seconds: float) -> Finished:
        """Wait for the end of the command. Raises ProgramError if that takes longer."""
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise ProgramError(f"'{' '.join(self._command)}' has not ended after {seconds:.0f} seconds") from error
        self._output.seek(0)
        return Finished(status, self._output.read())

    def give_up(self) -> None:
        """Do not run the command: the process was not told to end."""
        self._process.kill()
        self._process.wait()


@contextmanager
def successor_of(pid: int, command: Sequence[str], seconds: int, zombies: bool) -> Iterator[Successor]:
    """Have a command run when a process has ended, in a session of its own. Raises ProgramError.

    ``seconds``: how long the process may take to end. ``zombies``: whether a process that has
    ended, and whose parent has not noticed, still counts.
    """
    words = [str(pid), "yes" if zombies else "no", str(seconds), *command]
    with tempfile.TemporaryFile() as output:
        try:
            # run_command() of Ansible waits for the end of what it runs.
            process = subprocess.Popen(  # pylint: disable=ansible-bad-function
                ["/bin/sh", "-c", _SCRIPT, "linux-audit-successor", *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=dict(os.environ, LC_ALL="C", PATH=SEARCH_PATH),
            )
        except OSError as error:
            raise ProgramError(f"cannot run /bin/sh: {error.strerror}") from error
        yield Successor(process, output, command)
