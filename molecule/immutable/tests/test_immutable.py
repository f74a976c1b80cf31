# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts are locked, unlocked and refused, according to their own tools."""

testinfra_hosts = ["ansible://bullseye", "ansible://bookworm", "ansible://trixie"]


def status(host):
    return dict(line.split(maxsplit=1) for line in host.check_output("auditctl -s").splitlines())


def test_lock(host):
    enabled = {"bullseye": "2", "trixie": "1", "bookworm": "1"}[host.check_output("uname -n")]
    assert status(host)["enabled"] == enabled


def test_staged_rule_is_loaded(host):
    if host.check_output("uname -n") == "bookworm":
        assert not host.file("/etc/audit/rules.d/zz-finalize.rules").exists
    else:
        assert host.check_output("auditctl -l").splitlines() == [
            "-w /etc/hosts -p wa -k hosts",
            "-w /etc/group -p wa -k group",
        ]


def test_last_file_has_the_lock(host):
    if host.check_output("uname -n") == "bullseye":
        *_others, last = host.check_output("ls -1v /etc/audit/rules.d").splitlines()
        assert host.file(f"/etc/audit/rules.d/{last}").content_string.endswith("--loginuid-immutable\n-e 2\n")
        assert host.check_output("tail -n 1 /etc/audit/audit.rules") == "-e 2"
        assert status(host)["loginuid_immutable"] == "1 locked"


def test_drained_before_the_reboot_and_undrained_after_it(host):
    if host.check_output("uname -n") != "bookworm":
        (drained, before), (undrained, after) = map(str.split, host.file("/root/drained").content_string.splitlines())
        assert (drained, undrained) == ("drain", "undrain")
        assert before != after
