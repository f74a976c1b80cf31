# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab by hand: `PYTHONPATH=tests:tests/support python3 -m lab up bookworm trixie`."""

import argparse
import contextlib
import itertools
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

from . import RELEASES, BuildError, GuestError, Lab, image, molecule, sweep
from .kernel import KERNELS, QUICK, unfit, user_mode_linux
from .laboratory import PARENT, PREFIX, end, linked

READY = "Ctrl-C ends the lab.\n"


def up(arguments):
    """Boot guests, say how to reach them, keep them until Ctrl-C."""
    if arguments.detach:
        detach([word for word in sys.argv[1:] if word not in ("-d", "--detach")])
        return
    with contextlib.ExitStack() as stack:
        if arguments.molecule:
            stack.enter_context(molecule.tied())
        lab = stack.enter_context(Lab())
        lab.boot_all(
            arguments.guest, memory=arguments.memory, kernel=arguments.kernel, kernel_args=arguments.kernel_args
        )
        if arguments.link:
            stack.enter_context(linked(lab, arguments.link))
        for name, guest in lab.guests.items():
            print(f"ssh -F {lab.ssh_config} {name}    # {guest.address}, console: {lab.directory}/{name}.console")
        print(f"ansible -i {lab.inventory} all -m ping")
        print(READY, end="", flush=True)
        signal.pause()


def detach(words):
    """Run this again in the background; return when the guests are up, or end with what it said."""
    with tempfile.TemporaryFile("w+") as errors:
        command = [sys.executable, "-m", __package__, *words]
        lab = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
        for line in lab.stdout:
            if line == READY:
                return
            print(line, end="", flush=True)
        lab.wait()
        errors.seek(0)
        sys.exit(errors.read().rstrip() or f"lab: the process of the lab ended with {lab.returncode}")


def named(word):
    """NAME=RELEASE, or a release alone, as a pair; the name of None is left to the lab."""
    name, _equals, release = word.rpartition("=")
    if release not in RELEASES:
        raise argparse.ArgumentTypeError(f"there is no release {release!r}; the lab knows {', '.join(RELEASES)}")
    return name or None, release


def down(arguments):
    """End the lab that a link leads to."""
    end(arguments.link)


def ssh(arguments):
    """Become ssh, to a guest of the lab that was started last."""
    configs = sorted(pathlib.Path(PARENT).glob(f"{PREFIX}*/ssh_config"), key=lambda path: path.stat().st_mtime)
    if not configs:
        sys.exit("no lab is up: start one by `up RELEASE...` in another terminal")
    os.execvp("ssh", ["ssh", "-F", configs[-1], arguments.guest, *arguments.command])


def images(arguments):
    """Build the images and kernels that are missing or out of date."""
    for release in itertools.filterfalse(unfit, KERNELS):
        print(user_mode_linux(release), flush=True)
    for release in arguments.release or RELEASES:
        print(image(release), flush=True)


def swept(arguments):
    """Remove what dead labs left."""
    for directory in sweep():
        print(f"removed {directory}")


def main():
    """Parse the command line and run one of the functions above."""
    parser = argparse.ArgumentParser(
        prog="python3 -m lab", description="Disposable Debian guests with an audit kernel."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, function):
        sub = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        sub.set_defaults(function=function)
        return sub

    sub = command("up", up)
    sub.add_argument("guest", nargs="+", metavar="[NAME=]RELEASE", type=named, help=", ".join(RELEASES))
    sub.add_argument("--memory", type=int, default=256, help="MiB for each guest")
    sub.add_argument("--kernel", default=QUICK, metavar="RELEASE", help="whose kernel it is: %(default)s")
    sub.add_argument("--kernel-args", default="", help='such as "audit=0"')
    sub.add_argument("--link", type=pathlib.Path, help="a symbolic link to make that leads to the lab's directory")
    sub.add_argument("-d", "--detach", action="store_true", help="return when the guests are up; see `down`")
    sub.add_argument("--molecule", action="store_true", help="end with the `molecule test` that this descends from")
    sub = command("down", down)
    sub.add_argument("link", type=pathlib.Path, help="what was given to `up --link`")
    sub = command("ssh", ssh)
    sub.add_argument("guest")
    sub.add_argument("command", nargs=argparse.REMAINDER)
    command("images", images).add_argument("release", nargs="*", metavar="RELEASE", help=", ".join(RELEASES))
    command("sweep", swept)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        arguments.function(arguments)
    except (BuildError, GuestError, PermissionError) as error:
        sys.exit(f"lab: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
