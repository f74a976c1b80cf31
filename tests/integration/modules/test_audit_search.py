# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_search on guests: on what a user did there, on logs of other releases, on logs that are hostile or large."""

import functools

import pytest

import provoked
from audited import Audited, assert_message, task
from direct import Direct

RELEASES = ("bookworm", "sid")
ECHO = ["/bin/echo", "two words", "new\nline", "", "a" * 300]
DIRECTORY = "/root/logs"


@pytest.fixture(scope="module", params=RELEASES)
def library(request, boot):
    """The library on a guest where joe has done what provoked.DEEDS says; logs of other releases are in DIRECTORY."""
    return prepared(boot(request.param))


@pytest.fixture(scope="module")
def bookworm(boot):
    """The same, on bookworm."""
    return prepared(boot("bookworm"))


@pytest.fixture(scope="module")
def host(bookworm, playbook, tmp_path_factory):
    """The same, for tasks."""
    return Audited(bookworm.guest, playbook, tmp_path_factory.mktemp("search"))


@functools.cache
def prepared(guest):
    provoked.provoke(guest)
    guest.run(f"rm -rf {DIRECTORY}")
    guest.put(provoked.LOGS, DIRECTORY)
    return Direct(guest)


def found(library, *requests, **options):
    """The events of each search."""
    results = library.search(*requests, **options)
    for request, result in zip(requests, results, strict=True):
        assert not result.get("failed"), (request, result)
        assert (result["changed"], result["malformed"]) == (False, 0)
    return [result["events"] for result in results]


def brief(event):
    """An event in a line: what was called, whether it succeeded, on what."""
    call = event["syscall"]
    places = [path.get("path") for path in event["paths"]] + [
        f"{address['address'] or address['path']}:{address['port']}" for address in event["addresses"]
    ]
    return f"{call['name'] if call else event['types'][0]} {event['success']} {places[-1] if places else ''}".rstrip()


# What joe did, by key.
DEEDS = {
    "run": ["execve True /lib64/ld-linux-x86-64.so.2"],
    "net": ["connect False 127.0.0.1:9", "connect False ::1:9", "connect False /srv/no socket }:None"],
    "secret": ["openat False /srv/secret"],
    "odd": [
        "openat True /srv/odd/na me\nof two lines",
        "openat True /srv/odd/\\xff\\xfe",
        "openat True /srv/odd/plain",
    ],
    "kill": ["kill True"],
}
ALL = [deed for deeds in DEEDS.values() for deed in deeds]
OPENED = DEEDS["secret"] + DEEDS["odd"]

# Arguments of a search, and what it finds in the log of joe's deeds.
FOUND = [
    *[({"key": key, "auid": "joe"}, deeds) for key, deeds in DEEDS.items()],
    ({"key": ["odd", "kill"], "auid": "joe"}, DEEDS["odd"] + DEEDS["kill"]),
    ({"key": "out", "auid": "1000"}, DEEDS["net"]),
    ({"key": "ne", "auid": "joe"}, []),
    ({"key": "ne", "auid": "joe", "exact": False}, DEEDS["net"]),
    ({"uid": "joe"}, ALL),
    ({"uid": 1000, "auid": "joe"}, ALL),
    ({"gid": "joe", "egid": 1000}, ALL),
    ({"user": "joe", "group": "root", "syscall": "openat"}, []),
    ({"uid": ["nobody", "joe"], "success": False}, [deed for deed in ALL if "False" in deed]),
    ({"uid": "joe", "success": True, "syscall": ["openat", "connect"]}, DEEDS["odd"]),
    ({"auid": "joe", "syscall": 257}, OPENED),
    ({"auid": "joe", "message_type": "execve"}, DEEDS["run"]),
    ({"auid": "joe", "message_type": "network", "success": False}, DEEDS["net"]),
    ({"auid": "joe", "message_type": ["OBJ_PID", "1309"]}, DEEDS["run"] + DEEDS["kill"]),
    # A name is found by its full path, however it was given; a working directory is no file that was touched.
    ({"auid": "joe", "file": "/srv/secret"}, DEEDS["secret"]),
    ({"auid": "joe", "file": "secret"}, DEEDS["secret"]),
    ({"auid": "joe", "file": "/srv"}, []),
    ({"auid": "joe", "file": "/srv/odd/"}, DEEDS["odd"]),
    ({"auid": "joe", "file": "/srv/odd/plain"}, DEEDS["odd"][-1:]),
    ({"auid": "joe", "file": "/srv/odd/na me\nof two lines"}, DEEDS["odd"][:1]),
    ({"auid": "joe", "file": "/srv/od", "exact": False}, DEEDS["odd"]),
    ({"auid": "joe", "file": "/srv/no socket }"}, DEEDS["net"][-1:]),
    ({"auid": "joe", "comm": "echo"}, DEEDS["run"]),
    # By its path without links, which /bin is.
    ({"auid": "joe", "executable": "/bin/echo"}, []),
    ({"auid": "joe", "executable": "/usr/bin/echo"}, DEEDS["run"]),
    ({"auid": "joe", "executable": "bin/ech", "exact": False}, DEEDS["run"]),
    ({"auid": "joe", "end": "2026-01-31T18:00:00Z"}, []),
    ({"uid": "joe", "start": "yesterday", "end": "now"}, ALL),
    ({"auid": "joe", "start": "now"}, []),
    ({"auid": "joe", "node": "elsewhere"}, []),
    ({"auid": "unset", "key": "net"}, []),
]


def test_what_is_found(library):
    events = found(library, *[args for args, _deeds in FOUND])
    for (args, deeds), got in zip(FOUND, events, strict=True):
        assert [brief(event) for event in got if event["syscall"]] in (deeds, sorted(deeds, key=ALL.index)), args


def test_what_an_event_says(library):
    kill, net, run = found(
        library, *[{"auid": "joe", "key": key, "raw": True, "limit": 1} for key in ("kill", "net", "run")]
    )
    (kill,), (net,), (run,) = kill, net, run
    joe = {"id": 1000, "name": "joe"}
    for event in (kill, net, run):
        subject = event["subject"]
        assert [subject[name] for name in ("auid", "uid", "euid", "gid")] == [joe] * 4
        assert event["node"] is None
        assert event["text"][0].startswith(f"type={event['records'][0]['type']} msg=audit(")
        assert len(event["text"]) == len(event["records"])
        assert subject["session"] == kill["subject"]["session"] > 1
    assert run["command"] == ECHO
    assert run["subject"]["comm"] == "echo"
    assert run["subject"]["ppid"] == kill["subject"]["pid"]
    assert (run["cwd"], run["keys"]) == ("/srv", ["run"])
    assert run["paths"][0]["type"] == "NORMAL"
    assert run["paths"][0]["user"] == {"id": 0, "name": "root"}
    assert net["command"] == ["python3", "-"]
    assert net["keys"] == ["net", "out"]
    assert net["addresses"] == [{"family": "inet", "address": "127.0.0.1", "port": 9, "path": None}]
    assert (net["syscall"]["name"], net["syscall"]["number"], net["syscall"]["arch"]) == ("connect", 42, "x86_64")
    assert (net["syscall"]["exit"], net["syscall"]["error"]) == (-111, "ECONNREFUSED")
    assert kill["syscall"]["arguments"][1] == "SIGKILL"
    (target,) = kill["targets"]
    assert (target["comm"], target["uid"], target["auid"]) == ("python3", joe, joe)
    # libauparse before that of sid takes PROCTITLE for another process; of a script it says what runs the script.
    action = "killed-pid" if library.guest.release == "sid" else "killed-list-of-pids"
    assert (kill["action"], kill["how"]) == (action, "python3")


def test_ids_sessions_and_times(library):
    ((event, *_rest),) = found(library, {"auid": "joe", "key": "secret", "raw": True})
    stamp = event["text"][0].partition("audit(")[2].partition(")")[0]
    session, pid = event["subject"]["session"], event["subject"]["pid"]
    seconds = stamp.partition(":")[0]
    same = [
        {"event_id": str(event["id"])},
        {"event_id": stamp},
        {"session": session, "pid": pid, "key": "secret"},
        {"ppid": event["subject"]["ppid"], "syscall": "openat", "success": False, "file": "/srv/secret"},
        {"start": event["time"], "end": event["time"], "key": "secret"},
        {"start": f"@{seconds}", "end": f"@{seconds}", "key": "secret"},
        # The host's own time zone and locale do not count.
        {"start": event["time"].replace("Z", "+00:00"), "key": "secret", "auid": "joe"},
    ]
    other = [{"event_id": f"{int(seconds[:10]) - 1}.123:{event['id']}"}, {"session": session + 1, "pid": pid}]
    events = found(library, *same, *other)
    for args, got in zip(same + other, events, strict=True):
        # A number is another event's too, where the daemon began its own at a random one.
        known = [one for one in got if "event_id" not in args or one["time"] == event["time"]]
        assert [one["id"] for one in known] == ([event["id"]] if args in same else []), (args, got)
        assert {one["id"] for one in got} <= {event["id"]}


def test_another_time_zone_and_locale(bookworm):
    india = "TZ=Asia/Kolkata LC_ALL=de_DE.UTF-8"
    (events,) = found(bookworm, {"key": "secret", "auid": "joe"}, environment=india)
    time = events[-1]["time"]
    local = bookworm.guest.run(f"{india} date -d {time} +%FT%T.%3N%:z").stdout.strip()
    assert local.endswith("+05:30")
    exact, today = found(
        bookworm, {"key": "secret", "start": local, "end": local}, {"start": "today", "end": "today"}, environment=india
    )
    assert [event["time"] for event in exact] == [time]
    assert today == []


@pytest.mark.parametrize("release", ["bullseye", "bookworm", "sid"])
def test_logs_of_other_releases(library, release):
    log = f"{DIRECTORY}/{release}.log"
    accounts, deeds = found(library, {"input_file": log, "message_type": "accounts"}, {"input_file": log, "uid": "joe"})
    assert [brief(event) for event in deeds] == ALL_IN_ORDER
    assert [event["subject"]["auid"]["name"] for event in deeds] == ["joe"] * len(deeds)
    assert deeds[0]["command"] == ECHO
    assert {event["types"][0] for event in accounts} == {"ADD_GROUP", "ADD_USER"}
    assert all(event["success"] and event["subject"]["exe"] == "/usr/sbin/useradd" for event in accounts)


ALL_IN_ORDER = DEEDS["run"] + DEEDS["net"] + DEEDS["secret"] + DEEDS["odd"] + DEEDS["kill"]

# What ausearch takes for something else, or not at all: the arguments, and what the message says.
REFUSED = [
    ({"start": "01/31/26"}, ["start", "01/31/26", "Z"]),
    ({"start": "2026-01-31T18:00:00"}, ["start", "time zone"]),
    ({"end": "2026-02-30T18:00:00Z"}, ["end", "2026-02-30"]),
    ({"start": "12:00"}, ["start", "12:00"]),
    ({"start": "checkpoint"}, ["start"]),
    ({"start": "now", "end": "yesterday"}, ["later", "yesterday"]),
    ({"event_id": "12abc"}, ["event_id", "12abc"]),
    ({"event_id": "99999999999"}, ["event_id"]),
    ({"uid": "12abc"}, ["uid", "12abc"]),
    ({"auid": "4294967296"}, ["auid", "4294967296"]),
    ({"pid": -1}, ["pid", "-1"]),
    ({"session": "-2"}, ["session", "-2"]),
    ({"syscall": "opennat"}, ["syscall", "opennat"]),
    ({"message_type": "NO_SUCH_TYPE"}, ["message_type", "NO_SUCH_TYPE", "accounts"]),
    ({"node": "-k"}, ["node", "-k"]),
    ({"key": ""}, ["key"]),
    ({"limit": -1}, ["limit"]),
    ({"checkpoint": "/root/c", "end": "now"}, ["checkpoint", "end"]),
    ({"checkpoint": "/root/c", "latest": True}, ["checkpoint", "latest"]),
    ({"checkpoint": "/etc/hosts"}, ["/etc/hosts", "checkpoint"]),
    ({"input_file": "/no/such/file"}, ["/no/such/file", "No such file"]),
    ({"input_file": "/etc"}, ["/etc/audit.log"]),
    ({"input_file": "/root/fifo"}, ["/root/fifo", "regular"]),
]


def test_what_is_refused(bookworm):
    bookworm.guest.run("rm -f /root/fifo; mkfifo /root/fifo")
    results = bookworm.search(*[request for request, _parts in REFUSED])
    for (request, parts), result in zip(REFUSED, results, strict=True):
        assert result.get("failed"), request
        assert_message(result["msg"], *parts)


def test_the_module_returns_what_the_library_finds(host, bookworm):
    request = {"key": "odd", "auid": "joe", "raw": True}
    refused, checked, done = host.tasks(
        task("audit_search", {"start": "01/31/26"}),
        task("audit_search", request, check=True),
        task("audit_search", request),
    )
    assert refused["failed"]
    assert_message(refused["msg"], "start", "01/31/26")
    for result in (checked, done):
        assert (result["changed"], result["truncated"], result["malformed"]) == (False, False, 0)
        assert result["events"] == found(bookworm, request)[0]


def test_hostile_logs(bookworm):
    """Torn lines, rotated files, names that are no text, records that are none."""
    whole, rotated, latest = bookworm.search(
        r"""rm -rf /root/hostile; cp -r /root/logs /root/hostile; cd /root/hostile
        mv bullseye.log audit.log.10; mv bookworm.log audit.log.2; mv sid.log audit.log
        { printf 'no record\n\000\377\n'
          printf 'type=SYSCALL msg=audit(99999999999.123:1): arch=zzz syscall=zz exe=\n'
          printf 'type=PATH msg=audit(1795574700.000:7): item=0 name=ABC nametype=NORMAL\n'
          printf 'type=USER_LOGIN msg=audit(1795574700.000:8): pid=1 uid=0 auid=7 ses=9 msg='
          printf "'op=login acct=\"\351t\351\" exe=\"/bin/x\" hostname=? addr=? terminal=? res=failed'\n"
        } >>audit.log.2
        tail -1 audit.log | head -c 40 >>audit.log""",
        {"input_file": "/root/hostile"},
        {"input_file": "/root/hostile", "uid": "joe", "limit": 0},
        {"input_file": "/root/hostile", "uid": "joe", "limit": 2, "latest": True},
    )
    assert not whole.get("failed"), whole
    assert any("incomplete line" in warning for warning in whole["warnings"])
    (login,) = [event for event in whole["events"] if "USER_LOGIN" in event["types"]]
    assert login["success"] is False
    assert "\\xe9t\\xe9" in [value for record in login["records"] for value in record["fields"].values()]
    # Oldest first: bullseye, bookworm, sid.
    assert [brief(event) for event in rotated["events"]] == ALL_IN_ORDER * 3
    assert (latest["truncated"], [brief(event) for event in latest["events"]]) == (True, ALL_IN_ORDER[-2:])


def test_a_checkpoint_gives_each_event_once(bookworm):
    search = {"input_file": "/root/new", "uid": "joe", "checkpoint": "/root/new/mark"}
    few = dict(search, limit=4)
    lines = (provoked.LOGS / "sid.log").read_bytes().split(b"\n")
    # Between two events.
    half = next(number for number, line in enumerate(lines) if b"key=6E6574" in line)
    results = bookworm.search(
        "rm -rf /root/new; mkdir /root/new; cp /root/logs/bookworm.log /root/new/audit.log",
        dict(search, check_mode=True),
        "! test -e /root/new/mark",
        few, few, few, few,
        f"cd /root/new; mv audit.log audit.log.1; head -{half} /root/logs/sid.log >audit.log",
        search,
        f"tail -n +{half + 1} /root/logs/sid.log >>/root/new/audit.log",
        search, search,
        "cd /root/new; test \"$(stat -c '%a %U' mark)\" = '600 root'; rm audit.log*; cp /root/logs/sid.log audit.log",
        search,
    )  # fmt: skip
    assert not any(result.get("failed") for result in results), results
    checked, *quarters, begun, rest, nothing, lost = results
    assert [brief(event) for event in checked["events"]] == ALL_IN_ORDER
    assert checked["changed"] is True
    assert [brief(event) for part in quarters for event in part["events"]] == ALL_IN_ORDER
    assert [(part["truncated"], part["changed"]) for part in quarters] == [
        (True, True), (True, True), (False, True), (False, False),
    ]  # fmt: skip
    assert begun["events"] and rest["events"]
    assert [brief(event) for part in (begun, rest) for event in part["events"]] == ALL_IN_ORDER
    assert (nothing["events"], nothing["changed"]) == ([], False)
    assert any("is gone" in warning for warning in lost["warnings"])


def test_an_event_whose_end_is_not_written_yet_is_returned_when_it_is(bookworm):
    search = {"input_file": "/root/half.log", "checkpoint": "/root/half.mark"}
    # Its time is ahead, so that it is recent however long the search takes to begin.
    split = """cd /root; rm -f half.*; now=$(($(date +%s) + 600))
        grep -v PROCTITLE logs/sid.log | grep -A99 'key=\"secret\"' | head -3 |
            sed "s/audit([0-9.]*/audit($now.000/" >half.log
        sed "s/audit([0-9.]*/audit($now.000/" logs/sid.log | head -1 >>half.log"""
    end = (
        'cd /root; head -1 half.log | sed "s/type=SYSCALL \\(.*:\\) arch.*/type=PROCTITLE \\1 proctitle=61/" >>half.log'
    )
    first, second, third = bookworm.search(split, search, end, search, search)
    assert [event["types"] for event in first["events"]] == [["ADD_GROUP"]]
    assert [event["types"] for event in second["events"]] == [["SYSCALL", "CWD", "PATH", "PROCTITLE"]]
    assert third["events"] == []


def test_what_is_new_on_a_log_that_is_written_to(bookworm):
    """No event twice, none missing, although records arrive while it is read, and the log is rotated."""
    search = {"message_type": "USER", "checkpoint": "/root/live.mark", "limit": 7}
    write = "for n in 1 2 3 4 5 6 7 8 9 10; do auditctl -m live-$n; done"
    results = bookworm.search(
        "rm -f /root/live.mark",
        dict(search, limit=0),
        f"({write}; service auditd rotate; {write}; {write}; auditctl -m the-end) >/dev/null 2>&1 &",
        *[search] * 8,
        "until grep -q text=the-end /var/log/audit/audit.log; do sleep 0.2; done",
        *[search] * 6,
    )
    events = [event for result in results for event in result["events"]]
    # Not those that were there before.
    new = [event for result in results[1:] for event in result["events"]]
    messages = [event["records"][0]["fields"].get("text", "") for event in new]
    assert len({(event["time"], event["id"]) for event in events}) == len(events)
    assert sorted(text for text in messages if text.startswith("live-")) == sorted(
        f"live-{number}" for number in range(1, 11) for _time in range(3)
    )


# A log of many megabytes, of one event a second, with what is looked for at its end.
LARGE = r"""
import re
with open("/root/logs/bookworm.log", "rb") as file:
    text = file.read()
stamp = re.search(rb"audit\(([0-9.:]+)\).* syscall=257 .* key=\"odd\"", text).group(1)
event = b"".join(line + b"\n" for line in text.split(b"\n") if stamp in line)
with open("/root/large.log", "wb") as log:
    for n in range(12000):
        log.write(event.replace(stamp, b"%d.000:%d" % (1700000000 + n, n + 1)))
"""


def test_large_logs_cost_little_memory_and_searches_by_time_little_time(bookworm):
    guest = bookworm.guest
    guest.run("python3 -", input=LARGE)
    try:
        size = int(guest.run("stat -c %s /root/large.log").stdout)
        request = {"input_file": "/root/large.log", "key": "odd", "limit": 5, "latest": True}
        # The later search is measured first, as memory is that of the largest so far.
        late, whole = bookworm.search(dict(request, start="@1700011990"), dict(request, pid=1), timeout=240)
    finally:
        guest.run("rm -f /root/large.log")
    print(size, whole["seconds"], late["seconds"], whole["kibibytes"])
    assert size > 12_000_000
    assert whole["events"] == []
    assert [event["id"] for event in late["events"]] == [11996, 11997, 11998, 11999, 12000]
    assert late["seconds"] < whole["seconds"] / 2
    assert whole["kibibytes"] < 50_000
