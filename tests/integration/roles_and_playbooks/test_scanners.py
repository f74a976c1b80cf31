# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSCAP's word on the packs of standards: what passes, and that each failure is known and explained.

The guests are Debian's, with the directories that rules of other distributions need, and the scanner reads its files as
those of the distribution that the content is for. Scanners compare the text of files: ComplianceAsCode those of
rules.d, DISA audit.rules. So no rule is loaded here; test_packs.py loads all of them.
"""

import os
import pathlib

import pytest

from ansible_collections.linux.audit.plugins.plugin_utils import packs
from audited import Audited, task
from lab import packages
from lab import scap as contents
from scans import DISA, SCANS
from scap import read_scan

pytestmark = pytest.mark.fleet

#: The path of DISA's SCAP benchmark for RHEL 9, which no package of Debian has.
DISA_CONTENT = os.environ.get("LINUX_AUDIT_DISA_RHEL9")

_PREPARE = """
mkdir -p /usr/libexec/openssh /etc/NetworkManager/system-connections /etc/netplan /etc/network \
    /etc/sysconfig/network-scripts /etc/apparmor /etc/apparmor.d /etc/selinux /usr/share/selinux /var/spool/cron \
    /var/log/faillock /var/log/journal /run/faillock
# auditd refuses to send mail if there is no program for it
install -m 755 /bin/true /usr/lib/sendmail
cp -p /etc/audit/auditd.conf /root/auditd.conf
mkdir -p /root/scan
"""


@pytest.fixture(scope="module")
def scanned(lab, playbook, tmp_path_factory):
    """scanned(release): a guest with OpenSCAP."""
    hosts = {}

    def scanned(release):
        if release not in hosts:
            guest = lab.boot(release, name=f"scanned-{release}")
            packages.install(guest, "openscap-scanner")
            guest.run(_PREPARE)
            hosts[release] = Audited(guest, playbook, tmp_path_factory.mktemp(release))
        return hosts[release]

    yield scanned
    for host in hosts.values():
        host.guest.stop()


def _settings(names):
    """What the standards say of auditd.conf; of two values the first one."""
    found = {}
    for name in names:
        for settings in packs.load(name).settings.values():
            found = {**settings, **found}
    return found


def _applied(scan):
    """The tasks that bring a host to the standards."""
    items = [{"name": name, "parameters": parameters} for name, parameters in scan.items]
    rules = {"rules": ["-D", "-b 8192"], "packs": items, "purge": "all", "live": False}
    settings = _settings(name for name, _parameters in scan.items)
    return [task("audit_ruleset", rules)] + (
        [task("auditd_conf", {"settings": settings, "apply": "none"})] if settings else []
    )


@pytest.mark.parametrize("scan", SCANS, ids=[scan.title for scan in SCANS])
def test_each_rule_passes_or_its_failure_is_explained(scan, scanned):
    if scan.product == DISA and not DISA_CONTENT:
        pytest.skip("no package has DISA's benchmark for RHEL 9; download it and name it in LINUX_AUDIT_DISA_RHEL9")
    path = pathlib.Path(DISA_CONTENT) if scan.product == DISA else contents.data_stream(scan.product)
    asked = read_scan(path, scan.profile, scan.wanted)
    host = scanned(scan.guest)
    marker = "touch" if scan.red_hat else "rm -f"
    host.guest.run(f"cp -p /root/auditd.conf /etc/audit/auditd.conf; {marker} /etc/redhat-release")
    for result in host.tasks(*_applied(scan)):
        assert not result.get("failed"), result
    host.guest.run("cat >/root/scan/definitions.xml", input=asked.definitions)
    options = ""
    if asked.variables:
        host.guest.run("cat >/root/scan/variables.xml", input=asked.variables)
        options = "--variables variables.xml"
    said = host.guest.run(f"cd /root/scan && oscap oval eval {options} definitions.xml", timeout=300)
    results = asked.results(said.stdout)
    failed = {rule for rule, passed in results.items() if not passed}
    assert (len(results) - len(failed), failed) == (scan.passes, set(scan.fails))
