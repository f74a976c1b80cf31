# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of modules that search the log."""


class ModuleDocFragment:
    """The options that say which events are wanted."""

    DOCUMENTATION = r"""
options:
  key:
    description: A key of the rule that recorded the event.
    type: list
    elements: str
  event_id:
    description:
      - The serial number of an event, such as V(4711), or its time and number, such as V(1769882400.123:4711).
      - Serial numbers start again at each boot, so several events may have the same number.
    type: str
  start:
    description:
      - Only events since this time. Write it in ISO 8601 with a time zone, such as V(2026-01-31T18:00:00Z) or
        V(2026-01-31T20:00:00+02:00), as C(@) and the seconds since 1970, as a time before now, such as
        V(15 minutes ago), V(2 days ago), V(-2h) or V(-1h30m), or as a word of ausearch(8).
      - The words are V(now), V(recent) (ten minutes ago), V(this-hour), V(boot), V(today), V(yesterday), V(this-week),
        V(week-ago), V(this-month) and V(this-year). Each means the start of the period that it names, in the time zone
        of the host. Weeks start on Sunday.
    type: str
  end:
    description: Only events up to this time, written in the same way as O(start).
    type: str
  pid:
    description: The id of the process.
    type: list
    elements: int
  ppid:
    description: The id of the parent of the process.
    type: list
    elements: int
  user:
    description: Any user of the process, by name or number. This matches what O(auid), O(uid) or O(euid) would match.
    type: list
    elements: str
  auid:
    description: The user who logged in, by name or number, or V(unset).
    type: list
    elements: str
  uid:
    description: The real user of the process, by name or number.
    type: list
    elements: str
  euid:
    description: The effective user, whose permissions the process has, by name or number.
    type: list
    elements: str
  group:
    description: Any group of the process, by name or number. This matches what O(gid) or O(egid) would match.
    type: list
    elements: str
  gid:
    description: The real group of the process, by name or number.
    type: list
    elements: str
  egid:
    description: The effective group, whose permissions the process has, by name or number.
    type: list
    elements: str
  syscall:
    description: The system call, by name, whatever the architecture, or by number.
    type: list
    elements: str
  success:
    description: Whether it succeeded.
    type: bool
  file:
    description:
      - A full path, or the name of a file as the process gave it. A relative name is also found by its full path.
      - A path that ends with a slash matches everything below it.
      - Paths of sockets are found as well.
      - For a full path, events that do not name it are found too, if they are about the file that had this path then.
        They name a link to it, a path below C(/proc), a name that is relative to a directory descriptor (as C(rm -r)
        does), or nothing (fchmod(2)). The file is known by its inode and device, and if it is gone and no event tells
        its inode, by the key of a rule that watches it.
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
    description: The host that a user came from, by the name or address that the record has.
    type: list
    elements: str
  message_type:
    description:
      - The type of a record, by name or number, or a category of types.
      - The categories are V(accounts), V(anomalies), V(apparmor), V(audit), V(crypto), V(files), V(integrity),
        V(logins), V(network), V(process), V(responses), V(selinux), V(system), V(systemd) and V(virtual_machines).
    type: list
    elements: str
  session:
    description: The number of the login session, or V(unset).
    type: list
    elements: str
  terminal:
    description: The terminal, as it is recorded.
    type: list
    elements: str
  target:
    description: The process that was sent a signal, by name or id.
    type: list
    elements: str
  node:
    description: The host on which the event was recorded.
    type: list
    elements: str
  exact:
    description:
      - Whether O(key), O(file), O(executable), O(comm), O(host), O(terminal) and O(target) match the whole text. If
        V(false), they match any part of the text.
    type: bool
    default: true
  config:
    description: Whether to include events by which a program changed rules or settings of the audit system.
    type: bool
    default: true
  input_file:
    description:
      - A file, or a directory with C(audit.log) and its rotated files.
      - By default, the log that auditd.conf(5) names is searched, with its rotated files.
    type: path
"""
