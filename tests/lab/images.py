# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Base images: one ext4 file for each Debian release, built once and shared by all guests of that release."""

import hashlib
import pathlib

from .cache import RELEASES, Build, BuildError, built

PACKAGES = (
    "systemd-sysv", "dbus", "openssh-server", "python3", "python3-apt", "auditd", "audispd-plugins",
    "iproute2", "iptables", "krb5-admin-server", "krb5-kdc", "kmod", "nftables", "procps", "sudo",
)  # fmt: skip

SIZE = "3G"  # of the file system; the file is sparse

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
# lab.link=INTERFACE:ADDRESS/BITS (any number of them) and lab.key=BASE64. Nor would it mount the modules by fstab.
CONFIGURE = r"""#!/bin/sh
for word in $(cat /proc/cmdline); do
    value=${word#*=}
    case $word in
        lab.link=*) ip link set "${value%%:*}" up && ip address replace "${value#*:}" dev "${value%%:*}" ;;
        lab.key=*) mkdir -p -m 700 /root/.ssh && echo "ssh-ed25519 $value" > /root/.ssh/authorized_keys ;;
    esac
done
ip link set lo up
mount -o ro /dev/ubdb /lib/modules
"""

FILES = {
    "usr/local/sbin/lab-configure": (0o755, CONFIGURE),
    "etc/systemd/system/lab-configure.service": (
        0o644,
        "[Unit]\n"
        "Description=Addresses, ssh key and modules that the kernel brings\n"
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

# Of this file as it was loaded.
RECIPE = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()[:12]


def image(release: str) -> pathlib.Path:
    """Return the base image of a Debian release; build it if there is none made by this recipe."""
    if release not in RELEASES:
        raise BuildError(f"there is no image of {release!r}; the lab knows {', '.join(RELEASES)}")

    def make(build: Build) -> pathlib.Path:
        root = build.bootstrap(
            release, "minbase", PACKAGES, *(f"--dpkgopt=path-exclude={pattern}" for pattern in DPKG_EXCLUDES)
        )
        for name, (mode, text) in FILES.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(mode)
        # The mirror is this machine's business, and a guest cannot reach it anyway.
        for name in ("etc/apt/apt.conf.d/99mmdebstrap", "etc/resolv.conf"):
            (root / name).unlink(missing_ok=True)
        (root / "lib/modules").mkdir(exist_ok=True)
        units = root / "etc/systemd/system"
        for unit in MASKED:
            (units / unit).unlink(missing_ok=True)
            (units / unit).symlink_to("/dev/null")
        (units / "multi-user.target.wants/lab-configure.service").symlink_to("../lab-configure.service")
        draft = build.directory / "image"
        build.run("mke2fs", "-q", "-t", "ext4", "-J", "size=8", "-m", "0", "-d", str(root), str(draft), SIZE)
        return draft

    return built(release, RECIPE, ".ext4", make)
