# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditctl of other machines than this one, which qemu runs on a guest: what a rules file means does not need a kernel.

Debian's own packages, unpacked without being installed. auditctl and its libraries are those of the release; the C
library is that of sid, which runs older programs as well.
"""

import hashlib
import pathlib
import subprocess

from .cache import Build, apt_source, built
from .guest import Guest

#: Machines as `uname -m` prints them, except arm, and Debian's name of their architecture.
ARCHITECTURES = {"aarch64": "arm64", "arm": "armhf", "ppc64le": "ppc64el", "riscv64": "riscv64", "s390x": "s390x"}
#: The releases of Debian that have auditctl for a machine.
RELEASES = {
    "bullseye": ("aarch64", "arm"),
    "bookworm": ("aarch64", "arm", "ppc64le", "s390x"),
    "trixie": tuple(ARCHITECTURES),
    "sid": tuple(ARCHITECTURES),
}

_DIRECTORY = "/root/machines"
_LIBRARIES = ("libc6", "libcap-ng0")
_WANTED = (
    "usr/sbin/auditctl",
    *(
        f"usr/lib/*/{name}"
        for name in ("libaudit.so.*", "libauparse.so.*", "libcap-ng.so.*", "libc.so.6", "libpthread.so.0", "ld*.so.*")
    ),
    "usr/lib/ld*.so.*",
    "usr/lib64/ld*.so.*",
)


def install_machines(guest: Guest) -> None:
    """Put qemu for each machine on a guest, and auditctl of each release: root_of() tells where. Raises BuildError."""
    recipe = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()[:12]
    guest.put(built("machines", recipe, ".tar", _make), f"{_DIRECTORY}.tar")
    guest.run(f"tar --extract --file {_DIRECTORY}.tar --directory {_DIRECTORY.rpartition('/')[0]}; rm {_DIRECTORY}.tar")


def root_of(machine: str, release: str) -> str:
    """The directory on the guest that has auditctl of that machine and release, as below /."""
    return f"{_DIRECTORY}/{release}-{machine}"


def _make(build: Build) -> pathlib.Path:
    made = build.directory / "machines"
    made.mkdir()
    downloads = _unpacked(build, "bookworm", "amd64", ["qemu-user-static"])
    for machine in ARCHITECTURES:
        (downloads / f"usr/bin/qemu-{machine}-static").rename(made / f"qemu-{machine}-static")
    for machine, architecture in ARCHITECTURES.items():
        libraries = _unpacked(build, "sid", architecture, _LIBRARIES)
        for release in (name for name, machines in RELEASES.items() if machine in machines):
            library = "libauparse0" if release in ("bullseye", "bookworm") else "libauparse0t64"
            root = _unpacked(build, release, architecture, ["auditd", "libaudit1", library])
            _keep(made / f"{release}-{machine}", libraries, root)
    archive = build.directory / "machines.tar"
    build.run("tar", "--create", "--file", str(archive), "--directory", str(build.directory), "machines")
    return archive


def _keep(wanted: pathlib.Path, *roots: pathlib.Path) -> None:
    """Copy what auditctl needs to run, with the links of a merged /usr."""
    for root in roots:
        for pattern in _WANTED:
            for path in root.glob(pattern):
                target = wanted / path.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                subprocess.run(["cp", "--no-dereference", path, target], check=True)
    for name in ("lib", "lib64", "sbin"):
        (wanted / name).symlink_to(f"usr/{name}")


def _unpacked(build: Build, release: str, architecture: str, names) -> pathlib.Path:
    """A directory with the files of packages, and of nothing that these need."""
    directory = build.directory / f"{release}-{architecture}-{names[0]}"
    for part in ("sources", "preferences", "state/lists/partial", "packages/partial", "root/usr"):
        (directory / part).mkdir(parents=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        (directory / "root" / name).symlink_to(f"usr/{name}")
        (directory / "root/usr" / name).mkdir()
    (directory / "status").touch()
    (directory / "sources/debian.sources").write_text(apt_source(release))
    settings = {
        "Dir::State": directory / "state", "Dir::State::status": directory / "status", "Dir::Cache": directory,
        "Dir::Etc::SourceList": "/dev/null", "Dir::Etc::SourceParts": directory / "sources",
        "Dir::Etc::PreferencesParts": directory / "preferences", "Acquire::Check-Valid-Until": "false",
        "Acquire::Languages": "none", "APT::Sandbox::User": "root", "APT::Architecture": architecture,
        "APT::Architectures": architecture,
    }  # fmt: skip
    options = [word for setting, value in settings.items() for word in ("-o", f"{setting}={value}")]
    build.run("apt-get", "-qq", *options, "update")
    download = ["sh", "-c", 'cd "$0" && exec apt-get "$@"', directory / "packages"]
    build.run(*map(str, download), "-qq", *map(str, options), "download", *names)
    for package in sorted((directory / "packages").glob("*.deb")):
        unpack = 'dpkg-deb --fsys-tarfile "$0" | tar --extract --keep-directory-symlink --directory "$1"'
        build.run("sh", "-ec", unpack, str(package), str(directory / "root"))
    return directory / "root"
