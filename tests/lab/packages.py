# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""More packages for a guest that runs, which has no route to a mirror: this machine fetches them."""

import contextlib
import hashlib
import pathlib
import subprocess
import tempfile
from collections.abc import Iterator

from .cache import BuildError, apt_source
from .guest import Guest

_INSTALL = """
export DEBIAN_FRONTEND=noninteractive
dpkg --install --force-confold /root/packages/*.deb >/root/packages.log 2>&1 ||
    { tail /root/packages.log; exit 1; }
rm -r /root/packages
"""

_REPOSITORY = "/srv/packages"
_OFFER = f"""
echo 'deb [trusted=yes] file:{_REPOSITORY} ./' >/etc/apt/sources.list.d/lab.list
apt-get -qq update
"""


def install(guest: Guest, *names: str, release: str | None = None) -> None:
    """Install packages of a Debian release, by default the guest's own, and what they need; files in /etc are kept.

    This machine's apt finds out what the guest lacks, by the guest's own list. Raises BuildError, GuestError.
    """
    with _fetched(guest, names, release) as directory:
        guest.put(directory, "/root/packages")
    guest.run(_INSTALL, timeout=600)


def offer(guest: Guest, *names: str, release: str | None = None) -> None:
    """Let the guest's own apt install packages, and what they need, from a repository on its disk.

    Of what release, and raises: as install().
    """
    with _fetched(guest, names, release) as directory:
        (directory / "Packages").write_text("\n".join(map(_described, sorted(directory.glob("*.deb")))))
        guest.put(directory, _REPOSITORY)
    guest.run(_OFFER)


@contextlib.contextmanager
def _fetched(guest: Guest, names, release) -> Iterator[pathlib.Path]:
    """A directory of the packages that the guest lacks."""
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        for part in ("sources", "preferences", "state/lists/partial", "packages/partial"):
            (directory / part).mkdir(parents=True)
        guest.get("/var/lib/dpkg/status", directory / "status")
        (directory / "sources/debian.sources").write_text(apt_source(release or guest.release))
        settings = {
            "Dir::State": directory / "state", "Dir::State::status": directory / "status", "Dir::Cache": directory,
            "Dir::Cache::archives": directory / "packages", "Dir::Etc::SourceList": "/dev/null",
            "Dir::Etc::SourceParts": directory / "sources", "Dir::Etc::PreferencesParts": directory / "preferences",
            "Acquire::Check-Valid-Until": "false", "APT::Sandbox::User": "root",
        }  # fmt: skip
        options = [word for setting, value in settings.items() for word in ("-o", f"{setting}={value}")]
        for words in (["update"], ["install", "--yes", "--download-only", "--no-install-recommends", *names]):
            command = ["apt-get", "-qq", *options, *words]
            done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if done.returncode:
                raise BuildError(f"cannot fetch {', '.join(names)} for {guest.name}: {done.stderr.strip()}")
        yield directory / "packages"


def _described(package: pathlib.Path) -> str:
    """A paragraph of the index of a repository."""
    control = subprocess.run(["dpkg-deb", "--field", package], check=True, stdout=subprocess.PIPE, text=True).stdout
    content = package.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return f"{control}Filename: ./{package.name}\nSize: {len(content)}\nSHA256: {digest}\n"
