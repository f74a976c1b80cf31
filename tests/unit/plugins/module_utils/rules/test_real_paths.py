# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths as the kernel finds them; tests/integration/promises/test_links.py asks a kernel what it records then."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils.rules.coverage import COVERED, NOT_COVERED, coverage
from ansible_collections.linux.audit.plugins.module_utils.rules.dead_rules import shadowed_lines
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule, equivalent
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_file, parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.real_paths import meant_rule, real_rule, without_slash
from ansible_collections.linux.audit.plugins.module_utils.rules.resolver import Resolver


class Files(Resolver):
    """A host that has this machine's files."""

    def is_directory(self, path):
        return os.path.isdir(path)

    def real_path(self, path):
        return os.path.realpath(path)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A place like the one below, with a link in circles."""
    place = tmp_path_factory.mktemp("tree")
    (place / "directory").mkdir()
    (place / "directory" / "up").symlink_to("..")
    for name, target in (("link", "directory"), ("circle", "circle"), ("away", "/none/such")):
        (place / name).symlink_to(target)
    return str(place)


WORDS = st.sampled_from(["directory", "link", "up", "circle", "away", "none", "..", "."])


@given(st.lists(WORDS, min_size=1, max_size=5), st.sampled_from(["path", "exe"]))
def test_a_file_is_where_its_directory_is(tree, words, name):
    """The directory is looked up once for all files in it, and they are where each by itself would be found."""
    path = "/".join([tree, *words])
    parent, last = os.path.split(path)
    expected = os.path.realpath(path) if last in (".", "..") else os.path.join(os.path.realpath(parent), last)
    host = Host()
    for _again in range(2):
        assert real_rule(Rule("exit", "always", (Field(name, "=", path),)), host).fields[0].value == expected


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A directory with a file, links to both, and one that leads back to the place itself."""
    tmp_path = tmp_path_factory.mktemp("place")
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory" / "file").touch()
    (tmp_path / "link").symlink_to("directory")
    (tmp_path / "to-file").symlink_to("directory/file")
    (tmp_path / "way").symlink_to(".")
    return str(tmp_path)


def fields(function, place, field):
    """The field after a function of real_paths, with @ for the place."""
    rule = parse_line(f"-a always,exit -F {field.replace('@', place)} -F perm=wa", Files()).rule
    found = function(rule, Files()).fields[0]
    return f"{found.name}={found.value}".replace(place, "@")


@pytest.mark.parametrize(
    ("field", "held", "meant", "plain"),
    [
        ("dir=@/link", "path=@/link", "dir=@/directory", "dir=@/link"),
        ("dir=@/link/", "dir=@/directory", "dir=@/directory", "dir=@/link/"),
        ("dir=@/directory", "dir=@/directory", "dir=@/directory", "dir=@/directory"),
        ("dir=@/directory/", "dir=@/directory", "dir=@/directory", "dir=@/directory"),
        ("dir=@/way/directory/", "dir=@/directory", "dir=@/directory", "dir=@/way/directory"),
        ("dir=@/way/link", "path=@/link", "dir=@/directory", "dir=@/way/link"),
        ("dir=@/none/", "dir=@/none", "dir=@/none", "dir=@/none"),
        ("dir=@/link/.", "dir=@/directory", "dir=@/directory", "dir=@/link/."),
        ("path=@/to-file", "path=@/to-file", "path=@/to-file", "path=@/to-file"),
        ("path=@/link/file", "path=@/directory/file", "path=@/directory/file", "path=@/link/file"),
        ("dir=/", "dir=/", "dir=/", "dir=/"),
        ("dir=//", "dir=/", "dir=/", "dir=/"),
    ],
)
def test_paths(place, field, held, meant, plain):
    assert fields(real_rule, place, field) == held
    assert fields(meant_rule, place, field) == meant
    assert fields(without_slash, place, field) == plain


def test_without_facts_of_a_host_nothing_changes():
    rule = parse_line("-a always,exit -F dir=/etc/ -F perm=wa", Resolver()).rule
    assert real_rule(rule, Resolver()) == meant_rule(rule, Resolver()) == without_slash(rule, Resolver()) == rule


@pytest.mark.parametrize(
    ("first", "second", "is_dead"),
    [
        ("dir=@/link", "path=@/link/file", False),
        ("dir=@/link/", "path=@/link/file", True),
        ("dir=@/link", "dir=@/link/", False),
        ("dir=@/link/", "dir=@/link", False),
        ("dir=@/directory", "dir=@/directory/", True),
        ("dir=@/directory/", "dir=@/directory", True),
        ("dir=@/directory", "path=@/link/file", True),
        ("dir=@/directory", "dir=@/link/", True),
        ("dir=@/directory", "dir=@/link", False),
        ("dir=@", "dir=@/link", True),
        ("path=@/to-file", "path=@/directory/file", False),
    ],
)
def test_what_shadows_and_covers_what(place, first, second, is_dead):
    texts = [f"-a always,exit -F {field.replace('@', place)} -F perm=wa" for field in (first, second)]
    lines = parse_file("\n".join(texts), "f", Files())
    assert bool(shadowed_lines(lines, Files())) is is_dead
    held, wanted = (real_rule(line.statement.rule, Files()) for line in lines)
    assert coverage(wanted, [held]).status == (COVERED if is_dead else NOT_COVERED)


def test_two_spellings_of_a_directory_are_two_rules():
    """Because one of them follows a link; and the library alone says neither that one covers the other."""
    one, other = (parse_line(f"-a always,exit -F dir={path} -F perm=wa", Resolver()).rule for path in ("/x", "/x/"))
    assert not equivalent(one, other)
    assert {coverage(*pair).status for pair in ((one, [other]), (other, [one]))} == {NOT_COVERED}
    below = parse_line("-a always,exit -F path=/x/y -F perm=wa", Resolver()).rule
    assert {coverage(below, [rule]).status for rule in (one, other)} == {COVERED}


PATHS = ("@", "@/directory", "@/link", "@/way/link", "@/way/way/to-file", "@/none/x", "/", "//", "@/link/..", "@/.")


@given(
    st.lists(
        st.tuples(st.sampled_from(("dir", "path", "exe")), st.sampled_from(PATHS), st.sampled_from(("", "/", "//"))),
        max_size=8,
    )
)
def test_paths_are_those_of_realpath(place, named):
    """Of the directories above a file, whatever else was looked up before."""
    rules = [
        Rule("exit", "always", (Field(name, "=", path.replace("@", place) + end), Field("perm", "=", 10)))
        for name, path, end in named
    ]
    for rule in rules:
        field = rule.fields[0]
        parent, name = os.path.split(field.text.rstrip("/"))
        is_plain = name not in ("", ".", "..") and (field.name != "dir" or not field.text.endswith("/"))
        followed = os.path.realpath(field.text)
        held = os.path.join(os.path.realpath(parent or "/"), name) if is_plain else followed
        assert real_rule(rule, Files()).fields[0].value == held
