# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stat(2) says of the files of a host that configurations are checked against."""

import os
import stat


def info(mode: int, uid: int = 0) -> os.stat_result:
    """What stat(2) says of a file with a mode and an owner."""
    return os.stat_result((mode, 0, 0, 1, uid, 0, 0, 0, 0, 0))


HOST = {
    **{f"/bin/{mode:o}": info(stat.S_IFREG | mode) for mode in (0o750, 0o751, 0o754, 0o755, 0o555, 0o550)},
    "/bin/ok": info(stat.S_IFREG | 0o750),
    "/abc": info(stat.S_IFDIR | 0o755),
    "/ab": info(stat.S_IFDIR | 0o755),
    "/var/log": info(stat.S_IFDIR | 0o755),
    "/var/log/audit": info(stat.S_IFDIR | 0o700),
}
