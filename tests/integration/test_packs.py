# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule packs on real kernels: what they ask for is provoked, found by ausearch, and laid at the right door."""

import pathlib
import re
import subprocess
from typing import NamedTuple

import pytest

from ansible_collections.linux.audit.plugins.plugin_utils import packs
from audited import Audited
from provocations import PROVOCATIONS

PROVOKE = pathlib.Path(__file__).with_name("provoke.py")
QUESTIONS = [name for name in packs.names() if packs.load(name).kind == "question"]
SETS = [name for name in packs.names() if packs.load(name).kind == "compliance"]
PARAMETERS = {"file_integrity": {"paths": ["/srv/data"]}}
DECLARATION = {
    "rules": ["-D", "-b 8192"],
    "packs": ["exclusions", *({"name": name, "parameters": PARAMETERS.get(name, {})} for name in QUESTIONS)],
}

_PREPARE = """
useradd -m -s /bin/bash alice && useradd -m bob
install -d -o alice -m 700 /home/alice/.ssh
install -o alice -m 600 /root/.ssh/authorized_keys /home/alice/.ssh/authorized_keys
echo 'alice ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/alice
echo "127.0.0.1 localhost $(hostname)" >>/etc/hosts
install -d /srv/data && install -m 4755 /usr/bin/id /srv/setuid
for user in alice bob; do echo x >/home/$user/file; chown $user /home/$user/file; done
chmod 755 /home/alice
touch /var/log/wtmp /var/log/btmp
"""
_SETTLE = "until auditctl -s | grep -q '^backlog 0'; do sleep 0.1; done; sleep 0.5"


class Event(NamedTuple):
    """An event of the log: its number, the types of its records, and some of its SYSCALL record."""

    serial: int
    types: frozenset[str]
    syscall: str
    exe: str
    auid: str
    key: str


def read_events(raw):
    """Events of the output of `ausearch --raw`, by number."""
    records = {}
    for line in raw.split("\n"):
        serial = re.search(r"msg=audit\([0-9.]+:(\d+)\)", line)
        if serial:
            records.setdefault(int(serial[1]), []).append(line)

    def event(serial, lines):
        call = next((line for line in lines if line.startswith("type=SYSCALL ")), "")
        value = {name: re.search(rf'[ \x1d]{name}="?([^" ]*)', call) for name in ("SYSCALL", "exe", "AUID", "key")}
        texts = [found[1] if found else "" for found in value.values()]
        types = frozenset(re.search(r"type=(\S+)", line)[1] for line in lines)
        return Event(serial, types, *texts)

    return [event(serial, lines) for serial, lines in sorted(records.items())]


def login(lab, guest, script):
    """Run a script as root in a session that alice has logged in to; its exit code is not looked at."""
    command = ["ssh", "-F", lab.ssh_config, "-l", "alice", guest.name, "sudo bash -s"]
    return subprocess.run(command, input=script, check=False, capture_output=True, text=True, timeout=120)


def search(guest, *arguments):
    """What ausearch finds in the logs of the guest."""
    words = " ".join(arguments)
    return read_events(guest.run(f"ausearch --input-logs --raw {words} || true").stdout)


@pytest.fixture(scope="module")
def answering(lab):
    """A guest for packs alone."""
    guest = lab.boot("bookworm", name="answering")
    guest.run(_PREPARE)
    guest.put(PROVOKE, "/usr/local/lib/provoke.py")
    yield guest
    guest.stop()


@pytest.fixture(scope="module")
def provoked(lab, answering, playbook, tmp_path_factory):
    """By provocation, the events of its pack that were found between its beginning and its end."""
    host = Audited(answering, playbook, tmp_path_factory.mktemp("packs"))
    done, _state = host.four_times("audit_ruleset", DECLARATION)
    assert {note.partition(" the ")[0] for note in done["notes"]} <= {
        f"{name}: this host does not have" for name in ("exclusions", "file_integrity", "firewall_changes")
    }
    script = ["cd /"]
    for number, provocation in enumerate(PROVOCATIONS):
        script.append(f"auditctl -m 'provocation {number}'")
        as_user = "setpriv --reuid alice --regid alice --clear-groups " if provocation.user == "alice" else ""
        script.append(f"{as_user}bash -c {quoted(provocation.command)} </dev/null >/dev/null || echo failed {number}")
    script.append(f"auditctl -m 'provocation {len(PROVOCATIONS)}'")
    said = login(lab, answering, "\n".join(script))
    print(said.stderr)
    assert "failed" not in said.stdout, said.stdout + said.stderr
    answering.run(_SETTLE)
    begun = answering.run("ausearch --input-logs --raw -m USER").stdout
    starts = {int(number): int(serial) for serial, number in re.findall(r":(\d+)\).*text=provocation (\d+)", begun)}
    found = {name: search(answering, "-k", name) for name in QUESTIONS}
    return {
        provocation: [
            event for event in found[provocation.pack] if starts[number] < event.serial < starts[number + 1]
        ]
        for number, provocation in enumerate(PROVOCATIONS)
    }


def quoted(text):
    """A word for the shell."""
    return "'" + text.replace("'", "'\\''") + "'"


@pytest.mark.parametrize(
    "provocation", PROVOCATIONS, ids=[f"{one.pack}: {one.what or one.command}" for one in PROVOCATIONS]
)
def test_what_is_provoked_is_found_and_what_is_next_to_it_is_not(provoked, provocation):
    events = [
        event
        for event in provoked[provocation]
        if event.exe == provocation.exe and provocation.syscall in ("", event.syscall)
    ]
    if provocation.quiet:
        assert events == []
    else:
        assert events, provoked[provocation]
        assert {event.auid for event in events} == {"alice"}
        assert any(event.types >= {"SYSCALL", *provocation.types} for event in events), events
