# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab itself: what every other test here takes for granted."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from lab import BuildError, GuestError, cache, sweep
from lab.kernel import LEGACY_NETFILTER, unfit
from paths import TESTS

HOLD_A_GUEST = """
from lab import Lab
with Lab() as lab:
    print(lab.directory, lab.enter[1].partition("=")[2], flush=True)
    lab.boot("bookworm")
    print("up", flush=True)
    input()
"""


BUILD = """
import sys
from lab import cache
if sys.argv[1] == "none":
    cache._tied = lambda: cache._TIED
cache.built("image", "x", "", lambda build: build.run("sh", "-c", f"cd {build.directory}; {sys.argv[2]}"))
"""
MOUNT = "mkdir copy; mount --rbind {} copy; echo >done; sleep 600"


def boot_id(guest):
    return guest.run("cat /proc/sys/kernel/random/boot_id").stdout


def test_a_guest_has_an_audit_kernel_and_a_daemon_of_its_own(guest):
    status = dict(line.split(maxsplit=1) for line in guest.run("auditctl -s").stdout.splitlines())
    assert status["enabled"] == "1"
    assert guest.run(f"cat /proc/{status['pid']}/comm").stdout == "auditd\n"
    assert guest.run("hostname").stdout == "bookworm\n"
    assert guest.run("systemctl is-system-running").stdout == "running\n"


def test_a_guest_and_what_runs_in_it_keep_to_one_processor(lab, guest):
    """Which makes it several times as fast."""
    kernels = pgrep("-f", f"^{lab.kernel} .* umid={guest.name}[.]uml ")
    oldest = pgrep("-o", "-P", ",".join(kernels))
    one, other = (os.sched_getaffinity(int(pid)) for pid in (kernels[0], oldest[0]))
    assert one == other
    assert len(one) == 1


def pgrep(*arguments):
    return subprocess.run(["pgrep", *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout.split()


def test_run_gives_output_and_status_and_takes_input(guest):
    done = guest.run("cat; echo no >&2; exit 3", check=False, input="yes\n")
    assert (done.stdout, done.stderr, done.returncode) == ("yes\n", "no\n", 3)
    with pytest.raises(GuestError, match=r"'false' exited with 1"):
        guest.run("false")
    with pytest.raises(subprocess.TimeoutExpired):
        guest.run("sleep 9", timeout=0.5)


def test_put_and_get_copy_files_and_directories(guest, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_bytes(bytes(range(256)))
    guest.put(source, "/root/copied")
    guest.get("/root/copied/file", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == bytes(range(256))
    guest.run("rm -r /root/copied")


def test_a_reboot_keeps_the_disk_and_nothing_else(guest):
    guest.run("touch /root/kept; auditctl -w /root/kept -k lost")
    before = boot_id(guest)
    guest.reboot()
    assert boot_id(guest) != before
    # Rules that a file has are loaded at the boot.
    assert guest.run("rm -v /root/kept; auditctl -l | grep lost || :").stdout == "removed '/root/kept'\n"


def test_a_guest_may_panic_or_lose_its_power(guest):
    guest.run("echo kept > /root/kept; sync")
    guest.run("auditctl -f 2 -b 1 --backlog_wait_time 0; auditctl -a always,exit -S all", check=False)
    assert "Kernel panic" in guest.console
    assert not guest.running
    guest.start()
    guest.stop()
    assert not guest.running
    guest.start()
    assert guest.run("cat /root/kept; rm /root/kept").stdout == "kept\n"


def test_guests_see_each_other_but_for_one_that_is_cut_off(boot):
    one, other = boot("bookworm"), boot("trixie")
    greet = f"timeout 3 bash -c 'head -n 1 < /dev/tcp/{other.address}/22'"
    assert one.run(greet).stdout.startswith("SSH-")
    other.cut()
    assert one.run(greet, check=False).stdout == ""
    assert other.run("hostname").stdout == "trixie\n"
    other.join()
    assert one.run(greet).stdout.startswith("SSH-")


def test_many_guests_boot_side_by_side_and_the_console_tells(lab):
    wanted = [("first", "bookworm"), ("second", "bookworm"), (None, "bullseye")]
    guests = lab.boot_all(wanted)
    versions = [guest.run("cat /etc/debian_version").stdout.partition(".")[0] for guest in guests]
    assert versions == ["12", "12", "11"]
    assert [guest.name for guest in guests][:2] == ["first", "second"]
    assert len({guest.address for guest in lab.guests.values()}) == len(lab.guests)
    for guest in guests:
        assert "Linux version" in guest.console
        guest.stop()


def test_a_lab_in_the_background_ends_by_its_link(tmp_path):
    link = tmp_path / "link"
    run = [sys.executable, "-m", "lab"]
    subprocess.run([*run, "up", "--detach", "--link", link, "one=bookworm"], cwd=TESTS, check=True)
    directory = link.readlink()
    ssh = ["ssh", "-F", link / "ssh_config", "one", "hostname"]
    assert subprocess.run(ssh, check=True, text=True, stdout=subprocess.PIPE).stdout == "one\n"
    assert directory not in sweep()
    for _time in range(2):
        subprocess.run([*run, "down", link], cwd=TESTS, check=True)
        assert not directory.exists()
        assert not link.is_symlink()


def test_kernel_arguments_reach_the_kernel(lab):
    guest = lab.boot("bookworm", name="quiet", kernel_args="audit=0")
    assert " audit=0 " in guest.run("cat /proc/cmdline").stdout.replace("\n", " ")
    assert guest.run("auditctl -s", check=False).returncode != 0
    guest.stop()


def test_a_kernel_that_does_not_run_on_this_machine_is_refused(lab):
    if unfit(LEGACY_NETFILTER):
        with pytest.raises(BuildError, match="AMX"):
            lab.boot("bookworm", name="old-kernel", kernel=LEGACY_NETFILTER)
    else:
        old = lab.boot("bookworm", name="old-kernel", kernel=LEGACY_NETFILTER)
        assert old.run("uname -r").stdout.startswith("6.12.")
        old.stop()


def test_ansible_reaches_a_guest_by_the_inventory_alone(lab, guest, ansible):
    assert ansible(guest, "ansible.builtin.ping").get("ping") == "pong"
    failure = ansible(guest, "ansible.builtin.file", {"path": "/nowhere/at/all", "state": "touch"})
    assert failure["failed"]
    change = ansible(
        guest,
        "ansible.builtin.copy",
        {"content": "new\n", "dest": "/root/x"},
        check=True,
        diff=True,
        extra={"unused": 1},
    )
    assert change["changed"]
    assert change["diff"][0]["after"] == "new\n"
    plain = subprocess.run(
        ["ansible", "-i", lab.inventory, guest.name, "-m", "ping"], check=True, text=True, stdout=subprocess.PIPE
    )
    assert "pong" in plain.stdout


@pytest.mark.parametrize(
    ("number", "when"),
    [
        (signal.SIGKILL, "up"),
        (signal.SIGKILL, "booting"),
        (signal.SIGTERM, "up"),
        (signal.SIGTERM, "booting"),
        (signal.SIGINT, "booting"),
    ],
)
def test_nothing_outlives_the_process_that_made_the_lab(lab, number, when):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_A_GUEST], cwd=TESTS, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    directory, namespace = holder.stdout.readline().split()
    inode = pathlib.Path(namespace).readlink()
    assert pathlib.Path(directory).is_dir()
    if when == "up":
        assert holder.stdout.readline() == "up\n"
    else:
        deadline = time.monotonic() + 60
        while not any("ubd0" in process for process in processes(inode)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert len(processes(inode)) > 2
    holder.send_signal(number)
    holder.communicate()
    assert number != signal.SIGKILL or pathlib.Path(directory) in sweep()
    assert not pathlib.Path(directory).exists()
    assert lab.directory.exists(), "sweep() leaves the labs alone whose process lives"
    deadline = time.monotonic() + 5
    while processes(inode) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not processes(inode)


def processes(namespace):
    """The processes in a network namespace; it goes, and its devices with it, when there is none."""
    found = []
    for link in pathlib.Path("/proc").glob("[0-9]*/ns/net"):
        try:
            if link.readlink() == namespace:
                found.append((link.parent.parent / "cmdline").read_text())
        except OSError:
            pass
    return found


@pytest.fixture
def shared(tmp_path):
    """A mount with another one in it, whose copies share what is mounted and unmounted there, as those of /sys do."""
    directory = tmp_path / "shared"
    inner = directory / "inner"
    script = (
        f"mount -t tmpfs tmpfs {directory}; mount --make-shared {directory}; mkdir {inner}; mount -t tmpfs x {inner}"
    )
    directory.mkdir()
    subprocess.run(["sh", "-ec", script], check=True)
    yield inner
    subprocess.run(["umount", "--recursive", directory], check=True)


@pytest.mark.parametrize("namespace", ["own", "none"])
def test_a_build_that_is_killed_leaves_nothing_mounted(tmp_path, monkeypatch, shared, namespace):
    """At the latest when the next one begins; what it had mounted, as mmdebstrap does, stays where it came from."""
    monkeypatch.setenv("LINUX_AUDIT_CACHE", str(tmp_path))
    work = tmp_path / "images/image-x.work"
    building = subprocess.Popen([sys.executable, "-c", BUILD, namespace, MOUNT.format(shared.parent)], cwd=TESTS)
    deadline = time.monotonic() + 60
    while not (work / "done").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    building.kill()
    building.wait()
    separate = namespace == "own" and "--mount" in cache._tied()
    assert (work / "copy/inner").is_mount() is not separate

    def make(build):
        build.run("touch", build.directory / "new")
        return build.directory / "new"

    assert cache.built("image", "x", "", make).is_file()
    assert not work.exists()
    assert shared.is_mount()
