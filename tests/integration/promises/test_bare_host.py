# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role auditd on hosts that have never seen audit, and on the ways to the kernel's command line."""

import pytest

from lab.cache import RELEASES
from lab.packages import install, offer

pytestmark = pytest.mark.fleet

ROLE = {"role": "linux.audit.auditd", "auditd_plugins": [{"name": "syslog", "active": True}]}
# The rules of the kernel are gone with the boot that follows.
STRIP = "dpkg --purge auditd audispd-plugins >/dev/null 2>&1; rm -rf /etc/audit /var/log/audit"
HOLDS = "dpkg --get-selections; find /etc -type f -exec sha256sum {} +; systemctl list-unit-files --no-legend"

# What grubby of RHEL 8 and 9 does with these two requests, as far as the role looks at it; Debian has none.
GRUBBY = r"""#!/usr/bin/python3
import pathlib, re, sys
for path in sorted(pathlib.Path("/boot/loader/entries").iterdir()):
    entry = path.read_text()
    options = re.search("^options (.*)", entry, re.M)[1]
    if sys.argv[1:] == ["--info=ALL"]:
        print(f'kernel="{path.stem}"\nargs="{options}"\ntitle="{path.stem}"')
    elif sys.argv[1] == "--update-kernel=ALL" and sys.argv[2].startswith("--args="):
        given = sys.argv[2][7:].split()
        names = {word.partition("=")[0] for word in given}
        kept = [word for word in options.split(" ") if word.partition("=")[0] not in names]
        path.write_text(entry.replace(options, " ".join(kept + given)))
    else:
        sys.exit(f"what is {sys.argv}?")
"""
MENU = "mkdir -p /boot/grub /boot/grub2; touch /boot/vmlinuz-6.1.0-1-amd64"
ENTRIES = "mkdir -p /boot/loader/entries; cd /boot/loader/entries; printf '%s\n' 'title one' 'options ro'"
# How a boot loader is there, and what prints the command lines that it gives to kernels.
LOADERS = {
    "update-grub": (MENU, "grep -P '^\tlinux' /boot/grub/grub.cfg"),
    "grub2-mkconfig": (
        f"{MENU}; mv /usr/sbin/grub-mkconfig /usr/sbin/grub2-mkconfig; rm /usr/sbin/update-grub; "
        "echo 'GRUB_CMDLINE_LINUX=quiet' >/etc/default/grub",
        "grep -P '^\tlinux' /boot/grub2/grub.cfg",
    ),
    "grubby": (
        f"{ENTRIES} >1; printf '%s\n' 'options ro audit=0 dyndbg=\"file a.c +p\"' >2; "
        "cat >/usr/sbin/grubby; chmod 755 /usr/sbin/grubby",
        "grep -h ^options /boot/loader/entries/*",
    ),
}


@pytest.mark.parametrize("release", RELEASES)
def test_a_host_without_audit(lab, ansible, changes, release):
    guest = lab.boot(release, name=f"{release}-bare")
    guest.run(STRIP)
    guest.reboot()
    assert guest.run("command -v auditctl auditd", check=False).stdout == ""
    offer(guest, "auditd", "audispd-plugins")

    before = guest.run(HOLDS).stdout
    announced = changes(guest, ROLE, check=True, diff=True)
    assert "Install audit" in str(announced)
    assert guest.run(HOLDS).stdout == before

    assert set(announced) <= set(changes(guest, ROLE))
    assert changes(guest, ROLE, check=True, diff=True) == []
    assert changes(guest, ROLE) == []
    for boot in (False, True):
        if boot:
            guest.reboot()
        info = ansible(guest, "audit_info")
        assert info["in_sync"], info["drift"]
        assert "power_abuse" in guest.run("auditctl -l").stdout
        assert guest.run("systemctl is-enabled auditd; systemctl is-active auditd").stdout == "enabled\nactive\n"
        assert guest.run("pgrep -x audisp-syslog").stdout
    guest.stop()


@pytest.mark.parametrize("loader", LOADERS)
def test_the_command_line_of_the_kernel(lab, changes, loader):
    prepare, show = LOADERS[loader]
    guest = lab.boot("bookworm", name=loader)
    if loader != "grubby":
        install(guest, "grub2-common")
    guest.run(prepare, input=GRUBBY)

    def given():
        return [line.split() for line in guest.run(show, check=False).stdout.splitlines()]

    before = given()
    assert changes(guest, ROLE, check=True, tags="auditd_kernel")
    assert given() == before
    assert changes(guest, ROLE, tags="auditd_kernel")
    assert given()
    for words in given():
        assert [word for word in words if word.startswith("audit")] == ["audit=1", "audit_backlog_limit=8192"]
    assert changes(guest, ROLE, check=True, tags="auditd_kernel") == []
    assert changes(guest, ROLE, tags="auditd_kernel") == []
    guest.stop()
