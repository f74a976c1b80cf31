# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written in formats of others is what the schemas of their owners say: SARIF, HDF and JUnit.

In `./dev fleet`, because the schemas are fetched.
"""

import json

import jsonschema
import pytest

from ansible_collections.linux.audit.plugins.plugin_utils import evidence_files, lint_command
from foreign_schemas import schema
from judged_fleet import FLEET, HOSTILE, fleet

pytestmark = pytest.mark.fleet

RULES = {
    "findings": b"-w /etc/ssh/ -p wa -k ssh\n-a always,exit -F arch=b64 -S openat -F exit=EACCES -F uid=1 -k a\n-f 2\n",
    "none": b"-D\n-a always,exit -F arch=b64 -S mount -k m\n-a always,exit -F arch=b32 -S mount -k m\n",
    "bytes": b"-a always,exit -S \x1b[2J\xff -k \x01\n",
    "empty": b"",
}
FLEETS = {
    "many kinds": fleet(**FLEET),
    "hostile": fleet(**{HOSTILE: FLEET["bad"], "x": {"failed": True, "msg": HOSTILE}}),
    "nobody": fleet(),
}


def wrong(name, text):
    """What a text is not that a JSON schema says."""
    found = json.loads(schema(name))
    validator = jsonschema.validators.validator_for(found, default=jsonschema.Draft7Validator)
    return [f"{error.json_path}: {error.message[:200]}" for error in validator(found).iter_errors(json.loads(text))]


def wrong_xml(text):
    """What a text is not that Jenkins reads as JUnit."""
    import xmlschema

    return [str(error)[:400] for error in xmlschema.XMLSchema(schema("junit-10.xsd")).iter_errors(text)]


def linted(tmp_path, rules, form):
    """What the linter says of a file."""
    (tmp_path / "a b.rules").write_bytes(RULES[rules])
    lint_command.main(["--format", form, "--output", str(tmp_path / "report"), str(tmp_path)])
    return (tmp_path / "report").read_text()


@pytest.mark.parametrize("rules", RULES)
def test_the_linter_writes_sarif(tmp_path, rules):
    text = linted(tmp_path, rules, "sarif")
    assert wrong("sarif-schema-2.1.0.json", text) == []
    spoiled = json.loads(text)
    del spoiled["runs"][0]["tool"]["driver"]["name"]
    assert wrong("sarif-schema-2.1.0.json", json.dumps(spoiled)) == [
        "$.runs[0].tool.driver: 'name' is a required property"
    ]


@pytest.mark.parametrize("rules", RULES)
def test_the_linter_writes_junit(tmp_path, rules):
    text = linted(tmp_path, rules, "junit")
    assert wrong_xml(text) == []
    assert wrong_xml(text.replace("failures=", "broken="))


@pytest.mark.parametrize("name", FLEETS)
def test_evidence_is_hdf_and_junit(name):
    files = {file["name"]: file["text"] for file in evidence_files.files(FLEETS[name])}
    hosts = [file for file in files if file.startswith("hdf-")]
    assert len(hosts) == len(FLEETS[name]["hosts"])
    assert [said for file in hosts for said in wrong("exec-json.json", files[file])] == []
    assert wrong_xml(files["junit.xml"]) == []


def test_a_schema_of_hdf_notices_what_is_not_as_it_says():
    files = {file["name"]: file["text"] for file in evidence_files.files(FLEETS["many kinds"])}
    spoiled = json.loads(files["hdf-bad.json"])
    spoiled["profiles"][0]["controls"][0]["results"][0]["status"] = "not met"
    assert wrong("exec-json.json", json.dumps(spoiled))
