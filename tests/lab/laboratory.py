# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab: guests, the namespaces they live in, and a directory. However its process ends, the guests end with it."""

import concurrent.futures
import contextlib
import fcntl
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence

from .cache import BuildError, held
from .guest import Guest
from .images import image
from .kernel import QUICK, unfit, user_mode_linux

# Not gettempdir(): ssh's control sockets lie here, and the path of a socket has 107 bytes at most.
PARENT, PREFIX = "/tmp", "linux-audit-lab."

# Guests are reached over the first bridge, also when their link, a port of the second, is cut.
BRIDGES = {"manage": "10.99.0.254/24", "shared": "10.98.0.254/24"}

# UML reboots by executing its own argv[0] in the same process, but with its network devices still open, which makes
# them busy; so argv[0] is this script.
KERNEL = """\
#!/bin/bash
for fd in /proc/self/fd/*; do
    [ "${fd##*/}" -le 2 ] || eval "exec ${fd##*/}>&-"
done
exec -a "$0" "$UML" "$@"
"""

SSH_CONFIG = """\
Host *
  User root
  IdentityFile {directory}/key
  IdentitiesOnly yes
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
  ControlMaster auto
  ControlPath {directory}/%C
  ControlPersist 1h
  ConnectTimeout 10
  ServerAliveInterval 15
  ServerAliveCountMax 6
  ProxyCommand {enter} nc %h %p
"""


class Lab:
    """Any number of guests that see one another and nothing else. Use it as a context manager, as root.

    Guests and network live in a network and a process namespace. The first process of the latter reads a pipe that this
    process holds: when this process is gone, the kernel kills everything in there and drops the network with it.
    What can remain is the directory, which the next lab removes.
    """

    def __init__(self, processors: Sequence[int] = ()):
        """Sweep, then make the directory, the namespaces, the bridges and the ssh key.

        `processors`: those that guests are given, in turn; by default all that this process may use.
        """
        if os.geteuid() != 0:
            raise PermissionError("the lab makes network namespaces and file systems: run it as root")
        sweep()
        self.guests: dict[str, Guest] = {}
        self._processors = tuple(processors) or _all_processors()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX, dir=PARENT))
        # Locked before it has the name that sweep() looks for.
        self._owner = (self.directory / "owner.draft").open("w")
        fcntl.flock(self._owner, fcntl.LOCK_EX)
        print(os.getpid(), file=self._owner, flush=True)
        os.rename(self._owner.name, self.directory / "owner")
        self._held = contextlib.ExitStack()
        self._registry = threading.Lock()
        self._previous_handler = None
        commands = ["ip link set lo up"]
        for bridge, address in BRIDGES.items():
            commands += [
                f"ip link add name {bridge} type bridge",
                f"ip address add {address} dev {bridge}",
                # UML gives the guest only the first segment of several that it is handed as one.
                f"ip link set dev {bridge} gso_max_segs 1 up",
            ]
        commands += ["echo ready", "exec env --ignore-signal=CHLD cat"]
        self._keeper = subprocess.Popen(
            ["unshare", "--net", "--pid", "--fork", "--kill-child", "sh", "-ec", "; ".join(commands)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        if self._keeper.stdout.readline() != "ready\n":
            self.close()
            raise OSError("cannot make the namespaces of a lab; `unshare` or `ip` said why above")
        spaces = f"/proc/{self._keeper.pid}/ns"
        self.enter = ["nsenter", f"--net={spaces}/net", f"--pid={spaces}/pid_for_children"]
        keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", self.directory / "key"]
        subprocess.run(keygen, check=True)
        self.kernel = self.directory / "kernel"
        self.kernel.write_text(KERNEL)
        self.kernel.chmod(0o755)
        self._write_files()

    @property
    def inventory(self) -> pathlib.Path:
        """An Ansible inventory of the guests that run; nothing else need be set."""
        return self.directory / "inventory.yml"

    @property
    def ssh_config(self) -> pathlib.Path:
        """For `ssh -F`: every guest by its name."""
        return self.directory / "ssh_config"

    def boot(
        self,
        release: str,
        *,
        name: str | None = None,
        memory: int = 256,
        kernel: str = QUICK,
        kernel_args: str = "",
    ) -> Guest:
        """Boot a guest (memory in MiB), wait until it is up, return it. Its name is the release, or release-2, ....

        `kernel`: the release that its kernel is of. Raises BuildError if that does not run on this machine.
        """
        if reason := unfit(kernel):
            raise BuildError(reason)
        base, program = image(release), user_mode_linux(kernel)
        with self._registry:
            for path in (base, program):
                self._held.enter_context(held(path))
            number = len(self.guests) + 1
            names = [release, *(f"{release}-{count}" for count in range(2, number + 1))]
            name = name or next(free for free in names if free not in self.guests)
            if name in self.guests:
                raise ValueError(f"this lab has a guest named {name!r} already")
            guest = Guest(
                self,
                name,
                release,
                base,
                program,
                number=number,
                processor=self._processors[number % len(self._processors)],
                memory=memory,
                kernel_args=kernel_args,
            )
            self.guests[name] = guest
        guest.start()
        return guest

    def boot_all(self, releases, **options) -> list[Guest]:
        """Boot guests of several releases at the same time; options as for boot(). If one fails, no more are begun.

        `releases`: each the name of one, or a pair: the guest's name, or None, and its release.
        """
        named = [(None, release) if isinstance(release, str) else release for release in releases]
        with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            boots = [pool.submit(self.boot, release, name=name, **options) for name, release in named]
            try:
                return [boot.result() for boot in boots]
            except BaseException as error:
                pool.shutdown(wait=False, cancel_futures=True)
                if not isinstance(error, Exception):
                    # Ctrl-C waits for none of those that boot.
                    self.close()
                raise

    def run(self, *command) -> None:
        """Run a command of this machine inside the lab's namespaces."""
        subprocess.run([*self.enter, *command], check=True, stdin=subprocess.DEVNULL)

    def refresh(self) -> None:
        """Write the inventory and the ssh settings again, for the guests that run."""
        with self._registry:
            self._write_files()

    def _write_files(self):
        running = [guest for guest in self.guests.values() if guest.running]
        hosts = {guest.name: {"lab_release": guest.release, "lab_address": guest.address} for guest in running}
        variables = {
            "ansible_ssh_args": f"-F {self.ssh_config}",
            "ansible_ssh_pipelining": True,
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        sections = [f"Host {guest.name}\n  HostName {guest.management_address}\n" for guest in running]
        _replace(self.inventory, json.dumps({"all": {"hosts": hosts, "vars": variables}}, indent=2) + "\n")
        sections.append(SSH_CONFIG.format(directory=self.directory, enter=" ".join(self.enter)))
        _replace(self.ssh_config, "".join(sections))

    def close(self) -> None:
        """Kill the guests and remove every trace."""
        self._keeper.stdin.close()
        self._keeper.wait()
        self._keeper.stdout.close()
        for guest in self.guests.values():
            guest.reap()
        shutil.rmtree(self.directory, ignore_errors=True)
        self._held.close()
        self._owner.close()

    def __enter__(self):
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            self._previous_handler = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        return self

    def __exit__(self, *exception):
        self.close()
        if self._previous_handler is not None:
            signal.signal(signal.SIGTERM, self._previous_handler)


def sweep() -> list[pathlib.Path]:
    """Remove the directories of labs whose process is gone; return them."""
    gone = []
    for directory in pathlib.Path(PARENT).glob(PREFIX + "*"):
        with contextlib.suppress(FileNotFoundError), (directory / "owner").open() as owner:
            if not _locked(owner):
                shutil.rmtree(directory, ignore_errors=True)
                gone.append(directory)
    return gone


@contextlib.contextmanager
def linked(lab: Lab, link: pathlib.Path):
    """Have a symbolic link lead to a lab's directory, instead of to another lab's, which is ended."""
    end(link)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(lab.directory)
    try:
        yield
    finally:
        if link.is_symlink() and link.readlink() == lab.directory:
            link.unlink()


def end(link: pathlib.Path) -> None:
    """End the lab that a symbolic link leads to, if there is one, and remove the link."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), (link / "owner").open() as owner:
        process = os.pidfd_open(int(owner.read()))
        if _locked(owner):  # else the number may be that of a later process
            signal.pidfd_send_signal(process, signal.SIGTERM)
            select.select([process], [], [])
        os.close(process)
    link.unlink(missing_ok=True)


def _all_processors():
    # Not from the first one on, which the only guest of every lab would be given.
    processors = sorted(os.sched_getaffinity(0))
    first = os.getpid() % len(processors)
    return (*processors[first:], *processors[:first])


def _locked(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _replace(path, text):
    draft = path.with_suffix(".draft")
    draft.write_text(text)
    draft.rename(path)
