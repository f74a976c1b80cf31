# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole matrix, or the releases of ansible-core that are named by how they begin: `./dev matrix [2.16 2.21]`."""

import contextlib
import sys
import time

from lab import RELEASES, Lab

from . import CORES, ControllerError, controller, table, tour


@contextlib.contextmanager
def told(what):
    """Print what is done, and how long it took."""
    began = time.monotonic()
    print(f"{what} ... ", end="", flush=True)
    try:
        yield
    finally:
        print(f"{time.monotonic() - began:.0f} s", flush=True)


def main() -> None:
    wanted = [core for core in CORES if core.version.startswith(tuple(sys.argv[1:]) or "")]
    cells, missing = [], {}
    with Lab() as lab:
        with told(f"boot {', '.join(RELEASES)}"):
            guests = lab.boot_all(RELEASES)
        for core in wanted:
            try:
                with told(f"install ansible-core {core.version}"):
                    by = controller(core)
            except ControllerError as error:
                missing[core.version] = str(error)
                continue
            with told(f"the tour with ansible-core {core.version} and Python {by.python}"):
                cells += tour(lab, guests, by, lab.directory)
    for cell in cells:
        if cell.failure:
            print(f"\n{cell.host.release} with ansible-core {cell.core}:\n{cell.failure}")
    print("\n" + table(cells, missing))
    if not cells or not all(cell.good for cell in cells):
        sys.exit(1)


if __name__ == "__main__":
    main()
