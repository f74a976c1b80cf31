# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest of Debian that says that it is of another distribution, and has what rules for that look for."""

__all__ = ("DIRECTORIES", "DISTRIBUTIONS", "disguise")

_UBUNTU = (
    'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\nPRETTY_NAME="Ubuntu 22.04"\n'
)
_RHEL = (
    'NAME="Red Hat Enterprise Linux"\nID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.6"\nPRETTY_NAME="RHEL 9.6 (Plow)"\n'
)
#: By standard, the files that make Ansible see that distribution.
DISTRIBUTIONS = {
    "stig_ubuntu2204": {
        "/etc/os-release": _UBUNTU,
        "/etc/lsb-release": "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\n",
    },
    "stig_rhel9": {
        "/etc/os-release": _RHEL,
        "/etc/redhat-release": "Red Hat Enterprise Linux release 9.6 (Plow)\n",
    },
}
#: Directories that rules for other distributions need.
DIRECTORIES = (
    "/usr/libexec/openssh /etc/NetworkManager/system-connections /etc/netplan /etc/network"
    " /etc/sysconfig/network-scripts /etc/apparmor /etc/apparmor.d /etc/selinux /usr/share/selinux /var/spool/cron"
    " /var/log/faillock /var/log/journal /run/faillock"
)


def disguise(guest, standard: str) -> None:
    """Make a guest say that it is of the distribution of a STIG."""
    for path, text in DISTRIBUTIONS[standard].items():
        guest.run(f"rm -f {path}; cat >{path}", input=text)
    # auditd refuses to send mail if there is no program for it.
    # Of auditd.conf, RHEL and Debian differ in the group of the log, by which auditd gives the log its mode.
    group = "root" if standard == "stig_rhel9" else "adm"
    guest.run(
        "install -m 755 /bin/true /usr/lib/sendmail; chmod 644 /etc/audit/auditd.conf;"
        f"sed -i 's/^log_group.*/log_group = {group}/' /etc/audit/auditd.conf; systemctl restart auditd"
    )
