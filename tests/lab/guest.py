# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One guest: a User-Mode Linux process with a copy-on-write disk, two network interfaces, and ssh."""

import contextlib
import os
import pathlib
import shlex
import signal
import subprocess
import threading
import time

from .kernel import MODULES, PROGRAM

BOOT_TIMEOUT = 120  # seconds

# Memory of a guest is a file that UML maps; on a disk it works, but every page that a guest dirties is written out.
MEMORY_DIRECTORIES = ("/dev/shm", "/run", "/dev", "/tmp")


class GuestError(Exception):
    """A guest did not do what was asked; the message ends with what its console, or the command, said last."""


class Guest:
    """A guest of a lab; made by Lab.boot(). `address` is its own on the link that guests share."""

    def __init__(
        self,
        lab,
        name: str,
        release: str,
        base: pathlib.Path,
        kernel: pathlib.Path,
        *,
        number: int,
        processor: int,
        memory: int,
        kernel_args: str,
    ):
        """Plug the guest into the lab's bridges, without booting it.

        `base` is the image below its own disk, `kernel` what user_mode_linux() returns, `processor` the one of this
        machine that it runs on.
        """
        self.lab, self.name, self.release, self.memory, self.kernel_args = lab, name, release, memory, kernel_args
        self.management_address, self.address = f"10.99.0.{number}", f"10.98.0.{number}"
        self._taps = {"manage": f"manage{number}", "shared": f"shared{number}"}
        # The same hardware addresses on every boot, or the neighbours would look for the old ones for a while.
        self._macs = {"manage": f"02:00:00:00:00:{number:02x}", "shared": f"02:00:00:00:01:{number:02x}"}
        self._base, self._kernel, self._processor = base, kernel, processor
        self._disk = lab.directory / f"{name}.cow"
        self._console = lab.directory / f"{name}.console"
        self._process = None
        self._watcher = None
        for bridge, tap in self._taps.items():
            lab.run("ip", "tuntap", "add", tap, "mode", "tap")
            lab.run("ip", "link", "set", tap, "master", bridge, "up")

    def __repr__(self):
        return f"<Guest {self.name}>"

    @property
    def running(self) -> bool:
        """Whether the guest's kernel runs, be it up or not."""
        return self._process is not None and self._process.poll() is None

    @property
    def console(self) -> str:
        """All that kernel and systemd have written, over all boots."""
        return self._console.read_text(errors="replace") if self._console.exists() else ""

    def start(self) -> None:
        """Boot, and wait until everything has started; after stop(), or a panic, from the same disk."""
        self.reap()
        taps = self._taps.items()
        key = pathlib.Path(self.lab.directory, "key.pub").read_text().split()[1]
        command = [
            *self.lab.enter,
            # The guest's kernel and its processes take turns at each system call and page fault. To wake one another up
            # across processors takes longer than most of what they do in between.
            "taskset", "--cpu-list", str(self._processor),
            self.lab.kernel, f"ubd0={self._disk},{self._base}", "root=/dev/ubda", "rw",
            f"ubd1r={self._kernel / MODULES}",
            f"mem={self.memory}M",
            "seccomp=auto",
            *(f"vec{n}:transport=tap,ifname={tap},mac={self._macs[net]}" for n, (net, tap) in enumerate(taps)),
            f"systemd.hostname={self.name}",
            f"lab.link=vec0:{self.management_address}/24", f"lab.link=vec1:{self.address}/24", f"lab.key={key}",
            f"uml_dir={self.lab.directory}", f"umid={self.name}.uml",
            "con0=null,fd:1", "con=null", "ssl=null", "random.trust_cpu=on", *shlex.split(self.kernel_args),
        ]  # fmt: skip
        with self._console.open("a") as console:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                env=os.environ | {"TMPDIR": _memory_directory(), "UML": str(self._kernel / PROGRAM)},
                start_new_session=True,  # out of reach of a Ctrl-C
            )
        self._watcher = threading.Thread(target=self._hang_up, daemon=True)
        self._watcher.start()
        self.lab.refresh()
        self._wait_until_up()

    def run(
        self, command: str, *, check: bool = True, input: str | None = None, timeout: float | None = 60
    ) -> subprocess.CompletedProcess:
        """Run a shell command as root; text in, text out. `timeout` in seconds."""
        result = self._ssh(command, input=input, timeout=timeout)
        if check and result.returncode:
            raise GuestError(
                f"{self.name}: {command!r} exited with {result.returncode}\n{result.stdout}{result.stderr}"
            )
        return result

    def put(self, local, remote: str) -> None:
        """Copy a file or a directory of this machine to the guest."""
        self._copy(str(local), f"{self.name}:{remote}")

    def get(self, remote: str, local) -> None:
        """Copy a file or a directory of the guest to this machine."""
        self._copy(f"{self.name}:{remote}", str(local))

    def reboot(self) -> None:
        """Reboot as an administrator would, and wait until the guest is up again. The disk stays, the kernel is new."""
        before = self._boot_id()
        self.run("systemctl reboot", check=False)
        self._disconnect()
        self._wait_until_up(before)

    def stop(self) -> None:
        """Kill the guest, as a power cut would. start() boots it again from the same disk."""
        if self.running:
            # UML is the only child of nsenter, and leads a process group of helpers that hold the disk open.
            group = int(pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text())
            with contextlib.suppress(ProcessLookupError):
                while True:
                    os.killpg(group, signal.SIGKILL)
                    time.sleep(0.02)
        self.reap()
        self.lab.refresh()

    def cut(self) -> None:
        """Unplug the guest from the link that guests share; run() and the like still reach it."""
        self.lab.run("ip", "link", "set", self._taps["shared"], "nomaster")

    def join(self) -> None:
        """Undo cut()."""
        self.lab.run("ip", "link", "set", self._taps["shared"], "master", "shared")

    def reap(self) -> None:
        """Wait for the end of a guest that ends, and of the connections to it."""
        if self._watcher is not None:
            self._watcher.join()

    def _hang_up(self):
        """A run() of a guest that panics would wait for an answer in vain."""
        self._process.wait()
        self._disconnect()

    def _ssh(self, command, *, input=None, timeout=None):
        return subprocess.run(
            ["ssh", "-F", self.lab.ssh_config, self.name, command],
            check=False,
            stdin=subprocess.DEVNULL if input is None else None,
            input=input,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def _copy(self, source, target):
        subprocess.run(["scp", "-q", "-r", "-p", "-F", self.lab.ssh_config, source, target], check=True)

    def _disconnect(self):
        with contextlib.suppress(OSError):
            subprocess.run(
                ["ssh", "-F", self.lab.ssh_config, "-O", "exit", self.name],
                check=False,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def _boot_id(self):
        result = self._ssh("cat /proc/sys/kernel/random/boot_id")
        return result.stdout.strip() or None

    def _wait_until_up(self, previous_boot=None):
        deadline = time.monotonic() + BOOT_TIMEOUT
        while self._boot_id() in (None, previous_boot):
            if not self.running or time.monotonic() > deadline:
                raise GuestError(f"{self.name} did not come up; the end of its console:\n{self.console[-3000:]}")
            time.sleep(0.2)
        self.run("systemctl is-system-running --wait", check=False, timeout=BOOT_TIMEOUT)


def _memory_directory():
    """The first of MEMORY_DIRECTORIES that is in memory and that code may be mapped from, else the last."""
    mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    in_memory = {
        point
        for _device, point, kind, options, *_rest in mounts
        if kind in ("tmpfs", "devtmpfs") and "noexec" not in options.split(",")
    }
    return next((name for name in MEMORY_DIRECTORIES if name in in_memory), MEMORY_DIRECTORIES[-1])
