# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: what module processes cost. Prints JSON.

cpu ROUNDS PROGRAM...      the least CPU seconds of each program, which are run in turn
imports PROGRAM            milliseconds of each import of a module that Ansible has packed, without bytecode
"""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile

PACKED = ("ansible.", "ansible_collections.")


def cpu(rounds, programs):
    """The least CPU seconds of each program."""
    least = {}
    with open(os.devnull, "r+", encoding="utf-8") as nowhere:
        for _round in range(rounds):
            for program in programs:
                before = used_by_children()
                subprocess.check_call([sys.executable, program], stdin=nowhere, stdout=nowhere, stderr=nowhere)
                used = used_by_children() - before
                least[program] = min(used, least.get(program, used))
    return [least[program] for program in programs]


def used_by_children():
    """CPU seconds, in microseconds; os.times() counts hundredths."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def imports(program):
    """Milliseconds that each file takes by itself, and the size of the program."""
    directory = tempfile.mkdtemp()
    try:
        copy = os.path.join(directory, "module.py")
        shutil.copy(program, copy)
        environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        subprocess.check_output([sys.executable, copy, "explode"], cwd=directory, env=environment)
        command = [sys.executable, "-X", "importtime", copy, "execute"]
        done = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=directory, env=environment)
        text = done.communicate()[1].decode("utf-8", "replace")
    finally:
        shutil.rmtree(directory)
    found = re.findall(r"import time: +(\d+) \| +\d+ \| +(\S+)", text)
    return {"bytes": os.path.getsize(program), "files": {name: int(own) / 1000.0 for own, name in found}}


if __name__ == "__main__":
    print(json.dumps(cpu(int(sys.argv[2]), sys.argv[3:]) if sys.argv[1] == "cpu" else imports(sys.argv[2])))
