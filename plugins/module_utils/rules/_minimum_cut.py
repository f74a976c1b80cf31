# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Which answers to deny at the least cost, where some imply others; sets of answers are bits."""

from typing import Callable, Dict, List, Tuple

from ._bits import lowest, numbers

__all__ = ("minimum_cut",)


# The answers next to one, on one side of it.
_Neighbours = Callable[[int], int]


def minimum_cut(implied_by: _Neighbours, implying: _Neighbours, given: int, sources: int, sinks: int) -> int:
    """The answers to deny at the least cost; if there is a choice, as few answers as possible are denied.

    ``implied_by(answer)`` are those that must be affirmed if it is, and ``implying(answer)`` those that it must be
    affirmed for. The answers in ``given`` are affirmed. It costs 1 to deny one of ``sources``, and 1 to affirm one of
    ``sinks``. (The method is that of Dinic: the flow grows along all shortest paths before longer ones are looked for.)
    """
    flow = _Flow(implied_by, implying, sinks)
    left = sources & ~given
    layers = flow.layers(given | left)
    while layers:
        for start in numbers(layers[0]):
            grows = flow.grows_along(layers, start)
            if left >> start & 1:
                left ^= int(grows) << start
            while grows and given >> start & 1:
                grows = flow.grows_along(layers, start)
        layers = flow.layers(given | left)
    return flow.reaching_sinks()


class _Flow:
    def __init__(self, implied_by: _Neighbours, implying: _Neighbours, sinks: int) -> None:
        self._implied_by = implied_by
        self._implying = implying
        self._sinks = sinks
        # How much flows from one answer to another, and between which answers something flows.
        self._amounts: Dict[Tuple[int, int], int] = {}
        self._from: Dict[int, int] = {}
        self._into: Dict[int, int] = {}

    def layers(self, starts: int) -> List[int]:
        """By their distance from these, the answers up to the nearest sinks; nothing if no sink is in reach."""
        found, seen = [starts], starts
        while found[-1] and not found[-1] & self._sinks:
            reached = 0
            for node in numbers(found[-1]):
                reached |= self._open_to(node)
            found.append(reached & ~seen)
            seen |= reached
        found[-1] &= self._sinks
        return found if found[-1] else []

    def grows_along(self, layers: List[int], start: int) -> bool:
        """Let one more flow from an answer to a sink through the layers; what leads nowhere is taken out of them."""
        path = [start]
        while path:
            node, depth = path[-1], len(path)
            if depth == len(layers) and layers[-1] >> node & 1:
                layers[-1] ^= 1 << node
                self._add(path)
                return True
            beyond = self._open_to(node) & layers[depth] if depth < len(layers) else 0
            if beyond:
                path.append(lowest(beyond))
            else:
                layers[depth - 1] &= ~(1 << node)
                path.pop()
        return False

    def _open_to(self, node: int) -> int:
        """Along an implication the flow has no limit; against one it can take back what flows."""
        return self._implied_by(node) | self._into.get(node, 0)

    def _add(self, path: List[int]) -> None:
        self._sinks ^= 1 << path[-1]
        for before, node in zip(path, path[1:]):
            if self._amounts.get((node, before)):
                self._set(node, before, -1)
            else:
                self._set(before, node, 1)

    def _set(self, before: int, node: int, more: int) -> None:
        old = self._amounts.get((before, node), 0)
        self._amounts[before, node] = old + more
        if not old or not old + more:
            self._from[before] = self._from.get(before, 0) ^ 1 << node
            self._into[node] = self._into.get(node, 0) ^ 1 << before

    def reaching_sinks(self) -> int:
        """The answers from which the flow could still grow, if there were more of it.

        These are the answers to deny. All others are affirmed, so that a rule is appended where it may be.
        """
        found = todo = self._sinks
        while todo:
            node = lowest(todo)
            more = (self._implying(node) | self._from.get(node, 0)) & ~found
            found |= more
            todo = (todo ^ 1 << node) | more
        return found
