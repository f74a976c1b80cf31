# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_control on a real kernel, with auditctl, augenrules and ausearch as witnesses."""

import pytest

from audited import HEADER, RULES_D, Audited, assert_message, task

FILE = f"{RULES_D}/99-linux-audit-control.rules"
DEBIAN = f"{RULES_D}/audit.rules"


_RESET = f"""
[ -e /root/debian.rules ] || cp -p {DEBIAN} /root/debian.rules
cp -p /root/debian.rules {DEBIAN}
auditctl -e 1 >/dev/null; auditctl -b 8192 >/dev/null; auditctl -f 1 >/dev/null; auditctl -r 0 >/dev/null
auditctl --backlog_wait_time 60000 >/dev/null
"""


# The log, once a text is in it twice; auditd writes it a moment after the kernel has it.
_LOGGED = """
for i in $(seq 100); do
    [ $(grep -a -c {} /var/log/audit/audit.log) -ge 2 ] && break; sleep 0.1
done
cat /var/log/audit/audit.log
"""


@pytest.fixture(scope="module")
def controlled(lab):
    """A guest of its own: what is locked stays so until a boot."""
    guest = lab.boot("bookworm", name="controlled")
    yield guest
    guest.stop()


@pytest.fixture
def host(controlled, playbook, tmp_path):
    """That guest, with Debian's settings."""
    controlled.run(_RESET)
    return Audited(controlled, playbook, tmp_path)


def held(host):
    """auditctl -s: name to value, and for loginuid_immutable `0 unlocked`; without the queue's length, which varies."""
    found = dict(line.split(" ", 1) for line in host.guest.run("auditctl -s").stdout.splitlines())
    del found["backlog"]
    return found


def test_every_setting(host):
    """Each in check mode, for real, and again; the kernel, the file and the diff have it."""
    wanted = {
        "backlog_limit": (9000, "-b 9000", "9000"),
        "rate_limit": (500, "-r 500", "500"),
        "backlog_wait_time": (50000, "--backlog_wait_time 50000", "50000"),
        "failure": ("silent", "-f 0", "0"),
        "enabled": ("disabled", "-e 0", "0"),
    }
    before = host.state(), held(host)
    tasks = [task("audit_control", {name: value}, check=True) for name, (value, *_others) in wanted.items()]
    checks = host.tasks(*tasks)
    assert (host.state(), held(host)) == before
    tasks = [task("audit_control", {name: value}) for name, (value, *_others) in wanted.items() for _twice in range(2)]
    results = host.tasks(*tasks)
    after = held(host)
    for (name, (value, _line, number)), check, done, again in zip(
        wanted.items(), checks, results[::2], results[1::2], strict=True
    ):
        assert (check["changed"], done["changed"], again["changed"]) == (True, True, False), name
        assert check["after"][name] == done["after"][name] == again["before"][name] == value
        assert {**done["before"], name: value} == done["after"]
        assert (again["diff"], again["pending"], again["reboot_required"]) == ([], [], False)
        assert [entry["before_header"] for entry in done["diff"]][-1] == "kernel"
        assert done["diff"][-1]["after"] == f"{name}: {value}\n"
        assert after[name] == number
    state = host.state()
    # Where Debian's file has a line, it is changed there; comments stay.
    assert state.files[DEBIAN] == (
        before[0].files[DEBIAN]
        .replace("-b 8192", "-b 9000").replace("wait_time 60000", "wait_time 50000").replace("-f 1", "-f 0")
    )  # fmt: skip
    assert state.files[FILE] == f"{HEADER}-r 500\n-e 0\n"
    assert state.check == "No change"
    assert {state.modes[path] for path in (DEBIAN, FILE)} == {"600 root:root"}
    assert set(state.modes.values()) == {"600 root:root", "640 root:root"}


def test_several_settings_in_one_task(host):
    args = {"backlog_limit": 8200, "failure": "silent", "rate_limit": 0}
    result, state = host.four_times("audit_control", args)
    assert result["before"] == {
        "backlog_limit": 8192, "backlog_wait_time": 60000, "enabled": "enabled", "failure": "printk",
        "loginuid_immutable": False, "rate_limit": 0,
    }  # fmt: skip
    assert result["after"] == result["before"] | {"backlog_limit": 8200, "failure": "silent"}
    assert [entry["before_header"] for entry in result["diff"]] == [DEBIAN, FILE, "kernel"]
    assert result["diff"][-1]["before"] == "backlog_limit: 8192\nfailure: printk\n"
    # A boot sets all of them.
    assert state.files[FILE] == f"{HEADER}-r 0\n"
    assert host.guest.run("grep -c . /etc/audit/audit.rules").stdout == "7\n"


def test_the_last_line_counts(host):
    host.write("10-a.rules", "# ours\n-b 100\n  -r 7\n")
    host.write("90-b.rules", "-b 200\n## end\n-r 8 \n")
    _done, again, other = host.tasks(
        task("audit_control", {"backlog_limit": 300}), task("audit_control", {"backlog_limit": 300}),
        task("audit_control", {"rate_limit": 8}),
    )  # fmt: skip
    assert (again["changed"], [entry["before_header"] for entry in other["diff"]]) == (False, ["kernel"])
    state = host.state()
    # Debian's file comes last.
    assert state.files[f"{RULES_D}/10-a.rules"] == "# ours\n-b 100\n  -r 7\n"
    assert state.files[f"{RULES_D}/90-b.rules"] == "-b 200\n## end\n-r 8 \n"
    assert "-b 300\n" in state.files[DEBIAN]
    assert FILE not in state.files
    host.guest.run("augenrules --load")
    assert (held(host)["backlog_limit"], held(host)["rate_limit"]) == ("300", "8")


def test_live_and_files_by_themselves(host):
    before = host.state()
    live, again, files, files_again = host.tasks(
        *[task("audit_control", {"backlog_limit": 400, "persistent": False})] * 2,
        *[task("audit_control", {"backlog_limit": 500, "live": False})] * 2,
    )
    assert [result["changed"] for result in (live, again, files, files_again)] == [True, False, True, False]
    assert held(host)["backlog_limit"] == "400"
    assert "before" not in files
    assert "-b 500" in host.state().files[DEBIAN]
    assert host.state().rules == before.rules


def test_a_message_and_the_counter_of_lost_records(host):
    (check,) = host.tasks(task("audit_control", {"user_message": "nobody sees this"}, check=True))
    (done, again) = host.tasks(*[task("audit_control", {"user_message": "maintenance caf\u00e9 begins"})] * 2)
    assert (check["changed"], done["changed"], again["changed"]) == (True, True, True)
    log = host.guest.run(_LOGGED.format("text=maintenance")).stdout
    assert log.count("text=maintenance caf\u00e9 begins") == 2
    assert "nobody sees this" not in log
    # Records are lost when they come faster than they may.
    host.guest.run("auditctl -r 1; for i in $(seq 20); do auditctl -m flood >/dev/null 2>&1; done; auditctl -r 0")
    lost = int(held(host)["lost"])
    assert lost > 0
    check, done, again = host.tasks(
        task("audit_control", {"reset_lost": True}, check=True), *[task("audit_control", {"reset_lost": True})] * 2
    )
    assert [(result["changed"], result["lost"]) for result in (check, done, again)] == [
        (True, lost),
        (True, lost),
        (False, 0),
    ]
    assert held(host)["lost"] == "0"


WRONG = [
    ({"backlog_limit": -1}, "backlog_limit", "0 to 4294967295", "-1"),
    ({"rate_limit": 4294967296}, "rate_limit", "4294967296"),
    ({"backlog_wait_time": 99999999}, "backlog_wait_time", "99999999", "does not support this setting, or this value"),
    ({"backlog_limit": 600, "backlog_wait_time": 99999999}, "backlog_wait_time"),
    ({"failure": "explode"}, "failure", "silent, printk, panic"),
    ({"backlog_limit": "many"}, "backlog_limit", "many"),
    ({"user_message": "two\nlines"}, "user_message", "control characters"),
    ({"user_message": ""}, "user_message"),
    ({"user_message": "x", "live": False}, "live: true"),
    ({"reset_lost": True, "live": False}, "live: true"),
    ({"backlog_limit": 600, "file": "x"}, "'x'", ".rules"),
    ({}, "one of the following is required", "backlog_limit"),
]


def test_what_is_wrong_is_named_and_costs_nothing(host):
    before = host.state(), held(host)
    results = host.tasks(*(task("audit_control", args) for args, *_parts in WRONG))
    for (args, *parts), result in zip(WRONG, results, strict=True):
        assert result.get("failed"), args
        assert_message(result["msg"], *parts)
    after = host.state(), held(host)
    assert after == before


def test_what_is_locked_until_a_boot(host):
    """The lock of login uids and, as the last of all, of everything."""
    host.tasks(task("audit_rule", {"rule": "-w /etc/hosts -p wa -k hosts"}))
    result, state = host.four_times("audit_control", {"loginuid_immutable": True})
    assert held(host)["loginuid_immutable"] == "1 locked"
    assert state.files[FILE] == f"{HEADER}--loginuid-immutable\n"
    result, state = host.four_times("audit_control", {"loginuid_immutable": False})
    assert (result["pending"], result["reboot_required"]) == (["without --loginuid-immutable"], True)
    assert FILE not in state.files
    again, fails, alone = host.tasks(
        task("audit_control", {"loginuid_immutable": False}),
        task("audit_control", {"loginuid_immutable": False, "immutable": "fail"}),
        task("audit_control", {"loginuid_immutable": False, "persistent": False}),
    )
    assert (again["changed"], again["reboot_required"]) == (False, True)
    for result in (fails, alone):
        assert result["failed"]
        assert_message(result["msg"], "only after a boot", "--loginuid-immutable")

    # The other settings of the task are set before everything is locked.
    result, state = host.four_times("audit_control", {"enabled": "immutable", "backlog_limit": 9100})
    assert (held(host)["enabled"], held(host)["backlog_limit"]) == ("2", "9100")
    assert (result["after"]["enabled"], result["immutable"], result["pending"]) == ("immutable", True, [])
    assert "only a boot unlocks them" in result["warnings"][0]
    # The line that locks is the last of audit.rules, whichever file it is in.
    assert host.guest.run("tail -1 /etc/audit/audit.rules; augenrules --check").stdout.startswith("-e 2\n")

    result, state = host.four_times("audit_control", {"backlog_limit": 9200, "enabled": "enabled"})
    assert (result["pending"], result["reboot_required"]) == (["-b 9200", "-e 1"], True)
    assert result["after"] == result["before"]
    assert held(host)["backlog_limit"] == "9100"
    check, again, fails = host.tasks(
        task("audit_control", {"backlog_limit": 9200}, check=True), task("audit_control", {"backlog_limit": 9200}),
        task("audit_control", {"backlog_limit": 9200, "immutable": "fail"}),
    )  # fmt: skip
    for result in (check, again):
        assert (result["changed"], result["pending"], result["reboot_required"]) == (False, ["-b 9200"], True)
    assert fails["failed"]
    host.guest.reboot()
    assert (held(host)["enabled"], held(host)["backlog_limit"]) == ("1", "9200")
    assert held(host)["loginuid_immutable"] == "0 unlocked"
    (again,) = host.tasks(
        task("audit_control", {"backlog_limit": 9200, "enabled": "enabled", "loginuid_immutable": False})
    )
    assert (again["changed"], again["pending"], again["reboot_required"]) == (False, [], False)
