# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: has augenrules load files, and compares what the kernel then holds with what the library says.

Reads a JSON list of cases from its standard input: the texts of two files. The answer for each has the keys of the
rules that the kernel holds, the problems that are said to stop the loading, and whether auditctl may read a line as
something else, so that nobody knows. /root has the package module_utils.
"""

import glob
import json
import os
import subprocess
import sys

from module_utils._host.host import Host
from module_utils._kernel.netlink import Kernel
from module_utils._policy.checks import examine
from module_utils._policy.rules_d import RulesDirectory
from module_utils.rules.errors import MisreadError

RULES_D = "/etc/audit/rules.d"


def observe(texts, host):
    """What becomes of one case."""
    for path in glob.glob(f"{RULES_D}/*.rules"):
        os.remove(path)
    subprocess.call(["auditctl", "-D"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for number, text in enumerate(texts, 1):
        with open(f"{RULES_D}/{number}0-case.rules", "w", encoding="utf-8", newline="") as file:
            file.write(text)
    files = RulesDirectory(RULES_D, host).files
    stops = [str(problem) for problem in examine(files, host) if problem.stops]
    misread = any(isinstance(line.error, MisreadError) for file in files for line in file.lines)
    done = subprocess.run(["augenrules", "--load"], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with Kernel() as kernel:
        keys = [key for entry in kernel.rules() for key in entry.rule.keys]
    return {"keys": keys, "stops": stops, "misread": misread, "said": done.stdout.decode("utf-8", "replace")[-400:]}


def main():
    host = Host()
    print(json.dumps([observe(texts, host) for texts in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
