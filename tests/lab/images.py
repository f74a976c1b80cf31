# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Base images: one ext4 file for each Debian release, built once and shared by all guests of that release."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess

RELEASES = ("bullseye", "bookworm", "trixie", "forky", "sid")

PACKAGES = (
    "systemd-sysv", "dbus", "openssh-server", "python3", "python3-apt", "auditd", "audispd-plugins",
    "iproute2", "iptables", "krb5-admin-server", "krb5-kdc", "kmod", "nftables", "procps", "sudo",
)  # fmt: skip

SIZE = "3G"  # of the file system; the file is sparse

MODULES = pathlib.Path("/usr/lib/uml/modules")

# Nobody waits for these in a guest that lives for minutes, has no network beyond the lab and no device manager.
MASKED = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer",
    "e2scrub_reap.service", "getty.target", "systemd-binfmt.service", "systemd-pstore.service",
    "systemd-logind.service", "systemd-networkd.service", "systemd-resolved.service", "systemd-timesyncd.service",
    "systemd-random-seed.service", "systemd-update-utmp-runlevel.service",
    # A test that wants a realm makes one first.
    "krb5-kdc.service", "krb5-admin-server.service",
    "kmod-static-nodes.service", "modprobe@.service", "dev-hugepages.mount", "dev-mqueue.mount",
    "sys-kernel-config.mount", "sys-kernel-tracing.mount", "sys-fs-fuse-connections.mount",
)  # fmt: skip

# networkd waits for a device manager, so a guest takes its addresses and its ssh key from the kernel command line:
# lab.link=INTERFACE:ADDRESS/BITS (any number of them) and lab.key=BASE64.
CONFIGURE = r"""#!/bin/sh
for word in $(cat /proc/cmdline); do
    value=${word#*=}
    case $word in
        lab.link=*) ip link set "${value%%:*}" up && ip address replace "${value#*:}" dev "${value%%:*}" ;;
        lab.key=*) mkdir -p -m 700 /root/.ssh && echo "ssh-ed25519 $value" > /root/.ssh/authorized_keys ;;
    esac
done
ip link set lo up
"""

FILES = {
    "usr/local/sbin/lab-configure": (0o755, CONFIGURE),
    "etc/systemd/system/lab-configure.service": (
        0o644,
        "[Unit]\n"
        "Description=Addresses and ssh key from the kernel command line\n"
        "Before=network.target ssh.service\n"
        "[Service]\n"
        "Type=oneshot\n"
        "ExecStart=/usr/local/sbin/lab-configure\n"
        "[Install]\n"
        "WantedBy=multi-user.target\n",
    ),
    "etc/ssh/sshd_config.d/lab.conf": (0o644, "UseDNS no\nMaxSessions 100\nPrintMotd no\n"),
    "etc/hosts": (0o644, "127.0.0.1 localhost\n"),
    "etc/fstab": (0o644, ""),
}

DPKG_EXCLUDES = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


# What a build started ends with the build, even if that is killed.
TIED = ("setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child")


# Of this file as it was loaded, and of the modules that go into the images.
RECIPE = hashlib.sha256(
    pathlib.Path(__file__).read_bytes() + repr(sorted(path.name for path in MODULES.glob("*"))).encode()
).hexdigest()[:12]


class ImageError(Exception):
    """An image could not be built; the message says which, why, and where the log lies."""


def cache_directory() -> pathlib.Path:
    """The directory of everything that can be built again."""
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(os.environ.get("LINUX_AUDIT_CACHE") or pathlib.Path(home, "linux-audit"))


def image(release: str) -> pathlib.Path:
    """Return the base image of a Debian release; build it if there is none made by this recipe."""
    if release not in RELEASES:
        raise ImageError(f"there is no image of {release!r}; the lab knows {', '.join(RELEASES)}")
    directory = cache_directory() / "images"
    directory.mkdir(parents=True, exist_ok=True)
    wanted = directory / f"{release}-{RECIPE}.ext4"
    with (directory / f"{release}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not wanted.exists():
            _remove_leftovers(directory, release)
            _build(release, wanted)
    return wanted


def hold(path: pathlib.Path):
    """Return an open file that keeps an image from being removed, until it is closed or this process ends."""
    held = path.open("rb")
    fcntl.flock(held, fcntl.LOCK_SH)
    return held


def apt_source(release: str, directory: pathlib.Path = pathlib.Path("/etc/apt")) -> str:
    """Return a deb822 source of a release, like the one this machine's own Debian packages come from."""
    suites = {platform.freedesktop_os_release().get("VERSION_CODENAME"), "stable", "testing", "unstable", *RELEASES}
    for source in _apt_sources(directory):
        if suites & set(source["suites"].split()) and "main" in source.get("components", "").split():
            kept = {name: source[name] for name in ("uris", "signed-by", "trusted") if name in source}
            wanted = {"types": "deb", "suites": release, "components": "main"} | kept
            return "".join(f"{name.title()}: {value}\n" for name, value in wanted.items())
    raise ImageError(f"cannot build an image of {release}: no apt source of Debian's main component in {directory}")


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


def _remove_leftovers(directory, release):
    """Remove what interrupted builds left, and images of other recipes that no lab holds."""
    for work in directory.glob(f"{release}-*.work"):
        shutil.rmtree(work)
    for other in directory.glob(f"{release}-*.ext4"):
        with other.open("rb") as unheld, contextlib.suppress(BlockingIOError):
            fcntl.flock(unheld, fcntl.LOCK_EX | fcntl.LOCK_NB)
            other.unlink()


def _build(release, wanted):
    """Make the image beside its final place; the caller holds the lock of the release."""
    work = wanted.with_suffix(".work")
    root, log = work / "root", wanted.parent / f"{release}.log"
    work.mkdir()
    sources, apt_conf, draft = work / "debian.sources", work / "apt.conf", work / "image"
    sources.write_text(apt_source(release))
    apt_conf.write_text('Acquire::Check-Valid-Until "false";\n' + _apt_transport())
    with log.open("w") as output:

        def run(*command):
            done = subprocess.run(
                [*TIED, *command], check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
            if done.returncode:
                tail = "".join(log.read_text(errors="replace").splitlines(keepends=True)[-8:])
                raise ImageError(f"building the {release} image: {shlex.join(command[:1])} failed, see {log}:\n{tail}")

        run(
            "mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory", f"--aptopt={apt_conf}",
            *(f"--dpkgopt=path-exclude={pattern}" for pattern in DPKG_EXCLUDES),
            f"--include={','.join(PACKAGES)}", release, str(root), str(sources),
        )  # fmt: skip
        for name, (mode, text) in FILES.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(mode)
        # The mirror is this machine's business, and a guest cannot reach it anyway.
        for name in ("etc/apt/apt.conf.d/99mmdebstrap", "etc/resolv.conf"):
            (root / name).unlink(missing_ok=True)
        shutil.copytree(MODULES, root / "lib/modules", dirs_exist_ok=True)
        units = root / "etc/systemd/system"
        for unit in MASKED:
            (units / unit).unlink(missing_ok=True)
            (units / unit).symlink_to("/dev/null")
        (units / "multi-user.target.wants/lab-configure.service").symlink_to("../lab-configure.service")
        run("mke2fs", "-q", "-t", "ext4", "-J", "size=8", "-m", "0", "-d", str(root), str(draft), SIZE)
    draft.rename(wanted)
    shutil.rmtree(work)


def _apt_transport():
    """This machine's own settings for fetching packages (proxies, certificates), as apt.conf lines."""
    command = ["apt-config", "dump", "--format", '%F "%v";%n', "Acquire::http", "Acquire::https"]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
