# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of hosts in the report, from the worst to the best, and the sentences on how many hosts are in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ("KINDS", "HostKind", "headline", "kind_of", "others", "rank")


class HostKind(NamedTuple):
    """A state: what the state of a drift_row begins with, its label, and what one host or several of it do."""

    name: str
    slug: str
    label: str
    one: str
    several: str
    answered: bool = True


#: A host that does not answer may record nothing as well, so it comes right after those of which that is known.
KINDS = (
    HostKind("not recording", "silent", "Records nothing", "records nothing", "record nothing"),
    HostKind("no audit", "none", "No audit system", "has no audit system", "have no audit system"),
    HostKind("failed", "error", "Error", "ended in an error", "ended in errors", answered=False),
    HostKind("unreachable", "unreachable", "Unreachable", "cannot be reached", "cannot be reached", answered=False),
    HostKind("daemon", "daemon", "Daemon problem", "has a daemon problem", "have daemon problems"),
    HostKind("not as declared", "declared", "Not as declared", "is not as declared", "are not as declared"),
    HostKind("drift", "drift", "Drift", "has drifted from its files", "have drifted from their files"),
    HostKind("waiting", "waiting", "Waits for a boot", "waits for a boot", "wait for a boot"),
    HostKind("in sync", "sync", "In sync", "is in sync", "are in sync"),
)
_SLUGS = {kind.slug: place for place, kind in enumerate(KINDS)}
_ERROR = next(kind for kind in KINDS if kind.slug == "error")


def kind_of(state: str) -> HostKind:
    """The kind of the state of a drift_row; a state that none returns is an error."""
    return next((kind for kind in KINDS if state.startswith(kind.name)), _ERROR)


def rank(slug: str) -> int:
    """The place of a kind, 0 for the worst."""
    return _SLUGS[slug]


def _said(kind: HostKind, number: int) -> str:
    return kind.one if number == 1 else kind.several


def headline(totals: Mapping[str, int]) -> str:
    """One sentence: how many hosts are in the worst state that any is in. ``totals``: numbers of hosts by slug."""
    every = sum(totals.values())
    worst = next((kind for kind in KINDS if totals.get(kind.slug)), None)
    if worst is None:
        return "No host was asked."
    number = totals[worst.slug]
    if number == every:
        return f"The only host {worst.one}." if every == 1 else f"All {every:,} hosts {worst.several}."
    return f"{number:,} of {every:,} hosts {_said(worst, number)}."


def others(totals: Mapping[str, int]) -> str:
    """A sentence on the hosts in the other states, "" without such hosts."""
    found = [kind for kind in KINDS if totals.get(kind.slug)][1:]
    parts = [f"{totals[kind.slug]:,} {_said(kind, totals[kind.slug])}" for kind in found]
    return f"{', '.join(parts[:-1])}{' and ' if parts[1:] else ''}{parts[-1]}." if parts else ""
