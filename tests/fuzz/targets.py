# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is fuzzed: functions of bytes, which raise no error but those of this collection, and keep their promises."""

import contextlib
import functools
import importlib
import inspect
import json
import pathlib
import tempfile
import zlib

from ansible.errors import AnsibleError

from ansible_collections.linux.audit.plugins.filter import answers
from ansible_collections.linux.audit.plugins.module_utils._daemon import conf_file, state_report, validation
from ansible_collections.linux.audit.plugins.module_utils._daemon.keywords import AUDITD_CONF, PLUGIN_CONF, REMOTE_CONF
from ansible_collections.linux.audit.plugins.module_utils._daemon.target import Target
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._kernel.records import KernelRecord
from ansible_collections.linux.audit.plugins.module_utils._log import times
from ansible_collections.linux.audit.plugins.module_utils._log.auparse import (
    Interpreter,
    InterpreterMissing,
    Record,
    RecordField,
    Sentence,
)
from ansible_collections.linux.audit.plugins.module_utils._log.aureport import read_overview, read_rows, read_totals
from ansible_collections.linux.audit.plugins.module_utils._log.checkpoint import Checkpoint
from ansible_collections.linux.audit.plugins.module_utils._log.events import event
from ansible_collections.linux.audit.plugins.module_utils._log.files import event_id
from ansible_collections.linux.audit.plugins.module_utils._log.trial_count import Tally
from ansible_collections.linux.audit.plugins.module_utils._log.trial_report import Elapsed, report
from ansible_collections.linux.audit.plugins.module_utils._policy.packs import read_pack
from ansible_collections.linux.audit.plugins.module_utils._policy.requirements import read_standard
from ansible_collections.linux.audit.plugins.module_utils._policy.verdicts import read_waivers
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.dead_rules import shadows
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import AuditError
from ansible_collections.linux.audit.plugins.module_utils.rules.linter import Fleet, RulesText, lint
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_file, parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from ansible_collections.linux.audit.plugins.module_utils.rules.structure import parse_structure, to_structure
from ansible_collections.linux.audit.plugins.plugin_utils import packs, standards
from ansible_collections.linux.audit.plugins.plugin_utils.lint_reports import FORMATS
from ansible_collections.linux.audit.plugins.plugin_utils.printable import printable
from paths import DATA, PLUGINS
from spoiling import replaced, size_of

__all__ = ("CALLS", "FILTERS", "TARGETS", "call_filter", "replaced", "size_of")

CALLS = DATA / "filter_calls"


def _plugins(kind, methods):
    """Functions by name, of all files of a directory of plugins."""
    found = {}
    for path in sorted((PLUGINS / kind).glob("*.py")):
        module = importlib.import_module(f"ansible_collections.linux.audit.plugins.{kind}.{path.stem}")
        found.update(getattr(getattr(module, f"{kind.capitalize()}Module")(), methods)())
    return found


FILTERS = {**_plugins("filter", "filters"), **_plugins("test", "tests")}
"""All filters and tests of the collection, by name."""

HOST = Host()
VERSIONS = ((2, 8, 5), (3, 0, 9), (4, 0, 2), (4, 2, 1))


def text_of(data):
    """Bytes as files are read."""
    return data.decode("utf-8", "surrogateescape")


def parser(data):
    """A rule is the same after it was rendered and parsed again, and after the kernel was given it and listed it."""
    lines = parse_file(text_of(data), "file", HOST)
    held = [line.statement.rule for line in lines if line.statement and line.statement.rule]
    shadows(held)
    for rule in held:
        text = render(rule, HOST.machine)
        assert canonical(parse_line(text, HOST).rule) == canonical(rule), text
        for statement in parse_structure(to_structure(rule, HOST.machine), HOST):
            assert canonical(statement.rule) == canonical(rule), text
        assert canonical(wire.decode(wire.encode(rule))) == canonical(rule), text


def linter(data):
    """Whatever is in a file, its findings can be printed in every form, and what they propose is a rule."""
    files = [RulesText("d/a.rules", text_of(data)), RulesText("d/b.rules", text_of(data[::-1]))]
    for fleet in (Fleet(), Fleet(("x86_64", "aarch64"), (3, 0, 9), frozenset(), frozenset())):
        found = lint(files, fleet, joined=fleet.users is None)
        for form in FORMATS.values():
            form(found, [file.path for file in files]).encode()
        for finding in found:
            for line in (finding.repair or "").split("\n") if finding.id != "no-final-newline" else []:
                assert not line or parse_line(line, HOST)


def trial(data):
    """Whatever a record says, it is counted, and the counts make a report."""
    tally = Tally({b"key": 0}, b"own", 1)
    for serial, text in enumerate(data.split(b"\n")):
        tally.add(KernelRecord(1300 + len(text) % 40, b"audit(1.000:%d):" % serial, serial // 2, text))
        tally.add(KernelRecord(1300, b"audit(1.000:7):", serial, text + b" key=key"))
    json.dumps(report(["rule"], tally, Elapsed(1.0, 3), 1 << 20))


def kernel_list(data):
    """What the kernel might list is decoded, rendered and encoded, or refused as what it is not."""
    try:
        rule = wire.decode(data + bytes(max(0, 1040 - len(data))))
    except ValueError:
        return
    render(rule, HOST.machine)
    to_structure(rule, HOST.machine)
    canonical(rule)


def configuration(data):
    """A file of the daemon keeps its lines, and setting what it says already changes nothing."""
    text = text_of(data)
    lines = conf_file.parse(text)
    assert conf_file.render(lines) in (text, text + "\n")
    held = conf_file.values(lines)
    assert conf_file.values(conf_file.edited(lines, held)) == held
    for version in VERSIONS:
        target = Target(version, None, lambda path: None, lambda name: None)
        for file in (AUDITD_CONF, PLUGIN_CONF, REMOTE_CONF):
            problems = validation.check(file, lines, target)
            validation.repaired(lines, problems)
            [problem.at("/file") for problem in problems]
    state_report.parse_report(text)


@functools.cache
def _interpreters():
    """What makes sense of records: libauparse if it is there, and a stand-in."""
    try:
        return (Words(), Interpreter())
    except InterpreterMissing:
        return (Words(),)


class Words:
    """In the place of libauparse, so that events are made of anything: a field means what is written."""

    def event(self, text):
        """The records of the lines, and a sentence made of their first words."""
        lines = [line.split(" ") for line in text_of(text).split("\n") if line]
        records = [Record(words[0][5:], [self._field(*word.partition("=")) for word in words[1:]]) for words in lines]
        first = lines[0] if lines else []
        return records, Sentence(*(first[place] if place < len(first) else None for place in range(4)))

    @staticmethod
    def _field(name, _sign, value):
        address = (value[:5], value[5:20], value[20:]) if name == "saddr" else None
        return RecordField(name, value, value, address)


def events(data):
    """Lines of a log become events, whatever is in them."""
    for line in data.split(b"\n"):
        identity = event_id(line)
        for interpreter in _interpreters() if identity else ():
            found = event(identity, line + b"\n", interpreter, True)
            json.dumps(found)
            rows = answers.event_rows([found], ",".join(answers.COLUMNS))
            answers.table(rows)
            answers.csv(rows)
    lines = text_of(data).split("\n")
    list(read_rows(iter(lines), ["date", "time", "type", "success", "event"]))
    read_totals(iter(lines))
    read_overview(iter(lines))


def points_in_time(data):
    """A time is a number of seconds."""
    assert isinstance(times.parse(text_of(data), 1700000000.0), (int, float))


def own_packs(data):
    """A pack becomes lines, each with a rule or with an error."""
    for parameters in ({}, {"directories": ["/etc", "/x y"], "users": "root", "flag": True}):
        filled = read_pack("own", text_of(data), parameters, HOST)
        for line in filled.lines:
            str(line.error)


def checkpoints(data):
    """A checkpoint is taken, or refused by its name."""
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "mark")
        path.write_bytes(data)
        Checkpoint(str(path))


def filters(data):
    """Whatever is piped into a filter, and whatever else it is given, it returns something or says what it takes.

    The filters are those of the directory. A call that each of them takes is kept as CALLS/NAME.json; each part of it
    may be what nobody would write.
    """
    try:
        value = json.loads(data)
        json.dumps(value)
    except (ValueError, RecursionError):
        return
    for name, function in FILTERS.items():
        given = _kept_call(name) or [value] * len(_parameters(function))
        for place in range(len(_parameters(function))):
            arguments = [*given, *[value] * (place + 1 - len(given))]
            arguments[place] = value
            call_filter(function, arguments)
        spoilt = replaced(given, [1 + zlib.crc32(data) % (size_of(given) - 1)], value)
        call_filter(function, spoilt)


@functools.cache
def _kept_call(name):
    """The arguments of a call that is kept; None if no call is kept."""
    path = CALLS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def call_filter(function, arguments):
    """Call a filter; an error of it is made of lines that a terminal does not obey."""
    try:
        function(*arguments)
    except AnsibleError as error:
        lines = str(error).split("\n")
        assert lines == printable(lines), lines


def _parameters(function):
    return inspect.signature(function).parameters


def requirements(data):
    """A file with requirements of one's own is a standard, or is refused; what a host makes of it is requirements."""
    try:
        standard = standards.own_standard(text_of(data), "own.yml")
    except AnsibleError:
        return
    for one in read_standard(standard, HOST):
        json.dumps(one.title)


def exceptions(data):
    """Exceptions are read, or refused."""
    try:
        items = json.loads(data)
    except (ValueError, RecursionError):
        return
    # ansible-core sees to the list, the dictionaries and their texts.
    if isinstance(items, list):
        given = [{str(key): str(text) for key, text in item.items()} for item in items if isinstance(item, dict)]
        read_waivers(given, "2026-11-27")


def standard_packs(data):
    """What names packs and standards, with parameters, is found, or refused with a sentence."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    for read in (packs.sources, standards.standards):
        with contextlib.suppress(AnsibleError):
            read(value)


def _allowed(function):
    """The function, without the errors that it may raise."""

    def call(data):
        with contextlib.suppress(AuditError):
            function(data)

    return call


TARGETS = {
    function.__name__: _allowed(function)
    for function in (
        parser, linter, kernel_list, configuration, events, trial, points_in_time, own_packs, checkpoints, filters,
        requirements, exceptions, standard_packs,
    )
}  # fmt: skip
"""Functions of bytes by name."""
