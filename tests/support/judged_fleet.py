# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small fleet as audit_compliance judges it: a host of each kind, and the evidence of any hosts."""

from ansible_collections.linux.audit.plugins.plugin_utils import evidence

__all__ = ("FLEET", "HOSTILE", "WAIVER", "answer", "fleet", "requirement")

HOSTILE = "=cmd|'/c calc'!A1 <script>]]>&\x1b[2J\udc80\u202e{{ 1 }}"


def requirement(name="A", kernel="met", files="met", text="met", **more):
    """A requirement of one rule, as audit_compliance returns it."""
    said = {"by": ["-w /etc"], "keys": ["k"], "missing": ["users: auid 0"], "off_by": [], "reason": "because"}
    rule = {
        "wanted": "-w /etc/passwd -p wa",
        "kernel": {"status": kernel, **said},
        "files": {"status": files, **said, "origins": ["/etc/audit/rules.d/a.rules:1"]},
        "text": {"status": text, "origin": "", "in_auditctl_l": False},
    }
    found = {
        "standard": "s", "id": name, "title": "T", "severity": "high", "kernel": kernel, "files": files, "text": text,
        "rules": [rule], "checks": [], "left_out": [], "exception": None,
    }  # fmt: skip
    return found | more


def answer(*requirements, **more):
    """A result of audit_compliance."""
    return {
        "changed": False,
        "requirements": list(requirements),
        "standards": [{"name": "s", "title": "S", "release": "V1", "sha256": "0" * 64}],
        "proof": {"time": "2026-11-27T08:00:00Z", "boot_id": "b", "kernel": "6.1", "rules": ["-w /etc"], "sha256": "1"},
    } | more


def fleet(before=None, views=evidence.VIEWS[:2], **answers):
    """The document of hosts by name."""
    entries = [evidence.host_entry(host, result, views) for host, result in answers.items()]
    return evidence.document(entries, "2026-11-27T09:00:00Z", views, before)


WAIVER = {"reason": "change 4711", "until": "2026-12-31", "expired": False}
FLEET = {
    "good": answer(requirement()),
    "bad": answer(
        requirement(kernel="not met"), requirement("B", files="undecided"), requirement("C", kernel="partly met")
    ),
    "excepted": answer(requirement(kernel="not met", exception=WAIVER)),
    "gone": {"unreachable": True, "msg": "x"},
    "broken": {"failed": True, "msg": "only root can read"},
}
