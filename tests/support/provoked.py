# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that a user does on a guest, so that they are in its log; `python -m provoked RELEASE` prints the records.

That is how tests/data/logs was made.
"""

import functools
import sys

from lab import Lab
from paths import DATA

LOGS = DATA / "logs"

# Events that the rules below record carry these keys.
RULES = """
-w /srv/secret -p rwa -k secret
-a always,exit -F arch=b64 -S connect -F uid=joe -F key=net -F key=out
-a always,exit -F arch=b64 -S kill -F uid=joe -F key=kill
-a always,exit -F arch=b64 -S execve -F uid=joe -F key=run
-a always,exit -F arch=b64 -S openat -F dir=/srv/odd -F uid=joe -F key=odd
"""

# Run as root; becomes joe, as a login would.
DEEDS = r"""
import os, pwd, signal, socket, subprocess
joe = pwd.getpwnam("joe")
with open("/proc/self/loginuid", "w") as file:
    file.write(str(joe.pw_uid))
os.setgroups([])
os.setgid(joe.pw_gid)
os.setuid(joe.pw_uid)
os.chdir("/srv")

def attempt(function, *arguments):
    try:
        return function(*arguments)
    except OSError:
        pass

subprocess.run(["/bin/echo", "two words", "new\nline", "", "a" * 300])
for family, address in (
    (socket.AF_INET, ("127.0.0.1", 9)),
    (socket.AF_INET6, ("::1", 9)),
    (socket.AF_UNIX, "/srv/no socket }"),
):
    attempt(socket.socket(family).connect, address)
attempt(os.open, "secret", os.O_RDONLY)
os.open("odd/na me\nof two lines", os.O_WRONLY | os.O_CREAT)
os.open(b"odd/\xff\xfe", os.O_WRONLY | os.O_CREAT)
os.open("odd/../odd/plain", os.O_WRONLY | os.O_CREAT)
child = os.fork()
if not child:
    signal.pause()
os.kill(child, signal.SIGKILL)
os.wait()
"""

_PROVOKE = r"""
set -e
auditctl -D >/dev/null
mkdir -p /srv/odd && chmod 777 /srv/odd && install -m 600 /dev/null /srv/secret
id joe >/dev/null 2>&1 || useradd -m joe
while read -r rule; do [ -z "$rule" ] || eval auditctl "$rule" >/dev/null; done <<'RULES'
{rules}
RULES
python3 - <<'DEEDS'
{deeds}
DEEDS
auditctl -D >/dev/null
auditctl -m provoked-$(date +%s%N) >/dev/null
until tail -n 5 /var/log/audit/audit.log | grep -q text=provoked-; do sleep 0.2; done
"""


@functools.cache
def provoke(guest) -> None:
    """Do it, but once on a guest, and wait until it is in the log."""
    guest.run(_PROVOKE.replace("{rules}", RULES.strip()).replace("{deeds}", DEEDS))


def records(guest) -> str:
    """The records of it, and of the user that is made for it."""
    selected = "ausearch --input-logs --raw {}; true"
    texts = [guest.run(selected.format(words)).stdout for words in ("-m ADD_USER,ADD_GROUP", "-ul joe")]
    return "".join(texts)


if __name__ == "__main__":
    with Lab() as lab:
        guest = lab.boot(sys.argv[1])
        provoke(guest)
        sys.stdout.write(records(guest))
