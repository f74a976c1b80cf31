# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: provokes an event of each rule that the kernel holds, and looks for it in the log.

Prints JSON: for each rule that can be provoked here, its class, its text, and whether its event is in the log. Each
event is made by a process of its own, so that the log tells by pid what was recorded. The process is root in a session
of the user 1000, or that user. Standard library and x86_64.
"""

import ctypes
import errno
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

CALL = ctypes.CDLL(None, use_errno=True).syscall
LOG = "/var/log/audit/audit.log"
USER = 1000
# Debian 11 may have /bin apart from /usr/bin.
SU = next(path for path in ("/usr/bin/su", "/bin/su") if os.path.exists(path))
# No process, no descriptor, no address, no set of flags; and not -1, which kill() takes for all processes.
NOTHING = 0x7FFFFFF0
# Each watch is tried, because paths differ; of other classes, this many rules are.
ENOUGH = 12
# A file that no pack watches, or else its watch would take the event.
FILE = os.path.abspath(__file__)
NONE = FILE + ".none"
# Nor a program that runs with the rights of root: packs watch those that the host had when they were declared.
PRIVILEGED = FILE + ".su"
# As the user, each of these fails: with EACCES, and with EPERM.
DENIED = {
    "EACCES": {
        "open": lambda: os.open(FILE, os.O_RDWR),
        "openat": lambda: os.open(FILE, os.O_RDWR),
        "truncate": lambda: os.truncate(FILE, 0),
        "creat": lambda: CALL(85, NONE.encode(), 0o600),
        "unlinkat": lambda: CALL(263, -100, FILE.encode(), 0),
        "unlink": lambda: os.unlink(FILE),
        "rename": lambda: os.rename(FILE, NONE),
        "mkdir": lambda: os.mkdir(NONE),
        "link": lambda: os.link("/etc/hosts", NONE),
    },
    "EPERM": {
        "fchmodat": lambda: CALL(268, -100, FILE.encode(), 0o600),
        "chmod": lambda: CALL(90, FILE.encode(), 0o600),
        "chown": lambda: CALL(92, FILE.encode(), 0, 0),
        "fchownat": lambda: CALL(260, -100, FILE.encode(), 0, 0, 0),
        "lchown": lambda: CALL(94, FILE.encode(), 0, 0),
        "mount": lambda: CALL(165, b"x", b"/mnt", b"tmpfs", 0, 0),
        "sethostname": lambda: CALL(170, b"x", 1),
        "setxattr": lambda: os.setxattr(FILE, "user.x", b""),
    },
}


class Rule:
    """A line of `auditctl -l`."""

    def __init__(self, text):
        words = shlex.split(text)
        self.text = text
        self.fields, self.calls, self.comparisons = [], [], []
        self.records = words[0] == "-w" or set(words[1].split(",")) == {"always", "exit"}
        for option, word in zip(words[::2], words[1::2]):  # noqa: B905  # Python 3.9
            if option == "-F":
                self.fields.append(re.match(r"(\w+)([!<>=&]+)(.*)", word).groups())
            elif option == "-w":
                self.fields.append(("dir" if word.endswith("/") or os.path.isdir(word) else "path", "=", word))
            elif option in ("-p", "-k"):
                self.fields.append(({"-p": "perm", "-k": "key"}[option], "=", word))
            elif option == "-S":
                self.calls += word.split(",")
            elif option == "-C":
                self.comparisons.append(word)

    def value(self, name):
        """The value of the field with `=`, if the rule has one."""
        return next((value for field, operator, value in self.fields if field == name and operator == "="), None)


def as_user():
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)


def execute(path):
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    signal.alarm(5)
    os.execv(path, [path, "--help"])


def touch(path):
    """Change nothing, by calls that count as write and as change of attributes."""
    if os.path.islink(path):
        # The kernel watches a link itself, which is changed by putting another one in its place.
        os.symlink(os.readlink(path), f"{path}.new")
        os.rename(f"{path}.new", path)
        return
    os.chmod(path, os.stat(path).st_mode & 0o7777)
    if os.path.isdir(path):
        # A rule for changes of modes may come first, so that of the directory has a new file as well.
        try:
            os.close(os.open(path + "/.after_boot", os.O_CREAT | os.O_WRONLY, 0o600))
            os.unlink(path + "/.after_boot")
        except OSError:
            pass
    os.close(os.open(path, (os.O_RDONLY if os.path.isdir(path) else os.O_RDWR) | os.O_NONBLOCK))


def call(rule, numbers):
    """The first of the rule's system calls, with arguments that the rule asks for and no kernel accepts."""
    arguments = [NOTHING] * 6
    for name, operator, value in rule.fields:
        if re.fullmatch("a[0-3]", name) and operator in ("=", ">=", "&", "&="):
            arguments[int(name[1])] = int(value, 0)
    CALL(numbers[rule.calls[0]], *map(ctypes.c_long, arguments))


def provocation(rule, numbers):
    """The class of a rule, and what provokes it, done by a process of its own; None if nothing here does."""
    watched = next(((name, rule.value(name)) for name in ("path", "dir") if rule.value(name)), None)
    wanted = {value for name, _operator, value in rule.fields if name == "exit"}
    if not rule.records or rule.value("arch") in ("b32", "i386") or rule.value("exe"):
        return None
    identity = {name for name, _operator, _value in rule.fields} & {"uid", "gid", "egid", "fsuid", "subj_type"}
    if identity or rule.value("auid") in ("-1", "unset", "4294967295") or rule.value("success") in ("1", "yes"):
        return None
    if rule.comparisons or rule.value("euid") == "0":
        return ("privilege", lambda: (as_user(), execute(PRIVILEGED))) if "execve" in rule.calls else None
    for name in ("EACCES", "EPERM"):
        if wanted & {"-" + name, str(-getattr(errno, name))}:
            done = next((DENIED[name][one] for one in rule.calls if one in DENIED[name]), None)
            return ("denied call", lambda done=done: (as_user(), done())) if done and not watched else None
    if watched and not os.path.exists(watched[1]):
        return None
    if watched and rule.value("perm") == "x":
        return "execution", lambda: execute(watched[1])
    if watched:
        return ("directory" if watched[0] == "dir" else "file"), lambda: touch(watched[1])
    if rule.calls and rule.calls[0] in numbers and not rule.value("saddr_fam"):
        return "call", lambda: call(rule, numbers)
    return None


def start(action):
    """A process that does it; its pid."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
        except OSError:
            pass
        finally:
            os._exit(0)
    return pid


def settle():
    """Wait until nothing waits for the log any more."""
    size, deadline = -1, time.monotonic() + 120
    while time.monotonic() < deadline:
        status = subprocess.check_output(["auditctl", "-s"], text=True).splitlines()
        last, size = size, os.path.getsize(LOG)
        if "backlog 0" in status and last == size:
            return
        time.sleep(1)


def recorded(offset):
    """The pids and keys of the events since then."""
    rotated = os.path.getsize(LOG) < offset
    text = b""
    for path, start in ((f"{LOG}.1", offset), (LOG, 0)) if rotated else ((LOG, offset),):
        with open(path, "rb") as file:
            file.seek(start)
            text += file.read()
    found = {}
    for line in text.decode("utf-8", "replace").splitlines():
        if line.startswith("type=SYSCALL"):
            pid = int(re.search(r" pid=(\d+)", line)[1])
            key = re.search(r" key=(\S+)", line)
            found.setdefault(pid, set()).add(key[1].strip('"') if key else "")
    return found


def keys_of(text):
    if re.fullmatch("([0-9A-F]{2})+", text):
        return set(bytes.fromhex(text).decode().split("\x01"))
    return {text}


def main():
    # Under a service no login is set, so this process may set one.
    with open("/proc/self/loginuid", "w") as file:
        file.write(str(USER))
    dump = subprocess.check_output(["ausyscall", "x86_64", "--dump"], text=True).splitlines()
    numbers = {words[1]: int(words[0]) for words in map(str.split, dump) if len(words) == 2 and words[0].isdigit()}
    shutil.copy(SU, PRIVILEGED)
    os.chmod(PRIVILEGED, 0o4755)
    offset = os.path.getsize(LOG)
    made = []
    for line in subprocess.check_output(["auditctl", "-l"], text=True).splitlines():
        if line == "No rules":
            continue
        rule = Rule(line)
        found = provocation(rule, numbers)
        alike = [kind for kind, _rule, _pid in made if found and kind == found[0]]
        if found and (found[0] in ("file", "directory") or len(alike) < ENOUGH):
            made.append((found[0], rule, start(found[1])))
    for _kind, _rule, pid in made:
        os.waitpid(pid, 0)
    os.unlink(PRIVILEGED)
    settle()
    seen = recorded(offset)
    result = []
    for kind, rule, pid in made:
        own = {value for name, _operator, value in rule.fields if name == "key"}
        keys = set().union(*map(keys_of, seen.get(pid, ())))
        result.append([kind, rule.text, "own key" if own & keys else "other key" if keys - {"(null)"} else "nothing"])
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
