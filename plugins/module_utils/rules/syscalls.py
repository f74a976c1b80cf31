# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Names and numbers of the syscalls of each machine, and of io_uring operations, as auditctl knows them.

auditctl has names of its own for some syscalls (``pread`` for the kernel's pread64) and refuses all others. So these
are exactly the names that it accepts and prints. auditctl accepts any number, so a syscall whose name an older release
does not know (see since()) can be written as a number.
"""

from functools import lru_cache
from types import MappingProxyType
from typing import Dict, Iterator, Mapping, Optional, Tuple

from .words import lower

__all__ = ("ALIASES", "IO_URING", "MACHINES", "decode", "name", "names", "number", "since")

#: The machines that have a table of syscalls, by auditctl's names.
MACHINES = (
    "x86_64",
    "i386",
    "aarch64",
    "arm",
    "ppc64le",
    "ppc64",
    "ppc",
    "s390x",
    "s390",
    "riscv64",
    "riscv32",
)

#: Used in place of a machine, this selects the operations of the list io_uring.
IO_URING = "uring"

#: Names that auditctl accepts but never prints, by machine.
ALIASES = {"i386": {"madvise1": "madvise"}}

# auditctl has one table for all three machines, a mixture of the kernel's 32 bit and 64 bit tables.
_SHARED = {"ppc64le": "ppc", "ppc64": "ppc"}

# The release of audit that first knew the numbers after it, by machine; "" stands for all machines. Release 2.8 already
# knew the numbers that are not listed. What is listed for a machine takes precedence over what is listed for all. The
# releases of a maintenance branch (3.1.3 to 3.1.5) know no more than the release that it started from (3.1.2).
_SINCE = {
    "": """
        3.0: 424-435  3.0.1: 436-441  3.0.2: 442  3.0.4: 443-447  3.0.7: 448-449  3.0.9: 450  3.1.2: 451
        4.0: 452-461  4.0.2: 462  4.0.4: 463-467  4.1.1: 468-469  4.1.3: 470  4.1.4: 471
        """,
    "x86_64": "2.8.5: 333-334  3.0: 283",
    "i386": "2.8.5: 384-386  3.0: 322 393-423",
    "aarch64": "2.8.5: 291-292  3.0: 293-294  3.0.7: 447",
    "arm": "2.8.2: 397  2.8.5: 398  3.0: 399-401  3.0.1: 403-423  4.0.3: 335-336 346",
    "ppc": "2.8.5: 384-387  3.0.2: 388-441  4.0.3: 0 256-261",
    "s390x": "2.8.5: 380-381  3.0: 382-386  4.0.3: 7 110 220 268-270 287 310 378 392-402 447",
    "s390": "2.8.5: 380-381  3.0: 382-386  4.0.3: 7 110 268-270 287 310 378 392-423 447",
    "riscv64": "4.0.3: 0-466",
    "riscv32": "4.0.3: 0-466",
    IO_URING: "3.1: 0-49  4.0: 50-53  4.0.4: 54-57  4.1.3: 58-64",
}


def number(machine: str, name: str) -> Optional[int]:
    """The number of a syscall by name (in any case), None if auditctl does not know the name on that machine.

    This and the functions below raise ValueError for a machine that has no table.
    """
    name = lower(name)
    return _numbers(machine).get(ALIASES.get(machine, {}).get(name, name))


def name(machine: str, number: int) -> Optional[str]:
    """The name that auditctl prints for a number, None if it prints the number itself."""
    return _by_number(machine).get(number)


def names(machine: str) -> Mapping[str, int]:
    """The numbers of all syscalls of a machine by name, sorted by number, without aliases."""
    return MappingProxyType(_numbers(machine))


@lru_cache(maxsize=None)
def since(machine: str, number: int) -> Tuple[int, ...]:
    """The first release of audit that knows a name for that number; (2, 8) stands for 2.8 and all older releases.

    The number must be one that name() knows.
    """
    for key in (_SHARED.get(machine, machine), ""):
        for release, first, last in _releases(key):
            if first <= number <= last:
                return release
    return (2, 8)


def decode(text: str) -> Iterator[Tuple[str, int]]:
    """The names and numbers of a compact table.

    Each name has the number after that of the name before it, from 0 on; a number in the text is that of the next name.
    """
    number = 0
    for token in text.split():
        if token.isdigit():
            number = int(token)
        else:
            yield token, number
            number += 1


@lru_cache(maxsize=None)
def _numbers(machine: str) -> Dict[str, int]:
    # Imported when it is first needed: it is the largest file, and many rules have no names of syscalls.
    from ._generated_syscalls import NAMES

    try:
        return dict(decode(NAMES[_SHARED.get(machine, machine)]))
    except KeyError:
        known = ", ".join((*MACHINES, IO_URING))
        raise ValueError(f"there is no table of syscalls for the machine {machine!r}; use one of {known}") from None


@lru_cache(maxsize=None)
def _by_number(machine: str) -> Dict[int, str]:
    return {number: name for name, number in _numbers(machine).items()}


@lru_cache(maxsize=None)
def _releases(machine: str) -> Tuple[Tuple[Tuple[int, ...], int, int], ...]:
    rows = []
    release: Tuple[int, ...] = ()
    for token in _SINCE.get(machine, "").split():
        if token.endswith(":"):
            release = tuple(map(int, token[:-1].split(".")))
        else:
            first, _dash, last = token.partition("-")
            rows.append((release, int(first), int(last or first)))
    return tuple(rows)
