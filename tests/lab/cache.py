# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guests are made of: built once from Debian's packages, kept, and made again when its recipe changes."""

import contextlib
import fcntl
import functools
import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess

RELEASES = ("bullseye", "bookworm", "trixie", "forky", "sid")

# What a build started ends with the build, even if that is killed.
_TIED = ("setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child")


class BuildError(Exception):
    """Something that guests are made of could not be built; the message says what, why, and where the log lies."""


class Build:
    """The making of one thing: `name`, a directory to work in, and the place that it is made for."""

    def __init__(self, name: str, wanted: pathlib.Path, output):
        """Make the directory; `output`: the file that commands write to."""
        self.name, self.wanted, self._output = name, wanted, output
        self.directory = wanted.with_name(wanted.name + ".work")
        self.directory.mkdir()

    def run(self, *command) -> None:
        """Run a command, raise BuildError if it fails."""
        done = subprocess.run(
            [*_tied(), *command], check=False, stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output
        )
        if done.returncode:
            log = pathlib.Path(self._output.name)
            tail = "".join(log.read_text(errors="replace").splitlines(keepends=True)[-8:])
            raise BuildError(f"building the {self.name}: {shlex.join(command[:1])} failed, see {log}:\n{tail}")

    def bootstrap(self, release: str, variant: str, packages, *options: str) -> pathlib.Path:
        """A directory with packages of a release: a whole system (`minbase`), or their files alone (`extract`)."""
        root, sources, conf = (self.directory / name for name in ("root", "debian.sources", "apt.conf"))
        sources.write_text(apt_source(release))
        conf.write_text('Acquire::Check-Valid-Until "false";\n' + _apt_transport())
        self.run(
            "mmdebstrap", "--mode=root", f"--variant={variant}", "--format=directory", f"--aptopt={conf}", *options,
            f"--include={','.join(packages)}", release, str(root), str(sources),
        )  # fmt: skip
        return root


@functools.cache
def _tied():
    """With what it mounts, but in a chroot that is no mount point, which can have no such namespace."""
    possible = subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode == 0
    return (*_TIED, "--mount") if possible else _TIED


def cache_directory() -> pathlib.Path:
    """The directory of everything that can be built again."""
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(os.environ.get("LINUX_AUDIT_CACHE") or pathlib.Path(home, "linux-audit"))


def built(name: str, recipe: str, suffix: str, make) -> pathlib.Path:
    """Return `NAME-RECIPE` and the suffix, a file or a directory; where there is none, make(build) has to make it.

    make() returns the path, below the directory of the build, of what it has made.
    """
    directory = cache_directory() / "images"
    directory.mkdir(parents=True, exist_ok=True)
    wanted = directory / f"{name}-{recipe}{suffix}"
    with (directory / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not wanted.exists():
            _remove_leftovers(directory, name)
            with (directory / f"{name}.log").open("w") as output:
                build = Build(name, wanted, output)
                make(build).rename(wanted)
            shutil.rmtree(build.directory)
    return wanted


@contextlib.contextmanager
def held(path: pathlib.Path):
    """Keep what was built from being removed, until the block or this process ends."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield path
    finally:
        os.close(descriptor)


def _remove_leftovers(directory, name):
    """Remove what interrupted builds left, and what other recipes made and no lab holds."""
    for other in directory.glob(f"{name}-*"):
        if other.name.endswith(".work"):
            _unmount_below(other)
            shutil.rmtree(other)
            continue
        descriptor = os.open(other, os.O_RDONLY)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(other) if other.is_dir() else other.unlink()
        os.close(descriptor)


def _unmount_below(directory):
    """Unmount what is mounted there, and nothing of what it may be a copy of."""
    mounts = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    places = [re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), mount.split()[4]) for mount in mounts]
    below = [place for place in places if place.startswith(f"{directory.resolve()}/")]
    for place in below:
        subprocess.run(["mount", "--make-private", place], check=True)
    for place in reversed(below):
        subprocess.run(["umount", place], check=True)


def apt_source(release: str, directory: pathlib.Path = pathlib.Path("/etc/apt")) -> str:
    """Return a deb822 source of a release, like the one this machine's own Debian packages come from."""
    suites = {platform.freedesktop_os_release().get("VERSION_CODENAME"), "stable", "testing", "unstable", *RELEASES}
    for source in _apt_sources(directory):
        if suites & set(source["suites"].split()) and "main" in source.get("components", "").split():
            kept = {name: source[name] for name in ("uris", "signed-by", "trusted") if name in source}
            wanted = {"types": "deb", "suites": release, "components": "main"} | kept
            return "".join(f"{name.title()}: {value}\n" for name, value in wanted.items())
    raise BuildError(f"cannot build anything of {release}: no apt source of Debian's main component in {directory}")


def _apt_sources(directory):
    """Yield every enabled binary source as a dict with deb822's names in lower case."""
    for path in sorted(directory.glob("sources.list.d/*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            text = re.sub(r"^#.*\n?", "", stanza, flags=re.M)
            found = re.findall(r"^(\S+):(.*(?:\n[ \t].*)*)", text, re.M)
            fields = {name.lower(): value.strip() for name, value in found}
            if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes") != "no":
                yield fields
    for path in [directory / "sources.list", *sorted(directory.glob("sources.list.d/*.list"))]:
        if path.exists():
            lines = re.findall(r"^deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)$", path.read_text(), re.M)
            for options, uri, suite, components in lines:
                fields = dict(option.split("=", 1) for option in options.split())
                yield fields | {"types": "deb", "uris": uri, "suites": suite, "components": components}


def _apt_transport():
    """This machine's own settings for fetching packages (proxies, certificates), as apt.conf lines."""
    command = ["apt-config", "dump", "--format", '%F "%v";%n', "Acquire::http", "Acquire::https"]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
