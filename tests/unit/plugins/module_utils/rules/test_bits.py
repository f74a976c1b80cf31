# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Sets of numbers as bits."""

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils.rules._bits import bits, lowest, numbers


@given(st.sets(st.integers(0, 700)))
def test_a_set_has_its_numbers_and_the_lowest_of_them(some):
    found = bits(some)
    assert all((number in some) is bool(found >> number & 1) for number in range(701))
    assert numbers(found) == sorted(some)
    assert not some or lowest(found) == min(some)
