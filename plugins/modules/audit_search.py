#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_search
short_description: Find events in the log of the Linux audit system
version_added: 0.1.0
description:
  - Returns events of the log as structures, in which ids, system calls, arguments, paths, addresses and command lines
    are decoded.
  - ausearch(8) groups records into events, and libauparse decodes them. Every host that has auditd has both.
  - An event is returned if it matches every parameter that is given. It matches a parameter that has several values if
    it matches one of them. Without parameters, all events are returned.
author:
  - The linux.audit contributors (@linux-audit)
extends_documentation_fragment:
  - linux.audit.attributes
  - linux.audit.attributes.actiongroup_audit
  - linux.audit.search
attributes:
  check_mode:
    support: full
    details:
      - Reads a O(checkpoint), but does not write it.
  diff_mode:
    support: N/A
    details:
      - Changes nothing except the O(checkpoint).
  idempotent:
    support: partial
    details:
      - With O(checkpoint), an event that was returned is not returned again.
  platform:
    support: full
    platforms: linux
options:
  limit:
    description: The largest number of events to return. V(0) means no limit.
    type: int
    default: 1000
  latest:
    description:
      - If there are more events than O(limit), return the last ones instead of the first.
      - The log is read from its end, until there are enough events, so that a long log costs no more than a short one.
        So they are the events that were written last. One of an hour ago with a time of tomorrow, because the clock was
        wrong, is not among them.
      - With O(file), the whole log is read all the same.
    type: bool
    default: false
  count:
    description:
      - With O(latest), also count the events before those that are returned, as RV(total). The whole log is read for
        this, and every event that may match is decoded.
    type: bool
    default: false
  raw:
    description: Also return the records as the log has them, as RV(events[].text).
    type: bool
    default: false
  checkpoint:
    description:
      - A file that keeps how far the log has been searched. The next search with this file returns only later events.
      - If there are more events than O(limit), the next searches return the rest.
      - An event whose last record has not been written yet is returned by a later search.
      - The file is replaced after the events have been printed. If the search is killed in between, the next search
        returns the same events once more, so handle an event that comes twice. If its result is lost after that, on
        its way to the controller, the next search does not return the events. Restore the file from before the search.
      - O(latest) and O(end) are refused, because the next searches would not return the events that they leave out.
      - RV(ignore:changed) is true if the file was created or there were new events.
      - Use a separate file for each search.
    type: path
notes:
  - A log of another host that does not contain names of users and groups (C(log_format = RAW) of auditd.conf(5)) is
    decoded with the names that this host has.
  - Some options of ausearch match more than one would expect, for example any part of a key. So this module asks
    ausearch for little, and compares the decoded values itself. O(file) is compared with full paths and not with
    working directories, and O(key) with whole keys.
seealso:
  - module: linux.audit.audit_report
  - module: linux.audit.audit_trace
  - module: linux.audit.audit_rule
  - name: ausearch(8)
    description: The tool that groups records into events.
    link: https://man7.org/linux/man-pages/man8/ausearch.8.html
"""

EXAMPLES = r"""
- name: Find changes to accounts today
  linux.audit.audit_search:
    message_type: accounts
    start: today
  register: accounts

- name: Find out who wrote to a file or tried to
  linux.audit.audit_search:
    file: /etc/passwd
    key: identity
  register: touched

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.time }} {{ item.subject.auid.name }} {{ item.command | join(' ') }}"
  loop: "{{ touched.events }}"
  loop_control:
    label: "{{ item.id }}"

- name: Find failed connections of a user within an hour
  linux.audit.audit_search:
    syscall: [connect, sendto]
    auid: [root]
    success: false
    start: "2026-01-31T12:00:00+01:00"
    end: "2026-01-31T13:00:00+01:00"

- name: Get the last ten events of a session, with their records
  linux.audit.audit_search:
    session: 3
    limit: 10
    latest: true
    raw: true

- name: Get events since the last search
  linux.audit.audit_search:
    key: power-abuse
    checkpoint: /var/lib/misc/power-abuse.checkpoint
  register: new
"""

RETURN = r"""
events:
  description:
    - The events, in the order of the log.
    - Besides what is listed here, each event has C(keys), a list of the keys of the rule. In Jinja, write
      C(event['keys']), because C(event.keys) is a method.
  type: list
  elements: dict
  returned: success
  contains:
    time:
      description: When it happened, in UTC, to the millisecond.
      type: str
    id:
      description: The serial number. Only together with the time it is unique, because it starts again at each boot.
      type: int
    node:
      description: The host, if auditd records it (C(name_format) of auditd.conf(5)).
      type: str
    types:
      description: The types of the records of the event.
      type: list
      elements: str
    kind:
      description: The kind of event, in the words of libauparse.
      type: str
    action:
      description: What was done, in the words of libauparse.
      type: str
    object:
      description: What it was done to, according to libauparse.
      type: str
    how:
      description: The program that did it, according to libauparse.
      type: str
    success:
      description: Whether it succeeded. Null if the records do not say.
      type: bool
    subject:
      description:
        - Who did it. C(auid), C(uid), C(euid), C(suid), C(fsuid), C(gid), C(egid), C(sgid) and C(fsgid) each have an
          C(id) and a C(name). C(pid), C(ppid), C(session), C(terminal), C(comm), C(exe), C(hostname), C(address) and
          C(label) are plain values. Unknown values are left out.
      type: dict
    syscall:
      description:
        - The system call, with its C(name), C(number), C(arch), C(exit), the name of the C(error), and its first four
          C(arguments), decoded.
      type: dict
    command:
      description:
        - The command line of the program that was started, or of the process that did it. Of the latter, the kernel
          records 128 bytes.
      type: list
      elements: str
    cwd:
      description: The working directory.
      type: str
    paths:
      description:
        - The paths. Each has a C(name), as the process gave it, a full C(path), a C(type), C(inode), C(device),
          C(mode), C(user), C(group) and C(label). Unknown values are left out.
        - A name that is relative to a directory descriptor has the number of the C(descriptor) in place of a C(path),
          because the path of that directory is not recorded. The number is V(-1) if it is not recorded either.
      type: list
      elements: dict
    addresses:
      description: Addresses of sockets. Each has a C(family), and either an C(address) and a C(port), or a C(path).
      type: list
      elements: dict
    targets:
      description:
        - Processes that were sent a signal. Each has a C(pid), C(auid), C(uid), C(session), C(comm) and C(label).
      type: list
      elements: dict
    records:
      description: All records, each with its C(type) and its decoded C(fields).
      type: list
      elements: dict
    left_out:
      description:
        - How many records of the event are neither returned nor decoded, because it has more than 10000. The first
          10000 are there, and of the others those that may be why the event matches.
      type: int
      returned: if some are left out
    text:
      description: The records as the log has them.
      type: list
      elements: str
      returned: with O(raw=true)
  sample:
    - time: "2026-01-31T18:00:00.123Z"
      id: 4711
      node: null
      types: [SYSCALL, CWD, PATH, PROCTITLE]
      kind: audit-rule
      action: opened-file
      object: /etc/passwd
      how: /usr/bin/vi
      success: true
      subject:
        auid: {id: 1000, name: joe}
        uid: {id: 0, name: root}
        pid: 815
        ppid: 801
        session: 3
        terminal: pts0
        comm: vi
        exe: /usr/bin/vi
      syscall:
        name: openat
        number: 257
        arch: x86_64
        exit: 3
        error: null
        arguments: [AT_FDCWD, "0x55d0c0", O_WRONLY|O_CREAT|O_TRUNC, "0644"]
      command: [vi, /etc/passwd]
      cwd: /root
      paths:
        - name: /etc/passwd
          path: /etc/passwd
          type: NORMAL
          inode: 4242
          device: "fe:01"
          mode: file,644
          user: {id: 0, name: root}
          group: {id: 0, name: root}
      addresses: []
      targets: []
      keys: [identity]
      records: []
truncated:
  description: Whether there are more events than O(limit).
  type: bool
  returned: success
  sample: false
total:
  description:
    - How many events match, including those beyond O(limit). Null if there are more than O(limit), and the search has
      not read the rest of the log to count them. It reads all of it with O(latest) together with O(count) or O(file).
  type: int
  returned: success
  sample: 6
gaps:
  description:
    - Why the log may lack events that are looked for. It begins after O(start); or no audit daemon runs; or the kernel
      records nothing, or holds no rule for the O(file), O(key) or O(syscall), or only rules with further conditions,
      which are named; or it has lost records.
    - With O(input_file), only what the log itself tells, because nobody knows what recorded it.
    - If no event is found, each is also a warning. An empty list means that rules for the O(file), O(key) or O(syscall)
      have been in effect since they were loaded. Rules whose only condition beside the O(file) is a permission
      with C(w) count, too.
  type: list
  elements: str
  returned: success
  sample: ["no rule watches /srv/payroll"]
begins:
  description: When the first record of the log was made. Null if it has none.
  type: str
  returned: success
  sample: "2026-01-24T00:00:01.004Z"
own_nodes:
  description: The names that the C(node) of events of this host may have. The log of a server has other nodes, too.
  type: list
  elements: str
  returned: success
  sample: [web1]
malformed:
  description:
    - The number of records that ausearch did not understand. It left out their events.
    - Parts of the log that have nothing of what is looked for are not given to ausearch, so their records do not count.
  type: int
  returned: success
  sample: 0
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._ansible import run
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._log.checkpoint import Checkpoint
from ansible_collections.linux.audit.plugins.module_utils._log.file_history import FileHistory, rules_of_path
from ansible_collections.linux.audit.plugins.module_utils._log.files import Log
from ansible_collections.linux.audit.plugins.module_utils._log.query import ARGUMENTS as CRITERIA
from ansible_collections.linux.audit.plugins.module_utils._log.query import SearchError, query
from ansible_collections.linux.audit.plugins.module_utils._log.recorded import (
    Looked,
    begins,
    gaps,
    gaps_of_log,
    own_nodes,
    recorder,
)
from ansible_collections.linux.audit.plugins.module_utils._log.search import search
from ansible_collections.linux.audit.plugins.module_utils._log.times import iso_of

ARGUMENTS = dict(
    CRITERIA,
    input_file={"type": "path"},
    limit={"type": "int", "default": 1000},
    latest={"type": "bool", "default": False},
    raw={"type": "bool", "default": False},
    checkpoint={"type": "path"},
    count={"type": "bool", "default": False},
)


def find_events(parameters, mode):
    """Search the log; return the result of the module."""
    limit, latest, mark = parameters["limit"], parameters["latest"], parameters["checkpoint"]
    if limit < 0:
        raise SearchError("limit must be 0 (no limit) or a number of events")
    if mark and (latest or parameters["end"]):
        raise SearchError(
            "checkpoint cannot be combined with end or latest: later searches would not return what they leave out"
        )
    host = Host()
    wanted = query(parameters, host, time.time())
    checkpoint = Checkpoint(mark) if mark else None
    # A log that is named may be that of another host.
    here = None if parameters["input_file"] else recorder(host)
    with Log(parameters["input_file"]) as log:
        history = history_of(wanted.paths, here)
        found = search(log, wanted, limit, latest, parameters["raw"], checkpoint, history, parameters["count"])
        torn = [file.path for file in log.files if file.torn]
        lacking, first = gaps_of_log(log, wanted.start), begins(log)
    if here:
        looked = Looked(
            wanted.paths, (parameters["key"] or ()) if parameters["exact"] else (), parameters["syscall"] or ()
        )
        lacking = gaps(here, looked) + lacking
    result = {
        "changed": bool(checkpoint and (found.events or not checkpoint.exists)),
        "events": found.events,
        "truncated": found.truncated,
        "total": found.total,
        "malformed": found.skipped,
        "gaps": lacking,
        "begins": None if first is None else iso_of(first),
        "own_nodes": own_nodes(),
        "warnings": warnings_of(torn, checkpoint, found, history, lacking),
    }
    if checkpoint and not mode.check:
        result["afterwards"] = checkpoint.draft()
    return result


def history_of(paths, here):
    """What is known of wanted paths before the log is read, None without such paths."""
    if not paths:
        return None
    history = FileHistory(paths, rules_of_path(here.placed(), here.paths(paths)) if here else rules_of_path((), paths))
    if here:
        history.look([None, *own_nodes()])
    return history


def warnings_of(torn, checkpoint, found, history, lacking):
    """What the search could not read, and what could not be found."""
    warnings = [
        f"event {event['id']} has so many records that {event['left_out']} of them are left out"
        for event in found.events
        if "left_out" in event
    ]
    warnings += [f"left out the incomplete line at the end of {path}" for path in torn]
    if checkpoint and checkpoint.lost:
        warnings.append(
            f"the file of the log that {checkpoint.path} points to is gone; events between that place and the oldest "
            "log may be missing"
        )
    if found.skipped:
        warnings.append(f"ausearch did not understand {found.skipped} records and left out their events")
    for path in history.unlisted if history else ():
        warnings.append(
            f"{path} has so many files that events which do not name one of them by its path may be missing"
        )
    if history and not history.is_complete:
        warnings.append(
            "directories on the way to the path were replaced so often that events which do not name it may be missing"
        )
    if not found.events and not checkpoint:
        warnings += [f"that no event was found may mean nothing: {gap}" for gap in lacking]
    return warnings


def main():
    run(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), find_events)


if __name__ == "__main__":
    main()
