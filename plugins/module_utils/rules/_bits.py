# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Sets of small numbers as the bits of an int: of thousands of rules, Python combines two in a microsecond."""

from itertools import compress, count
from typing import Iterable, List

__all__ = ("bits", "lowest", "numbers")

# Each number of these costs a copy of the set; more are collected first.
_FEW = 8
_AS_TRUTH = bytes.maketrans(b"01", b"\0\1")


def bits(numbers: Iterable[int]) -> int:
    """The set of these numbers."""
    several = list(numbers)
    if len(several) <= _FEW:
        found = 0
        for number in several:
            found |= 1 << number
        return found
    data = bytearray()
    for number in several:
        place = number >> 3
        if place >= len(data):
            data.extend(bytes(place + 1 - len(data) + (len(data) >> 3)))
        data[place] |= 1 << (number & 7)
    return int.from_bytes(data, "little")


def numbers(found: int) -> List[int]:
    """The numbers in a set, ascending."""
    return list(compress(count(), bin(found)[:1:-1].encode().translate(_AS_TRUTH)))


def lowest(found: int) -> int:
    """The least number in a set that is not empty."""
    return (found & -found).bit_length() - 1
