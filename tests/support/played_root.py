# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets an ordinary user run tests about the owners of files: the user's own files look like those of root.

What the kernel forbids, to give a file to another user, is remembered by the file's inode instead. Root runs the same
tests with real owners.
"""

import os

__all__ = ("play_root",)

_TIMES = ("st_atime", "st_mtime", "st_ctime", "st_atime_ns", "st_mtime_ns", "st_ctime_ns")
_OTHERS = ("st_blksize", "st_blocks", "st_rdev")
_UID, _GID = 4, 5


def play_root(patch):
    """Let this process look like one of root, until the monkeypatch is undone; nothing for root itself."""
    user, stat = os.geteuid(), os.stat
    if user == 0:
        return
    given = {}

    def played(real):
        def function(*args, **options):
            return _owned(real(*args, **options), user, given)

        return function

    def give(path, uid, gid):
        """chown(2), which leaves what -1 is given for."""
        info = stat(path)
        before = given.get((info.st_dev, info.st_ino), (0, 0))
        given[info.st_dev, info.st_ino] = tuple(
            old if new == -1 else new for old, new in zip(before, (uid, gid), strict=True)
        )

    for name in ("stat", "lstat", "fstat"):
        patch.setattr(os, name, played(getattr(os, name)))
    for name in ("chown", "fchown"):
        patch.setattr(os, name, give)
    patch.setattr(os, "geteuid", lambda: 0)


def _owned(info, user, given):
    """What stat(2) would say if the user were root."""
    uid, gid = given.get((info.st_dev, info.st_ino), (0, 0) if info.st_uid == user else (info.st_uid, info.st_gid))
    words = list(info)
    words[_UID], words[_GID] = uid, gid
    return os.stat_result(words, {name: getattr(info, name) for name in (*_TIMES, *_OTHERS)})
