# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the tables of docs/packs.md and docs/requirements.md from the packs and from what their tests provoke.

Run it as `python tools/pack_tables.py`; a unit test fails when a page is out of date.
"""

import importlib
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "support")]

importlib.import_module("conftest")  # makes ansible_collections.linux.audit of this checkout
# ruff: noqa: E402
from ansible_collections.linux.audit.plugins.module_utils.rules.record_types import CATEGORIES, names_of
from ansible_collections.linux.audit.plugins.plugin_utils import packs
from provocations import PROVOCATIONS
from scans import BY_ROLES, DISA, SCANS

BEGIN, END = "<!-- BEGIN of what tools/pack_tables.py writes -->", "<!-- END -->"
PROOFS = """## What the tests have found

`tests/integration/roles_and_playbooks/test_packs.py` does all of this with all packs loaded, in the session of the user
alice, mostly as root, on Debian 12 (audit 3.0.9, Linux 6.1 as User-Mode Linux). Each event has alice as its `auid`. The
guest has no 32-bit programs: the rules for `b32` are loaded, and differ only in `arch`. It has no nftables tables for
IPv4 either, so the events of iptables-nft are failed attempts.

"""
SCANNERS = """## What scanners say

`tests/integration/roles_and_playbooks/test_scanners.py` applies each pack with `purge: all` to a guest of Debian,
with the settings of `auditd.conf` that are listed with the pack below. Then OpenSCAP evaluates the rules of the
profile about audit (`audit_rules_*` and `auditd_*`; of DISA, RHEL-09-654 and RHEL-09-653110). The guest has the
directories that the distribution has, and the same service that loads audit rules. `immutable` is true, and so is
`panic`, if the pack has it. ComplianceAsCode is release 0.1.82 of Debian forky; for Ubuntu 20.04 it is release 0.1.76
of Debian 13. With what the sources of 0.1.83 of 21 August 2026 build, as many rules pass and fail in the rows of one
pack for RHEL 9 and Ubuntu 22.04; `audit_rules_privileged_commands` of CIS was left out of that comparison. The tests
read such a build if `LINUX_AUDIT_DATA_STREAMS` names its directory.

The last rows are of hosts that the roles have set up: `test_standards_scanned.py` gives a guest that says that it is of
RHEL 9 `auditd_standards: [cis_level2, stig]`, one that says that it is of Ubuntu 22.04 `[stig]`, and both the role
`remote_logging`, with a server to which their records arrive. There, of DISA's content, RHEL-09-653 is evaluated as
well, but for 653010, 653030, 653120 and 653130, which ask for RHEL's packages, the size of the log's file system and
the boot loader.

Scanners compare text: ComplianceAsCode the files in `rules.d`, DISA's content the file `audit.rules`. Neither asks
the kernel (`auditctl -l`), so rules that record the same in another form fail. Packs with `exact` in their header
keep the form that scanners look for.

"""
TITLES = {
    "anssi_bp28": "ANSSI-BP-028",
    "cis_level2": "CIS benchmarks, level 2",
    "hipaa": "HIPAA security rule",
    "ospp_v42": "OSPP 4.2",
    "pci_dss_v4": "PCI DSS 4",
    "stig_rhel8": "DISA STIG for RHEL 8",
    "stig_rhel9": "DISA STIG for RHEL 9",
    "stig_rhel10": "DISA STIG for RHEL 10",
    "stig_ubuntu2004": "DISA STIG for Ubuntu 20.04",
    "stig_ubuntu2204": "DISA STIG for Ubuntu 22.04",
    "stig_ubuntu2404": "DISA STIG for Ubuntu 24.04",
}


def main():
    """Write both pages."""
    for path, text in pages().items():
        path.write_text(text)


def pages():
    """The text that each page is to have."""
    result = {}
    for name, tables in (("packs.md", categories() + overview() + proofs()), ("requirements.md", requirements())):
        path = ROOT / "docs" / name
        before, _begin, rest = path.read_text().partition(BEGIN)
        result[path] = f"{before}{BEGIN}\n\n{tables}\n{END}{rest.partition(END)[2]}"
    return result


def categories():
    """Record types by category."""
    rows = [(f"`{category}`", " ".join(names_of(category))) for category in CATEGORIES]
    return table(("Category", "Record types"), rows) + "\n"


def overview():
    """Packs with their headers."""
    text = ""
    for kind, title in (("question", "Questions"), ("compliance", "Standards"), ("exclusions", "Exclusions")):
        rows = [
            (link(pack.name), pack.header["question"], found(pack), pack.header["cost"], pack.header["noise"])
            for pack in map(packs.load, packs.names())
            if pack.kind == kind
        ]
        text += f"## {title}\n\n" + table(("Pack", "Question", "Found as", "Cost", "Noise"), rows) + "\n"
    text += "## Parameters\n\n"
    rows = [
        (link(pack.name), f"`{name}`", option["description"], default(option["default"]))
        for pack in map(packs.load, packs.names())
        for name, option in pack.parameters.items()
    ]
    return text + table(("Pack", "Parameter", "What it is", "Default"), rows) + "\n"


def default(value):
    """The default of a parameter, as YAML has it."""
    if value is None:
        return "by the host"
    return f"`[{', '.join(map(str, value))}]`" if isinstance(value, list) else f"`{str(value).lower()}`"


def found(pack):
    """What to search for, and which standards ask for it."""
    asked = [
        f"{TITLES[name]} {requirement}"
        for name in TITLES
        for requirement, included in packs.load(name).includes.items()
        if pack.name in included
    ]
    return pack.header["found"] + (f"; asked for by {', '.join(asked)}" if asked else "")


def proofs():
    """What was done in the session of a user, and what was found of it."""
    text = PROOFS
    rows = [(link(one.pack), done(one), "not found" if one.quiet else proof(one)) for one in PROVOCATIONS]
    return text + table(("Pack", "Provoked by", "Found as"), rows)


def done(provocation):
    """What was done, in words or as it was typed."""
    return provocation.what or f"`{provocation.command.removesuffix(' || true')}`"


def proof(provocation):
    """The event."""
    by = f"-m {provocation.record}" if provocation.record else f"-k {provocation.pack}"
    what = [f"`{provocation.syscall}`"] if provocation.syscall else []
    what += [f"exe `{provocation.exe}`"] if provocation.exe and "python" not in provocation.exe else []
    what += [f"record {name}" for name in provocation.types]
    return f"`ausearch {by}`" + (": " if what else "") + ", ".join(what)


def requirements():
    """Requirements of standards, and the rules or packs for each of them."""
    text = scans()
    for name, title in TITLES.items():
        rows = [
            (requirement, "<br>".join(link(entry) if entry in packs.names() else f"`{entry}`" for entry in entries))
            for requirement, entries in packs.requirements(name).items()
        ]
        benchmark = packs.load(name).header.get("benchmark")
        made_for = f", written for {benchmark}" if benchmark else ""
        text += f"## {title}\n\nThe pack {link(name)}{made_for}.\n\n" + table(("Requirement", "Rules"), rows) + "\n"
        text += wanted_settings(packs.load(name))
    return text


def wanted_settings(pack):
    """What a standard wants in auditd.conf."""
    rows = [
        (requirement, "<br>".join(f"`{keyword} = {value}`" for keyword, value in settings.items()))
        for requirement, settings in pack.settings.items()
    ]
    return table(("Requirement", "Settings of auditd.conf"), rows) + "\n" if rows else ""


def scans():
    """What OpenSCAP says of the packs, and why rules fail."""
    rows, reasons = [], {}
    for scan in (*SCANS, *BY_ROLES):
        for rule, reason in scan.fails.items():
            failing, failed_by = reasons.setdefault(reason, ({}, {}))
            failing[rule] = None
            failed_by.update((f"{link(name)} ({scan.product})", None) for name, _parameters in scan.items)
        content = "DISA's SCAP V2R9 for RHEL 9" if scan.product == DISA else f"ComplianceAsCode, {scan.product}"
        names = " and ".join(link(name) for name, _parameters in scan.items) + (
            ", by the roles" if scan in BY_ROLES else ""
        )
        rows.append((names, f"{content}, profile `{scan.profile}`", str(scan.passes), str(len(scan.fails))))
    text = SCANNERS + table(("Packs", "Content", "Pass", "Fail"), rows) + "\n"
    rows = [(some(rules), ", ".join(names), reason) for reason, (rules, names) in reasons.items()]
    return text + table(("Rules that fail", "Packs", "Why"), rows) + "\n"


def some(rules):
    """Names of rules; of many, the first ones."""
    names = [f"`{rule}`" for rule in rules]
    return ", ".join(names if len(names) < 4 else [*names[:2], f"and {len(names) - 2} more of their kind"])


def link(name):
    """A pack, and its file."""
    return f"[{name}](../plugins/plugin_utils/rule_packs/{name}.rules)"


def table(head, rows):
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    main()
