# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What provokes each rule pack on a guest, what is found then, and what must not be.

test_packs.py does all of it in a session of the user alice; the table of docs/packs.md is made of it.
"""

from typing import NamedTuple

ANYTHING = ""


class Provocation(NamedTuple):
    """One thing that is done.

    ``command`` is for the shell, run by ``user`` in a session whose login is alice. ``syscall`` (or ANYTHING) and
    ``exe`` are those of the event that is found under the key of the pack, ``types`` records that it has beside
    SYSCALL. ``quiet``: there is to be no such event. ``what`` is for readers, in place of the command. ``record``: the
    event is one that the kernel or a program writes without a rule, and found by the type of this record.
    """

    pack: str
    command: str
    syscall: str
    exe: str
    user: str = "root"
    types: tuple[str, ...] = ()
    quiet: bool = False
    what: str = ""
    record: str = ""

    @property
    def legacy(self) -> bool:
        """Whether it takes the kernel's tables of iptables-legacy."""
        return "tables-legacy" in self.command


def _calls(name: str) -> str:
    return f"python3 /usr/local/lib/provoke.py {name}"


PYTHON = "/usr/bin/python3.11"
_LEGACY, _NFT_MULTI = "/usr/sbin/xtables-legacy-multi", "/usr/sbin/xtables-nft-multi"

PROVOCATIONS = (
    Provocation(
        "firewall_changes", "iptables-legacy -A INPUT -s 192.0.2.1 -j DROP", "setsockopt", _LEGACY,
        types=("NETFILTER_CFG",),
    ),
    Provocation(
        "firewall_changes", "iptables-legacy-save | iptables-legacy-restore", "setsockopt", _LEGACY,
        types=("NETFILTER_CFG",),
    ),
    Provocation(
        "firewall_changes", "ip6tables-legacy -A INPUT -s 2001:db8::1 -j DROP", "setsockopt", _LEGACY,
        types=("NETFILTER_CFG",),
    ),
    Provocation("firewall_changes", "iptables-legacy -F", "execve", _LEGACY, types=("EXECVE",)),
    Provocation(
        "firewall_changes", "iptables-nft -A INPUT -s 192.0.2.1 -j DROP || true", "execve", _NFT_MULTI,
        types=("EXECVE",),
    ),
    Provocation(
        "firewall_changes", "ebtables-nft -A FORWARD -j DROP", "execve", _NFT_MULTI, types=("EXECVE",),
    ),
    Provocation("firewall_changes", "nft add table bridge t", "execve", "/usr/sbin/nft", types=("EXECVE",)),
    Provocation(
        "firewall_changes", "nft delete table bridge t", "sendmsg", "/usr/sbin/nft", record="NETFILTER_CFG",
    ),
    Provocation("firewall_changes", "echo >> /etc/nftables.conf", "openat", "/usr/bin/bash"),
    Provocation("firewall_changes", _calls("bpf"), "bpf", PYTHON, "alice", what="bpf(BPF_PROG_LOAD)"),
    Provocation(
        "firewall_changes", _calls("options"), ANYTHING, PYTHON, quiet=True,
        what="setsockopt() of SO_RCVBUF and IP_TTL",
    ),
    Provocation(
        "firewall_changes", _calls("bpf_map"), ANYTHING, PYTHON, quiet=True, what="bpf(BPF_MAP_CREATE)",
    ),
    Provocation("firewall_changes", "cat /etc/nftables.conf", ANYTHING, "/usr/bin/cat", quiet=True),
    Provocation(
        "network_connections", _calls("connect"), "connect", PYTHON, "alice", ("SOCKADDR",), what="connect(), IPv4",
    ),
    Provocation(
        "network_connections", _calls("connect6"), "connect", PYTHON, "alice", ("SOCKADDR",), what="connect(), IPv6",
    ),
    Provocation("network_connections", _calls("accept"), "accept4", PYTHON, "alice", ("SOCKADDR",), what="accept()"),
    Provocation("network_connections", _calls("accept"), "bind", PYTHON, "alice", ("SOCKADDR",), what="bind()"),
    Provocation("network_connections", _calls("sendto"), "sendto", PYTHON, "alice", ("SOCKADDR",), what="sendto()"),
    Provocation("network_connections", _calls("sendmsg"), "sendmsg", PYTHON, "alice", ("SOCKADDR",), what="sendmsg()"),
    Provocation(
        "network_connections", _calls("sendmmsg"), "sendmmsg", PYTHON, "alice", ("SOCKADDR",), what="sendmmsg()",
    ),
    Provocation(
        "network_connections",
        f"iptables-legacy -A OUTPUT -p udp -j AUDIT --type accept; {_calls('sendto')}; iptables-legacy -F",
        ANYTHING, ANYTHING, record="NETFILTER_PKT", what="a datagram, with iptables -A OUTPUT -j AUDIT --type accept",
    ),
    Provocation(
        "network_connections", _calls("unix"), ANYTHING, PYTHON, "alice", quiet=True,
        what="connect(), accept(), bind() and sendto() of unix sockets",
    ),
    Provocation(
        "network_connections", _calls("send"), "sendto", PYTHON, "alice", quiet=True,
        what="send() through a TCP connection",
    ),
    Provocation(
        "network_connections", _calls("send"), "sendmsg", PYTHON, "alice", quiet=True,
        what="sendmsg() through a TCP connection",
    ),
    Provocation(
        "process_kills", "sleep 60 & kill -9 $!", "kill", "/usr/bin/bash", "alice", ("OBJ_PID",),
    ),
    Provocation(
        "process_kills", "sleep 61 & sleep 0.1; pkill -f 'sleep 6[1]'", "kill", "/usr/bin/pgrep", types=("OBJ_PID",),
        what="pkill",
    ),
    Provocation(
        "process_kills", _calls("tgkill"), "tgkill", PYTHON, "alice", ("OBJ_PID",), what="tgkill(), SIGTERM",
    ),
    Provocation(
        "process_kills", _calls("pidfd"), "pidfd_send_signal", PYTHON, "alice", ("OBJ_PID",),
        what="pidfd_send_signal(), SIGKILL",
    ),
    Provocation(
        "process_kills", _calls("other_signals"), ANYTHING, PYTHON, "alice", quiet=True,
        what="kill() with 0, SIGCONT and SIGUSR1",
    ),
    Provocation("file_integrity", "usermod -c x bob", "rename", "/usr/sbin/usermod", types=("PATH",)),
    Provocation("file_integrity", "echo bob:x | chpasswd -e", "rename", "/usr/sbin/chpasswd", types=("PATH",)),
    Provocation("file_integrity", "touch /etc/sudoers.d/x", "openat", "/usr/bin/touch", types=("PATH",)),
    Provocation("file_integrity", "sed -i s/x/x/ /etc/ssh/sshd_config", "rename", "/usr/bin/sed", types=("PATH",)),
    Provocation("file_integrity", "echo x >> /root/.ssh/authorized_keys", "openat", "/usr/bin/bash", types=("PATH",)),
    Provocation("file_integrity", "touch /etc/cron.d/x", "openat", "/usr/bin/touch", types=("PATH",)),
    Provocation("file_integrity", "cp /dev/null /etc/systemd/x", "openat", "/usr/bin/cp", types=("PATH",)),
    Provocation("file_integrity", "touch /boot/x", "openat", "/usr/bin/touch", types=("PATH",)),
    Provocation("file_integrity", "chmod g+r /etc/audit/auditd.conf", "fchmodat", "/usr/bin/chmod", types=("PATH",)),
    Provocation("file_integrity", "truncate -s +0 /var/log/audit/audit.log", "openat", "/usr/bin/truncate"),
    Provocation("file_integrity", "touch /srv/data/x", "openat", "/usr/bin/touch", what="touch, below paths"),
    Provocation("file_integrity", "cat /etc/passwd /etc/sudoers", ANYTHING, "/usr/bin/cat", quiet=True),
    Provocation("file_integrity", "touch /etc/motd /srv/x", ANYTHING, "/usr/bin/touch", quiet=True),
    Provocation("privileged_commands", "passwd -S", "execve", "/usr/bin/passwd", "alice", ("EXECVE",)),
    Provocation("privileged_commands", "sudo -V", "execve", "/usr/bin/sudo", "alice", ("EXECVE",)),
    Provocation(
        "privileged_commands", "systemd-run --version", "execve", "/usr/bin/systemd-run", "alice", ("EXECVE",),
    ),
    Provocation(
        "privileged_commands", "/srv/setuid", "execve", "/srv/setuid", "alice", ("EXECVE",),
        what="a setuid program that nobody knew of",
    ),
    Provocation("privileged_commands", "/usr/bin/id", ANYTHING, "/usr/bin/id", "alice", quiet=True),
    Provocation("logins_and_sessions", "su - bob -c true", ANYTHING, "/usr/bin/su", record="USER_START"),
    Provocation("logins_and_sessions", "truncate -s 0 /var/log/btmp", "openat", "/usr/bin/truncate"),
    Provocation("logins_and_sessions", "last", ANYTHING, "/usr/bin/last", quiet=True),
    Provocation("logins_and_sessions", "rm /var/log/wtmp", "unlinkat", "/usr/bin/rm"),
    Provocation("kernel_modules", "modprobe dummy", "finit_module", "/usr/bin/kmod", types=("KERN_MODULE",)),
    Provocation("kernel_modules", "rmmod dummy", "delete_module", "/usr/bin/kmod", types=("KERN_MODULE",)),
    Provocation(
        "kernel_modules", "insmod $(modinfo -n dummy)", "finit_module", "/usr/bin/kmod", types=("KERN_MODULE",),
    ),
    Provocation("kernel_modules", "touch /etc/modprobe.d/x.conf", "openat", "/usr/bin/touch"),
    Provocation("kernel_modules", "lsmod; modinfo dummy", ANYTHING, "/usr/bin/kmod", quiet=True),
    Provocation(
        "time_changes", "date -s @$(($(date +%s) + 1))", "clock_settime", "/usr/bin/date", types=("TIME_INJOFFSET",),
    ),
    Provocation(
        "time_changes", _calls("adjtimex"), "adjtimex", PYTHON, types=("TIME_ADJNTPVAL",),
        what="adjtimex(ADJ_FREQUENCY)",
    ),
    Provocation("time_changes", "ln -sf /usr/share/zoneinfo/UTC /etc/localtime", ANYTHING, "/usr/bin/ln"),
    Provocation("time_changes", "date", ANYTHING, "/usr/bin/date", quiet=True),
    Provocation(
        "time_changes", _calls("other_clock"), ANYTHING, PYTHON, quiet=True, what="clock_settime(CLOCK_MONOTONIC)",
    ),
    Provocation("containers", "unshare --user true", "unshare", "/usr/bin/unshare", "alice"),
    Provocation("containers", "nsenter -t 1 -m true", "setns", "/usr/bin/nsenter"),
    Provocation("containers", "mount -t tmpfs none /mnt", "mount", "/usr/bin/mount"),
    Provocation("containers", "umount /mnt", "umount2", "/usr/bin/umount"),
    Provocation("containers", "chroot / true", "chroot", "/usr/sbin/chroot"),
    Provocation("containers", _calls("clone"), "clone", PYTHON, what="clone(CLONE_NEWUTS)"),
    Provocation("containers", _calls("fork"), ANYTHING, PYTHON, quiet=True, what="a child process, a thread"),
    Provocation("power_abuse", "cat /home/bob/file", "openat", "/usr/bin/cat", types=("PATH",)),
    Provocation("power_abuse", "rm /home/bob/file", "unlinkat", "/usr/bin/rm", types=("PATH",)),
    Provocation(
        "power_abuse", "cat /home/alice/file", ANYTHING, "/usr/bin/cat", quiet=True,
        what="cat, as root, of a file of alice herself",
    ),
    Provocation(
        "power_abuse", "head /home/alice/file", ANYTHING, "/usr/bin/head", "alice", quiet=True, what="head, as alice",
    ),
    Provocation(
        "injection", _calls("ptrace"), "ptrace", PYTHON, "alice", ("OBJ_PID",),
        what="ptrace(PTRACE_ATTACH), ptrace(PTRACE_POKEUSER)",
    ),
    Provocation(
        "injection", _calls("write_memory"), "process_vm_writev", PYTHON, "alice", what="process_vm_writev()",
    ),
    Provocation(
        "injection", _calls("ptrace_me"), ANYTHING, PYTHON, "alice", quiet=True,
        what="ptrace(PTRACE_TRACEME), ptrace(PTRACE_PEEKUSER)",
    ),
    Provocation("injection", _calls("read_memory"), ANYTHING, PYTHON, "alice", quiet=True, what="process_vm_readv()"),
    Provocation(
        "unsuccessful_access", "cat /etc/shadow || true", "openat", "/usr/bin/cat", "alice", ("PATH",),
    ),
    Provocation(
        "unsuccessful_access", "rm -f /etc/hostname || true", "unlinkat", "/usr/bin/rm", "alice", ("PATH",),
    ),
    Provocation(
        "unsuccessful_access", "chown bob /home/alice/file || true", "fchownat", "/usr/bin/chown", "alice", ("PATH",),
    ),
    Provocation(
        "unsuccessful_access", "cat /etc/hostname /etc/no-such-file || true", ANYTHING, "/usr/bin/cat", "alice",
        quiet=True, what="cat, of a file that may be read and of one that is not there",
    ),
)  # fmt: skip
