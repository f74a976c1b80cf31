# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fuzz all targets, or those named, for some seconds in all: `./dev fuzz [SECONDS] [TARGET...]`.

Each processor has a target at a time. The corpus grows in .cache/fuzz, from the inputs that are kept in
tests/data/fuzz. An input that breaks a promise is shown, and stays in .cache/fuzz/TARGET-crash-*: mend the code, and
keep the input. At the end, each input of the corpus is repeated, to see that time grows as the input does.
"""

import concurrent.futures
import itertools
import os
import pathlib
import subprocess
import sys
import time

from paths import DATA, ROOT

SEEDS = DATA / "fuzz"
GROWN = ROOT / ".cache" / "fuzz"
NAMES = (
    "parser", "linter", "kernel_list", "configuration", "events", "trial", "points_in_time", "own_packs", "checkpoints",
    "filters", "requirements", "exceptions", "standard_packs",
)  # fmt: skip
LARGEST = 8192
# A text that is four times as long may take five times as long, and as much again because machines are noisy.
LENGTHS, MOST, LEAST_SECONDS = (20000, 80000), 10, 0.5


def main(words):
    """Fuzz, measure, and end with the number of targets that broke a promise."""
    seconds = int(words.pop(0)) if words and words[0].isdigit() else 3600
    names = words or NAMES
    workers = min(len(os.sched_getaffinity(0)), len(names))
    each = max(1, seconds * workers // len(names))
    with concurrent.futures.ProcessPoolExecutor(workers) as pool:
        kept = list(pool.map(_fuzz, names, itertools.repeat(each)))
    failed = [name for name, did in zip(names, kept, strict=True) if not did]
    print(
        f"{len(names) - len(failed)} of {len(names)} targets kept their promises"
        + "".join(f"; not {n}" for n in failed)
    )
    return len(failed)


def _fuzz(name, seconds):
    """Whether a target kept its promises."""
    grown = GROWN / name
    grown.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}", f"-max_len={LARGEST}", "-timeout=10", "-rss_limit_mb=2048",
        "-print_final_stats=1",
        f"-artifact_prefix={GROWN}/{name}-", "-verbosity=0", str(grown), str(SEEDS / name),
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "fuzz.run", name, *options],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    text = done.stdout.decode("utf-8", "backslashreplace")
    count = next((line.split()[-1] for line in text.splitlines() if "number_of_executed_units" in line), "?")
    print(f"{name:<15} {count:>9} inputs in {seconds} s, {'kept' if not done.returncode else 'BROKEN'}", flush=True)
    if done.returncode:
        print(text[-6000:])
    return not done.returncode and _grows_evenly(name)


def _grows_evenly(name):
    """Whether no kept input takes more than its length explains when it is repeated."""
    import conftest  # noqa: F401  # lets this checkout be imported as a collection
    from fuzz.targets import TARGETS

    slow = []
    for path in sorted(pathlib.Path(SEEDS / name).iterdir()):
        data = path.read_bytes() + b"\n"
        spent = []
        for length in LENGTHS:
            began = time.process_time()
            TARGETS[name](data * (length // len(data)))
            spent.append(time.process_time() - began)
        if spent[1] > LEAST_SECONDS and spent[1] > MOST * spent[0]:
            slow.append(f"{path.name}: {spent[0]:.2f} s, and {spent[1]:.2f} s for four times as much")
    print("".join(f"{name}: {line}\n" for line in slow), end="")
    return not slow


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
