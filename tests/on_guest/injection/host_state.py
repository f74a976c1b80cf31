# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest holds, as its own tools say it, and how it is brought back to what it held."""

import contextlib
import glob
import os
import re
import shutil
import signal
import subprocess
import time
import uuid

__all__ = (
    "DRAFTS", "LOG", "audited", "draft_files", "files_below", "kept_files", "load", "put_back", "run", "start_daemon",
    "write_files",
)  # fmt: skip

LOG = "/var/log/audit/audit.log"
DRAFTS = ".linux-audit."
_LOCKS = (".linux-audit.lock",)
_PLUGIN = "audisp-syslog"
_STARTS_AT_BOOT = "/etc/systemd/system/multi-user.target.wants/auditd.service"


def run(*command, check=True):
    """The output of a command."""
    done = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}: {done.stdout.decode()}")
    return done.stdout.decode()


def files_below(*directories):
    """Mode, owner and text of each file by its path; links by what they lead to. Without drafts and old copies."""
    found = {}
    for directory in directories:
        for parent, _names, names in os.walk(directory):
            for name in names:
                path = os.path.join(parent, name)
                if name.startswith(DRAFTS) or name == "audit.rules.prev":
                    continue
                info = os.lstat(path)
                with open(path, encoding="utf-8", errors="surrogateescape") as file:
                    # A checkpoint has the time of its search.
                    text = re.sub(r'"time": \d+', "", file.read())
                found[path] = f"{info.st_mode & 0o7777:o} {info.st_uid}:{info.st_gid}\n{text}"
    return found


def draft_files(*directories):
    """Files that are not meant to stay."""
    return sorted(
        os.path.join(parent, name)
        for directory in directories
        for parent, _names, names in os.walk(directory)
        for name in names
        if name.startswith(DRAFTS) and name not in _LOCKS
    )


def write_files(directory, texts, mode=0o640):
    """Let a directory have these files, by name, and no others."""
    for path in glob.glob(f"{directory}.before-*"):
        shutil.rmtree(path)
    os.makedirs(directory, 0o750, exist_ok=True)
    for name in os.listdir(directory):
        os.unlink(os.path.join(directory, name))
    for name, text in texts.items():
        path = os.path.join(directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)


def kept_files(directory):
    """Mode, owner and bytes of each file below a directory, for put_back()."""
    found = {}
    for parent, _names, names in os.walk(directory):
        for path in (os.path.join(parent, name) for name in names if name not in _LOCKS):
            info = os.lstat(path)
            with open(path, "rb") as file:
                found[path] = info.st_mode & 0o7777, info.st_uid, info.st_gid, file.read()
    return found


def put_back(directory, kept):
    """Let a directory have the files that were kept, and no others."""
    now = kept_files(directory)
    for path in now.keys() - kept.keys():
        os.unlink(path)
    for parent, _names, names in os.walk(directory, topdown=False):
        if not names and not any(path.startswith(f"{parent}/") for path in kept) and not os.listdir(parent):
            os.rmdir(parent)
    for path, (mode, user, group, text) in kept.items():
        if now.get(path) != kept[path]:
            os.makedirs(os.path.dirname(path), 0o750, exist_ok=True)
            with open(path, "wb") as file:
                file.write(text)
            os.chown(path, user, group)
            os.chmod(path, mode)


def load(lines):
    """Give the kernel these lines and no others."""
    with open("/root/loaded.rules", "w", encoding="utf-8") as file:
        file.write("\n".join(["-D", *lines]) + "\n")
    os.chmod("/root/loaded.rules", 0o600)
    run("auditctl", "-R", "/root/loaded.rules")


def kernel_rules():
    """Rules by auditctl, in their order; with each field once, because a rule that has moved may repeat one."""
    lines = run("auditctl", "-l").splitlines()
    return [" ".join(dict.fromkeys(re.split(" (?=-)", line))) for line in lines if line != "No rules"]


def kernel_settings():
    """Settings by auditctl, without what changes by itself."""
    words = [line.split() for line in run("auditctl", "-s").splitlines()]
    varying = ("lost", "backlog", "backlog_wait_time_actual", "pid")
    return {word[0]: word[1] for word in words if word[0] not in varying}


def daemon_pid():
    """The daemon that the kernel knows, 0 if it does not run."""
    pid = int(re.search(r"^pid (\d+)", run("auditctl", "-s"), re.M).group(1))
    return pid if pid and os.path.isdir(f"/proc/{pid}") else 0


def daemon():
    """Whether the daemon runs, is stopped, writes enriched records, and runs the plugin for syslog."""
    pid = daemon_pid()
    if not pid:
        return {"running": False}
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        state = file.read().rpartition(")")[2].split()[0]
    children = run("ps", "-o", "comm=", "--ppid", str(pid), check=False).split()
    return {"running": True, "stopped": state in "Tt", "enriched": _is_enriched(), "plugin": _PLUGIN in children}


def _is_enriched():
    """Whether a record that is made now is written in the format ENRICHED; None if it is not written at all."""
    with open(LOG, "rb") as file:
        file.seek(0, os.SEEK_END)
        mark = uuid.uuid4().hex
        run("auditctl", "-m", mark, check=False)
        deadline = time.monotonic() + 5
        text = b""
        while time.monotonic() < deadline:
            text += file.read()
            line = next(
                (line for line in text.splitlines(True) if mark.encode() in line and line.endswith(b"\n")), None
            )
            if line:
                return b"\x1d" in line
            time.sleep(0.02)
    return None


def stop_daemon():
    """End the daemon, whatever state it is in."""
    pid = daemon_pid()
    if not pid:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    while os.path.isdir(f"/proc/{pid}"):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def start_daemon():
    """Start the daemon with the files that are there."""
    stop_daemon()
    run("systemctl", "reset-failed", "auditd")
    # Even without anything to do it takes longer than the start. The link alone would not do, because systemd remembers
    # the state of a unit until it reloads.
    if not os.path.lexists(_STARTS_AT_BOOT):
        run("systemctl", "enable", "auditd")
    run("systemctl", "start", "--job-mode=ignore-dependencies", "auditd")
    deadline = time.monotonic() + 10
    while not daemon_pid() or _is_enriched() is None:
        assert time.monotonic() < deadline, "auditd does not start"


def audited(directories, with_daemon):
    """All that a module may change, by the name of the part."""
    parts = {f"file {path}": text for path, text in files_below(*directories).items()}
    rules = kernel_rules()
    parts["kernel rules"] = sorted(rules)
    # Of the rules that one event may match; that of others is free.
    parts["kernel order"] = [rule for rule in rules if "mount" in rule]
    parts["kernel settings"] = kernel_settings()
    if with_daemon:
        parts["daemon"] = daemon()
        parts["boot"] = run("systemctl", "is-enabled", "auditd", check=False).strip()
    return parts
