# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines ``key = value``, edited in place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils._daemon.conf_file import (
    SettingLine,
    edited,
    parse,
    read_settings,
    render,
    respaced,
    values,
)

FILE = """\
#
# The daemon
#

num_logs = 5
##name = mydomain
  space_left   =   75
NUM_LOGS = 7
"""

KEYS = st.sampled_from(["num_logs", "name", "space_left", "freq", "q_depth"])
TEXTS = st.lists(
    st.one_of(
        st.builds("{} = {}".format, KEYS, st.sampled_from(["5", "yes", "exec /bin/x"])),
        st.builds("##{} = {}".format, KEYS, st.sampled_from(["5", ""])),
        st.sampled_from(["", "# comment", "num_logs=5", "\tname = x", "junk", "  freq  =  50 "]),
        st.text(st.characters(exclude_characters="\n"), max_size=20),
    )
).map(lambda lines: "".join(line + "\n" for line in lines))
CHANGES = st.dictionaries(KEYS, st.one_of(st.none(), st.sampled_from(["1", "2", "three words here"])))


def change(text, changes, ahead_of=None):
    return render(edited(parse(text), changes, ahead_of))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("num_logs = 5", SettingLine("num_logs = 5", "num_logs", "5")),
        ("  Num_Logs   =  5  ", SettingLine("  Num_Logs   =  5  ", "num_logs", "5")),
        ("a = exec  /bin/x", SettingLine("a = exec  /bin/x", "a", "exec /bin/x")),
        ("a = b # c", SettingLine("a = b # c", "a", "b # c")),
        ("", SettingLine("")),
        ("   ", SettingLine("   ")),
        ("  # a = b", SettingLine("  # a = b")),
        ("#a\t= b\r", SettingLine("#a\t= b\r")),
    ],
)
def test_lines(text, line):
    assert parse(text + "\n") == (line,)


@pytest.mark.parametrize(
    ("text", "key", "error"),
    [
        ("num_logs=5", "num_logs", "needs a space on both sides of the ="),
        ("num_logs =5", "num_logs", "needs a space on both sides of the ="),
        ("num_logs= 5", "num_logs", "needs a space on both sides of the ="),
        ("num_logs = ", "num_logs", "has no value"),
        ("num_logs 5", "", "has no ="),
        ("num_logs", "", "has no ="),
        ("num_logs\t= 5", "num_logs", "has a tab"),
        ("num_logs = 5\r", "num_logs", "has a carriage return"),
        ("num_logs = 5\x00", "num_logs", "has a control character"),
        ("\t", "", "has a tab"),
        ("= 5", "", "needs a space on both sides of the ="),
    ],
)
def test_lines_that_are_not_read(text, key, error):
    (line,) = parse(text + "\n")
    assert (line.key, line.value) == (key, "")
    assert error in line.error
    assert values([line]) == {}


def test_a_last_line_without_its_newline():
    (line,) = parse("num_logs = 5")
    assert (line.key, line.error) == ("num_logs", "has no newline at its end, so the daemon does not read it")
    assert parse("num_logs = 5", unended=True) == parse("num_logs = 5\n")
    assert parse("# end") == parse("# end\n")
    for text, key in (("a-b = 5", "a-b"), ("num_logs=5", "num_logs"), ("junk", "")):
        (line,) = parse(text)
        assert (line.key, line.value) == (key, "")
        assert line.error == "has no newline at its end, so the daemon does not read it"


def test_the_last_line_of_a_key_counts():
    assert values(parse(FILE)) == {"num_logs": "7", "space_left": "75"}
    assert change(FILE, {"num_logs": "9"}) == FILE.replace("NUM_LOGS = 7", "num_logs = 9")


@pytest.mark.parametrize(("unended", "settings"), [(False, {"num_logs": "5"}), (True, {"num_logs": "5", "freq": "50"})])
def test_settings_of_a_file_are_those_that_the_daemon_reads(tmp_path, unended, settings):
    """A line without spaces around its sign is not read, nor a last line without a newline where that matters."""
    path = tmp_path / "auditd.conf"
    assert read_settings(str(path), unended) == {}
    path.write_text("NUM_LOGS = 5\nlog_file=/x\n# name = a\nfreq = 50")
    assert read_settings(str(path), unended) == settings


def test_new_keys_have_a_place():
    assert change(FILE, {"name": "here"}) == FILE.replace("mydomain\n", "mydomain\nname = here\n")
    assert change(FILE, {"freq": "50", "q_depth": "9"}) == FILE + "freq = 50\nq_depth = 9\n"
    assert change("", {"freq": "50"}) == "freq = 50\n"


def test_all_lines_of_a_key_are_removed():
    assert change(FILE, {"num_logs": None}) == FILE.replace("num_logs = 5\n", "").replace("NUM_LOGS = 7\n", "")
    assert change(FILE, {"freq": None}) == FILE


AHEAD = {"verify_email": "mail"}


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("mail = a\n", "verify_email = no\nmail = a\n"),
        ("verify_email = yes\nmail = a\n", "verify_email = no\nmail = a\n"),
        ("x = 1\nmail = a\n", "x = 1\nverify_email = no\nmail = a\n"),
        ("verify_email = yes\nx = 1\nmail = a\n", "verify_email = no\nx = 1\nmail = a\n"),
        ("mail = a\nx = 1\nverify_email = yes\n", "verify_email = no\nmail = a\nx = 1\n"),
        ("verify_email = yes\nmail = a\nverify_email = yes\n", "verify_email = no\nmail = a\n"),
        ("# verify_email = no\nx = 1\n", "# verify_email = no\nverify_email = no\nx = 1\n"),
    ],
)
def test_a_key_that_must_come_before_another(text, after):
    assert change(text, {"verify_email": "no"}, AHEAD) == after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a=b", "a = b"),
        ("\ta\t=\tb c\r", "a = b c"),
        ("a = b", "a = b"),
        ("a  =b  c ", "a = b c"),
    ],
)
def test_spaces_are_mended(text, after):
    assert respaced(parse(text)[0]) == parse(after + "\n")[0]


@pytest.mark.parametrize("text", ["junk", "a =", "= b", "a b = c", ""])
def test_what_spaces_do_not_mend(text):
    line = respaced(parse(text + "\n")[0])
    assert line.error or not line.key or line.text == text


@settings(deadline=None)
@given(TEXTS, CHANGES)
def test_edits_do_what_they_say_and_nothing_else(text, changes):
    lines = parse(text)
    assert render(lines) == text
    after = edited(lines, changes)
    wanted = {key: value for key, value in changes.items() if value is not None}
    untouched = {key: value for key, value in values(lines).items() if key not in changes}
    assert values(after) == {**untouched, **wanted}
    assert parse(render(after)) == after
    assert edited(after, changes) == after
    others = [line for line in lines if line.key not in changes]
    assert [line for line in after if line.key not in changes] == others
