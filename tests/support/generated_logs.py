# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs that are made up: events of several nodes, interleaved, with keys in digits, over clocks that jump."""

KEYS = ["net", "wanted", "identity", "a b", "ünder"]
CALL = (
    "arch=c000003e syscall=257 success={success} exit=3 a0=ffffff9c a1=7 a2=0 a3=0 items=1 ppid=1 pid={pid} "
    'auid={auid} uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=3 comm="cat" exe="/usr/bin/cat" '
    "key={key}"
)
_LOGIN = (
    'pid={pid} uid=0 auid={auid} ses=1 msg=\'op=login acct="x" exe="/bin/x" hostname=? addr=? terminal=ssh res={res}\''
)
_PATH = 'item={item} name="/srv/{name}" inode={inode} dev=fe:01 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL'


def spelled(keys):
    """Keys as the kernel records them."""
    text = "\x01".join(keys)
    if len(keys) == 1 and text.isascii() and " " not in text:
        return f'"{text}"'
    return text.encode().hex().upper() if keys else "(null)"


def _records(random, pid, auid):
    """The types and fields of the records of an event."""
    key = spelled(random.sample(KEYS, random.choice([0, 1, 1, 1, 2])))
    kind = random.random()
    if kind < 0.25:
        return [("USER_LOGIN", _LOGIN.format(pid=pid, auid=auid, res=random.choice(["success", "failed"])))]
    if kind < 0.3:
        return [("CONFIG_CHANGE", f"auid={auid} ses=1 op=add_rule key={key} list=4 res=1")]
    enriched = random.choice(["", '\x1dARCH=x86_64 SYSCALL=openat AUID="joe"'])
    call = CALL.format(success=random.choice(["yes", "no"]), pid=pid, auid=auid, key=key)
    records = [("SYSCALL", call + enriched), ("CWD", f'cwd="/{random.choice(KEYS[:3])}"')]
    for item in range(random.choice([1, 2, 12])):
        name = random.choice(["secret", "net", "x"])
        records.append(("PATH", _PATH.format(item=item, name=name, inode=random.randrange(5))))
    if random.random() < 0.1:
        records.insert(0, ("AVC", f'avc:  denied  {{ read }} for  pid={pid} comm="cat" name="net"'))
    return records + [("PROCTITLE", "proctitle=636174")] * (random.random() < 0.7)


def lines(random, count, clock_jumps):
    """The lines of a log with a number of events."""
    nodes = random.choice([[""], [""], ["node=a "], ["node=a ", "node=b c "]])
    now, serials = 1_700_000_000_000, dict.fromkeys(nodes, random.randrange(1, 5000))
    written, running = [], []
    for _event in range(count):
        now += random.choice([0, 0, 0, 1, 3, 40, 900, 5000])
        if clock_jumps and random.random() < 0.02:
            now += random.choice([-1, 1]) * random.randrange(3000, 4_000_000)
        node = random.choice(nodes)
        serials[node] += random.choice([1, 1, 1, 2])
        # Some calls began long before they end.
        began = now - random.choice([0] * 19 + [random.randrange(20000)])
        stamp = f"audit({began // 1000}.{began % 1000:03d}:{serials[node]})"
        records = _records(random, random.randrange(100, 104), random.choice([1000, 0, 4294967295]))
        running.append([f"{node}type={kind} msg={stamp}: {fields}" for kind, fields in records])
        while len(running) > random.choice([0, 0, 0, 1, 2, 4]):
            event = random.choice(running)
            written.append(event.pop(0))
            if not event:
                running.remove(event)
        if random.random() < 0.01:
            written.append(random.choice(["not a record", "", "\0" * 50]))
    return written + [line for event in running for line in event]


def write(random, directory, text):
    """Write a log as one file or as several; often its begin is gone, or its end is not written yet."""
    if random.random() < 0.3:
        text = text[random.randrange(300) :]
    if random.random() < 0.3:
        text = text[: -random.randrange(1, 300)]
    # Not splitlines(): it also splits at the separator before what auditd adds to a record.
    remaining = [line + "\n" for line in text.split("\n")]
    remaining[-1] = remaining[-1][:-1]
    for name in random.choice([["audit.log"], ["audit.log.2", "audit.log.1", "audit.log"]]):
        count = len(remaining) if name == "audit.log" else random.randrange(len(remaining) + 1)
        (directory / name).write_bytes("".join(remaining[:count]).encode())
        remaining = remaining[count:]
