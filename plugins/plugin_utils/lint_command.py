# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lint rules files from the command line, for the CI of a repository of rules; Ansible is not needed.

python -m ansible_collections.linux.audit.plugins.plugin_utils.lint_command [OPTION...] PATH...

In a checkout, tools/lint_rules.py does the same. A PATH is a file, or a directory: then each directory below it that
has files of the name *.rules is one set, which augenrules reads. Exit status: 0 without findings that count (see
--fail-on), 1 with such findings, 2 if an argument is wrong or a file cannot be read.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
from collections.abc import Iterator, Sequence

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.findings import SEVERITIES, Finding
from ansible_collections.linux.audit.plugins.plugin_utils.lint_reports import FORMATS
from ansible_collections.linux.audit.plugins.plugin_utils.lint_sets import is_at_least, lint_directories, make_fleet

__all__ = ("main",)


def main(arguments: Sequence[str]) -> int:
    """Run the command; return its exit status."""
    options = _options().parse_args(arguments)
    try:
        findings, paths = _findings(options)
        report = FORMATS[options.format](findings, paths)
        _write(report, options.output)
    except (OSError, RuleError) as error:
        print(f"lint: {error}", file=sys.stderr)
        return 2
    return int(any(is_at_least(finding, options.fail_on) for finding in findings))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lint", description="Find what is wrong with rules files of Linux audit.")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a rules file, or a directory")
    parser.add_argument("--format", choices=list(FORMATS), default="text", help="what to print (default: text)")
    parser.add_argument("--output", metavar="FILE", help="write the report there, not to the standard output")
    parser.add_argument(
        "--machine", action="append", default=[], metavar="NAME",
        help="a machine of the fleet, as uname -m prints it (default: x86_64); give the option once for each",
    )  # fmt: skip
    parser.add_argument("--audit-version", metavar="RELEASE", help="the oldest release of audit, such as 3.0.9")
    parser.add_argument("--users", metavar="FILE", help="the users of the hosts, in the form of passwd(5)")
    parser.add_argument("--groups", metavar="FILE", help="the groups of the hosts, in the form of group(5)")
    parser.add_argument("--ignore", action="append", default=[], metavar="ID", help="leave out findings of a check")
    parser.add_argument(
        "--fail-on", choices=[*SEVERITIES, "never"], default="warning",
        help="the least severity that makes the exit status 1 (default: warning)",
    )  # fmt: skip
    return parser


def _findings(options: argparse.Namespace) -> tuple[list[Finding], list[str]]:
    """The findings, and the paths of all files. Raises OSError or RuleError."""
    fleet = make_fleet(options.machine, options.audit_version, _names(options.users), _names(options.groups))
    findings, read = [], []
    for joined in (False, True):
        texts = dict(_texts(options.paths, joined))
        findings += lint_directories(texts, fleet, joined, options.ignore)
        read += list(texts)
    return findings, read


def _texts(paths: Sequence[str], directories: bool) -> Iterator[tuple[str, str]]:
    """The paths and texts of the files that are named, or of those in the directories that are named.

    Raises RuleError for a directory without such a file: it may not be the one that is meant.
    """
    for name in paths:
        path = pathlib.Path(name)
        if path.is_dir() is not directories:
            continue
        files = _rules_files(path) if directories else [path]
        if not files:
            raise RuleError("has no file *.rules in it", name)
        for file in files:
            yield str(file), file.read_bytes().decode("utf-8", "surrogateescape")


def _rules_files(directory: pathlib.Path) -> list[pathlib.Path]:
    """The files that augenrules would read in a directory or one below it; hidden directories are left out."""
    return sorted(
        path
        for path in directory.rglob("*.rules")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(directory).parts)
    )


def _names(path: str | None) -> list[str] | None:
    if path is None:
        return None
    lines = pathlib.Path(path).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    return [line.partition(":")[0] for line in lines if line]


def _write(report: str, output: str | None) -> None:
    data = report.encode("utf-8", "backslashreplace")
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
    else:
        pathlib.Path(output).write_bytes(data)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
