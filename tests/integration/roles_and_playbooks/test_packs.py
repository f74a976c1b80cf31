# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule packs on real kernels: what they ask for is provoked, found by ausearch, and laid at the right door."""

import itertools
import json
import re
import shlex
import subprocess
from collections import Counter
from typing import NamedTuple

import pytest

from ansible_collections.linux.audit.plugins.plugin_utils import packs
from audited import Audited, task
from legacy_netfilter import KERNEL, UNFIT, needs_legacy_netfilter
from paths import ON_GUEST
from provocations import ANYTHING, PROVOCATIONS, PYTHON
from releases import releases

PROVOKE = ON_GUEST / "provoke.py"
QUESTIONS = [name for name in packs.names() if packs.load(name).kind == "question"]
DECLARATION = {
    "rules": ["-D", "-b 8192"],
    "packs": ["exclusions", {"name": "file_integrity", "parameters": {"paths": ["/srv/data"]}}]
    + [name for name in QUESTIONS if name != "file_integrity"],
}
# What is not in the rules without parameters.
FULL = {
    "ospp_v42": {"successful": True},
    "pci_dss_v4": {"cardholder_data": ["/srv"]},
    "hipaa": {"health_information": ["/srv/records"]},
    "exclusions": {"programs": ["/usr/bin/find"], "users": ["1001"], "paths": ["/srv"], "record_types": ["crypto"]},
    "network_connections": {"exclude_programs": ["/usr/sbin/chronyd"], "exclude_users": ["unset"]},
    "file_integrity": {"paths": ["/srv/a b"]},
    "unsuccessful_access": {"paths": ["/srv"]},
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
# With many rules auditctl -D may not see all of them, and would then stop at one that exists.
_LOAD_AT_BOOT = """
augenrules --check
until auditctl -l | grep -q '^No rules'; do auditctl -D; done >/dev/null 2>&1
auditctl -R /etc/audit/audit.rules 2>&1
"""
_SETTLE = "until auditctl -s | grep -q '^backlog 0'; do sleep 0.1; done; sleep 0.5"


class Event(NamedTuple):
    """An event of the log: its number, the types of its records, and who did it by what."""

    serial: int
    types: frozenset[str]
    syscall: str
    exe: str
    auid: str


def read_events(raw):
    """Events of the output of `ausearch --raw`, by number."""
    records = {}
    for line in raw.split("\n"):
        serial = re.search(r"msg=audit\([0-9.]+:(\d+)\)", line)
        if serial:
            records.setdefault(int(serial[1]), []).append(line)

    def event(serial, lines):
        said = next((line for line in lines if line.startswith("type=SYSCALL ")), lines[0])
        value = {name: re.search(rf'[ \x1d]{name}="?([^" ]*)', said) for name in ("SYSCALL", "exe", "AUID")}
        types = frozenset(re.search(r"type=(\S+)", line)[1] for line in lines)
        return Event(serial, types, *[found[1] if found else "" for found in value.values()])

    return [event(serial, lines) for serial, lines in sorted(records.items())]


def login(lab, guest, script):
    """Run a script as root in a session that alice has logged in to; its exit code is not looked at."""
    command = ["ssh", "-F", lab.ssh_config, "-l", "alice", guest.name, "sudo bash -s"]
    return subprocess.run(command, input=script, check=False, capture_output=True, text=True, timeout=400)


def search(guest, searches):
    """By search (an option of ausearch and its value) the events that ausearch finds in the logs of the guest."""
    searches = sorted(searches)
    script = "; echo ==; ".join(f"ausearch --input-logs --raw {' '.join(words)}" for words in searches)
    outputs = guest.run(f"{script}; true", timeout=300).stdout.split("==\n")
    return {words: read_events(raw) for words, raw in zip(searches, outputs, strict=True)}


@pytest.fixture(scope="module")
def answering(lab):
    """A guest for packs alone."""
    guest = lab.boot("bookworm", name="answering", kernel=KERNEL)
    guest.run(_PREPARE)
    guest.put(PROVOKE, "/usr/local/lib/provoke.py")
    yield guest
    guest.stop()


@pytest.fixture(scope="module")
def provoked(lab, answering, playbook, tmp_path_factory):
    """By provocation, the events of its pack that were found between its beginning and its end."""
    host = Audited(answering, playbook, tmp_path_factory.mktemp("packs"))
    check, done, again = host.tasks(
        task("audit_ruleset", DECLARATION, check=True), *[task("audit_ruleset", DECLARATION)] * 2
    )
    assert (check["changed"], done["changed"], again["changed"]) == (True, True, False), done
    assert check["diff"] == done["diff"]
    assert {note.partition(" the ")[0] for note in done["notes"]} <= {
        f"{name}: this host does not have" for name in ("exclusions", "file_integrity", "firewall_changes")
    }
    possible = [one for one in PROVOCATIONS if not (one.legacy and UNFIT)]
    events = provoke(
        lab,
        answering,
        [(provocation.command, provocation.user) for provocation in possible],
        {("-k", name) for name in QUESTIONS} | {("-m", one.record) for one in PROVOCATIONS if one.record},
    )
    return {
        provocation: found["-m", provocation.record] if provocation.record else found["-k", provocation.pack]
        for provocation, found in zip(possible, events, strict=True)
    }


@pytest.fixture(scope="module")
def compared(lab, playbook, tmp_path_factory):
    """By provocation, what packs record on a host with the rules as they are written, and on one with all optimised."""
    possible = [one for one in PROVOCATIONS if not one.legacy]
    items = ["stig_rhel9", "cis_level2", *DECLARATION["packs"]]
    found = []
    for name, optimise in (("written", False), ("optimised", True)):
        guest = lab.boot("bookworm", name=name)
        guest.run(_PREPARE)
        guest.put(PROVOKE, "/usr/local/lib/provoke.py")
        host = Audited(guest, playbook, tmp_path_factory.mktemp(name))
        declared = {"rules": ["-D", "-b 8192"], "packs": items, "optimise": optimise}
        done, again = host.tasks(*[task("audit_ruleset", declared)] * 2)
        assert (done["changed"], again["changed"]) == (True, False), done
        assert "No change" in guest.run("augenrules --check").stdout
        keys = set(guest.run("auditctl -l | grep -o 'key=.*' | sort -u").stdout.replace("key=", "").split())
        commands = [(provocation.command, provocation.user) for provocation in possible]
        # ausearch -k finds parts of keys, too, so both hosts are asked for the same.
        asked = found[0][0] if found else keys
        found.append((keys, len(done["added"]), provoke(lab, guest, commands, {("-k", key) for key in asked})))
        guest.stop()
    return possible, found


@pytest.mark.fleet
def test_optimised_rules_record_the_same_under_the_same_keys(compared):
    """All that is provoked, by key; no key of the rules is lost, and there are fewer rules."""
    possible, ((_keys, many, before), (keys, fewer, after)) = compared
    assert fewer < many * 0.7

    def told(found):
        rows = {key: Counter((event.syscall, event.exe) for event in events) for (_k, key), events in found.items()}
        return {key: row for key, row in rows.items() if row}

    differing = {
        one.command: (told(was), told(now))
        for one, was, now in zip(possible, before, after, strict=True)
        if told(was) != told(now)
    }
    assert differing == {}
    assert sum(map(bool, map(told, after))) > len(possible) / 2
    assert keys


def provoke(lab, guest, commands, searches):
    """For each command (and user) a dictionary by search: the events that are found between its beginning and end."""
    script = ["cd /"]
    for number, (command, user) in enumerate(commands):
        as_user = "setpriv --reuid alice --regid alice --clear-groups " if user == "alice" else ""
        script.append(f"auditctl -m 'begin {number}'")
        script.append(f"{as_user}bash -c {shlex.quote(command)} </dev/null >/dev/null || echo failed {number}")
    script.append(f"auditctl -m 'begin {len(commands)}'")
    said = login(lab, guest, "\n".join(script))
    assert "failed" not in said.stdout, said.stdout + said.stderr
    guest.run(_SETTLE)
    begun = re.findall(r":(\d+)\): .*text=begin (\d+)", guest.run("ausearch --input-logs --raw -m USER").stdout)
    starts = [int(serial) for serial, _number in begun[-len(commands) - 1 :]]
    found = search(guest, searches)
    return [
        {words: [event for event in events if first < event.serial < last] for words, events in found.items()}
        for first, last in itertools.pairwise(starts)
    ]


@pytest.mark.parametrize(
    "provocation",
    [pytest.param(one, marks=[needs_legacy_netfilter] if one.legacy else []) for one in PROVOCATIONS],
    ids=[f"{one.pack}: {one.what or one.command}" for one in PROVOCATIONS],
)
def test_what_is_provoked_is_found_and_what_is_next_to_it_is_not(provoked, provocation):
    events = [
        event
        for event in provoked[provocation]
        if event.exe == provocation.exe and provocation.syscall in (ANYTHING, event.syscall)
    ]
    if provocation.quiet:
        assert events == []
    else:
        assert events, provoked[provocation]
        # The firewall knows packets, not who has sent them.
        assert {event.auid for event in events} == {"alice" if provocation.exe else ""}
        wanted = {provocation.record} if provocation.record else {"SYSCALL", *provocation.types}
        assert any(event.types >= wanted for event in events), events


def test_a_login_is_found(provoked, answering):
    assert provoked
    (events,) = search(answering, [("-m", "LOGIN,USER_START")]).values()
    # The record LOGIN is the kernel's own, and may have no program.
    by_alice = [event for event in events if event.auid == "alice" and event.exe in ("", "/usr/sbin/sshd")]
    assert {name for event in by_alice for name in event.types} >= {"LOGIN", "USER_START"}


def test_what_is_excluded_is_not_there(provoked, lab, answering, playbook, tmp_path):
    assert provoked
    everything = ["exclusions", "time_changes", "file_integrity", "process_kills", "network_connections"]
    parameters = {
        "exclusions": {"time_users": ["daemon"], "record_types": ["CWD", "crypto"], "programs": ["/usr/bin/touch"]},
        "process_kills": {"exclude_users": ["bob"]},
        "network_connections": {"exclude_programs": [PYTHON]},
    }
    host = Audited(answering, playbook, tmp_path)
    host.twice(
        "audit_ruleset",
        {"rules": ["-D"], "packs": [{"name": name, "parameters": parameters.get(name, {})} for name in everything]},
    )
    # A service has no login. This one may not set the clock, and asks for it all the same.
    service = "systemd-run -q --wait {} python3 /usr/local/lib/provoke.py adjtimex || true"
    excluded = [
        (service.format("--uid=daemon"), "root"),
        ("touch /etc/cron.d/a", "root"),
        ("echo 1001 >/proc/self/loginuid; sleep 60 & kill -9 $!", "root"),
        ("python3 /usr/local/lib/provoke.py connect", "alice"),
    ]
    recorded = {
        (service.format("--uid=root"), "root"): ("time_changes", "adjtimex", "unset"),
        ("cp /dev/null /etc/cron.d/b", "root"): ("file_integrity", "openat", "alice"),
        ("sleep 60 & kill -9 $!", "alice"): ("process_kills", "kill", "alice"),
        ("exec 3<>/dev/udp/127.0.0.1/9", "alice"): ("network_connections", "connect", "alice"),
    }
    events = provoke(lab, answering, [*excluded, *recorded], {("-k", name) for name in everything})
    for found, (command, _user) in zip(events, excluded, strict=False):
        assert not any(found.values()), (command, found)
    for found, (command, expected) in zip(events[len(excluded) :], recorded.items(), strict=True):
        said = {(words[1], event.syscall, event.auid) for words, several in found.items() for event in several}
        assert said == {expected}, command
    (created,) = events[len(excluded) + 1]["-k", "file_integrity"]
    assert created.types == {"SYSCALL", "PATH", "PROCTITLE"}


@pytest.mark.parametrize("release", releases("sid", fleet=("bullseye", "trixie")))
def test_every_release_takes_what_is_written(lab, playbook, tmp_path, release):
    guest = lab.boot(release, name=f"{release}-packs")
    items = [{"name": name, "parameters": FULL.get(name, {})} for name in packs.names()]
    declared = task("audit_ruleset", {"rules": ["-D"], "packs": items})
    written = task("audit_ruleset", {"rules": ["-D"], "packs": items, "optimise": False})
    path = tmp_path / "play.yml"
    path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [written, declared, declared]}]))
    results = playbook(path, limit=guest.name)
    assert [line["result"].get("changed") for line in results] == [True, True, False], results
    # The kernel holds all of it, as the module has asked it. And so does auditctl at boot, line by line.
    assert len(results[0]["result"]["added"]) > 500
    said = guest.run(_LOAD_AT_BOOT, check=False, timeout=300)
    assert (said.returncode, "error" in said.stdout.lower()) == (0, False), said.stdout
    guest.stop()
