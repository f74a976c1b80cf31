# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_info on a real kernel, with auditctl as witness and as the one who makes the drift."""

from datetime import datetime

import pytest

from audited import RULES_D, Audited, assert_message, task
from releases import releases

FILE = "30-site.rules"
NEVER = "-a never,exit -F arch=b64 -S mount -F auid=unset"
MOUNT = "-a always,exit -F arch=b64 -S mount -F key=mounts"
IDENTITY = "-a always,exit -F path=/etc/passwd -F perm=wa -F key=identity"
SHADOW = "-a always,exit -F path=/etc/shadow -F perm=wa -F key=shadow"
SSH = "-a always,exit -F dir=/etc/ssh -F perm=wa -F key=sshd"
RULES = [NEVER, MOUNT, "-w /etc/passwd -p wa -k identity", SHADOW, "-w /etc/ssh -p wa -k sshd"]
CANONICAL = [NEVER, MOUNT, IDENTITY, SHADOW, SSH]

INFO = task("audit_info", {})
RELOAD = "augenrules >/dev/null; auditctl -R /etc/audit/audit.rules >/dev/null 2>&1"
NO_DRIFT = {"missing": [], "extra": [], "other_key": [], "out_of_order": [], "settings": []}


@pytest.fixture
def host(guest, playbook, tmp_path):
    """The shared bookworm guest, without a rule."""
    host = Audited(guest, playbook, tmp_path)
    guest.run(RELOAD)
    return host


def written(name, *lines):
    """The command that writes a file of rules.d; `\\0377` is a byte."""
    return "printf %b '" + "\\n".join(lines) + f"\\n' >{RULES_D}/{name}"


def infos(host, *tasks):
    """The results of the tasks that are INFO."""
    results = host.tasks(*tasks)
    found = [result for asked, result in zip(tasks, results, strict=True) if asked is INFO]
    for result in found:
        assert not result.get("failed"), result
        assert result["changed"] is False
    return found


def test_what_is_there(host):
    before = host.state()
    applied, info, check, rules, status, daemon, plugins, versions, untouched = host.tasks(
        task("audit_ruleset", {"rules": RULES, "file": FILE}),
        INFO,
        task("audit_info", {}, check=True),
        "auditctl -l | wc -l",
        "auditctl -s",
        "pidof auditd",
        "cd /etc/audit/plugins.d; grep -l '^active = yes' *.conf; echo --; ls *.conf",
        "auditctl -v; uname -r",
        f"rm {RULES_D}/{FILE}; auditctl -D >/dev/null; augenrules >/dev/null",
    )
    assert applied["changed"] and untouched == ""
    assert host.state() == before
    assert {**check, "invocation": None} == {**info, "invocation": None}
    assert (info["in_sync"], info["drift"], info["available"]) == (True, NO_DRIFT, True)
    assert (info["pending"], info["reboot_required"]) == ([], False)
    assert [rule["text"] for rule in info["rules"]] == CANONICAL
    assert int(rules) == len(CANONICAL)
    ours = [line for line in info["files"] if line["path"] == f"{RULES_D}/{FILE}"]
    assert [line["text"] for line in ours] == ["-i", *RULES]
    assert [line["rule"] for line in ours[1:]] == [rule["rule"] for rule in info["rules"]]
    assert {"option": "-D", "value": ""} in [line.get("setting") for line in info["files"]]
    shown = dict(line.split(" ", 1) for line in status.splitlines())
    for name, value in info["status"].items():
        if name not in ("features", "enabled", "failure", "backlog_wait_time_actual"):
            assert str(value) == shown[name], name
    assert info["status"]["enabled"] == ["disabled", "enabled", "immutable"][int(shown["enabled"])]
    assert info["status"]["failure"] == ["silent", "printk", "panic"][int(shown["failure"])]
    assert {"backlog_wait_time", "executable_path", "lost_reset"} < set(info["status"]["features"])
    assert info["loginuid_immutable"] is shown["loginuid_immutable"].startswith("1")
    assert info["daemon"] == {"pid": int(daemon), "running": True, "name": "auditd", "problems": []}
    active, names = (set(part.split()) for part in plugins.split("--"))
    assert {plugin["path"].rpartition("/")[2] for plugin in info["plugins"]} == names
    assert {plugin["path"].rpartition("/")[2] for plugin in info["plugins"] if plugin["active"]} == active
    assert versions.split() == ["auditctl", "version", info["versions"]["audit"], info["versions"]["kernel"]]


def drift(**values):
    return NO_DRIFT | values


# What somebody does by hand, and what is said of it.
BY_HAND = [
    ("auditctl -D", drift(missing=CANONICAL)),
    ("auditctl -W /etc/passwd -p wa -k identity", drift(missing=[IDENTITY])),
    ("auditctl -w /etc/group -p r", drift(extra=["-a always,exit -F path=/etc/group -F perm=r"])),
    # The same rule in other words is no drift.
    (f"auditctl -d {SHADOW[3:]}; auditctl -w /etc/shadow -p aw -k shadow", drift()),
    (
        f"auditctl -d {MOUNT[3:]}; auditctl {MOUNT.replace('mounts', 'other')}",
        drift(other_key=[{"file": MOUNT, "kernel": MOUNT.replace("mounts", "other")}]),
    ),
    (f"auditctl -d {NEVER[3:]}; auditctl {NEVER}", drift(
        out_of_order=[{"first": NEVER, "second": rule} for rule in CANONICAL[1:]]
    )),
    # Other rules do not depend on the place of this one.
    (f"auditctl -d {SHADOW[3:]}; auditctl {SHADOW}", drift()),
    (
        "auditctl -f 0; auditctl -b 4096",
        drift(
            settings=[
                {"name": "backlog_limit", "file": 8192, "kernel": 4096},
                {"name": "failure", "file": "printk", "kernel": "silent"},
            ]
        ),
    ),
    # What no file sets may be anything.
    ("auditctl -r 1000", drift()),
    (f"echo '-w /etc/group -p w -k group' >>{RULES_D}/{FILE}; sed -i /never,/d {RULES_D}/{FILE}", drift(
        missing=["-a always,exit -F path=/etc/group -F perm=w -F key=group"], extra=[NEVER]
    )),
    # The last one counts, in the order of the names of files.
    (written("10-settings.rules", "-e 0", "-b 77"), drift()),
    (written("z0-settings.rules", "-b 77", "-b 78", "-e 0"), drift(settings=[
        {"name": "backlog_limit", "file": 78, "kernel": 8192},
        {"name": "enabled", "file": "disabled", "kernel": "enabled"},
    ])),
]  # fmt: skip


def test_drift_that_is_made_by_hand(host):
    restore = f"rm -f {RULES_D}/?0-settings.rules; cp /root/site.saved {RULES_D}/{FILE}; auditctl -r 0; {RELOAD}"
    tasks = [
        task("audit_ruleset", {"rules": ["-b 8192", "-f 1", "-e 1", *RULES], "file": FILE}),
        f"cp {RULES_D}/{FILE} /root/site.saved",
    ]
    for command, _drift in BY_HAND:
        tasks += [f"({restore}; {command}) >/dev/null 2>&1; true", INFO]
    found = infos(host, *tasks)
    for (command, drift), info in zip(BY_HAND, found, strict=True):
        assert info["drift"] == drift, command
        assert info["in_sync"] is (drift == NO_DRIFT), command
        # Each is where the file has it, in the words of the file or in others.
        lines = {f"{line['path']}:{line['line']}": line for line in info["files"]}
        assert set(drift["missing"]) <= set(info["origins"]), command
        assert set(info["origins"].values()) <= set(lines), command
        assert (info["pending"], info["reboot_required"]) == ([], False)


# Files whose lines do more than add: what auditctl -R makes of each has to be what is understood.
FILES = [
    [SHADOW, IDENTITY, "-A always,exit -F arch=b64 -S umount2 -F key=first"],
    [SHADOW, IDENTITY, "-d " + SHADOW[3:]],
    [SHADOW, "-w /etc/passwd -p wa -k identity", "-W /etc/passwd -p wa -k identity"],
    [MOUNT, MOUNT.replace("mounts", "other"), "-d " + MOUNT[3:], NEVER],
    [SHADOW, MOUNT, "-D -k shadow", IDENTITY],
    [SHADOW, MOUNT, IDENTITY.replace("identity", "shadows"), "-D -k shadow"],
    [SHADOW, MOUNT + " -F key=shadow", "-D -k shadow", IDENTITY],
    [SHADOW, "-D", IDENTITY],
    ["-e 0", SHADOW, "-b 500", "-f 0", "-b 600", "-e 1"],
    [NEVER, MOUNT, "-A " + NEVER[3:]],
    ["# nothing", "", "   "],
    ["-a always,exclude -F msgtype=CWD", MOUNT, "-a never,task -F uid=5", "-a always,user -F uid=7"],
]


def test_files_are_taken_as_auditctl_loads_them(host):
    commands = []
    for lines in FILES:
        commands += [f"{written(FILE, *lines)}; {RELOAD}; echo $?; auditctl -l", INFO]
    results = host.tasks(*commands, f"rm {RULES_D}/{FILE}; {RELOAD}")
    for lines, output, info in zip(FILES, results[::2], results[1::2]):  # noqa: B905  # the last one cleans up
        assert output.startswith("0\n"), (lines, output)
        assert info["drift"] == NO_DRIFT, (lines, output)
        assert info["in_sync"]


def test_lines_that_are_wrong_and_bytes_that_are_no_text(host):
    lines = [MOUNT, "-w etc -p wa", r"# \0377", r"-w /etc/\0377 -p w", "-a always,exit -S all -F auid=nobody-here"]
    (info,) = infos(host, f"{written(FILE, *lines)}; auditctl {MOUNT}", INFO)
    assert info["in_sync"] is False
    assert info["drift"]["extra"] == []
    assert len(info["drift"]["missing"]) == 1
    wrong = [(line["line"], line["error"]) for line in info["files"] if "error" in line]
    assert [number for number, error in wrong] == [2, 5]
    assert_message(wrong[0][1], "absolute path", "-w etc")
    assert r"-w /etc/\xff -p w" in [line["text"] for line in info["files"]]
    assert_message(wrong[1][1], "nobody-here", "nor the name of a user")


def test_an_immutable_kernel_and_what_a_boot_brings(host):
    group = "-a always,exit -F path=/etc/group -F perm=w -F key=group"
    try:
        before, staged = infos(
            host,
            task("audit_ruleset", {"rules": [*RULES, "-b 8192", "-e 2"], "file": FILE}),
            INFO,
            f"sed -i /passwd/d {RULES_D}/{FILE}",
            written("20-later.rules", "-w /no/such/directory/file -p w", "-w /etc/group -p w -k group", "-r 7000"),
            INFO,
        )
        assert (before["status"]["enabled"], before["in_sync"], before["reboot_required"]) == ("immutable", True, False)
        assert staged["drift"]["missing"] == ["-a always,exit -F path=/no/such/directory/file -F perm=w", group]
        assert staged["pending"] == ["-d" + IDENTITY[2:], group, "-r 7000"]
        assert staged["reboot_required"] is True
        host.guest.run(f"sed -i 1d {RULES_D}/20-later.rules")
        host.guest.reboot()
        (after,) = infos(host, INFO)
        assert (after["in_sync"], after["pending"], after["reboot_required"]) == (True, [], False)
        assert after["status"]["enabled"] == "immutable"
        assert {rule["text"] for rule in after["rules"]} == {group, *CANONICAL} - {IDENTITY}
    finally:
        host.guest.run(f"rm -f {RULES_D}/{FILE} {RULES_D}/20-later.rules")
        host.guest.reboot()


UNKNOWN = {"status", "rules", "daemon", "drift", "in_sync", "pending", "reboot_required", "loginuid_immutable"}


def test_a_user_who_is_not_root(host):
    host.guest.run(
        "id joe >/dev/null 2>&1 || useradd -m joe; mkdir -p ~joe/.ssh; cp ~/.ssh/authorized_keys ~joe/.ssh;"
        f"chown -R joe ~joe/.ssh; mkdir -p /srv/rules.d; echo '{MOUNT}' >/srv/rules.d/a.rules"
    )
    plain, readable = host.tasks(INFO, task("audit_info", {"rules_dir": "/srv/rules.d"}), remote_user="joe")
    for info in (plain, readable):
        assert not info.get("failed"), info
        assert info["available"] is False
        assert_message(info["reason"], "root", "become")
        assert not UNKNOWN & set(info)
    assert_message(plain["files"][0]["error"], RULES_D, "Permission denied")
    assert "plugins" not in plain
    assert [line["text"] for line in readable["files"]] == [MOUNT]


def test_a_kernel_without_audit(lab, playbook, tmp_path):
    guest = lab.boot("bookworm", name="info-no-audit", kernel_args="audit=0")
    try:
        (info,) = infos(Audited(guest, playbook, tmp_path), f"echo '{MOUNT}' >{RULES_D}/{FILE}", INFO)
        assert info["available"] is False
        assert_message(info["reason"], "audit=0")
        assert not UNKNOWN & set(info)
        assert (f"{RULES_D}/{FILE}", MOUNT) in [(line["path"], line["text"]) for line in info["files"]]
        assert info["versions"]["kernel"] == guest.run("uname -r").stdout.strip()
    finally:
        guest.stop()


@pytest.mark.parametrize("release", ["trixie"])
def test_a_release_that_expands_permissions(boot, playbook, tmp_path, release):
    host = Audited(boot(release), playbook, tmp_path)
    rules = [*RULES, "-a always,exit -F arch=b64 -F path=/etc/gshadow -F perm=wa -F key=gshadow"]
    applied, loaded = infos(
        host, task("audit_ruleset", {"rules": ["-D", *rules], "file": FILE}), INFO, "auditctl -D", RELOAD, INFO
    )
    assert applied["drift"] == loaded["drift"] == NO_DRIFT
    assert applied["in_sync"] and loaded["in_sync"]
    assert len(loaded["rules"]) == len(rules)


PASSWD = "-w /etc/passwd -p wa -k passwd"
# The lines of a file, which of them is a problem, and a part of what is said of it.
PROBLEMS = [
    ([PASSWD, PASSWD], 2, "repeats an earlier rule"),
    (["-i", PASSWD, PASSWD], 3, "repeats an earlier rule"),
    ([PASSWD, "-a always,exit -F perm=aw -F path=/etc/passwd -k passwd"], 2, "means the same as an earlier rule"),
    ([PASSWD, "-w /etc/passwd -p wa -k other"], 2, "under another key"),
    (["-w /etc/apt -p wa -k apt", "-w /etc/apt/apt.conf -p w"], 2, "matches every event that it matches"),
    (["-a always,exit -F arch=b64 -S mount -F success=no -k x"], 1, "write '-a always,exit"),
    (["-a always,io_uring -S openat -k x"], 1, "cannot be read by auditctl"),
    (["-a always,exit -F arch=b64 -S mount -F auid=no-such-user"], 1, "nor the name of a user"),
    (["-a always,exit -F arch=b64 -S mount -F exit=-EACCESS"], 1, "nor the name of an error"),
    (["-a always,exclude -F msgtype=NO_SUCH_TYPE"], 1, "nor the name of a record type"),
    (["-a always,exit -F arch=b64 -S mount -F no_such_field=1"], 1, "no field of that name"),
    (["-a always,exit -F arch=b64 -S mount -F auid"], 1, "needs an operator"),
    (["-a always,exit -F arch=b64 -S mount -F auid="], 1, "the value is missing"),
    (["-x"], 1, "does not accept this"),
    (["-w /etc/passwd -p wb"], 1, "one to four of the letters"),
    (["-a always,exit -F arch=b64 -S mount -F filetype=no-such-type"], 1, "is not a file type"),
    (["-i", "-w /etc/passwd -p wb"], 2, "one to four of the letters"),
    (["-w /etc/passwd -p wb", "-i"], 1, "one to four of the letters"),
    (["-a always,EXIT -S mount -k x"], 1, "cannot be read by auditctl"),
    (["-w /no/such/file -p wa"], 1, "/no/such does not exist"),
    (["-a always,exit -F dir=/no/such -F perm=wa"], 1, "/no/such does not exist"),
]


def test_what_would_go_wrong_at_a_boot_is_what_goes_wrong(host):
    """Each file is loaded by augenrules, with a rule after it that shows whether auditctl has come that far."""
    marker = "-w /etc/motd -p wa -k marker"
    commands = []
    for lines, _number, _said in PROBLEMS:
        commands += [
            written(FILE, *lines) + f"; {written('99-marker.rules', marker)}; auditctl -D >/dev/null",
            INFO,
            "augenrules --load >/dev/null 2>&1; auditctl -l",
        ]
    results = host.tasks(*commands)
    for (lines, number, said), info, loaded in zip(PROBLEMS, results[1::3], results[2::3], strict=True):
        (problem,) = info["problems"]
        assert (problem["path"], problem["line"]) == (f"{RULES_D}/{FILE}", number)
        assert problem["text"] == lines[number - 1]
        assert said in problem["reason"]
        assert problem["stops_loading"] is ("marker" not in loaded), (problem, loaded)


def test_a_file_that_ends_within_a_line(host):
    _glued, info, loaded = host.tasks(
        f"printf %s '{PASSWD}' >{RULES_D}/{FILE}; {written('99-marker.rules', '-w /etc/motd -p wa')}", INFO,
        "auditctl -D >/dev/null; augenrules --load >/dev/null 2>&1; auditctl -l",
    )  # fmt: skip
    (problem,) = info["problems"]
    assert "the first line of the next file is appended to it" in problem["reason"]
    assert "passwd" not in loaded or "motd" not in loaded, loaded


def test_a_task_warns_of_what_keeps_its_rule_from_being_loaded(host):
    host.write(FILE, f"{PASSWD}\n{PASSWD}\n")
    done, again, repaired, unread = host.tasks(
        task("audit_rule", {"rule": SHADOW}),
        task("audit_rule", {"rule": SHADOW}),
        task("audit_ruleset", {"rules": [PASSWD, SHADOW], "file": FILE}),
        task("audit_rule", {"rule": "-a always,io_uring -S openat -F key=x"}),
    )
    assert (done["changed"], again["changed"]) == (True, False)
    for result in (done, again):
        assert [f"{RULES_D}/{FILE}:2" in warning for warning in result["warnings"]] == [True]
    assert "repeats an earlier rule" in repaired["problems"][0]  # in the file of the first task
    assert_message(unread["msg"], "auditctl 3.0.9", "-a always,io_uring", "persistent: false")


def test_a_host_that_holds_its_rules_and_records_nothing(host):
    """With -a never,task no process that starts later has an audit context, so no rule records it."""
    key = "silent-host"
    change = "mkdir /etc/{0} && rmdir /etc/{0}; auditctl -m {0} >/dev/null; ausearch --raw -k {1} | grep -c {0}"
    watch = f"-w /etc -p wa -k {key}"
    results = host.tasks(
        task("audit_ruleset", {"rules": [watch, "-a never,task"], "file": FILE}),
        change.format("silent-one", key),
        INFO,
        task("audit_ruleset", {"rules": [watch], "file": FILE}),
        change.format("silent-two", key),
        INFO,
    )
    silenced, silent, info, heard, recorded, after = results
    assert (silent, int(recorded) > 0) == ("0\n", True)
    assert (info["in_sync"], info["recording"]) == (True, False)
    assert [problem["path"] for problem in info["problems"]] == ["kernel", f"{RULES_D}/{FILE}"]
    assert (after["in_sync"], after["recording"], after["problems"]) == (True, True, [])
    for result in (silenced, info):
        assert any(warning.startswith("kernel: '-a never,task' switches") for warning in result["warnings"])
    assert "warnings" not in after and not heard.get("warnings")


@pytest.mark.parametrize("release", releases("bookworm", fleet=("trixie",)))
def test_a_rule_whose_directory_a_boot_empties(boot, playbook, tmp_path, release):
    """A tmpfs is empty after a boot, and auditctl loads all rules but the one that needs the directory."""
    host = Audited(boot(release), playbook, tmp_path)
    early, late = "-w /etc/passwd -p wa -k early", "-w /etc/motd -p wa -k late"
    watch, tree = "-w /run/site-watch -p wa -k watch", "-a always,exit -F dir=/run/site-state -F perm=wa -F key=state"
    kind, done, info, waits = host.tasks(
        "mkdir -p /run/site-state /run/site-watch; stat -fc %T /run",
        task("audit_ruleset", {"rules": ["-D", early, watch, tree, late], "file": FILE}),
        INFO,
        "systemctl show -p After --value auditd audit-rules 2>/dev/null",
    )
    assert kind == "tmpfs\n"
    of_watch, of_tree = info["problems"]
    assert (of_watch["text"], of_watch["stops_loading"]) == (watch, False)
    assert (of_tree["text"], of_tree["stops_loading"], of_tree["lost_at_boot"]) == (tree, False, True)
    assert "may watch a file after a boot" in of_watch["reason"]
    assert "/run/site-state is on a tmpfs, which is empty after a boot" in of_tree["reason"]
    assert any("/run/site-state is on a tmpfs" in warning for warning in done["warnings"])
    # Directories that systemd-tmpfiles makes are there in time.
    assert "systemd-tmpfiles-setup.service" in waits
    host.guest.reboot()
    loaded = host.state().rules
    # The watch of a directory has become the watch of a file.
    assert [rule.rpartition("key=")[2].split(" -k ")[-1] for rule in loaded] == ["early", "watch", "late"]


def test_files_that_no_service_loads_at_boot(host):
    """As after `systemctl disable auditd`, and as it is enabled."""
    enabled, _off, disabled, _on = host.tasks(
        INFO, "systemctl disable auditd >/dev/null 2>&1", INFO, "systemctl enable auditd >/dev/null 2>&1"
    )
    assert enabled["problems"] == []
    (problem,) = disabled["problems"]
    assert (problem["path"], problem["line"]) == (RULES_D, 0)
    assert problem["reason"] == "are not loaded at boot: auditd.service is disabled"


def test_a_service_that_cannot_write_what_it_compiles(host):
    """The boot then loads audit.rules as it is; where the file is up to date, there is nothing to report."""
    drop_in = "/run/systemd/system/auditd.service.d"
    sandboxed = "systemd-run -q --pipe --wait -p ProtectSystem=full augenrules --load >/dev/null 2>&1; auditctl -l"
    _made, up_to_date, held, _changed, stale, held_then, _restored = host.tasks(
        f"mkdir -p {drop_in}; printf '[Service]\\nProtectSystem=full\\n' >{drop_in}/full.conf; systemctl daemon-reload;"
        f"{written(FILE, '-w /etc/passwd -p wa -k identity')}; augenrules >/dev/null; auditctl -D >/dev/null",
        INFO,
        sandboxed,
        f"{written(FILE, '-w /etc/passwd -p wa -k identity', SSH)}; auditctl -D >/dev/null",
        INFO,
        sandboxed,
        f"rm -r {drop_in} {RULES_D}/{FILE}; systemctl daemon-reload; auditctl -D >/dev/null; augenrules >/dev/null",
    )
    assert [one for one in up_to_date["problems"] if "ProtectSystem" in one["reason"]] == []
    (problem,) = [one for one in stale["problems"] if "ProtectSystem" in one["reason"]]
    assert (problem["path"], problem["lost_at_boot"]) == ("/etc/audit/audit.rules", True)
    assert held == held_then == "-w /etc/passwd -p wa -k identity\n"


def test_what_each_key_logs(host):
    """As many events and bytes as ausearch finds, in a log that begins with its first record."""
    key = "retention-test"
    results = host.tasks(
        task("audit_rule", {"rules": [f"-w /etc/retention-test -p wa -k {key}"], "persistent": False}),
        "for number in 1 2 3 4 5; do echo $number >/etc/retention-test; done; auditctl -D; auditctl -m written",
        "until grep -q written /var/log/audit/audit.log; do sleep 0.1; done",
        # ausearch ends lines that auditd has not enriched with the separator all the same.
        f"ausearch --input-logs -k {key} --raw | sed 's/\\x1d$//' >/root/found; wc -c </root/found; "
        "grep -o ':[0-9]*)' /root/found | sort -u | wc -l; rm /root/found",
        task("audit_info", {"retention": True}),
        "cat $(ls -tr /var/log/audit/audit.log*) | sed -n 's/.*msg=audit.\\([0-9.]*\\):.*/\\1/p' | sed -n '1p'",
    )
    size, events = map(int, results[3].split())
    found = results[4]["retention"]
    (row,) = [row for row in found["keys"] if row["key"] == key]
    assert (row["bytes"], row["events"]) == (size, events)
    assert events >= 5
    assert row["bytes_a_day"] > row["bytes"]
    assert found["bytes_a_day"] >= row["bytes_a_day"]
    assert found["days"] == pytest.approx(found["capacity"] / found["bytes_a_day"], rel=0.01, abs=0.01)
    assert datetime.fromisoformat(found["oldest"]).timestamp() == pytest.approx(float(results[5]), abs=0.001)
