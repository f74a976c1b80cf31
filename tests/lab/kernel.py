# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernels of guests: User-Mode Linux of a Debian release, whatever release the machine and the guest are."""

import hashlib
import pathlib

from .cache import Build, built

# From 6.16 on, User-Mode Linux can run processes under a seccomp filter instead of tracing them with ptrace: a Python
# starts in 0.08 s, and takes 0.21 s with the 6.1 of Debian 12.
QUICK = "forky"
# The last that has the tables of iptables-legacy.
LEGACY_NETFILTER = "trixie"
KERNELS = (QUICK, LEGACY_NETFILTER)

# The program brings its own C library, as this machine's may be older than it needs.
PACKAGES = ("user-mode-linux", "libc6")
PROGRAM, LOADER, LIBRARY = "linux.uml", "ld-linux-x86-64.so.2", "libc.so.6"
MODULES = "modules.ext4"

# Of this file as it was loaded.
RECIPE = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()[:12]


def unfit(release: str) -> str | None:
    """Why a kernel does not run on this machine, None if it does."""
    if release != QUICK and " amx_tile" in pathlib.Path("/proc/cpuinfo").read_text():
        # ptrace gives it fewer of the registers there than it takes.
        return f"the kernel of {release} panics on a processor with AMX, as this machine has"
    return None


def user_mode_linux(release: str) -> pathlib.Path:
    """Return a directory with PROGRAM and MODULES of a release's kernel; build it if there is none."""

    def make(build: Build) -> pathlib.Path:
        root = build.bootstrap(release, "extract", PACKAGES)
        made = build.directory / "made"
        made.mkdir()
        (root / "usr/bin" / PROGRAM).rename(made / PROGRAM)
        for name in (LOADER, LIBRARY):
            (root / "usr/lib/x86_64-linux-gnu" / name).rename(made / name)
        place = str(build.wanted)
        build.run("patchelf", "--set-interpreter", f"{place}/{LOADER}", "--set-rpath", place, str(made / PROGRAM))
        modules = str(root / "usr/lib/uml/modules")
        build.run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", modules, str(made / MODULES), "512M")
        return made

    return built(f"kernel-{release}", RECIPE, "", make)
