# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab by hand: `PYTHONPATH=tests python3 -m lab up bookworm trixie`."""

import argparse
import os
import pathlib
import signal
import sys

from . import RELEASES, GuestError, ImageError, Lab, image, sweep
from .laboratory import PARENT, PREFIX


def up(arguments):
    """Boot guests, say how to reach them, keep them until Ctrl-C."""
    with Lab() as lab:
        lab.boot_all(arguments.release, memory=arguments.memory, kernel_args=arguments.kernel_args)
        for name, guest in lab.guests.items():
            print(f"ssh -F {lab.ssh_config} {name}    # {guest.address}, console: {lab.directory}/{name}.console")
        print(f"ansible -i {lab.inventory} all -m ping")
        print("Ctrl-C ends the lab.", flush=True)
        signal.pause()


def ssh(arguments):
    """Become ssh, to a guest of the lab that was started last."""
    configs = sorted(pathlib.Path(PARENT).glob(f"{PREFIX}*/ssh_config"), key=lambda path: path.stat().st_mtime)
    if not configs:
        sys.exit("no lab is up: start one by `up RELEASE...` in another terminal")
    os.execvp("ssh", ["ssh", "-F", configs[-1], arguments.guest, *arguments.command])


def images(arguments):
    """Build the images that are missing or out of date."""
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
    sub.add_argument("release", nargs="+", choices=RELEASES)
    sub.add_argument("--memory", type=int, default=256, help="MiB for each guest")
    sub.add_argument("--kernel-args", default="", help='such as "audit=0"')
    sub = command("ssh", ssh)
    sub.add_argument("guest")
    sub.add_argument("command", nargs=argparse.REMAINDER)
    command("images", images).add_argument("release", nargs="*", metavar="RELEASE", help=", ".join(RELEASES))
    command("sweep", swept)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        arguments.function(arguments)
    except (GuestError, ImageError, PermissionError) as error:
        sys.exit(f"lab: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
