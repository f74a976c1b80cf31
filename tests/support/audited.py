# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest whose audit rules a test sets, and what the guest's own tools say of them."""

import base64
import io
import json
import re
import tarfile
from typing import NamedTuple

RULES_D = "/etc/audit/rules.d"
FILE = f"{RULES_D}/50-linux-audit.rules"
HEADER = "## Rules set with the Ansible collection linux.audit; other lines of this file are left alone.\n-i\n"

# Debian's own file of settings stays.
_FLUSH = f"""
auditctl -D >/dev/null
find {RULES_D} -type f ! -name audit.rules -delete
augenrules >/dev/null
"""

_STATE = """
auditctl -l
echo --
augenrules --check
echo --
tar -cC / --exclude=audit.rules.prev --sort=name etc/audit | base64 -w 0
"""


def meaning(rules: list[str]) -> list[frozenset[str]]:
    """Rules but for the order and repetition of fields, which are other ones where a rule has moved."""
    return [frozenset(re.split(" (?=-)", rule)) for rule in rules]


class State(NamedTuple):
    """What a host holds: rules by auditctl -l, what augenrules --check says, files by path, their modes and owners."""

    rules: list[str]
    check: str
    files: dict[str, str]
    modes: dict[str, str]


class Audited:
    """A guest of the lab, without a rule, and the tasks that a test has Ansible run on it."""

    def __init__(self, guest, playbook, directory):
        """`playbook`: the fixture; `directory`: where plays may be written."""
        self.guest = guest
        self._playbook = playbook
        self._directory = directory
        guest.run(_FLUSH)

    def tasks(self, *tasks: dict | str, **options) -> list:
        """Run tasks in one play, return a result of each; a text is a shell command, whose output is returned.

        `options` go to the fixture playbook, and keywords of a play (as `remote_user`).
        """
        play = {
            "hosts": self.guest.name,
            "gather_facts": False,
            "ignore_errors": True,
            "tasks": [{"ansible.builtin.raw": task} if isinstance(task, str) else task for task in tasks],
        }
        keywords = {name: options.pop(name) for name in list(options) if name in ("remote_user", "module_defaults")}
        path = self._directory / "play.yml"
        path.write_text(json.dumps([play | keywords]))
        results = [line["result"] for line in self._playbook(path, limit=self.guest.name, **options)]
        assert len(results) == len(tasks), results
        return [
            result["stdout"].replace("\r\n", "\n") if isinstance(task, str) else result
            for task, result in zip(tasks, results, strict=True)
        ]

    def state(self) -> State:
        """What the guest holds now."""
        return _state(self.guest.run(_STATE).stdout)

    def write(self, name: str, text: str) -> None:
        """A file of rules.d, as somebody else writes it; audit.rules is made again."""
        self.guest.run(f"umask 027; cat > {RULES_D}/{name} && augenrules >/dev/null", input=text)

    def load(self, *rules: str) -> None:
        """Rules that somebody else loads."""
        self.guest.run("\n".join(f"auditctl {rule}" for rule in rules))

    def four_times(self, module: str, args: dict, changed: bool = True) -> tuple[dict, State]:
        """Check mode, real, and both once more; returns the real result and what the guest holds then.

        Check mode has said all of it and done nothing; the second time there is nothing to do.
        """
        before = self.state()
        first_check, untouched, done, second_check, again, after = self.tasks(
            task(module, args, check=True), _STATE, task(module, args),
            task(module, args, check=True), task(module, args), _STATE,
        )  # fmt: skip
        for result in (first_check, done, second_check, again):
            assert not result.get("failed"), result
        assert _said(first_check) == _said(done)
        state = _state(after)
        assert before == _state(untouched)
        assert changed is (before != state)
        assert done["changed"] is changed
        assert (second_check["changed"], again["changed"]) == (False, False), again
        assert second_check["diff"] == again["diff"] == []
        assert again.get("added", []) == again.get("removed", []) == []
        assert state.check == "No change"
        assert set(state.modes.values()) <= {"600 root:root", "640 root:root"}, state.modes
        changed_files = {path for path, text in state.files.items() if text != before.files.get(path)}
        rules_modes = {state.modes[path] for path in changed_files if path.startswith(f"{RULES_D}/")}
        assert rules_modes <= {"600 root:root"}, state.modes
        return done, state

    def twice(self, module: str, args: dict, changed: bool = True) -> State:
        """Real, and once more; returns what the guest holds then."""
        done, again = self.tasks(task(module, args), task(module, args))
        assert (done.get("changed"), again.get("changed")) == (changed, False), (done, again)
        return self.state()

    def fails(self, module: str, args: dict, *parts: str) -> str:
        """A run that fails, in check mode or not, and leaves no trace; its message has all of these parts in it."""
        before = self.state()
        checked, done = self.tasks(task(module, args, check=True), task(module, args))
        assert self.state() == before
        assert checked["failed"]
        assert done["failed"]
        assert checked["msg"] == done["msg"]
        assert_message(done["msg"], *parts)
        return done["msg"]


def task(module: str, args: dict, *, check: bool = False) -> dict:
    """A task of this collection, with diff."""
    return {f"linux.audit.{module}": args, "check_mode": check, "diff": True}


def assert_message(message: str, *parts: str) -> None:
    """A message for people, with all of these parts in it: one line, or what is wrong line by line."""
    assert "Traceback" not in message
    assert "\n" not in message.partition("because of\n")[0]
    for part in parts:
        assert part in message


def _said(result):
    """All but the time, which is in the name of a backup, and a process that is not there yet."""
    said = {name: value for name, value in result.items() if name not in ("invocation", "pid")}
    return json.loads(re.sub(r"\.before-[^/\"]*", ".before", json.dumps(said)))


def _state(text):
    rules, check, files = text.replace("\r\n", "\n").split("--\n")
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(files))) as archive:
        members = [member for member in archive if member.isfile()]
        return State(
            [] if rules == "No rules\n" else rules.splitlines(),
            check.rpartition(": ")[2].strip(),
            {f"/{member.name}": archive.extractfile(member).read().decode() for member in members},
            {f"/{member.name}": f"{member.mode:o} {member.uname}:{member.gname}" for member in members},
        )
