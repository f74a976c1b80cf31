# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the daemon says and records, as it is read from the journal, syslog and the log file."""

import json

from ansible_collections.linux.audit.plugins.module_utils._daemon import messages
from ansible_collections.linux.audit.plugins.module_utils._daemon.messages import said_in_journal, said_in_syslog


def test_the_journal_is_read_after_the_cursor():
    entries = [
        {"__CURSOR": "s=1", "MESSAGE": "before"},
        {"__CURSOR": "s=2", "MESSAGE": 'Unknown keyword "x" in line 1 of /etc/audit/auditd.conf'},
        {"__CURSOR": "s=3", "MESSAGE": [255, 254]},
        {"__CURSOR": "s=4"},
    ]
    text = "\n".join(map(json.dumps, entries)) + "\n-- No entries --\n"
    assert said_in_journal(text, "s=1") == ['Unknown keyword "x" in line 1 of /etc/audit/auditd.conf']


def test_a_syslog_file_is_read():
    text = (
        "Nov 25 02:12:00 host auditd[728]: Unknown keyword: x\n"
        "2026-11-25T02:12:00.5+00:00 host auditd: The audit daemon is exiting.\n"
        "Nov 25 02:12:00 host sshd[3]: auditd[728]: forged\n"
        "Nov 25 02:12:00 host augenrules[9]: No change\n"
    )
    said = said_in_syslog(text, ["auditd"])
    assert said == ["Unknown keyword: x", "The audit daemon is exiting."]


def test_records_are_those_of_the_daemon_since(tmp_path, monkeypatch):
    log, conf = tmp_path / "audit.log", tmp_path / "auditd.conf"
    record = 'type=DAEMON_CONFIG msg=audit(1.0:1): op=reconfigure state=changed pid=7 res={}\x1dAUID="root"\n'
    log.write_text(record.format("failed"))
    conf.write_text(f"log_file = {log}\n")
    monkeypatch.setattr(messages, "AUDITD_CONF_PATH", str(conf))
    records = messages.DaemonRecords()
    assert (records.results("DAEMON_CONFIG"), records.rotated()) == ([], False)
    with log.open("a") as file:
        # Texts of users are in records of other types.
        file.write("type=USER msg=audit(1.0:2): msg='type=DAEMON_CONFIG res=failed'\n")
        file.write("node=host " + record.format("success"))
    assert records.results("DAEMON_CONFIG") == ["success"]
    log.rename(tmp_path / "audit.log.1")
    log.write_text(record.format("failed"))
    assert (records.results("DAEMON_CONFIG"), records.rotated()) == (["failed"], True)
