# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that is played: auditd, systemd and the journal are real processes of actors/, and files are real.

Only the answer of the kernel is made up, which process it sends its records to: the played auditd writes it to a file.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time
import types

from ansible_collections.linux.audit.plugins.module_utils._daemon.auditd import find_daemon
from ansible_collections.linux.audit.plugins.module_utils._daemon.keywords import (
    AUDISPD_CONF,
    AUDITD_CONF,
    PLUGIN_CONF,
    REMOTE_CONF,
)
from ansible_collections.linux.audit.plugins.module_utils._host.files import Edit
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._kernel import lock
from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import AuditUnavailable, Kernel, KernelRule
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from kernel_double import requested
from played_root import play_root

ACTORS = pathlib.Path(__file__).resolve().parent / "actors"
CONF = "# top\nspace_left = 75\nadmin_space_left = 50\n"
UNIT, RULES_UNIT = "auditd.service", "audit-rules.service"
#: A configuration that the played auditd rejects, and what it says when it has read one that it accepts.
BAD = CONF + "nonsense = 1\n"
TAKEN = "config change requested by pid=1 auid=0 subj=kernel"
MANAGERS = ["systemd", "sysvinit", "none"]
#: The outcome of a module that had nothing to do.
NONE = (False, "none", False, False)
REMOTE = "remote_server = 192.0.2.1\n"
PLUGIN = "#!/bin/sh\nwhile read line; do :; done\n"
_COLLECTION = "ansible_collections.linux.audit.plugins."
_PR_SET_CHILD_SUBREAPER = 36


class ActedHost:
    """The host. Its files are below ``root``, even those that are elsewhere on a real host."""

    def __init__(self, root, monkeypatch, manager="systemd", journal=True, version="4.1.2") -> None:
        """Set the stage. Nothing is running yet."""
        play_root(monkeypatch)
        self.root, self._patch, self.manager = pathlib.Path(root), monkeypatch, manager
        self.conf, self.plugins_d, self.log = root / "etc/auditd.conf", root / "etc/plugins.d", root / "log/audit.log"
        self.remote = root / "etc/audisp-remote.conf"
        self.unavailable = None
        self._host = Host()
        for name in ("bin", "etc", "etc/plugins.d", "log", "pids"):
            (root / name).mkdir(mode=0o755)
        self.conf.write_text(CONF)
        self.conf.chmod(0o640)
        (root / "journal").write_text('{"MESSAGE": "before"}\n')
        for name in ("syslog", "received", "calls", "log/audit.log"):
            (root / name).touch()
        for name in ("auditd", "journalctl", "systemctl") if journal else ("auditd", "systemctl"):
            self.program(name, f"#!{sys.executable} -IS\n" + (ACTORS / f"{name}.py").read_text())
        self.play(version=version)
        self.unit(LoadState="loaded", ActiveState="active", UnitFileState="enabled")
        self._redirect(journal)
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.reaps, self._over = True, threading.Event()
        self._reaper = threading.Thread(target=self._reap, daemon=True)
        self._reaper.start()

    def _redirect(self, journal):
        """Have the library look here for what it otherwise finds in fixed places."""
        root, patch = self.root, self._patch
        patch.setattr(shutil, "which", self._which)
        is_directory = os.path.isdir
        there = {"/run/systemd/system": self.manager == "systemd", "/run/systemd/journal": journal}
        patch.setattr(os.path, "isdir", lambda path: there.get(path, False) if path in there else is_directory(path))
        for name, method in (("__init__", self._asked), ("close", self._asked), ("status", self._status),
                             ("message", self._message), ("rules", self._rules),
                             ("request_all", self._requested)):  # fmt: skip
            patch.setattr(Kernel, name, method)
        for file, path in ((AUDITD_CONF, self.conf), (REMOTE_CONF, self.remote), (PLUGIN_CONF, self.plugins_d),
                           (AUDISPD_CONF, root / "etc/audispd.conf")):  # fmt: skip
            patch.setattr(file.path, "steps", (((2, 8), str(path)),))
        script = root / "init.d"
        if self.manager == "sysvinit":
            script = self.program("script", f"#!/bin/sh\nexec {root}/bin/auditd\n")
        self.constant("AUDITD_CONF_PATH", str(self.conf))
        self.constant("_LOG_FILE", str(self.log))
        self.constant("REPORT_FILES", (str(root / "auditd.state"), str(root / "old.state")))
        self.constant("_CONFIRMED", str(root / "confirmed"))
        self.constant("_RUNS_WITH", str(root / "values"))
        patch.setattr(lock, "_LOCK_FILES", (str(root / "lock"),))
        self.constant("_SYSLOGS", (str(root / "syslog"), str(root / "messages")))
        self.constant("_SCRIPTS", (str(script),))
        # The library polls more often, so that tests are quick.
        brief = types.SimpleNamespace(**{**vars(time), "sleep": lambda seconds: time.sleep(min(seconds, 0.02))})
        self.constant("time", brief)
        self.constant("_SETTLE_SECONDS", 0.15)
        self.constant("_PROMPT_SECONDS", 0.3)
        self.constant("_ANSWER_SECONDS", 5.0)
        self.constant("_COMPLAINT_SECONDS", 0.3)

    def constant(self, name, value):
        """Give a constant another value in every module of the library that has it."""
        modules = [module for path, module in list(sys.modules.items()) if path.startswith(_COLLECTION)]
        holders = [module for module in modules if hasattr(module, name)]
        assert holders, f"no module has {name}"
        for module in holders:
            self._patch.setattr(module, name, value)

    def program(self, name, text, mode=0o755):
        """Put a program in place; its path."""
        path = self.root / "bin" / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def plugin(self, name="site", active=True, text=PLUGIN):
        """A plugin: a program, and its file; the path of the program."""
        path = self.program(name, text)
        said = f"active = {'yes' if active else 'no'}\npath = {path}\ntype = always\nformat = string\n"
        (self.plugins_d / f"{name}.conf").write_text(said)
        (self.plugins_d / f"{name}.conf").chmod(0o640)
        return str(path)

    def play(self, **manners):
        """How auditd behaves from now on."""
        path = self.root / "play.json"
        held = json.loads(path.read_text()) if path.exists() else {}
        other = path.with_suffix(".new")
        other.write_text(json.dumps({**held, **manners}))
        other.rename(path)

    def unit(self, name=UNIT, **properties):
        """What systemd knows about a unit."""
        path = self.root / f"{name}.json"
        held = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**held, **properties}))

    def installed(self, version):
        """Install a release of audit, which ausearch prints."""
        self.program("ausearch", f"#!/bin/sh\necho ausearch version {version}\n")
        self.play(version=version)

    def run(self):
        """Run auditd, as a boot would; its process id."""
        subprocess.run([self.root / "bin/auditd"], check=True)
        return self.pid

    @property
    def pid(self):
        """The process that the kernel names."""
        return self._status().pid

    def said(self, text, uid="0", name="auditd", late=False):
        """Have any user say something in the journal."""
        with open(self.root / ("journal.late" if late else "journal"), "a", encoding="utf-8") as file:
            file.write(json.dumps({"_UID": uid, "SYSLOG_IDENTIFIER": name, "MESSAGE": text}) + "\n")

    @property
    def received(self):
        """The names of the signals that auditd has received, without those with which the tests pass records."""
        names = (self.root / "received").read_text().split()
        return [name for name in names if name != "SIGRTMIN"]

    def calls(self, program="systemctl", of=("start", "enable", "disable", "reset-failed")):
        """What a program was called with, for the commands given."""
        lines = [line.split(" ", 1) for line in (self.root / "calls").read_text().splitlines()]
        return [words for name, words in lines if name == program and words.split()[0] in of]

    def close(self):
        """End what is still running; before that, what would start auditd again once it has ended."""
        registered = [int(path.name) for path in (self.root / "pids").iterdir()]
        pids = [*self._successors(), *filter(self._is_ours, registered)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.reaps = True
        wait_for(lambda: not any(map(self._is_ours, pids)))
        self._over.set()
        self._reaper.join()
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)

    def _successors(self):
        """The processes with which a restart outlives the module (_host/outliving.py)."""
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                words = path.read_bytes()
                if b"linux-audit-successor" in words and str(self.root).encode() in words:
                    yield int(path.parent.name)

    def _is_ours(self, pid):
        """Whether a process belongs to this host. No other process is ended."""
        with contextlib.suppress(OSError):
            line = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
            return str(self.root).encode() in line
        return False

    def _reap(self):
        """Reap processes that have ended, which the first process of a host does."""
        while not self._over.wait(0.01):
            for path in list((self.root / "pids").iterdir()) if self.reaps else ():
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(int(path.name), os.WNOHANG)

    def _which(self, name, mode=None, path=None):
        found = self.root / "bin" / name
        return str(found) if found.exists() else None

    def _asked(self, *_arguments):
        pass

    def _status(self, _kernel=None):
        if self.unavailable:
            raise AuditUnavailable(self.unavailable)
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.root / "kernel.pid").read_text())
            if pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                return types.SimpleNamespace(pid=pid)
        return types.SimpleNamespace(pid=0)

    def _rules(self):
        """What the kernel holds: a file of lines, which the played programs may empty."""
        path = self.root / "rules"
        lines = path.read_text().splitlines() if path.exists() else []
        return [KernelRule(parse_line(line, self._host).rule, line.encode()) for line in lines]

    def _requested(self, requests):
        with open(self.root / "rules", "a", encoding="utf-8") as file:
            for request in requests:
                operation, rule = requested(*request)
                assert operation == "append"
                file.write(f"{render(rule, self._host.machine)}\n")
        return {}

    def _message(self, text):
        """A record of a user, which auditd passes on. It learns of the record by a signal of its own."""
        if self.pid:
            os.kill(self.pid, signal.SIGRTMIN)


def found():
    """The daemon of the host that is played."""
    return find_daemon(Host())


def edit(host, text, before=CONF):
    """A change of the daemon's configuration."""
    return Edit(str(host.conf), before, text)


def failure(result):
    """The message of a module that has failed."""
    assert result.get("failed"), result
    return result["msg"]


def warnings(result):
    """The warnings of a module as texts, which newer releases of ansible-core wrap."""
    return [text if isinstance(text, str) else str(text) for text in result.get("warnings", [])]


def outcome(result):
    """What a module for a file has done, and what it has left to do."""
    return result["changed"], result["action"], result["reload_required"], result["restart_required"]


def wait_for(condition, seconds=20):
    """Wait until a condition holds; return its value."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not so after {seconds} seconds: {condition}"
        time.sleep(0.01)
    return found
