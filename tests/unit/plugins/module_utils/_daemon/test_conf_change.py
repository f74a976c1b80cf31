# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of a file of the daemon plans, and what it refuses; files are real, the daemon is not asked."""

import os
import stat

import pytest

from ansible_collections.linux.audit.plugins.module_utils._daemon import conf_change
from ansible_collections.linux.audit.plugins.module_utils._daemon.conf_change import ConfOptions, ConfRequest, plan
from ansible_collections.linux.audit.plugins.module_utils._daemon.errors import ConfError
from ansible_collections.linux.audit.plugins.module_utils._daemon.keywords import AUDITD_CONF, REMOTE_CONF
from ansible_collections.linux.audit.plugins.module_utils._daemon.target import Target
from ansible_collections.linux.audit.plugins.module_utils._host.files import Edit
from played_root import play_root

BASE = "# top\nspace_left = 75\nadmin_space_left = 50\n"


class Lenient(ConfRequest):
    """A request that accepts a server without a value, and no port 62."""

    def may_lack_value(self):
        return ["remote_server"]

    def problems(self, after):
        return ["62 is not so"] if after["port"] == "62" else []


@pytest.fixture
def conf(tmp_path, monkeypatch):
    """conf(text, wanted, options): what is planned for a file with that text; a path stands for its own text."""
    play_root(monkeypatch)
    path = tmp_path / "auditd.conf"

    def conf(text, wanted, version=(3, 0, 9), file=AUDITD_CONF, mode=0o640, removed=False, kind=ConfRequest, **options):
        if text is not None:
            path.write_text(text)
            path.chmod(mode)
        request = kind(file, str(path), wanted, version, removed)
        return plan(request, Target(version), ConfOptions(**options))

    conf.path = str(path)
    return conf


class TestPlan:
    """Files before and after."""

    def test_an_edit(self, conf):
        planned = conf(BASE, {"num_logs": "5"}, mode=0o600)
        assert planned.edits == [Edit(conf.path, BASE, BASE + "num_logs = 5\n", mode=0o600)]
        assert planned.after == {**planned.before, "num_logs": "5"}

    def test_nothing_to_do(self, conf):
        for text in (BASE, BASE + "# no newline"):
            assert conf(text, {"space_left": "075", "num_logs": None}).edits == []

    def test_a_file_that_is_not_there(self, conf):
        planned = conf(None, {"space_left": "2"})
        assert planned.edits == [Edit(conf.path, None, "space_left = 2\n", mode=0o640)]
        with pytest.raises(ConfError, match="space_left must be above"):
            conf(None, {"num_logs": "5"})

    def test_a_backup_comes_first(self, conf):
        backup, edit = conf(BASE, {"num_logs": "5"}, backup=True).edits
        assert (backup.before, backup.after, backup.mode) == (None, BASE, edit.mode)
        assert os.path.basename(backup.path).startswith("auditd.conf.before-")
        assert conf(BASE, {"space_left": "75"}, backup=True).edits == []

    def test_removal(self, conf):
        assert conf(BASE, {}, removed=True).edits == [Edit(conf.path, BASE, None, mode=0o640)]
        os.unlink(conf.path)
        assert conf(None, {}, removed=True).edits == []

    def test_a_file_that_is_wrong_in_every_line(self, conf):
        """The first mistakes are named, and the others are counted."""
        with pytest.raises(ConfError) as caught:
            conf("nonsense\n" * 10_000, {"freq": "5"})
        message = str(caught.value)
        assert message.count("(this is in the file already; repair: true mends what it can)") == 20
        assert f"{conf.path}:20: " in message
        assert message.endswith("; and 9980 more")

    def test_lines_that_are_broken_are_named(self, conf):
        with pytest.raises(ConfError) as caught:
            conf(BASE + "num_logs=5\nname = a", {"freq": "5"})
        assert f"{conf.path}:4: 'num_logs=5' needs a space" in str(caught.value)
        assert f"{conf.path}:5: 'name = a' has no newline" in str(caught.value)
        assert str(caught.value).count("repair: true") == 2

    def test_what_is_asked_for_has_no_line_yet(self, conf):
        with pytest.raises(ConfError) as caught:
            conf(BASE, {"num_logs": "1000"})
        assert str(caught.value) == f"{conf.path}: num_logs = 1000: must be a number from 0 to 999"

    def test_lines_that_the_task_sets_are_replaced(self, conf):
        planned = conf(BASE + "num_logs=5\nname = a", {"num_logs": "6", "name": "b"})
        assert planned.edits[0].after == BASE + "num_logs = 6\nname = b\n"
        planned = conf(BASE + "name = a", {"name": "a"})
        assert planned.edits[0].after == BASE + "name = a\n"

    @pytest.mark.parametrize(
        ("text", "wanted", "problem", "advice"),
        [
            # The file has it, and the task has nothing to do with it.
            ("space_left = 5\nadmin_space_left = 9\n", {"freq": "5"}, "space_left must be above", "set one of these"),
            (BASE + "flush = often\n", {"freq": "5"}, "flush = often", "repair: true"),
            (BASE + "action_mail_acct = a!\n", {"freq": "5"}, "action_mail_acct = a!", "repair: true"),
            # The task sets one of the keywords, though the line of another one comes last.
            (BASE, {"space_left": "50"}, "space_left must be above", None),
            ("admin_space_left = 50\nspace_left = 75\n", {"admin_space_left": "75"}, "space_left must be above", None),
            (BASE, {"space_left": None}, "space_left is 0", None),
            (BASE + "flush = often\n", {"flush": "often"}, "flush = often", None),
            # The line is wrong only since the task verifies it.
            (BASE + "verify_email = no\naction_mail_acct = a!\n", {"verify_email": "yes"}, "acct = a!", None),
            # There is no file yet, or all of its settings go.
            (None, {"freq": "5"}, "space_left must be above", None),
            ("space_left = 5\nnum_logs = 5\n", {"space_left": None}, "space_left must be above", None),
        ],
    )  # fmt: skip
    def test_a_problem_is_the_fault_of_the_task_or_of_the_file(self, conf, text, wanted, problem, advice):
        """Only what the task has nothing to do with is said to be in the file already."""
        with pytest.raises(ConfError) as caught:
            conf(text, wanted)
        assert problem in str(caught.value)
        assert ("this is in the file already" in str(caught.value)) is (advice is not None)
        assert advice is None or advice in str(caught.value)

    def test_repair(self, conf):
        planned = conf(BASE + "num_logs=5\njunk\nfreq = x\nname = a", {"freq": "5"}, repair=True)
        assert planned.edits[0].after == BASE + "num_logs = 5\n# junk\nfreq = 5\nname = a\n"
        planned = conf(BASE, {}, repair=True, mode=0o666)
        assert planned.edits == [Edit(conf.path, BASE, BASE, mode=0o644)]
        with pytest.raises(ConfError, match="space_left must be above"):
            conf("space_left = 5\nadmin_space_left = 50\n", {"freq": "5"}, repair=True)

    def test_modes_and_links(self, conf, tmp_path):
        with pytest.raises(ConfError, match="has mode 0666"):
            conf(BASE, {}, mode=0o666)
        os.rename(conf.path, tmp_path / "other")
        os.symlink(tmp_path / "other", conf.path)
        with pytest.raises(ConfError, match="not a regular file"):
            conf(None, {"freq": "5"})

    def test_unknown_keywords(self, conf):
        with pytest.raises(ConfError, match="tomorrow is not a keyword"):
            conf(BASE, {"tomorrow": "5"})
        planned = conf(BASE, {"tomorrow": "5"}, strict=False)
        assert planned.edits[0].after == BASE + "tomorrow = 5\n"
        assert planned.warnings == [f"{conf.path}: tomorrow is not a keyword of auditd.conf"]
        with pytest.raises(ConfError, match="num_logs = x"):
            conf(BASE, {"tomorrow": "5", "num_logs": "x"}, strict=False)

    def test_nothing_is_checked_if_so_asked(self, conf):
        planned = conf("junk\n", {"tomorrow": "5", "num_logs": "x"}, validate=False, mode=0o666)
        assert planned.edits[0].after == "junk\ntomorrow = 5\nnum_logs = x\n"

    def test_keys_that_may_be_without_a_value(self, conf):
        text = "remote_server = \nmode = immediate\n"
        with pytest.raises(ConfError, match="'remote_server =' has no value"):
            conf(text, {"port": "61"}, file=REMOTE_CONF)
        lenient = {"file": REMOTE_CONF, "kind": Lenient}
        assert conf(text, {"port": "61"}, **lenient).edits[0].after == text + "port = 61\n"
        # The other checks are made all the same.
        with pytest.raises(ConfError, match="mode forward needs"):
            conf(text, {"mode": "forward", "format": "ascii"}, **lenient)
        with pytest.raises(ConfError, match="auditd.conf: 62 is not so"):
            conf(text, {"port": "62"}, **lenient)


@pytest.mark.parametrize(
    ("asked", "need", "done"),
    [
        ("auto", "none", "none"), ("auto", "restart", "restart"), ("reload", "restart", "reload"),
        ("reload", "none", "none"), ("restart", "none", "restart"), ("none", "restart", "none"),
    ],
)  # fmt: skip
def test_what_is_done(asked, need, done):
    assert conf_change._asked_need(asked, conf_change.Effect(need)) == done
    if need == "restart":
        # Where a reload does nothing for it, it is not repeated in every run.
        left = conf_change.Effect(need, reloads=False)
        assert conf_change._asked_need(asked, left) == ("none" if asked == "reload" else done)


def test_directories_are_made_and_go_again(tmp_path):
    path = tmp_path / "spool" / "audit"
    with conf_change._made([str(path)]):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    path.rmdir()

    def fail():
        with conf_change._made([str(path)]):
            raise ConfError("no")

    with pytest.raises(ConfError):
        fail()
    assert not path.exists()


def test_a_mode_that_benchmarks_refuse_is_a_change(conf, monkeypatch):
    """Only for the file they look at, and only on distributions whose benchmarks ask for it."""
    assert conf(BASE, {"space_left": "75"}, mode=0o640).edits == []
    monkeypatch.setattr(conf_change, "configuration_mode", lambda: 0o600)
    assert conf(BASE, {"space_left": "75"}, mode=0o640).edits == []
    monkeypatch.setattr(conf_change, "_OF_BENCHMARKS", conf.path)
    assert conf(BASE, {"space_left": "75"}, mode=0o640).edits == [Edit(conf.path, BASE, BASE, mode=0o600)]
    for mode in (0o600, 0o400):
        assert conf(BASE, {"space_left": "75"}, mode=mode).edits == []
