# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays auditd: reacts to signals, runs plugins, writes its log, its report and the journal; see acted_host.py.

play.json says how it behaves. It is read whenever something happens, so a test may change its mind meanwhile.
"""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(sys.argv[0]).absolute().parent.parent
CONF, PLUGINS, PID = ROOT / "etc/auditd.conf", ROOT / "etc/plugins.d", ROOT / "kernel.pid"
RECORD = "type=DAEMON_{} msg=audit(1.0:1): op=x state=changed auid=0 pid=7 res={}\n"
SIGNALS = {signal.SIGHUP, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCONT, signal.SIGRTMIN}
REPORT = "audit version = {}\ncurrent log size = 6 KB\nlogging suspended = {}\n"
running = {}


def play():
    return json.loads((ROOT / "play.json").read_text())


def append(name, text):
    with open(ROOT / name, "a", encoding="utf-8") as file:
        file.write(text)


def say(text):
    append("journal", json.dumps({"_UID": "0", "SYSLOG_IDENTIFIER": "auditd", "MESSAGE": text}) + "\n")
    append("syslog", f"Nov 25 02:12:00 host auditd[{os.getpid()}]: {text}\n")


def record(kind, result):
    if play().get("records", True):
        append("log/audit.log", RECORD.format(kind, result))


def mistake():
    return 'Unknown keyword "nonsense" in line 4 of auditd.conf' if b"nonsense" in CONF.read_bytes() else None


def register(pid):
    (ROOT / "pids" / str(pid)).touch()


def run_plugins(replace=False):
    wanted = set()
    for file in sorted(PLUGINS.glob("*.conf")):
        text = file.read_text()
        if re.search("^active = yes$", text, re.MULTILINE):
            wanted.add(re.search("^path = (.*)$", text, re.MULTILINE).group(1))
    for path in list(running):
        if replace or path not in wanted:
            end(running.pop(path))
    for path in wanted - set(running):
        running[path] = subprocess.Popen([path], stdin=subprocess.PIPE)
        register(running[path].pid)


def end(plugin):
    plugin.stdin.close()
    time.sleep(play().get("plugins_linger", 0))
    plugin.terminate()
    plugin.wait()


def hup(info):
    manner = play().get("hup", "taken")
    if manner == "silent":
        return
    if manner == "busy":
        (ROOT / "play.json").write_text(json.dumps({**play(), "hup": "taken"}))
        say("Error sending signal_info request (No buffer space available)")
        record("CONFIG", "failed")
        return
    if manner == "dies":
        sys.exit(1)
    if manner == "reborn":
        if os.fork():
            os._exit(0)
        take_place()
    if wrong := mistake():
        say(wrong)
        record("CONFIG", "failed")
        return
    say(f"config change requested by pid={info.si_pid} auid=0 subj=kernel")
    if manner == "kept":
        say("Plugin configuration reload failed, keeping old state")
    else:
        run_plugins(replace=tuple(map(int, play()["version"].split("."))) >= (4, 2))
    record("CONFIG", "success")


def usr1(info):
    if play().get("rotates", True):
        os.rename(ROOT / "log/audit.log", ROOT / "log/audit.log.1")
        (ROOT / "log/audit.log").touch()


def usr2(info):
    if play().get("resumes", True):
        (ROOT / "suspended").unlink(missing_ok=True)


def cont(info):
    if not play().get("reports", True):
        return
    text = REPORT.format(play()["version"], "yes" if (ROOT / "suspended").exists() else "no")
    with open(ROOT / "auditd.state", "w", encoding="utf-8") as file:
        pause = play().get("report_seconds", 0)
        for part in text if pause else [text]:
            file.write(part)
            file.flush()
            time.sleep(pause)


def passed(info):
    for path, plugin in list(running.items()):
        if plugin.poll() is not None:
            say(f"plugin {path} terminated unexpectedly")
            running[path] = subprocess.Popen([path], stdin=subprocess.PIPE)
            register(running[path].pid)
        elif not play().get("stalls"):
            with contextlib.suppress(OSError):
                plugin.stdin.write(b"record\n")
                plugin.stdin.flush()


def term(info):
    if not play().get("ends", True):
        return
    say("The audit daemon is exiting.")
    for plugin in running.values():
        end(plugin)
    sys.exit(0)


def take_place():
    register(os.getpid())
    PID.write_text(str(os.getpid()))


def main():
    wrong = mistake()
    if wrong:
        say(wrong)
        return 6
    if play().get("exit"):
        print(play().get("prints", ""))
        return play()["exit"]
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    ready, tell = os.pipe()
    if os.fork():
        os.close(tell)
        os.read(ready, 1)
        return 0
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    take_place()
    if play().get("dies"):
        return 1
    run_plugins()
    say("Init complete, auditd listening for events")
    os.close(tell)
    reactions = {
        signal.SIGHUP: hup, signal.SIGTERM: term, signal.SIGUSR1: usr1, signal.SIGUSR2: usr2, signal.SIGCONT: cont,
        signal.SIGRTMIN: passed,
    }  # fmt: skip
    while True:
        info = signal.sigwaitinfo(SIGNALS)
        append("received", signal.Signals(info.si_signo).name + "\n")
        reactions[info.si_signo](info)


if __name__ == "__main__":
    sys.exit(main())
