# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of a SCAP data stream that scans for audit rules and settings, as an OVAL file of its own.

A profile of ComplianceAsCode has hundreds of rules, for one distribution. Here its rules about audit become one small
file, which `oscap oval eval` runs on any distribution: what the file asks is asked, whatever host it is meant for.
"""

import copy
import pathlib
import re
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple

_XCCDF = "{http://checklists.nist.gov/xccdf/1.2}"
_OVAL = "{http://oval.mitre.org/XMLSchema/oval-definitions-5}"
_COMMON = "{http://oval.mitre.org/XMLSchema/oval-common-5}"
_OVAL_VARIABLES = "{http://oval.mitre.org/XMLSchema/oval-variables-5}"
_SECTIONS = ("definitions", "tests", "objects", "states", "variables")
_REFERENCES = ("definition_ref", "test_ref", "object_ref", "state_ref", "var_ref")


class Scan(NamedTuple):
    """A file of OVAL definitions, the values of their variables, and the definition of each rule."""

    definitions: str
    variables: str | None
    rules: dict[str, str]

    def results(self, output: str) -> dict[str, bool]:
        """By rule, what `oscap oval eval` printed: whether the host complies. An error of the scanner is a KeyError."""
        said = dict(re.findall(r"^Definition (\S+): (\S+)$", output, re.M))
        words = {"true": True, "false": False}
        return {rule: words[said[definition]] for rule, definition in sorted(self.rules.items())}


def read_scan(path: pathlib.Path, profile: str, wanted: str) -> Scan:
    """What the rules of a profile need whose names (or a vendor's numbers) match the regular expression `wanted`."""
    root = ElementTree.parse(path).getroot()
    benchmark = next(root.iter(f"{_XCCDF}Benchmark"))
    chosen = _profile(benchmark, profile)
    values = _values(benchmark, chosen)
    selected = {
        select.get("idref") for select in chosen.iter(f"{_XCCDF}select") if select.get("selected") in ("true", "1")
    }
    rules, exports = {}, {}
    groups = {rule: group.get("id") for group in benchmark.iter(f"{_XCCDF}Group") for rule in group}
    for rule in benchmark.iter(f"{_XCCDF}Rule"):
        name = _name(rule)
        # DISA selects the groups, of one rule each.
        if not selected & {rule.get("id"), groups.get(rule)} or not re.match(wanted, name):
            continue
        for check in rule.iter(f"{_XCCDF}check"):
            content = check.find(f"{_XCCDF}check-content-ref")
            if content is not None and content.get("name", "").startswith("oval:"):
                rules[name] = content.get("name")
                for export in check.iter(f"{_XCCDF}check-export"):
                    exports[export.get("export-name")] = values[export.get("value-id")]
    return Scan(_definitions(root, set(rules.values())), _variables(exports), rules)


def references(path: pathlib.Path) -> dict[str, set[str]]:
    """By the name of a rule, what standards call it."""
    return {
        _name(rule): {_name(rule), *(reference.text or "" for reference in rule.iter(f"{_XCCDF}reference"))}
        for rule in ElementTree.parse(path).getroot().iter(f"{_XCCDF}Rule")
    }


def version(path: pathlib.Path) -> str:
    """The release of a benchmark."""
    benchmark = next(ElementTree.parse(path).getroot().iter(f"{_XCCDF}Benchmark"))
    return benchmark.findtext(f"{_XCCDF}version")


def _profile(benchmark, name):
    profiles = {profile.get("id"): profile for profile in benchmark.iter(f"{_XCCDF}Profile")}
    return next(profile for identifier, profile in profiles.items() if identifier.endswith(f"_profile_{name}"))


def _name(rule):
    """A vendor's own number, or what ComplianceAsCode calls the rule."""
    short = rule.get("id").partition("_rule_")[2]
    return rule.findtext(f"{_XCCDF}version") if short.startswith("SV-") else short


def _values(benchmark, profile):
    """Values of variables by their names, as the profile chooses them."""
    selectors = {refine.get("idref"): refine.get("selector") for refine in profile.iter(f"{_XCCDF}refine-value")}
    values = {}
    for value in benchmark.iter(f"{_XCCDF}Value"):
        name = value.get("id")
        found = {one.get("selector"): one.text or "" for one in value.findall(f"{_XCCDF}value")}
        values[name] = (value.get("type") or "string", found.get(selectors.get(name), found.get(None, "")))
    return values


def _definitions(root, wanted):
    """The definitions with all that they refer to, as a file."""
    known, sections = {}, {}
    for document in root.iter(f"{_OVAL}oval_definitions"):
        for section in _SECTIONS:
            for element in document.findall(f"{_OVAL}{section}/*"):
                known[element.get("id")] = element
                sections[element.get("id")] = section
    needed, waiting = set(), list(wanted)
    while waiting:
        name = waiting.pop()
        if name in known and name not in needed:
            needed.add(name)
            waiting += _references(known[name])
    result = ElementTree.Element(f"{_OVAL}oval_definitions")
    _generator(result, _OVAL)
    for section in _SECTIONS:
        elements = [known[name] for name in known if name in needed and sections[name] == section]
        if elements:
            ElementTree.SubElement(result, f"{_OVAL}{section}").extend(map(copy.deepcopy, elements))
    return ElementTree.tostring(result, encoding="unicode")


def _references(element):
    for part in element.iter():
        yield from (part.get(name) for name in _REFERENCES if part.get(name))
        text = (part.text or "").strip()
        if text.startswith("oval:"):
            yield text


def _variables(exports):
    if not exports:
        return None
    result = ElementTree.Element(f"{_OVAL_VARIABLES}oval_variables")
    _generator(result, _OVAL_VARIABLES)
    variables = ElementTree.SubElement(result, f"{_OVAL_VARIABLES}variables")
    for name, (kind, text) in sorted(exports.items()):
        kind = {"number": "int"}.get(kind, kind)
        attributes = {"id": name, "datatype": kind, "comment": "a value of the profile"}
        variable = ElementTree.SubElement(variables, f"{_OVAL_VARIABLES}variable", attributes)
        ElementTree.SubElement(variable, f"{_OVAL_VARIABLES}value").text = text
    return ElementTree.tostring(result, encoding="unicode")


def _generator(document, namespace):
    generator = ElementTree.SubElement(document, f"{namespace}generator")
    ElementTree.SubElement(generator, f"{_COMMON}schema_version").text = "5.11"
    ElementTree.SubElement(generator, f"{_COMMON}timestamp").text = "2026-01-01T00:00:00"
