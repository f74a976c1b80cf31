# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemas of the formats that others own: OASIS' of SARIF, MITRE's of HDF, and that of Jenkins' plugin for JUnit.

They are fetched at one commit, checked by their checksums, and kept like images of guests, so that no file of theirs is
part of this project. LINUX_AUDIT_SCHEMAS names a directory that has them already.
"""

import hashlib
import os
import pathlib
import urllib.request
from typing import NamedTuple

import pytest

from lab.cache import cache_directory

__all__ = ("SCHEMAS", "schema")

_RAW = "https://raw.githubusercontent.com"
_SECONDS = 20


class _Foreign(NamedTuple):
    place: str
    sha256: str


SCHEMAS = {
    "sarif-schema-2.1.0.json": _Foreign(
        f"{_RAW}/oasis-tcs/sarif-spec/e0583813964ec43cea53b6b531b402866095ed1f/sarif-2.1/schema/sarif-schema-2.1.0.json",
        "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e",
    ),
    "exec-json.json": _Foreign(
        f"{_RAW}/mitre/heimdall2/2e4a8bec1e4d539f2f55e3adfca07f31f829acb2/libs/inspecjs/schemas/exec-json.json",
        "e0062a32f2117d972d4502a280b20c63833c550e2c6319486531c23ad6eaed09",
    ),
    "junit-10.xsd": _Foreign(
        f"{_RAW}/jenkinsci/xunit-plugin/8c515de2804b3fd591a3b0f1ff8908a1b1a41887"
        "/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd",
        "a1a816f58d1bf95ebabf371994df0b9246dee66ea9572fbec4f9296f1b2c0ff6",
    ),
}


def schema(name: str) -> str:
    """The text of a schema. A test that cannot have it is skipped."""
    given = os.environ.get("LINUX_AUDIT_SCHEMAS")
    path = pathlib.Path(given) / name if given else cache_directory() / "schemas" / name
    if not given and not path.exists():
        try:
            with urllib.request.urlopen(SCHEMAS[name].place, timeout=_SECONDS) as answer:
                found = answer.read()
        except OSError as error:
            pytest.skip(
                f"{SCHEMAS[name].place} cannot be fetched ({error}); LINUX_AUDIT_SCHEMAS names a directory with it"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(found)
    text = path.read_bytes()
    assert hashlib.sha256(text).hexdigest() == SCHEMAS[name].sha256, f"{path} is not {SCHEMAS[name].place}"
    return text.decode()
