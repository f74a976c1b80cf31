# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: what module processes cost. Prints JSON.

cpu ROUNDS PROGRAM...      the least CPU seconds of each program, which are run in turn
imports PROGRAM            milliseconds of each import of a module that Ansible has packed, without bytecode
stages ROUNDS PING PROGRAM the least CPU seconds of ping, and of the program until it has more and more of its work done
"""

import base64
import io
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import zipfile

# The kernel of a guest counts CPU time in hundredths of a second, so several runs are counted together.
RUNS = 10
PACKED = ("ansible.", "ansible_collections.")
# A module that does no more than ping, with the arguments of ours.
IDLE = 'AnsibleModule(argument_spec={"file": {}, "rules": {"type": "raw"}, "rules_dir": {}}).exit_json()'


def cpu(rounds, programs):
    """The least CPU seconds of each program, of rounds of several runs."""
    least = {}
    with open(os.devnull, "r+", encoding="utf-8") as nowhere:
        for _round in range(rounds):
            for program in programs:
                before = used_by_children()
                for _run in range(RUNS):
                    subprocess.check_call([sys.executable, program], stdin=nowhere, stdout=nowhere, stderr=nowhere)
                used = (used_by_children() - before) / RUNS
                least[program] = min(used, least.get(program, used))
    return [least[program] for program in programs]


def stages(rounds, ping, program):
    """The least CPU seconds of ping, of a ping that is as large as the program, of its imports alone, and of all of it.

    What is as large has the same files and arguments, and imports none of the collection's files.
    """
    unimported = "from ansible.module_utils.basic import AnsibleModule\n" + IDLE + "\n"
    large = repacked(program, "large.py", lambda source: unimported)
    main = "def main():\n"
    idle = repacked(program, "idle.py", lambda source: source.replace(main, main + "    " + IDLE + "\n"))
    return cpu(rounds, [ping, large, idle, program])


def repacked(program, copy, changed):
    """A copy of a program that Ansible has packed, in which the module is another one."""
    with open(program, encoding="utf-8") as file:
        text = file.read()
    packed = re.search("zip_data='([^']*)'", text).group(1)
    new = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(packed))) as files, zipfile.ZipFile(new, "w") as others:
        for item in files.infolist():
            data = files.read(item)
            if re.match("ansible/(legacy|modules)/[a-z_]+[.]py$", item.filename) and b"AnsibleModule" in data:
                data = changed(data.decode("utf-8")).encode("utf-8")
            others.writestr(item.filename, data, item.compress_type)
    with open(copy, "w", encoding="utf-8") as file:
        file.write(text.replace(packed, base64.b64encode(new.getvalue()).decode("ascii")))
    return copy


def used_by_children():
    """CPU seconds of all processes that have ended."""
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
    if sys.argv[1] == "imports":
        print(json.dumps(imports(sys.argv[2])))
    elif sys.argv[1] == "stages":
        print(json.dumps(stages(int(sys.argv[2]), *sys.argv[3:])))
    else:
        print(json.dumps(cpu(int(sys.argv[2]), sys.argv[3:])))
