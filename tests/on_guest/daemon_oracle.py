# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: what the collection says of files of the daemon, and what the installed daemon says.

Reads cases and prints a verdict on each: what the collection objects to, whether the daemon accepts it, its own words.

auditd is run without the right to raise its priority, so it ends after it has read its configuration and before it does
anything, with exit status 6 if it rejects the configuration. audisp-remote ends at the end of its input, with 6 if it
rejects its file. auditd says which plugins it skips; a real auditd is started with all of them.
"""

import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from module_utils._daemon.audisp_plugin import program_problems
from module_utils._daemon.conf_file import edited, parse, render, values
from module_utils._daemon.keywords import AUDITD_CONF, PLUGIN_CONF, REMOTE_CONF
from module_utils._daemon.target import Target, built_with
from module_utils._daemon.validation import check, file_problems
from module_utils._host.files import file_status
from module_utils._host.host import Host

DIRECTORY = "/root/daemon/etc"
PLUGINS = "/root/daemon/plugins.d"
FILES = {file.name: file for file in (AUDITD_CONF, REMOTE_CONF, PLUGIN_CONF)}
AUDITD, REMOTE = "/sbin/auditd", "/sbin/audisp-remote"
PR_CAPBSET_DROP, CAP_SYS_NICE = 24, 23


def prepare():
    """Make the files that cases name."""
    for path in (DIRECTORY, PLUGINS, "/root/daemon/empty", "/root/daemon/bin"):
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path, 0o750)
    for mode in ("0750", "0755", "0555", "0550", "0700", "0770", "0777", "0754"):
        path = f"/root/daemon/bin/mode{mode}"
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nwhile read -r line; do :; done\n")
        os.chmod(path, int(mode, 8))
    shutil.copy("/root/daemon/bin/mode0750", "/root/daemon/bin/theirs")
    os.chmod("/root/daemon/bin/theirs", 0o750)
    os.chown("/root/daemon/bin/theirs", 1, 1)
    for path in ("/root/daemon/theirs.log", "/root/daemon/directory.log/x"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8"):
            pass
    os.chown("/root/daemon/theirs.log", 1, 1)


def give_up_priority():
    """Keep what is started from now on from raising its priority. After each fork this would be slow."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_NICE, 0, 0, 0)


def words(text):
    """The lines that are not chatter."""
    chatter = (
        "Config file .* opened", r"\w+_parser called", ".*is not enabled, ignoring", "Init complete", "No plugins",
        "The audit daemon is exiting",
    )  # fmt: skip
    return [line for line in text.splitlines() if line.strip() and not any(re.match(word, line) for word in chatter)]


def auditd(text):
    """Whether auditd accepts a file, and its words."""
    with open(f"{DIRECTORY}/auditd.conf", "w", encoding="utf-8", newline="") as file:
        file.write(text)
    try:
        done = subprocess.run(
            [AUDITD, "-f", "-n", "-s", "nochange", "-c", DIRECTORY], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False, timeout=10,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        # With a boost of 0 there is no priority to raise, and auditd runs.
        return True, []
    assert done.returncode in (0, 1, 6), (done.returncode, done.stdout)
    return done.returncode != 6, words(done.stdout.decode("utf-8", "replace"))


def remote(text):
    """Whether audisp-remote accepts a file."""
    path = "/etc/audit/audisp-remote.conf"
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    done = subprocess.run([REMOTE], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    assert done.returncode in (0, 1, 6), (done, text)
    return done.returncode != 6, []


def arguments_of_children(pid):
    """The command lines of the processes that a process has started."""
    found = []
    for child in shipped(f"/proc/{pid}/task/{pid}/children").split():
        # A process that has ended meanwhile is not running.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found.append(shipped(f"/proc/{child}/cmdline").split("\0"))
    return found


def start(directory, expected=(), seconds=60):
    """Run a real auditd in the foreground until it runs its plugins, which are known by an argument.

    Its words, its children's arguments, its exit status or None.
    """
    process = subprocess.Popen(
        [AUDITD, "-f", "-n", "-s", "nochange", "-c", directory],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    os.set_blocking(process.stdout.fileno(), False)
    text, deadline = b"", time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None and b"Init complete" not in text:
        time.sleep(0.1)
        text += process.stdout.read() or b""
    children = []
    settled = time.monotonic() + (10 if expected else 0.5)
    while process.poll() is None and time.monotonic() < settled:
        time.sleep(0.2)
        children = arguments_of_children(process.pid)
        if expected and all(any(name in child for child in children) for name in expected):
            break
    status = process.poll()
    if status is None:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    text += process.stdout.read() or b""
    return words(text.decode("utf-8", "replace")), children, status


def plugins(cases, host):
    """Verdicts on files of plugins, all in one run, after the system's own daemon has been stopped."""
    objections = []
    for number, case in enumerate(cases):
        path = f"{PLUGINS}/case{number}.conf"
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(case["text"])
        os.chmod(path, int(case.get("mode", "0640"), 8))
        lines = parse(case["text"], PLUGIN_CONF.unended)
        problems = file_problems(PLUGIN_CONF, os.lstat(path), host.version)
        problems += check(PLUGIN_CONF, lines, Target(host.version, None, file_status))
        reasons = [problem.reason for problem in problems]
        if not reasons and values(lines).get("active") == "yes":
            reasons = program_problems(values(lines), host.version, host)
        objections.append("; ".join(reasons))
    with open(f"{DIRECTORY}/auditd.conf", "w", encoding="utf-8") as file:
        file.write(render(edited(parse(shipped("/etc/audit/auditd.conf")), {"plugin_dir": PLUGINS})))
    expected = [
        f"case{number}" for number, case in enumerate(cases) if case.get("runs") and not objections[number]
    ]  # fmt: skip
    said, children, status = start(DIRECTORY, expected)
    assert status is None, said
    verdicts = []
    for number, objection in enumerate(objections):
        skipped = any(f"Skipping case{number}.conf plugin" in line for line in said)
        runs = any(f"case{number}" in child for child in children)
        verdicts.append({"objection": objection, "taken": not skipped, "runs": runs, "said": said if skipped else []})
    return verdicts


def stop_system_daemon():
    """Stop the system's own daemon, which would be in the way of another one."""
    subprocess.run(["sh", "-c", "kill $(pidof auditd)"], check=False)
    deadline = time.monotonic() + 30
    while subprocess.run(["pidof", "auditd"], stdout=subprocess.DEVNULL, check=False).returncode == 0:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def shipped(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def text_of(case, base):
    """The text of a case: its own, or the file of the package with other settings."""
    if "text" in case:
        return case["text"]
    return render(edited(base, case["settings"]))


def batches(cases, accepted):
    """Numbers of cases, in groups: cases without objections are tried together if they set different keys."""
    groups = []
    for number, case in enumerate(cases):
        # A daemon that need not raise its priority goes on, see auditd().
        alone = "text" in case or case["settings"].get("priority_boost") == "0"
        if alone or not accepted(case):
            yield [number]
            continue
        for group in groups:
            fits = group["file"] == case["file"] and not set(group["settings"]) & set(case["settings"])
            merged = {"file": case["file"], "settings": {**group["settings"], **case["settings"]}}
            if fits and accepted(merged):
                group["settings"] = merged["settings"]
                group["numbers"].append(number)
                break
        else:
            groups.append({"numbers": [number], "file": case["file"], "settings": case["settings"]})
    for group in groups:
        yield group["numbers"]


def main():
    cases = json.load(sys.stdin)
    host = Host()
    prepare()
    base = {
        AUDITD_CONF.name: parse(shipped("/etc/audit/auditd.conf")),
        REMOTE_CONF.name: edited(parse(shipped("/etc/audit/audisp-remote.conf")), {"remote_server": "192.0.2.1"}),
    }
    daemons = {AUDITD_CONF.name: (auditd, built_with(AUDITD)), REMOTE_CONF.name: (remote, built_with(REMOTE))}

    def objections(case):
        file = FILES[case["file"]]
        lines = parse(text_of(case, base[file.name]), file.unended)
        problems = check(file, lines, Target(host.version, daemons[file.name][1], file_status, host.gid))
        return "; ".join(problem.reason for problem in problems)

    stop_system_daemon()
    of_plugins = plugins(cases["plugins"], host)
    everything = []
    for settings in cases["everything"]:
        with open(f"{DIRECTORY}/auditd.conf", "w", encoding="utf-8") as file:
            file.write(render(edited(base[AUDITD_CONF.name], settings)))
        said, _children, status = start(DIRECTORY)
        everything.append({"said": said, "status": status})

    give_up_priority()
    verdicts, runs = {}, 0
    queue = list(batches(cases["files"], lambda case: not objections(case)))
    while queue:
        numbers = queue.pop()
        first = cases["files"][numbers[0]]
        merged = {key: value for number in numbers for key, value in cases["files"][number].get("settings", {}).items()}
        case = first if len(numbers) == 1 else {"file": first["file"], "settings": merged}
        taken, said = daemons[first["file"]][0](text_of(case, base[first["file"]]))
        runs += 1
        if not taken and len(numbers) > 1:
            queue += [[number] for number in numbers]
            continue
        for number in numbers:
            verdicts[number] = {"objection": objections(cases["files"][number]), "taken": taken, "said": said}
    print(json.dumps({
        "version": host.version, "built": {name: sorted(built) for name, (_run, built) in daemons.items()},
        "runs": runs, "files": [verdicts[number] for number in range(len(cases["files"]))], "plugins": of_plugins,
        "everything": everything,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
