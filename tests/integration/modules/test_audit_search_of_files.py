# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_search for a file on guests: what is done to it without its path is found, and nothing that is done to others.

The oracle is the kernel: it records exactly the accesses to a watched directory under the key of the watch.
"""

import re

import pytest

from direct import Direct

RELEASES = ("bookworm", "sid")

# Each deed is a process of its own whose name says what it does to /srv/deeds/f.
DEEDS = r"""
import ctypes, os, sys
LIBC = ctypes.CDLL(None)
NAMES = {}

def deed(function):
    NAMES[function.__name__] = function
    return function

def folder():
    return os.open("/srv/deeds", os.O_RDONLY)

def used(*arguments, **options):
    os.close(os.open(*arguments, **options))

@deed
def by_path(): used("/srv/deeds/f", os.O_RDONLY)
@deed
def below_cwd(): os.chdir("/srv/deeds"); used("f", os.O_RDONLY)
@deed
def by_fd(): used("f", os.O_RDONLY, dir_fd=folder())
@deed
def mode_by_fd(): os.chmod("f", 0o640, dir_fd=folder())
@deed
def mode_of_fd(): os.fchmod(os.open("/srv/links/hard", os.O_RDONLY), 0o600)
@deed
def hard_link(): used("/srv/links/hard", os.O_RDONLY)
@deed
def soft_link(): used("/srv/links/soft", os.O_RDONLY)
@deed
def proc_root(): used("/proc/self/root/srv/deeds/f", os.O_RDONLY)
@deed
def proc_fd(): used(f"/proc/self/fd/{os.open('/srv/links/hard', os.O_RDONLY)}", os.O_RDONLY)
@deed
def linked(): fd = folder(); os.link("f", "g", src_dir_fd=fd, dst_dir_fd=fd); os.unlink("g", dir_fd=fd)
@deed
def renamed(): LIBC.renameat2(folder(), b"f", -100, b"/srv/deeds/moved", 0)
@deed
def back(): LIBC.renameat2(-100, b"/srv/deeds/moved", folder(), b"f", 0)
# What is done to others has the name of the file, and a descriptor of another directory.
@deed
def other_fd(): used("f", os.O_RDONLY, dir_fd=os.open("/srv/other", os.O_RDONLY))
@deed
def other_path(): os.chdir("/srv/other"); used("f", os.O_RDONLY)
@deed
def sibling(): used("sub/x", os.O_RDONLY, dir_fd=folder())

for name, function in NAMES.items():
    if not os.fork():
        open("/proc/self/comm", "w").write(name)
        function()
        os._exit(0)
    os.wait()
"""
PREPARE = """
set -e
rm -rf /srv/deeds /srv/other /srv/links; mkdir -p /srv/deeds/sub/below /srv/other /srv/links
echo x >/srv/deeds/f; echo x >/srv/deeds/sub/x; echo x >/srv/deeds/sub/below/y; echo x >/srv/other/f
ln /srv/deeds/f /srv/links/hard; ln -s /srv/deeds/f /srv/links/soft
auditctl -D >/dev/null
auditctl -w /srv/deeds -p rwxa -k deeds 2>/dev/null; auditctl -w /srv/other -p rwxa -k others 2>/dev/null
# The watch of a directory does not see a hard link elsewhere to a file in it; that of the file does.
auditctl -w /srv/deeds/f -p rwxa -k file 2>/dev/null
"""
SETTLE = """
auditctl -m settled-$(date +%s%N) >/dev/null
until tail -n 5 /var/log/audit/audit.log | grep -q text=settled-; do sleep 0.1; done
"""
OF_F = {
    "by_path", "below_cwd", "by_fd", "mode_by_fd", "mode_of_fd", "hard_link", "soft_link", "proc_root", "proc_fd",
    "linked", "renamed", "back", "rm",
}  # fmt: skip


@pytest.fixture(scope="module", params=RELEASES)
def done(request, boot):
    """The library on a guest where all deeds are done, the directory is removed, and something else has its inodes."""
    guest = boot(request.param)
    began = guest.run(PREPARE + "date +%s").stdout.strip()
    guest.run("python3 -", input=DEEDS)
    guest.run(
        "cd /root; rm -rf /srv/deeds; sleep 0.1; for n in $(seq 50); do echo x >/srv/other/$n; done" + "\n" + SETTLE
    )
    recorded = guest.run("ausearch --input-logs -k deeds --raw; ausearch --input-logs -k file --raw")
    yield Direct(guest), f"@{began}", recorded.stdout
    guest.run("auditctl -D >/dev/null; rm -rf /srv/other /srv/links")


def comms(events):
    return {event["subject"]["comm"] for event in events}


def test_nothing_that_is_done_to_a_file_is_missed_and_nothing_else_found(done):
    """Though the file is gone, and whatever it was called."""
    library, start, _recorded = done
    (result,) = library.search({"file": "/srv/deeds/f", "start": start, "config": False})
    assert comms(result["events"]) == OF_F


def test_everything_below_a_directory_is_found(done):
    """Exactly what the kernel has recorded under the keys of the watches."""
    library, start, recorded = done
    below, keys = library.search(
        {"file": "/srv/deeds/", "start": start, "config": False},
        {"key": ["deeds", "file"], "start": start, "config": False},
    )
    expected = {event["id"] for event in keys["events"]}
    assert {int(number) for number in re.findall(r"msg=audit\(\S+:(\d+)\)", recorded)} >= expected
    # The removal of the directory is among them, by the record that its rule goes with it.
    assert {event["id"] for event in below["events"]} == expected
    assert below["events"][-1]["paths"][-1]["path"] == "/srv/deeds"


def test_no_wrong_path_is_shown(done):
    """Each path is one that existed: no name was joined to a directory that it was not in."""
    library, start, _recorded = done
    (result,) = library.search({"file": "/srv/deeds/", "start": start, "config": False})
    paths = [path for event in result["events"] for path in event["paths"]]
    known = {f"/srv/deeds/{name}" for name in ("f", "moved", "sub", "sub/x")} | {
        "/srv/deeds",
        "/srv",
        "/srv/links/soft",
    }
    known |= {"/srv/links/hard", "/proc/self/root/srv/deeds/f"}
    assert {path["path"] for path in paths if "path" in path and not path["path"].startswith("/proc/self/fd/")} <= known
    relative = [path for path in paths if "path" not in path and "name" in path]
    assert {path["name"] for path in relative} >= {"f", "g", "sub", "x", "below", "y"}
    assert all(path["descriptor"] > 2 for path in relative)
