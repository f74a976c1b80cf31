# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shipped to managed hosts, on every Python that is on this machine, from 3.6 on."""

import json
import os
import subprocess
import sys

import pytest

import pythons
from paths import DATA, MODULE_UTILS

VERSIONS = [f"3.{minor}" for minor in range(6, 15)]

# Run by each interpreter, without Ansible.
SCRIPT = """
import glob, hashlib, importlib, json, os, sys
directory, data = sys.argv[1:]
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(directory))
imported = []
for path in sorted(glob.glob(os.path.join(directory, "**", "*.py"), recursive=True)):
    name = os.path.relpath(path, os.path.dirname(directory))[:-3].replace(os.sep, ".")
    importlib.import_module(name)
    imported.append(name)

from module_utils.rules import model, parse, render, resolver, wire

digest, counts = hashlib.sha256(), {"rules": 0, "errors": 0}
for machine in ("x86_64", "aarch64", "s390x"):
    host = resolver.Resolver()
    host.machine = machine
    for path in sorted(glob.glob(os.path.join(data, "*.rules"))):
        with open(path, encoding="utf-8", newline="") as source:
            lines = parse.parse_file(source.read(), os.path.basename(path), host)
        for line in lines:
            parts = [line.origin, str(line.error or ""), str(line.statement and line.statement.text)]
            counts["errors"] += bool(line.error)
            if line.statement and line.statement.rule:
                rule = line.statement.rule
                parts += [render.render(rule, machine), render.render(model.canonical(rule), machine)]
                parts.append(wire.encode(rule).hex())
                assert wire.decode(wire.encode(rule)) == (rule if rule.list != "task" else rule._replace(syscalls=None))
                counts["rules"] += 1
            digest.update("\\n".join(parts).encode("utf-8", "backslashreplace"))
report = {"digest": digest.hexdigest(), "counts": counts, "imported": imported}
report["version"] = sys.version_info[:2]
print(json.dumps(report))
"""


def _report(python):
    done = subprocess.run(
        [python, "-c", SCRIPT, MODULE_UTILS, DATA],
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "PYTHONHASHSEED": "random"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def ours():
    return _report(sys.executable)


@pytest.mark.parametrize("version", VERSIONS)
def test_same_results_on_every_python(version, ours):
    python = pythons.find(version)
    if python is None:
        pytest.skip(f"there is no Python {version} on this machine, neither of pyenv nor on the PATH")
    report = _report(python)
    assert report.pop("version") == [int(part) for part in version.split(".")]
    assert report == {name: value for name, value in ours.items() if name != "version"}


def test_everything_is_tried(ours):
    print(ours)
    assert ours["counts"]["rules"] > 900
    assert ours["counts"]["errors"] > 600
    files = {
        str(path.relative_to(MODULE_UTILS.parent).with_suffix("")).replace(os.sep, ".")
        for path in MODULE_UTILS.rglob("*.py")
    }
    assert files == set(ours["imported"])
    assert "module_utils._kernel.netlink" in ours["imported"]
    assert "module_utils.rules.parse" in ours["imported"]
