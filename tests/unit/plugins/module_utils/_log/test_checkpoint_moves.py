# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A checkpoint moves through a log that grows and is rotated."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host.files import FileError
from ansible_collections.linux.audit.plugins.module_utils._log.checkpoint import Checkpoint, unfinished
from ansible_collections.linux.audit.plugins.module_utils._log.files import Log, event_id
from log_records import record


@pytest.fixture
def marked(tmp_path):
    """marked(text, returned, left): search a log of that text with the checkpoint, return what is new in it."""

    def search(text, left=(), name="audit.log"):
        (tmp_path / name).write_text(text)
        checkpoint = Checkpoint(str(tmp_path / "mark"))
        with Log(str(tmp_path)) as log:
            lines = b"".join(b for part in checkpoint.remaining(log, log.parts()) for b in part.blocks()).splitlines()
            new = [found for found in dict.fromkeys(map(event_id, lines)) if checkpoint.is_new(found)]
            checkpoint.advance(
                log, [found for found in new if found.serial not in left], [n for n in new if n.serial in left]
            )
        checkpoint.write()
        return [found.serial for found in new if found.serial not in left], checkpoint.lost

    return search


def test_a_checkpoint_moves_on(marked, tmp_path):
    text = record(100, 1) + record(101, 2)
    assert marked(text) == ([1, 2], False)
    assert marked(text) == ([], False)
    text += record(102, 3)
    assert marked(text) == ([3], False)
    (tmp_path / "audit.log").rename(tmp_path / "audit.log.1")
    assert marked(record(103, 4)) == ([4], False)
    assert (tmp_path / "mark").stat().st_mode & 0o777 == 0o600


def test_what_was_left_is_found_later_and_the_rest_is_not(marked):
    text = record(100, 1) + record(101, 2) + record(101, 3) + record(102, 4)
    assert marked(text, left=[2]) == ([1, 3, 4], False)
    assert marked(text + record(101, 2)) == ([2], False)
    assert marked(text + record(101, 2)) == ([], False)


def test_a_log_that_is_gone_is_told(marked, tmp_path):
    assert marked(record(100, 1)) == ([1], False)
    (tmp_path / "audit.log").unlink()
    assert marked(record(2_000_000_000, 2), name="audit.log.1") == ([2], True)


@pytest.mark.parametrize("text", ["", "{}", "[]", "dev=1\ninode=2\n", '{"version": 2, "place": {}, "seen": []}', "\0"])
def test_what_is_no_checkpoint(tmp_path, text):
    (tmp_path / "mark").write_text(text)
    with pytest.raises(FileError, match="is not a checkpoint"):
        Checkpoint(str(tmp_path / "mark"))


def test_events_that_are_not_finished(tmp_path):
    text = (
        record(100, 1) + record(109, 2) + record(109, 3) + record(109, 3, "PROCTITLE") + record(109, 4, "PATH")
        + "type=USER_LOGIN msg=audit(109.123:5): pid=1 msg='op=login res=success'\n" + record(200, 6)
    )  # fmt: skip
    (tmp_path / "a.log").write_text(text)
    with Log(str(tmp_path / "a.log")) as log:
        assert [found.serial for found in unfinished(log.parts(), 110)] == [2, 4, 6]
        assert [found.serial for found in unfinished(log.parts(), 120)] == [6]


def test_what_was_searched_before_is_not_read_for_unfinished_events(tmp_path):
    """An event before the checkpoint was finished, or the checkpoint would be before it."""
    path = tmp_path / "audit.log"
    path.write_text(record(110, 1) + record(110, 2))
    with Log(str(path)) as log:
        (part,) = log.parts()
        later = part._replace(begin=len(record(110, 1)))
        assert [found.serial for found in unfinished([part], 110)] == [1, 2]
        assert [found.serial for found in unfinished([later], 110)] == [2]
        assert later.since(111).begin == later.end
