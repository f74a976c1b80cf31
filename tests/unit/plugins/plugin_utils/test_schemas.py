# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON that the playbooks write is what its published schema says, and the schema describes all that is in it."""

import copy
import json
import random

import jsonschema
import pytest

from ansible_collections.linux.audit.plugins.plugin_utils import evidence, evidence_files, report_history
from ansible_collections.linux.audit.plugins.plugin_utils.fleet import drift_row
from judged_fleet import FLEET, HOSTILE, fleet
from paths import ROOT
from simulated_fleet import TROUBLES, healthy, simulated

SCHEMAS = {
    path.name.removesuffix(".json"): json.loads(path.read_text()) for path in (ROOT / "docs" / "schemas").glob("*.json")
}


def closed(schema):
    """The schema without room for keys that it does not describe."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: closed(part) for name, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        found["additionalProperties"] = False
    return found


def errors(name, document):
    validator = jsonschema.Draft202012Validator(closed(SCHEMAS[name]))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]


def drift():
    """What the playbook drift writes: a host of each kind of trouble, one that is well, and some without an answer."""
    dice = random.Random(1)
    rows = []
    for number, spoil in enumerate([lambda info, dice: None, *(spoil for _share, spoil in TROUBLES)]):
        info = healthy(dice)
        spoil(info, dice)
        rows.append({"host": f"web{number}", **drift_row(info)})
    for answer in ({"unreachable": True, "msg": "no route"}, {"failed": True, "msg": HOSTILE}, {}):
        rows.append({"host": f"gone{len(rows)}", **drift_row(answer)})
    rows.append({"host": "ended", "state": "failed"})
    return {**report_history.DRIFT, "generated": "2026-11-27T06:00:00Z", "hosts": rows}


def documents():
    """Documents of fleets of many kinds, by name, each with the name of its schema."""
    first = fleet(**FLEET)
    hostile = {HOSTILE: FLEET["bad"], "x": {"failed": True, "msg": HOSTILE}}
    yield "evidence", evidence.SCHEMA, first
    yield "no host", evidence.SCHEMA, fleet()
    yield "changes", evidence.SCHEMA, fleet(first, good=FLEET["bad"], bad=FLEET["gone"])
    yield "hostile", evidence.SCHEMA, fleet(**hostile)
    yield "rows", report_history.DRIFT, drift()
    for hosts, results in ((0, 1), (50, 1), (300, 3)):
        document = simulated(hosts, 6 if hosts else 0, results)
        yield f"report of {hosts} hosts", {"schema": document["schema"], "schema_version": 1}, document


DOCUMENTS = {name: (schema, document) for name, schema, document in documents()}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schemas_are_schemas_and_carry_their_version(name):
    schema = SCHEMAS[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    own = {key: schema["properties"][key]["const"] for key in ("schema", "schema_version")}
    assert name == "{schema}.{schema_version}".format(**own)
    assert schema["$id"].endswith(f"/docs/schemas/{name}.json")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_written_is_what_the_schema_says(name):
    schema, document = DOCUMENTS[name]
    written = json.loads(json.dumps(document))
    assert errors("{schema}.{schema_version}".format(**schema), written) == []


def test_the_file_of_the_evidence_is_the_document():
    document = DOCUMENTS["changes"][1]
    (text,) = [file["text"] for file in evidence_files.files(document) if file["name"] == "compliance.json"]
    assert errors("linux.audit.compliance.1", json.loads(text)) == []


def spoiled(document):
    """Each key of the document is away once, and each value another kind once."""

    def walk(part):
        if isinstance(part, dict):
            for key in part:
                yield part, key
                yield from walk(part[key])
        elif isinstance(part, list):
            for value in part[:1]:
                yield from walk(value)

    for place in range(len(list(walk(document)))):
        for spoil in (lambda part, key: part.pop(key), lambda part, key: part.update({key: object})):
            copied = copy.deepcopy(document)
            part, key = list(walk(copied))[place]
            spoil(part, key)
            yield key, copied


def test_a_schema_notices_what_is_not_as_it_says():
    """A key that goes, or means something else, makes another version: no key is left out of the schema's sight."""
    document = fleet(fleet(good=FLEET["good"]), bad=FLEET["bad"])
    unnoticed = {key for key, changed in spoiled(document) if not errors("linux.audit.compliance.1", changed)}
    # What only some documents and hosts have.
    assert unnoticed <= {"before", "changes", "counts", *document["hosts"][0]["counts"], *document["hosts"][0]["proof"]}
