# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real boot brings back what the kernel held, locked where it was locked, and what its rules say is recorded."""

import json
import re

import pytest

from ansible_collections.linux.audit.plugins.plugin_utils import packs
from audited import Audited, meaning, task
from paths import ON_GUEST
from releases import releases

LOCK = task("audit_control", {"enabled": "immutable"})
UNLOCK = task("audit_control", {"enabled": "enabled"})
# So that the guest has what the packs ask for.
_PREPARE = """
id -u joe >/dev/null 2>&1 || useradd -m -u 1000 joe
install -d -o joe -m 700 /home/joe/.ssh
install -d /srv/data /run/faillock /etc/docker /etc/cron.d /usr/local/lib
"""
# Rules whose events the program on the guest cannot make: they are compared, not tried.
_NOT_RECORDED = "nothing"


class Booted:
    """A guest that is locked, rebooted, and asked what it holds then."""

    def __init__(self, guest, playbook, directory):
        guest.run(_PREPARE)
        guest.put(ON_GUEST / "after_boot.py", "/usr/local/lib/after_boot.py")
        self.guest = guest
        self.host = Audited(guest, playbook, directory)

    def held(self):
        """Rules in their order, and the settings that a boot must bring back."""
        said = self.guest.run("auditctl -l; echo --; auditctl -s").stdout
        rules, _dashes, status = said.partition("--\n")
        settings = dict(line.split(None, 1) for line in status.splitlines())
        # Releases list a watch with other system calls, or with all; a rule that was held before keeps its order.
        rules = [re.sub(" -S [^ ]+", "", rule) if "perm=" in rule else rule for rule in rules.splitlines()]
        return meaning(rules), {name: settings[name] for name in ("enabled", "failure", "backlog_limit", "rate_limit")}

    def declare(self, items, *more):
        """Declare packs as the whole set, then do more tasks."""
        declared = {"rules": ["-D", "-b 8192"], "packs": items, "purge": "all"}
        for result in self.host.tasks(task("audit_ruleset", declared), *more):
            assert not result.get("failed"), result

    def events(self):
        """What became of an event of each rule: [class, rule, result]."""
        command = "systemd-run -q --pipe --wait python3 /usr/local/lib/after_boot.py"
        return json.loads(self.guest.run(command, timeout=300).stdout)

    def unlock(self):
        """Boot without the lock, if there is one."""
        if self.held()[1]["enabled"] == "2":
            self.host.tasks(UNLOCK)
            self.guest.reboot()


def check(booted, items, *more):
    """Declare, do more, reboot, compare, provoke."""
    booted.declare(items, *more)
    rules, settings = booted.held()
    assert settings["enabled"] == ("2" if LOCK in more else "1")
    booted.guest.reboot()
    rules_then, settings_then = booted.held()
    assert len(rules_then) == len(rules)
    assert [rule for rule in rules if rule not in rules_then] == []
    assert [rule for rule in rules_then if rule not in rules] == []
    assert settings_then == settings
    assert booted.guest.run("systemctl is-active auditd").stdout == "active\n"
    (info,) = booted.host.tasks({"linux.audit.audit_info": {}})
    assert info["in_sync"], info["drift"]
    events = booted.events()
    classes = {kind: [] for kind, _rule, _result in events}
    for kind, rule, result in events:
        classes[kind].append((rule, result))
    for kind, several in classes.items():
        assert any(result == "own key" for _rule, result in several), (kind, several)
    watches = [rule for kind, rule, result in events if kind in ("file", "directory") and result == _NOT_RECORDED]
    assert watches == []
    return classes


@pytest.mark.parametrize("release", releases("trixie", fleet=("bullseye", "bookworm", "sid")))
def test_all_packs_together(lab, playbook, tmp_path, release):
    """Locked before the boot, and after it; each class of rules records."""
    guest = lab.boot(release, name=f"boots-{release}")
    booted = Booted(guest, playbook, tmp_path)
    classes = check(booted, packs.names(), LOCK)
    assert set(classes) >= {"file", "directory", "execution", "call", "privilege", "denied call"}
    guest.stop()


def test_a_directory_that_is_gone_costs_its_own_rule_alone(lab, playbook, tmp_path):
    """On the release whose daemon does not start without its rules; the lock holds, and the rule is named."""
    guest = lab.boot("trixie", name="gone")
    booted = Booted(guest, playbook, tmp_path)
    guest.run("install -d -o joe /home/joe/data")
    rules = ["-D", "-w /home/joe/data/file -p wa -k gone", "-w /etc/hosts -p wa -k hosts"]
    done, locked = booted.host.tasks(task("audit_ruleset", {"rules": rules, "purge": "all"}), LOCK)
    assert any("/home/joe" in warning for warning in done["warnings"]), done
    assert any("/home/joe" in warning for warning in locked["warnings"]), locked
    guest.run("su joe -c 'rm -rf /home/joe/data'")
    guest.reboot()
    held, settings = booted.held()
    assert (held, settings["enabled"]) == (meaning(["-w /etc/hosts -p wa -k hosts"]), "2")
    assert guest.run("systemctl is-active auditd").stdout == "active\n"
    (info,) = booted.host.tasks({"linux.audit.audit_info": {}})
    assert not info["in_sync"]
    (missing,) = info["drift"]["missing"]
    assert "path=/home/joe/data/file" in missing
    (lost,) = [problem for problem in info["problems"] if problem["lost_at_boot"]]
    assert "/home/joe/data does not exist" in lost["reason"]
    guest.stop()


def test_rules_are_loaded_for_the_paths_that_all_others_see(lab, changes):
    """Like some distributions, this host loads them with ProtectHome: a watch there never matches after a boot.

    /usr/lib/modules, which Debian 12 hides, is a disk of its own here, mounted after the rules are loaded.
    """
    guest = lab.boot("bookworm", name="sandboxed")
    guest.run(
        "install -d /home/joe /etc/systemd/system/auditd.service.d;"
        "printf '[Service]\\nProtectHome=yes\\n' >/etc/systemd/system/auditd.service.d/home.conf;"
        "systemctl daemon-reload"
    )
    role = {
        "role": "linux.audit.auditd",
        "auditd_manage_packages": False,
        "auditd_kernel_arguments": [],
        "auditd_journald_audit": "unmanaged",
        "auditd_rule_packs": [],
        "auditd_rules": ["-a always,exit -F dir=/home -F perm=wa -F key=homes"],
    }

    def recorded():
        guest.run("chmod 0755 /home/joe")
        guest.run("until auditctl -s | grep -q '^backlog 0'; do sleep 0.1; done; sleep 1")
        found = guest.run("ausearch --input-logs --raw -k homes", check=False).stdout
        return 'exe="/usr/bin/chmod"' in found

    changes(guest, role | {"auditd_load_rules_unconfined": False})
    guest.reboot()
    assert not recorded()
    changes(guest, role)
    assert changes(guest, role) == []
    guest.reboot()
    assert recorded()
    guest.stop()


@pytest.mark.fleet
@pytest.mark.parametrize("release", ["bullseye", "bookworm", "trixie", "sid"])
def test_each_pack_alone(lab, playbook, tmp_path, release):
    """The same for each of them, one after the other. Those are locked whose standard asks for it."""
    guest = lab.boot(release, name=f"alone-{release}")
    booted = Booted(guest, playbook, tmp_path)
    wrong = {}
    for name in packs.names():
        try:
            check(booted, [name], *([LOCK] if "immutable" in packs.load(name).parameters else []))
        except AssertionError as error:
            wrong[name] = str(error)
        booted.unlock()
    assert not wrong, json.dumps(wrong, indent=1)
    guest.stop()
