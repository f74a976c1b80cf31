# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest with OpenSCAP, and the scans of scans.py on it.

The guests are Debian's, with the directories that rules of other distributions need, and the scanner reads its files as
those of the distribution that the content is for.
"""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.linux.audit.plugins.plugin_utils import standards
from audited import Audited, task
from distributions import DIRECTORIES
from lab import packages
from lab import scap as contents
from scans import DISA, Scan
from scap import read_scan

__all__ = ("ScannedHost", "content")

_PREPARE = f"""
mkdir -p {DIRECTORIES}
# auditd refuses to send mail if there is no program for it
install -m 755 /bin/true /usr/lib/sendmail
cp -p /etc/audit/auditd.conf /root/auditd.conf
mkdir -p /root/scan
"""


def content(scan: Scan) -> pathlib.Path:
    """What the scanner reads. A test that needs what no package has is skipped.

    LINUX_AUDIT_DATA_STREAMS names a directory with data streams of another release, which come first.
    """
    if scan.product != DISA:
        built = pathlib.Path(os.environ.get("LINUX_AUDIT_DATA_STREAMS", ""), f"ssg-{scan.product}-ds.xml")
        return built if built.exists() else contents.data_stream(scan.product)
    path = os.environ.get("LINUX_AUDIT_DISA_RHEL9")
    if not path:
        pytest.skip("no package has DISA's benchmark for RHEL 9; download it and name it in LINUX_AUDIT_DISA_RHEL9")
    return pathlib.Path(path)


class ScannedHost(Audited):
    """A guest that packs are applied to, and that the scanner reads."""

    def __init__(self, guest, playbook, directory):
        """Install the scanner."""
        super().__init__(guest, playbook, directory)
        packages.install(guest, "openscap-scanner")
        guest.run(_PREPARE)

    def apply(self, scan: Scan) -> None:
        """Bring the files to the standards. No rule is loaded: scanners compare the text of files."""
        marker = "touch" if scan.red_hat else "rm -f"
        self.guest.run(f"cp -p /root/auditd.conf /etc/audit/auditd.conf; {marker} /etc/redhat-release")
        for result in self.tasks(*_tasks(scan)):
            assert not result.get("failed"), result

    def unexplained(self, scan: Scan) -> list[str]:
        """In what the scanner's word differs from the table."""
        asked, evaluate = self.prepare_scan(scan)
        results = asked.results(self.guest.run(evaluate, timeout=300).stdout)
        failed = {rule for rule, passed in results.items() if not passed}
        passes = len(results) - len(failed)
        return [
            *(f"{rule} fails" for rule in sorted(failed - set(scan.fails))),
            *(f"{rule} passes, or is not asked" for rule in sorted(set(scan.fails) - failed)),
            *([f"{passes} rules pass, not {scan.passes}"] if passes != scan.passes else []),
        ]

    def prepare_scan(self, scan: Scan):
        """The files of the scanner; returns what is asked, and the command that evaluates it."""
        asked = read_scan(content(scan), scan.profile, scan.wanted)
        self.guest.run("cat >/root/scan/definitions.xml", input=asked.definitions)
        options = ""
        if asked.variables:
            self.guest.run("cat >/root/scan/variables.xml", input=asked.variables)
            options = "--variables variables.xml"
        return asked, f"cd /root/scan && oscap oval eval {options} definitions.xml"


def _tasks(scan):
    """The tasks that bring a host to the standards."""
    items = [{"name": name, "parameters": parameters} for name, parameters in scan.items]
    rules = {"rules": ["-D", "-b 8192"], "packs": items, "purge": "all", "live": False}
    settings = standards.on_host([name for name, _parameters in scan.items], {})["auditd_conf"]
    return [task("audit_ruleset", rules)] + (
        [task("auditd_conf", {"settings": settings, "apply": "none"})] if settings else []
    )
