# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of roles and playbooks as an INI inventory or `-e name=value` gives them: strings."""

import itertools
import re

import jinja2
import pytest
import yaml
from jinja2 import nodes

from paths import ROOT

ROLES = sorted(path.parent.parent.name for path in ROOT.glob("roles/*/meta/argument_specs.yml"))
FILTERS = {"bool": "bool", "int": "int"}
"""By the type of a variable, the filter without which "false" is true and "2" * 30 is a long string."""
OF_PLAYBOOKS = {
    "install": "bool",
    "drift_fail": "bool",
    "limit": "int",
    "report_prove": "bool",
    "report_retention": "bool",
}
CONDITIONS = {"when", "that", "until", "failed_when", "changed_when"}
ENVIRONMENT = jinja2.Environment()


def declared():
    """Types of the variables, by name, that are booleans or numbers."""
    types = dict(OF_PLAYBOOKS)
    for role in ROLES:
        specs = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text())["argument_specs"]
        for spec in specs.values():
            types |= {name: option["type"] for name, option in spec["options"].items() if option["type"] in FILTERS}
    return types


def expressions(value, keyword=""):
    """The templates in what a YAML file holds; a condition is the inside of one."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from expressions(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions(inner, keyword)
    elif isinstance(value, str):
        yield "{{ " + value + " }}" if keyword in CONDITIONS and "{{" not in value else value


def templates():
    """Each template of roles and playbooks, with the file that it is in."""
    for path in sorted(itertools.chain(ROOT.glob("roles/*/*/*"), ROOT.glob("playbooks/**/*.yml"))):
        if path.suffix == ".j2":
            yield path, path.read_text()
        elif path.suffix == ".yml" and path.parent.name != "meta":
            for text in expressions(yaml.safe_load(path.read_text())):
                yield path, text


def plain_uses(text, types):
    """Names of variables that a template uses without the filter of their type, unless it asks whether they exist."""
    tree = ENVIRONMENT.parse(re.sub(r"\bomit\b", "none", text))
    excused = set()
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        inner = node.node
        if isinstance(inner, nodes.Filter) and inner.name == "default":
            inner = inner.node
        if isinstance(inner, nodes.Name) and (
            node.name in ("defined", "undefined") or node.name == FILTERS.get(types.get(inner.name))
        ):
            excused.add(id(inner))
    return [node.name for node in tree.find_all(nodes.Name) if node.name in types and id(node) not in excused]


@pytest.fixture(autouse=True, scope="module")
def filters_of_ansible():
    """Jinja refuses names of filters and tests that it does not know, and the names alone matter here."""
    names = set()
    for _path, text in templates():
        names |= set(re.findall(r"(?:\||\bis|\bnot)\s+([a-z_.]+)", text)) | set(re.findall(r"'([a-z_]+)'", text))
    for name in names:
        ENVIRONMENT.filters.setdefault(name, str)
        ENVIRONMENT.tests.setdefault(name, str)


def test_every_boolean_and_number_is_converted_where_it_is_used():
    types = declared()
    plain = [
        f"{path.relative_to(ROOT)}: {name} without | {types[name]}"
        for path, text in templates()
        for name in plain_uses(text, types)
    ]
    assert plain == []


def test_every_boolean_and_number_is_used():
    texts = "\n".join(text for _path, text in templates())
    assert [name for name in declared() if not re.search(rf"\b{name}\b", texts)] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ install }}", ["install"]),
        ("{{ install | default(false) }}", ["install"]),
        ("{{ install | int }}", ["install"]),
        ("{{ limit * 2 if install | bool else limit | int }}", ["limit"]),
        ("{{ install | default(false) | bool and limit | int > 2 }}", []),
        ("{{ install is defined }}", []),
        ("{{ other }} install", []),
    ],
)
def test_a_use_without_its_filter_is_seen(text, found):
    assert plain_uses(text, OF_PLAYBOOKS) == found
