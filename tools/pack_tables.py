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

BEGIN, END = "<!-- BEGIN of what tools/pack_tables.py writes -->", "<!-- END -->"
PROOFS = """## What the tests have found

`tests/integration/roles_and_playbooks/test_packs.py` does all of this with all packs loaded, in the session of the user
alice, mostly as root, on Debian 12 (audit 3.0.9, Linux 6.1 as User-Mode Linux). Each event has alice as its `auid`. The
guest has no 32-bit programs: the rules for `b32` are loaded, and differ only in `arch`. It has no nftables tables for
IPv4 either, so the events of iptables-nft are failed attempts.

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
    text = ""
    for name, title in TITLES.items():
        rows = [
            (requirement, "<br>".join(link(entry) if entry in packs.names() else f"`{entry}`" for entry in entries))
            for requirement, entries in packs.requirements(name).items()
        ]
        benchmark = packs.load(name).header.get("benchmark")
        made_for = f", written for {benchmark}" if benchmark else ""
        text += f"## {title}\n\nThe pack {link(name)}{made_for}.\n\n" + table(("Requirement", "Rules"), rows) + "\n"
    return text


def link(name):
    """A pack, and its file."""
    return f"[{name}](../plugins/plugin_utils/rule_packs/{name}.rules)"


def table(head, rows):
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    main()
