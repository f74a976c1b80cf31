# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the tests import ansible_collections.linux.audit from a checkout that lies anywhere; tell where the time goes."""

import collections
import json
import os
import pathlib
import sys
import types

import hypothesis
import pytest

import clock
from paths import ROOT

# So that their assertions, too, say what was compared.
pytest.register_assert_rewrite("audited", "daemon_host", "direct", "probing")

# Machines are noisy: that a case takes long is no failure.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def _package(name, *path):
    module = types.ModuleType(name)
    module.__path__ = [str(part) for part in path]
    sys.modules[name] = module


# ansible-test brings its own importer, and has imported this file through it.
if "ansible_collections" not in sys.modules:
    _package("ansible_collections")
    _package("ansible_collections.linux")
    _package("ansible_collections.linux.audit", ROOT)


# Files whose tests take minutes, so that no worker begins one of them when the others are about to end.
LONG = (
    "test_molecule", "test_packs", "test_auditd_service", "test_remote_logging_faults", "test_remote_logging",
    "test_matrix", "test_keyword_fidelity", "test_audit_ruleset", "test_examples", "test_boot",
)  # fmt: skip


files: collections.Counter[str] = collections.Counter()
"""Seconds by the file of tests that they went into."""
FILES_SHOWN = 15


def pytest_collection_modifyitems(items):
    """Long files first, then the other ones that boot guests."""

    def place(item):
        name = item.path.stem
        unit = "integration" not in item.path.parts
        return (unit, LONG.index(name) if name in LONG else len(LONG), item.path)

    items.sort(key=place)


def pytest_configure(config):
    """Hear of the workers, if there are any."""
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(_Workers())


class _Workers:
    @staticmethod
    def pytest_testnodedown(node):
        """Add what a worker measured."""
        for name, seconds in getattr(node, "workeroutput", {}).get("spent", {}).items():
            clock.spent[name] += seconds


def pytest_sessionfinish(session):
    """Give what was measured to the process that started this worker; tests' own times it has."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["spent"] = {
            name: seconds for name, seconds in clock.spent.items() if name.startswith("of these")
        }


def pytest_runtest_logreport(report):
    """Add a test's time to that of its kind, which is the name of the directory below tests/, and of its file."""
    path = pathlib.PurePath(report.location[0])
    clock.spent[f"{path.parts[1]} tests"] += report.duration
    files[path.stem] += report.duration


def pytest_terminal_summary(terminalreporter):
    """Print tables that tests have recorded, and one of seconds.

    LINUX_AUDIT_STAGES has what was spent before pytest, as `NAME=SECONDS ...`.
    """
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    calls = [report for report in reports if getattr(report, "when", None) == "call"]
    for name, text in (pair for report in calls for pair in report.user_properties):
        terminalreporter.section(name)
        terminalreporter.line(text)
    stages = (stage.split("=") for stage in os.environ.get("LINUX_AUDIT_STAGES", "").split())
    rows = [(name, float(seconds)) for name, seconds in stages]
    rows += sorted(clock.spent.items(), key=lambda row: row[0].startswith("of these"))
    rows += [(f"in {name}", seconds) for name, seconds in files.most_common(FILES_SHOWN)]
    terminalreporter.section("where the time goes")
    for name, seconds in rows:
        terminalreporter.line(f"{seconds:8.1f} s  {name}")
    if terminalreporter.config.getoption("cov_source", None) and COVERAGE.exists():
        _show_coverage(terminalreporter, json.loads(COVERAGE.read_text()))


COVERAGE = ROOT / ".cache" / "coverage.json"
LEAST_COVERED_SHOWN = 15


def _show_coverage(terminalreporter, report):
    """Print how much of the plugins the tests reach, as lines and branches, and of which files the least."""
    least = sorted(report["files"].items(), key=lambda item: item[1]["summary"]["percent_covered"])
    terminalreporter.section("coverage of lines and branches")
    for name, file in [("plugins", {"summary": report["totals"]}), *least[:LEAST_COVERED_SHOWN]]:
        summary = file["summary"]
        missed = f"{summary['missing_lines']} lines and {summary['missing_branches']} branches are not reached"
        terminalreporter.line(f"{summary['percent_covered']:8.1f} %  {name}: {missed}")
