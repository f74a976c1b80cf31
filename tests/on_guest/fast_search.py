# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: searches that pass over parts of a log, or read it from the end, beside those that read all of it.

Arguments: the directory of the collection. Standard input is JSON: `logs`, `queries`, `limits` (pairs of a limit, and
whether the last events are wanted), `jumping` (logs whose clock jumps), and `small`, which makes blocks smaller than
the logs. Prints JSON: for each search the log, the query, the limit, how many events each way has found, and whether
they are the same.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._log import files, latest, selection, sieve, tools
from ansible_collections.linux.audit.plugins.module_utils._log.files import Log
from ansible_collections.linux.audit.plugins.module_utils._log.query import ARGUMENTS, query
from ansible_collections.linux.audit.plugins.module_utils._log.search import search

SMALL = (
    (files, "_BLOCK", 1000),
    (sieve, "_NEAR", 8000),
    (latest, "_FIRST", 4000),
    (latest, "_DOUBTFUL", 8000),
    (tools, "_OUTPUT", 2000),
)
RAREST = selection.rarest


def found(log, parameters, limit, from_end, slow):
    """What a search has found; the slow way looks for no text, and counts, so that it reads from the begin."""
    selection.rarest = (lambda *_choices: None) if slow else RAREST
    asked = {name: entry.get("default") for name, entry in ARGUMENTS.items()}
    wanted = query(dict(asked, **parameters), Host(), 2e9)
    return search(log, wanted, limit, from_end, with_text=True, count=slow)


def compared(path, parameters, limit, from_end, jumps):
    with Log(path) as log:
        fast = found(log, parameters, limit, from_end, False)
        slow = found(log, parameters, limit, from_end, True)
    # With a clock that jumps, the events that were written last are not those with the latest times.
    same = (jumps and from_end) or fast.events == slow.events
    same = same and (len(fast.events), fast.truncated) == (len(slow.events), slow.truncated)
    same = same and fast.total in ([None, slow.total] if fast.truncated else [slow.total])
    return [path, parameters, [limit, from_end], len(fast.events), len(slow.events), bool(same)]


def main():
    asked = json.load(sys.stdin)
    for module, name, value in SMALL if asked["small"] else ():
        setattr(module, name, value)
    rows = [
        compared(path, parameters, limit, from_end, path in asked["jumping"])
        for path in asked["logs"]
        for parameters in asked["queries"]
        for limit, from_end in asked["limits"]
    ]
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
