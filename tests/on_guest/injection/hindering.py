# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module in a process of its own, traced by strace, which hinders one system call of it."""

import json
import os
import re
import signal
import subprocess
import time
import traceback
from typing import NamedTuple

from .stand_in import call_module

__all__ = ("Ended", "Fault", "Step", "faults_at", "noted_steps", "run_module")

_TRACE = "/root/trace"
_LIBRARY = "/root/lib/"
_HANGS_AFTER = 240.0
_ERRORS = {
    "reading": ("EIO", "EACCES", "EMFILE"),
    "creating": ("ENOSPC", "EROFS", "EPERM"),
    "read": ("EIO", "EINTR"),
    "write": ("ENOSPC", "EIO", "EDQUOT", "EINTR"),
    "pwrite64": ("ENOSPC", "EIO"),
    "fsync": ("EIO", "ENOSPC", "EINTR"),
    "rename": ("EIO", "EPERM", "ENOSPC", "EXDEV"),
    "unlink": ("EIO", "EPERM", "EROFS"),
    "mkdir": ("ENOSPC", "EPERM", "EROFS"),
    "rmdir": ("EIO", "EPERM"),
    "fchmod": ("EPERM", "EIO"),
    "fchown": ("EPERM", "EIO"),
    "link": ("EPERM", "EMLINK"),
    "symlink": ("EPERM", "ENOSPC"),
    "setxattr": ("ENOSPC", "EPERM"),
    "ftruncate": ("EIO", "EINTR"),
    "sendto": ("ENOBUFS", "EPERM", "EAGAIN", "EINTR", "ECONNREFUSED"),
    "recvfrom": ("ENOBUFS", "EAGAIN", "EINTR", "EIO"),
    "socket": ("EMFILE", "EPERM", "EPROTONOSUPPORT"),
    "bind": ("EPERM", "ENOBUFS"),
    "setsockopt": ("EPERM", "ENOBUFS"),
    "flock": ("EINTR", "ENOLCK", "EIO"),
    "kill": ("EPERM", "ESRCH"),
    "clone": ("EAGAIN", "ENOMEM"),
    "vfork": ("EAGAIN", "ENOMEM"),
    "pipe2": ("EMFILE",),
    "execve": ("ENOENT", "EACCES", "ENOMEM"),
    "newfstatat": ("EIO", "EACCES"),
    "statfs": ("EIO",),
    "getdents64": ("EIO",),
}
_NOTED = sorted(set(_ERRORS) - {"reading", "creating"} | {"openat"})
# A process that is killed before a call that changes nothing leaves what it leaves before the next one that does.
_HARMLESS = ("read", "newfstatat", "statfs", "getdents64", "socket", "bind", "setsockopt", "pipe2", "reading")


class Step(NamedTuple):
    """The nth call of a system call, as strace prints it."""

    call: str
    number: int
    text: str

    @property
    def kind(self):
        """Its place in the table of errors."""
        if self.call == "openat":
            return "creating" if "O_CREAT" in self.text else "reading"
        return self.call

    @property
    def place(self):
        """The same for all calls with the same arguments but for numbers."""
        return self.call, re.sub(r"\d+|\.linux-audit\.\w+", "", self.text.partition(" = ")[0])


class Fault(NamedTuple):
    """What happens to a step: the name of an error, or KILL before the step is taken."""

    step: Step
    what: str

    @property
    def options(self):
        """Those of strace."""
        effect = "signal=KILL" if self.what == "KILL" else f"error={self.what}"
        # Programs are executed by children; each counts its own calls.
        children = ["-f"] if self.step.call == "execve" else []
        return [*children, "-e", f"inject={self.step.call}:{effect}:when={self.step.number}"]


class Ended(NamedTuple):
    """How the module ended: its result (None: killed), whether the fault has happened, seconds, what strace printed."""

    result: dict | None
    hindered: bool
    seconds: float
    trace: str


def faults_at(steps, thin):
    """All faults of all steps; thin: of steps that are alike, the first two and the last."""
    places = {}
    for step in steps:
        places.setdefault(step.place, []).append(step)
    for step in steps:
        alike = places[step.place]
        if thin and step not in alike[:2] and step is not alike[-1]:
            continue
        for error in _ERRORS[step.kind]:
            yield Fault(step, error)
        if step.kind not in _HARMLESS and step.call != "execve":
            yield Fault(step, "KILL")


def noted_steps(trace):
    """The steps in what strace has printed of an unhindered run."""
    counts: dict = {}
    steps = []
    for line in trace.splitlines():
        found = re.match(r"(?:\d+ +)?(\w+)\(", line)
        if found:
            call = found.group(1)
            counts[call] = counts.get(call, 0) + 1
            # What Python looks at to show where an error was raised is no step of the module.
            if _LIBRARY not in line:
                steps.append(Step(call, counts[call], line[:300]))
    # Of what children execute, all is hindered at once.
    return [*steps, Step("execve", 1, "execve()")] if "vfork" in counts else steps


def run_module(name, parameters, fault=None, traced=True):
    """Run a module; hinder it by a fault."""
    gate, release = os.pipe()
    reader, writer = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if not child:
        _be_module(name, parameters, gate, (release, reader), writer)
    os.close(gate)
    os.close(writer)
    tracer = _attach(child, fault) if traced or fault else None
    os.write(release, b"1")
    os.close(release)
    text = _read(reader, child, began)
    os.close(reader)
    os.waitpid(child, 0)
    if tracer:
        tracer.wait()
    trace = _trace() if tracer else ""
    hindered = "(INJECTED)" in trace or "+++ killed by SIGKILL +++" in trace
    return Ended(json.loads(text) if text else None, hindered, time.monotonic() - began, trace)


def _trace():
    """What strace has printed."""
    with open(_TRACE, encoding="utf-8", errors="replace") as file:
        return file.read()


def _be_module(name, parameters, gate, others, writer):
    """The child: wait until it is traced, run the module, write the result by a call that is never hindered."""
    for descriptor in others:
        os.close(descriptor)
    # By a call that is not hindered either.
    os.readv(gate, [bytearray(1)])
    try:
        result = call_module(name, parameters)
    except BaseException:
        result = {"failed": True, "traceback": traceback.format_exc(), "msg": ""}
    text = json.dumps(result).encode()
    while text:
        text = text[os.writev(writer, [text]) :]
    os._exit(0)


def _attach(child, fault):
    """strace, when it traces the child."""
    options = fault.options if fault else ["-y", "-e", f"trace={','.join(_NOTED)}"]
    filters = ["-e", f"trace={fault.step.call}"] if fault else []
    command = ["strace", "-qqq", "-o", _TRACE, *filters, *options, "-p", str(child)]
    if fault and fault.what == "KILL":
        command.remove("-qqq")
    tracer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        with open(f"/proc/{child}/status", encoding="ascii", errors="replace") as file:
            if "TracerPid:\t0" not in file.read():
                return tracer
        assert tracer.poll() is None, "strace does not trace"
        time.sleep(0.002)


def _read(reader, child, began):
    """What the child writes until it ends; it is killed if it hangs."""
    text = b""
    os.set_blocking(reader, False)
    while True:
        try:
            part = os.read(reader, 1 << 20)
        except BlockingIOError:
            if time.monotonic() - began > _HANGS_AFTER:
                os.kill(child, signal.SIGKILL)
                return json.dumps({"failed": True, "traceback": "it hangs", "msg": ""}).encode()
            time.sleep(0.005)
            continue
        if not part:
            return text
        text += part
