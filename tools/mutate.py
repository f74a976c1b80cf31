# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the tests of the rule library, or of other files: change one thing at a time, and see whether a test fails.

usage: ./dev mutate [--sample N] [--seed N] [--jobs N] [PATH...]

cosmic-ray makes the changes. Each changed module exists in the memory of one process alone, in which pytest runs, so
no file is ever written. Prints the changes that no test noticed, and how many there were of all.
"""

import argparse
import importlib.abc
import importlib.util
import os
import pathlib
import random
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import hypothesis
import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = "ansible_collections.linux.audit"
# What is changed if no path is given: all but tables of names and numbers.
SUBJECTS = "plugins/module_utils/rules/*.py"
TABLES = ("_generated_syscalls.py", "_generated_tables.py", "_typical.py", "syscalls.py", "tables.py")
# The tests of a file are in a tree that mirrors that of the files.
TESTS = "tests/unit"
# Modules that are tested through another one, whose name their tests have.
TESTED_AS = {
    "_bits": "order",
    "_conditions": "parse",
    "_control_options": "parse",
    "_lint_files": "linter",
    "_lint_lines": "linter",
    "_lint_rules": "linter",
    "_minimum_cut": "order",
    "_overlaps": "order",
    "_releases": "parse",
    "_rule_options": "parse",
    "carrying_out": "transition",
    "findings": "linter",
    "overlap": "plan",
    "statements": "parse",
    "words": "parse",
}
# The tests of these take long and look at nothing else but one another; other tests do not look at these.
ALONE = ("plan", "order")

# Others than these are known by cosmic-ray; what they find, these find as well.
CHANGES = (
    *("AddNot", "ExceptionReplacer", "NumberReplacer", "RemoveDecorator", "ZeroIterationForLoop"),
    *("ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak"),
    *("ReplaceTrueWithFalse", "ReplaceFalseWithTrue"),
    *("ReplaceUnaryOperator_Delete_Not", "ReplaceUnaryOperator_Delete_USub", "ReplaceUnaryOperator_Delete_Invert"),
    *(
        f"ReplaceComparisonOperator_{pair}"
        for pair in ("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt")
        + ("GtE_Lt", "Is_IsNot", "IsNot_Is")
    ),
    *(
        f"ReplaceBinaryOperator_{pair}"
        for pair in ("Add_Sub", "Sub_Add", "Mul_FloorDiv", "FloorDiv_Mul", "Mod_FloorDiv", "BitAnd_BitOr")
        + ("BitOr_BitAnd", "BitXor_BitAnd", "LShift_RShift", "RShift_LShift")
    ),
)
SECONDS = 300
"""A change that makes the tests take longer is noticed, or one that makes them take ten times as long."""


class Mutant(NamedTuple):
    """A module with one change in it."""

    path: pathlib.Path
    line: int
    operator: Operator
    occurrence: int

    def source(self) -> str:
        """The changed module."""
        return mutate_code(self.path.read_text(encoding="utf-8"), self.operator, self.occurrence)

    def __str__(self) -> str:
        """Where it is, and what is changed."""
        pairs = zip(self.path.read_text(encoding="utf-8").splitlines(), self.source().splitlines(), strict=False)
        old, new = next((pair for pair in pairs if pair[0] != pair[1]), ("", ""))
        return f"{self.path.relative_to(ROOT)}:{self.line}: {old.strip()}  ->  {new.strip()}"


def mutants(path: pathlib.Path) -> Iterator[Mutant]:
    """Every change of a module."""
    nodes = list(ast_nodes(get_ast(path.read_text(encoding="utf-8"))))
    for name in operator_names():
        if name.partition("/")[2] in CHANGES:
            operator = get_operator(name)()
            lines = [start[0] for node in nodes for start, _end in operator.mutation_positions(node)]
            yield from (Mutant(path, line, operator, occurrence) for occurrence, line in enumerate(lines))


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports one module from a text."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        self._name = ".".join((PACKAGE, *mutant.path.relative_to(ROOT).with_suffix("").parts))

    def find_spec(self, fullname, path=None, target=None):
        """Of any other module nothing is known here."""
        if fullname != self._name:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=str(self._mutant.path))

    def get_source(self, fullname):
        """The changed text."""
        return self._mutant.source()


def run_tests(tests_in_turn: Iterable[list[str]], mutant: Mutant | None = None, seconds: int = 0) -> None:
    """In a process of its own, which ends with 0 if all tests pass within some seconds."""
    signal.alarm(seconds)
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    if mutant:
        sys.meta_path.insert(0, _Changed(mutant))
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile=mutate"]
    os._exit(next((1 for tests in tests_in_turn if tests and pytest.main([*options, *tests])), 0))


def tests_of(mutant: Mutant) -> tuple[list[str], list[str]]:
    """Files of tests: those of the module that is changed, and those that may notice as well."""
    directory = ROOT / TESTS / mutant.path.relative_to(ROOT).parent
    files = sorted(str(path) for path in directory.glob("test_*.py"))

    def belongs(path: str, name: str) -> bool:
        return pathlib.Path(path).stem.startswith(f"test_{name}")

    name = TESTED_AS.get(mutant.path.stem, mutant.path.stem)
    own = [path for path in files if belongs(path, name)]
    is_alone = name in ALONE
    return own, [path for path in files if path not in own and is_alone is any(belongs(path, one) for one in ALONE)]


def start(tests_in_turn: Iterable[list[str]], mutant: Mutant | None = None, seconds: int = 0) -> int:
    """The process that runs these tests, of a mutant or of what is there."""
    child = os.fork()
    if not child:
        run_tests(tests_in_turn, mutant, seconds)
    return child


def survivors(todo: list[Mutant], jobs: int, seconds: int) -> Iterator[Mutant]:
    """Those whose change no test notices, as they are found."""
    running: dict[int, Mutant] = {}
    began = time.monotonic()
    for done in range(len(todo)):
        while len(running) < jobs and done + len(running) < len(todo):
            mutant = todo[done + len(running)]
            running[start(tests_of(mutant), mutant, seconds)] = mutant
        child, status = os.wait()
        mutant = running.pop(child)
        if not status:
            yield mutant
        if (done + 1) % 100 == 0:
            print(f"{done + 1} of {len(todo)} after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def main() -> None:
    """Print each survivor, and the sum."""
    parser = argparse.ArgumentParser(prog="./dev mutate", description="Change one thing at a time and run the tests.")
    parser.add_argument("paths", nargs="*", type=pathlib.Path, help=f"files to change, all of {SUBJECTS} otherwise")
    parser.add_argument("--sample", type=int, metavar="N", help="take N of the changes, as all take about an hour")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another number takes another sample")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="processes at a time")
    options = parser.parse_args()
    os.chdir(ROOT)
    paths = options.paths or sorted(path for path in ROOT.glob(SUBJECTS) if path.name not in TABLES)
    everything = [mutant for path in paths for mutant in mutants(path.resolve())]
    used: set[str] = set()
    for mutant in {mutant.path: mutant for mutant in everything}.values():
        own, others = tests_of(mutant)
        if not own and not others:
            sys.exit(f"There are no tests of {mutant.path.name} in {TESTS}; see TESTED_AS in {__file__}.")
        used.update(own, others)
    random.Random(options.seed).shuffle(everything)
    todo = everything[: options.sample]
    # The same examples each time, and the first that fails is enough.
    hypothesis.settings.register_profile(
        "mutate",
        derandomize=True,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    )
    began = time.monotonic()
    if os.waitpid(start([sorted(used)]), 0)[1]:
        sys.exit(f"The tests in {TESTS} fail as it is; nothing can be measured.")
    seconds = min(SECONDS, int(10 * (time.monotonic() - began)) + 10)
    alive = 0
    for mutant in survivors(todo, options.jobs, seconds):
        alive += 1
        print(mutant, flush=True)
    killed = len(todo) - alive
    print(
        f"{len(todo)} of {len(everything)} changes: {killed} killed, {alive} survived, {killed / len(todo):.1%} killed"
    )


if __name__ == "__main__":
    main()
