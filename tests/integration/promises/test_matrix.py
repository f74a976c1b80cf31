# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The corners of the matrix that `./dev matrix` runs whole: the oldest and the newest of both sides."""

import pytest

import matrix
from clock import measured


@pytest.mark.fleet
def test_corners(lab, boot, tmp_path, record_property):
    guests = [boot("bullseye"), boot("sid")]
    cells = []
    for core in (matrix.CORES[0], newest()):
        with measured("of these: installing releases of ansible-core"):
            by = matrix.controller(core)
        cells += matrix.tour(lab, guests, by, tmp_path)
    record_property("what ran where", matrix.table(cells, {}))
    assert [(cell.host, cell.core, cell.failure) for cell in cells if not cell.good] == []
    assert len(cells) == 4


def newest():
    """The newest release that this machine has a Python for."""
    for core in reversed(matrix.CORES):
        try:
            matrix.controller(core)
        except matrix.ControllerError:
            continue
        return core
    raise AssertionError("no release of ansible-core runs on this machine")
