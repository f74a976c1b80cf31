# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code of the plugins has the structure that docs/architecture.md draws, and its parts stay small."""

import ast
import collections
import functools
import graphlib
import re

from paths import MODULE_UTILS, PLUGINS, ROOT

PACKAGE = "ansible_collections.linux.audit.plugins"

MOST_BOXES = 7
MOST_LINES_OF_MAIN = 14
MOST_LINES_OF_A_FUNCTION = 44
MOST_LINES_OF_A_FILE = 399
MANUAL = {"DOCUMENTATION", "EXAMPLES", "RETURN"}

GENERATED = {"module_utils/rules/_generated_syscalls.py", "module_utils/rules/_generated_tables.py"}
"""Tables that a program of tools/ writes may be as long as they need be."""

NAMES_OF_ANSIBLE = {"ActionModule", "FilterModule", "ModuleDocFragment", "TestModule"}
"""Ansible finds plugins by these names, so that each file has its own."""

PURE = {
    "bisect", "collections", "difflib", "enum", "functools", "getopt", "heapq", "itertools", "operator", "re", "string",
    "struct", "types", "typing",
}  # fmt: skip
"""What the rule library may import: nothing that reads or writes, or knows the host."""


@functools.cache
def trees():
    """The parsed files below plugins/, by path."""
    return {path: ast.parse(path.read_text(), str(path)) for path in sorted(PLUGINS.rglob("*.py"))}


def short(path):
    """The path of a file below plugins/."""
    return path.relative_to(PLUGINS).as_posix()


def module_name(path):
    """The name by which a file is imported."""
    return ".".join((PACKAGE, *path.relative_to(PLUGINS).with_suffix("").parts))


def imports(path):
    """The absolute names of what a file imports, wherever in the file; `from a import b` gives a.b."""
    package = module_name(path).rpartition(".")[0]
    for node in ast.walk(trees()[path]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


@functools.cache
def files_imported():
    """For each file below plugins/, the files below plugins/ that it imports."""
    paths = {module_name(path): path for path in trees()}
    return {
        path: {paths[name] for full in imports(path) for name in (full, full.rpartition(".")[0]) if name in paths}
        for path in trees()
    }


def box(path):
    """The part of the drawing that a file belongs to: a directory of plugins/, or of module_utils one level deeper."""
    parts = path.relative_to(PLUGINS).with_suffix("").parts
    return parts[1] if parts[0] == "module_utils" else parts[0]


def arrows():
    """The pairs of boxes of which the first imports the second."""
    found = {(box(path), box(other)) for path, others in files_imported().items() for other in others}
    return {(one, other) for one, other in found if one != other}


def without_implied(pairs):
    """The arrows that no chain of other arrows implies."""
    after = collections.defaultdict(set)
    for one, other in pairs:
        after[one].add(other)

    def reached(start):
        return set().union(*({box} | reached(box) for box in after[start]))

    return {
        (one, other)
        for one, other in pairs
        if not any(other in reached(between) for between in after[one] if between != other)
    }


def drawing():
    """The arrows of the drawing in docs/architecture.md."""
    (text,) = re.findall(r"```mermaid\n(.*?)```", (ROOT / "docs" / "architecture.md").read_text(), re.DOTALL)
    return set(re.findall(r"^ *(\w+) --> (\w+)$", text, re.MULTILINE))


def test_the_tops_have_few_boxes():
    """There are at most seven things in plugins/, and in module_utils/."""
    for directory in (PLUGINS, MODULE_UTILS):
        found = {path.stem for path in directory.iterdir() if path.name != "__pycache__"}
        assert len(found) <= MOST_BOXES, found


def test_arrows_run_one_way():
    """No box reaches itself, not even through others; the rule library is below all."""
    graph = collections.defaultdict(set)
    for one, other in arrows():
        graph[one].add(other)
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert order[0] == "rules"


def test_the_drawing_shows_the_imports():
    """The drawing has every import between boxes, without those that others imply, and nothing else."""
    assert drawing() == without_implied(arrows())


def test_the_drawing_is_read_and_reduced():
    """The tools of this test do what they say."""
    assert len(drawing()) > 10
    assert without_implied({("a", "b"), ("b", "c"), ("a", "c")}) == {("a", "b"), ("b", "c")}


def test_policy_and_daemon_do_not_know_each_other_and_nothing_imports_the_log():
    """Rules and the daemon are apart; only modules use the log."""
    assert not {("_policy", "_daemon"), ("_daemon", "_policy")} & arrows()
    assert {one for one, other in arrows() if other == "_log"} == {"modules"}


def test_no_files_import_each_other_in_a_circle():
    """Each file can be read after those that it imports."""
    graph = {short(path): {short(other) for other in others} for path, others in files_imported().items()}
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(trees())


def test_the_rule_library_is_pure():
    """It imports nothing but itself and what cannot read, write or ask the host, and it does not open files."""
    for path in (MODULE_UTILS / "rules").glob("*.py"):
        library = f"{PACKAGE}.module_utils.rules"
        strange = {name for name in imports(path) if name.split(".")[0] not in PURE and not name.startswith(library)}
        assert not strange, short(path)
        called = {node.func.id for node in ast.walk(trees()[path])
                  if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}  # fmt: skip
        assert not called & {"open", "print", "input", "exec", "eval", "__import__"}, short(path)


def test_no_two_classes_have_the_same_name():
    """The name of a class tells which one it is."""
    names = [node.name for tree in trees().values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    several = {name for name, count in collections.Counter(names).items() if count > 1} - NAMES_OF_ANSIBLE
    assert several == set()


def functions(node, prefix):
    """The functions and methods below a node, with their qualified names."""
    for child in ast.iter_child_nodes(node):
        name = f"{prefix}.{child.name}" if hasattr(child, "name") and isinstance(child.name, str) else prefix
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield name, child
        yield from functions(child, name)


def test_functions_are_short():
    """A function has fewer than 45 lines, and main() fewer than 15."""
    long = {}
    for path, tree in trees().items():
        for name, node in functions(tree, short(path)):
            most = MOST_LINES_OF_MAIN if node.name == "main" else MOST_LINES_OF_A_FUNCTION
            if (lines := node.end_lineno - node.lineno + 1) > most:
                long[name] = lines
    assert long == {}


def lines_without_manual(path):
    """The number of lines of a file, without the manual page that a module carries for Ansible."""
    manual = [node for node in trees()[path].body if isinstance(node, ast.Assign)
              and isinstance(node.targets[0], ast.Name) and node.targets[0].id in MANUAL]  # fmt: skip
    return len(path.read_text().splitlines()) - sum(node.end_lineno - node.lineno + 1 for node in manual)


def test_files_are_short():
    """A file has fewer than 400 lines of code, unless it is generated."""
    counts = {short(path): lines_without_manual(path) for path in trees()}
    assert set(counts) >= GENERATED
    long = {name: lines for name, lines in counts.items() if lines > MOST_LINES_OF_A_FILE and name not in GENERATED}
    assert long == {}


def test_numbers_in_texts_are_read_by_one_function():
    """str.isdigit() takes ² for a digit, and int() refuses thousands of digits, both with a traceback."""
    found = {
        f"{short(path)}:{node.lineno}"
        for path, tree in trees().items()
        if "module_utils" in path.parts and short(path) not in NUMBERS_OF_OUR_OWN
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("isdigit", "isdecimal", "isnumeric")
    }
    assert found == set()


NUMBERS_OF_OUR_OWN = {
    "module_utils/_host/processes.py",  # the names of /proc
    "module_utils/_kernel/lock.py",  # the same
    "module_utils/_log/trial_count.py",  # asks, and makes no number of it
    "module_utils/rules/_lint_lines.py",  # the same
    "module_utils/rules/syscalls.py",  # a table of the library
}
