# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest whose audit daemon a test configures."""

from audited import Audited, assert_message, task

CONF = "/etc/audit/auditd.conf"
PLUGINS_D = "/etc/audit/plugins.d"
REMOTE = "/etc/audit/audisp-remote.conf"

# Put back the files of the packages and restart the daemon, only if something differs or no daemon is running.
_RESET = """
[ -d /root/shipped ] || cp -a /etc/audit /root/shipped
if ! diff -r /root/shipped /etc/audit >/dev/null || ! pidof auditd >/dev/null; then
    rm -rf /etc/audit /var/spool/audit; cp -a /root/shipped /etc/audit
    pid=$(pidof auditd) && kill $pid; while pidof auditd >/dev/null; do sleep 0.1; done
    systemctl reset-failed auditd; systemctl start auditd
fi
"""


class DaemonHost(Audited):
    """A guest with the files of the packages, whose daemon runs with them."""

    def __init__(self, guest, playbook, directory):
        """See Audited; the daemon runs with the files of the packages."""
        super().__init__(guest, playbook, directory)
        guest.run(_RESET)

    @property
    def pid(self) -> int:
        """The process that the kernel sends its records to, which must be auditd."""
        return int(self.guest.run("test $(pidof auditd) = $(auditctl -s | sed -n 's/^pid //p'); pidof auditd").stdout)

    def children(self) -> dict[str, int]:
        """The processes that the daemon has started, by their command lines."""
        shown = self.guest.run(f"pgrep -a -P {self.pid} || :").stdout
        lines = (line.split(" ", 1) for line in shown.splitlines())
        return {command.strip(): int(pid) for pid, command in lines}

    def read(self, path: str) -> str:
        """The text of a file."""
        return self.guest.run(f"cat {path}").stdout

    def settings(self, path: str) -> dict[str, str]:
        """The settings of a file, by key."""
        lines = (line.split(" = ", 1) for line in self.read(path).splitlines() if not line.startswith("#"))
        return {words[0]: words[1].strip() for words in lines if len(words) == 2}

    def refused(self, module: str, *cases: tuple) -> None:
        """Check that each case fails with a message, changes nothing and leaves the daemon alone.

        A case has the arguments of the module, and parts of the message.
        """
        before = self.state(), self.pid
        results = self.tasks(*(task(module, args) for args, *_parts in cases))
        for (args, *parts), result in zip(cases, results, strict=True):
            assert result.get("failed"), (args, result)
            assert_message(result["msg"], *parts)
        assert (self.state(), self.pid) == before
