# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules that search the log have in common."""


class ModuleDocFragment:
    """Which events are looked for."""

    DOCUMENTATION = r"""
options:
  key:
    description: The key of the rule.
    type: list
    elements: str
  event_id:
    description:
      - The serial number of an event, as V(4711), or its time and its number, as V(1769882400.123:4711).
      - Serial numbers begin anew at a boot.
    type: str
  start:
    description:
      - Events from this time on. ISO 8601 with a time zone, as V(2026-01-31T18:00:00Z) or V(2026-01-31T20:00:00+02:00),
        or C(@) and the seconds since 1970, or a word of ausearch(8).
      - The words are V(now), V(recent) (ten minutes ago), V(this-hour), V(boot), V(today), V(yesterday), V(this-week),
        V(week-ago), V(this-month) and V(this-year). They stand for the begin of what they name in the time zone of the
        host. Weeks begin on Sunday.
    type: str
  end:
    description: Events up to this time, written as O(start) is.
    type: str
  pid:
    description: The process.
    type: list
    elements: int
  ppid:
    description: The parent of the process.
    type: list
    elements: int
  user:
    description: Whom the process acts for in any way; O(auid), O(uid) and O(euid) in one. A name or a number.
    type: list
    elements: str
  auid:
    description: The user who logged in, by name or number, or V(unset).
    type: list
    elements: str
  uid:
    description: The user that the process belongs to, by name or number.
    type: list
    elements: str
  euid:
    description: The user whose rights the process has, by name or number.
    type: list
    elements: str
  group:
    description: The group in any way; O(gid) and O(egid) in one. A name or a number.
    type: list
    elements: str
  gid:
    description: The group that the process belongs to, by name or number.
    type: list
    elements: str
  egid:
    description: The group whose rights the process has, by name or number.
    type: list
    elements: str
  syscall:
    description: The system call, by name, on whatever architecture, or number.
    type: list
    elements: str
  success:
    description: Whether it was successful.
    type: bool
  file:
    description:
      - A path, or the name of a file as the process gave it. Relative names are found by their full path too.
      - A path that ends with a slash stands for all that is below it.
      - Sockets that have a path are found as well.
    type: list
    elements: str
  executable:
    description: The path of the program.
    type: list
    elements: str
  comm:
    description: The name of the process.
    type: list
    elements: str
  host:
    description: The host that somebody came from, by name or address, as the record has it.
    type: list
    elements: str
  message_type:
    description:
      - Events with a record of a type, by name or number, or of a category of types.
      - The categories are V(accounts), V(anomalies), V(apparmor), V(audit), V(crypto), V(files), V(integrity),
        V(logins), V(network), V(process), V(responses), V(selinux), V(system), V(systemd) and V(virtual_machines).
    type: list
    elements: str
  session:
    description: The number of the login session, or V(unset).
    type: list
    elements: str
  terminal:
    description: The terminal, as the record has it.
    type: list
    elements: str
  target:
    description: The process that got a signal, by name or number.
    type: list
    elements: str
  node:
    description: The host that the event was recorded on.
    type: list
    elements: str
  exact:
    description:
      - Whether O(key), O(file), O(executable), O(comm), O(host), O(terminal) and O(target) are the whole text.
        Otherwise they may be a part of it.
    type: bool
    default: true
  input_file:
    description:
      - A file to search instead of the log of auditd, or a directory with C(audit.log) and what it was rotated to.
      - Otherwise the log that auditd.conf(5) names is searched, with what it was rotated to.
    type: path
"""
