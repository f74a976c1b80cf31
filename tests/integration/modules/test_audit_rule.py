# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_rule on a real kernel, with auditctl and augenrules as witnesses."""

import pytest

from audited import FILE, HEADER, RULES_D, Audited, assert_message, task
from releases import releases

IDENTITY = "-w /etc/passwd -p wa -k identity"
SUDOERS = "-w /etc/sudoers -p wa -k actions"
MOUNTS = "-a always,exit -F arch=b64 -S mount -F auid>=1000 -F auid!=-1 -F key=mounts"


@pytest.fixture
def host(guest, playbook, tmp_path):
    """The shared bookworm guest, without a rule."""
    return Audited(guest, playbook, tmp_path)


def kernel(before, after):
    """The diff of the kernel, from rules."""
    return diff("kernel", "".join(f"{rule}\n" for rule in before), "".join(f"{rule}\n" for rule in after))


def diff(name, before, after):
    return {"before_header": name, "after_header": name, "before": before, "after": after}


def test_a_line_present_and_absent(host):
    canonical = "-a always,exit -F path=/etc/passwd -F perm=wa -F key=identity"
    result, state = host.four_times("audit_rule", {"rule": IDENTITY})
    assert (result["added"], result["removed"], result["rules"]) == ([canonical], [], [canonical])
    assert (result["pending"], result["reboot_required"]) == ([], False)
    assert result["diff"] == [diff(FILE, "", f"{HEADER}{IDENTITY}\n"), kernel([], [canonical])]
    assert state.rules == [IDENTITY]
    assert state.files[FILE] == f"{HEADER}{IDENTITY}\n"

    # Another spelling names the same rule.
    other = "-a exit,always -F perm=aw -F path=/etc/passwd -F key=identity"
    result, state = host.four_times("audit_rule", {"rule": other, "state": "absent"})
    assert (result["added"], result["removed"]) == ([], [canonical])
    assert result["diff"] == [diff(FILE, f"{HEADER}{IDENTITY}\n", ""), kernel([canonical], [])]
    assert state.rules == []
    assert FILE not in state.files


def test_parameters(host):
    args = {
        "arch": ["b64", "b32"],
        "syscalls": ["adjtimex", "settimeofday"],
        "fields": ["auid>=1000", "auid!=unset", "success=yes"],
        "comparisons": ["euid!=uid"],
        "keys": ["time change", "t"],
    }
    _result, state = host.four_times("audit_rule", args)
    # 32 bit numbers its syscalls in another order.
    conditions = "-F auid>=1000 -F auid!=-1 -F success=1 -C uid!=euid -F key=time change -F key=t"
    assert state.rules == [
        f"-a always,exit -F arch=b64 -S adjtimex,settimeofday {conditions}",
        f"-a always,exit -F arch=b32 -S settimeofday,adjtimex {conditions}",
    ]
    state = host.twice("audit_rule", {"list": "exclude", "fields": ["msgtype=CWD"]})
    assert state.rules[-1] == "-a always,exclude -F msgtype=CWD"
    state = host.twice("audit_rule", {**args, "state": "absent"})
    assert state.rules == ["-a always,exclude -F msgtype=CWD"]
    assert state.files[FILE] == f"{HEADER}-a always,exclude -F msgtype=CWD\n"


def test_many_rules_and_two_spellings_of_one(host):
    rules = [
        "-a never,exit -F arch=b64 -S adjtimex -F auid=unset",
        IDENTITY,
        {"arch": "b64", "syscalls": ["mount"], "fields": ["auid>=1000", "auid!=unset"], "keys": ["mounts"]},
        "-a exit,always -F arch=x86_64 -S mount -F loginuid!=-1 -F auid>=0x3e8 -k mounts",
        "-a always,exit -F path=/etc/passwd -F perm=wa -k identity",
    ]
    result, state = host.four_times("audit_rule", {"rules": rules})
    assert len(result["rules"]) == 3
    assert state.rules == ["-a never,exit -F arch=b64 -S adjtimex -F auid=-1", IDENTITY, MOUNTS]
    assert len(state.files[FILE].splitlines()) == 5
    text = host.fails(
        "audit_rule", {"rules": [IDENTITY, SUDOERS, IDENTITY.replace("identity", "users")]}, "another key"
    )
    assert "-w /etc/passwd -p wa -k users" in text
    assert IDENTITY in text


def test_five_hundred_rules_in_one_task(host):
    rules = [f"-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F auid={number} -k users" for number in range(500)]
    done, again = host.tasks(task("audit_rule", {"rules": rules}), task("audit_rule", {"rules": rules}))
    assert (done["changed"], len(done["added"]), again["changed"]) == (True, 500, False)
    state = host.state()
    assert state.rules == [rule.replace("-k ", "-F key=") for rule in rules]
    assert state.check == "No change"
    (gone,) = host.tasks(task("audit_rule", {"key": "users", "state": "absent"}))
    assert len(gone["removed"]) == 500
    assert host.state().rules == []


def test_a_rule_that_is_there_in_other_words(host):
    host.write("10-stig.rules", "# ours\n-a exit,always -F perm=aw -F path=/etc/passwd -F key=identity\n")
    host.load(f"{IDENTITY} -k identity")
    before = host.state()
    _result, state = host.four_times("audit_rule", {"rule": IDENTITY}, changed=False)
    assert state == before


def test_what_is_deleted_behind_our_back_comes_back(host):
    host.tasks(task("audit_rule", {"rules": [IDENTITY, SUDOERS]}))
    before = host.state()
    host.guest.run("auditctl -D && rm -f " + FILE)
    host.guest.run("augenrules")
    result, state = host.four_times("audit_rule", {"rules": [IDENTITY, SUDOERS]})
    assert len(result["added"]) == 2
    assert state == before
    host.guest.run("auditctl -D")
    result, state = host.four_times("audit_rule", {"rules": [SUDOERS, IDENTITY]})
    assert [entry["before_header"] for entry in result["diff"]] == ["kernel"]
    assert sorted(state.rules) == sorted(before.rules)


def test_a_change_of_key_is_made_in_place(host):
    others = [
        "-a never,exit -F arch=b64 -S openat -F auid=-1",
        "-a always,exit -F arch=b64 -S openat -F auid=7 -F key=seven",
    ]
    text = f"# before\n{others[0]}\n\n  # our users\n-w /etc/passwd -p wa -k old\n{SUDOERS}\n{others[1]}\n# after\n"
    host.write("30-site.rules", text)
    host.guest.run("auditctl -D; auditctl -R /etc/audit/audit.rules")
    result, state = host.four_times("audit_rule", {"rule": IDENTITY})
    assert result["added"] == ["-a always,exit -F path=/etc/passwd -F perm=wa -F key=identity"]
    assert result["removed"] == ["-a always,exit -F path=/etc/passwd -F perm=wa -F key=old"]
    assert state.files[f"{RULES_D}/30-site.rules"] == text.replace("-k old", "-k identity")
    assert FILE not in state.files
    # Watches of other paths do not mind; the rules before and after them stay in their order.
    assert sorted(state.rules) == sorted([*others, IDENTITY, SUDOERS])
    assert state.rules.index(others[0]) < state.rules.index(others[1])
    assert state.rules.index(others[0]) < state.rules.index(IDENTITY)


def test_an_exception_is_put_before_what_it_is_an_exception_from(host):
    host.tasks(task("audit_rule", {"rules": [IDENTITY, MOUNTS]}))
    exception = "-a never,exit -F arch=b64 -S mount -F auid=1002"
    _result, state = host.four_times("audit_rule", {"rule": exception, "position": "prepend"})
    assert state.rules == [exception, IDENTITY, MOUNTS]
    written = [line for line in state.files[FILE].splitlines() if not line.startswith("#")]
    assert written[:2] == ["-i", exception]
    assert len(written) == 4
    # A change of key leaves it before the rule, which keeps its place among rules of the same kind.
    state = host.twice("audit_rule", {"rule": MOUNTS.replace("mounts", "media")})
    assert state.rules.index(exception) < state.rules.index(MOUNTS.replace("mounts", "media"))
    assert len(state.rules) == 3
    # With -A in the rule it is the same.
    state = host.twice("audit_rule", {"rule": "-A never,exit -F arch=b64 -S mount -F auid=1003"})
    assert state.rules.index("-a never,exit -F arch=b64 -S mount -F auid=1003") < 2
    assert state.files[FILE].splitlines()[2] == "-a never,exit -F arch=b64 -S mount -F auid=1003"


def test_a_key_is_taken_away_wherever_it_stands(host):
    host.write("10-a.rules", "-w /etc/passwd -p wa -k b\n-w /etc/shadow -p wa -k abc\n")
    host.write("20-b.rules", "# c\n-a always,exit -F arch=b64 -S mount -F key=a -F key=b\n")
    host.guest.run("auditctl -R /etc/audit/audit.rules; auditctl -w /etc/group -k b")
    result, state = host.four_times("audit_rule", {"key": "b", "state": "absent"})
    assert len(result["removed"]) == 3
    assert state.rules == ["-w /etc/shadow -p wa -k abc"]
    assert state.files[f"{RULES_D}/10-a.rules"] == "-w /etc/shadow -p wa -k abc\n"
    assert state.files[f"{RULES_D}/20-b.rules"] == "# c\n"


def test_absent_with_a_key_and_without(host):
    host.tasks(task("audit_rule", {"rules": [IDENTITY, SUDOERS]}))
    args = {"rule": IDENTITY.replace("identity", "other"), "state": "absent"}
    state = host.twice("audit_rule", args, changed=False)
    _result, state = host.four_times("audit_rule", {"rule": "-w /etc/passwd -p wa", "state": "absent"})
    assert state.rules == [SUDOERS]


def test_live_and_files_by_themselves(host):
    _result, state = host.four_times("audit_rule", {"rule": IDENTITY, "persistent": False})
    assert state.rules == [IDENTITY]
    assert FILE not in state.files
    state = host.twice("audit_rule", {"rule": SUDOERS, "live": False, "file": "70-x.rules"})
    assert state.rules == [IDENTITY]
    assert state.files[f"{RULES_D}/70-x.rules"] == f"{HEADER}{SUDOERS}\n"
    # A directory of one's own has no audit.rules beside it.
    host.guest.run("rm -rf /root/own; mkdir /root/own")
    own = {"rule": MOUNTS, "live": False, "rules_dir": "/root/own"}
    done, again, listing = host.tasks(task("audit_rule", own), task("audit_rule", own), "ls -A /root /root/own")
    assert (done["changed"], again["changed"]) == (True, False)
    assert "50-linux-audit.rules" in listing
    assert "audit.rules\n" not in listing.replace("50-linux-audit.rules", "")
    assert host.state() == state
    host.fails("audit_rule", {"rule": MOUNTS, "live": False, "persistent": False}, "nothing to do")


def test_other_lines_are_kept_byte_for_byte(host):
    foreign = (
        "# a  comment \n\n -w /etc/group -k g\n-w /etc/shadow -p wa -k s\t\r\n-a nonsense\n## caf\u00e9\n"
        "--loginuid-immutable"
    )
    host.write("50-linux-audit.rules", foreign)
    host.write("z-last.rules", "-w /etc/hosts -p wa -k hosts")
    _result, state = host.four_times("audit_rule", {"rule": SUDOERS, "live": False})
    assert state.files[FILE] == f"{foreign}\n-i\n{SUDOERS}\n"
    # The last of all files needs no final newline.
    assert state.files[f"{RULES_D}/z-last.rules"] == "-w /etc/hosts -p wa -k hosts"
    state = host.twice("audit_rule", {"rule": SUDOERS, "live": False, "state": "absent"})
    assert state.files[FILE] == f"{foreign}\n-i\n"


def test_a_file_without_a_final_newline_does_not_run_into_ours(host):
    host.write("40-other.rules", "-w /etc/hosts -p wa -k hosts")
    _result, state = host.four_times("audit_rule", {"rule": SUDOERS})
    assert state.files[f"{RULES_D}/40-other.rules"] == "-w /etc/hosts -p wa -k hosts\n"
    assert state.rules == [SUDOERS]
    host.guest.run("augenrules --load")
    assert host.state().rules == ["-w /etc/hosts -p wa -k hosts", SUDOERS]


WRONG = [
    ({"rule": "always,exit -S mount"}, "'always,exit'"),
    ({"rule": "-a always,exit -F arch=b64 -S no_such_call -k x"}, "'no_such_call'", "x86_64"),
    ({"rule": "-a always,exit -F arch=b32 -S newfstatat -k x"}, "'newfstatat'"),
    ({"rule": "-a always,exit -S mount -F auid=nobody-here"}, "auid=nobody-here", "nor the name of a user"),
    ({"rule": "-a always,exit -S mount -F gid=nobody-here"}, "gid=nobody-here", "nor the name of a group"),
    ({"rule": "-a always,exit -F path>=/etc/passwd -F perm=wa"}, "path>=/etc/passwd", "="),
    ({"rule": "-a always,task -F path=/etc/passwd"}, "path=/etc/passwd", "task"),
    ({"rule": "-a always,exclude -F euid=0"}, "euid=0", "exclude"),
    ({"rule": "-a always,exit -S mount -F uid=1000abc"}, "uid=1000abc"),
    ({"rule": "-a always,exit -S mount -F a0=4294967296"}, "a0=4294967296"),
    ({"rule": "-w /etc/passwd -k two\nlines"}, r"two\nlines", "line end"),
    ({"rule": "-w\t/etc/passwd"}, "tab"),
    ({"rule": "-D"}, "-D", "not a rule"),
    ({"rule": "-W /etc/passwd"}, "-W /etc/passwd", "state: absent"),
    ({"rule": ""}, "empty"),
    ({"rules": [IDENTITY, "-a always,exit -S mount -F uid=x"]}, "rule 2", "uid=x"),
    ({"rules": [IDENTITY, {"syscall": "mount"}]}, "rule 2", "unknown key syscall", "syscalls"),
    ({"rules": [IDENTITY, {"syscalls": [["mount"]]}]}, "rule 2", "['mount']"),
    ({"rules": [["-w", "/etc/passwd"]]}, "rule 1", "a line of auditctl or a structure"),
    ({"keys": ["a\nb"], "syscalls": ["mount"]}, r"a\nb"),
    ({"rule": IDENTITY, "file": "plain"}, "'plain'", ".rules"),
    ({"rule": IDENTITY, "file": "../x.rules"}, "'../x.rules'"),
    ({"rule": IDENTITY, "rules_dir": "/no/such/directory"}, "/no/such/directory", "does not exist"),
    ({"key": "identity"}, "state: absent"),
    ({"rule": IDENTITY, "keys": ["x"]}, "mutually exclusive"),
    ({}, "one of the following is required"),
]


def test_what_is_wrong_is_named_and_costs_nothing(host):
    host.tasks(task("audit_rule", {"rule": MOUNTS}))
    before = host.state()
    results = host.tasks(*(task("audit_rule", args) for args, *parts in WRONG))
    assert host.state() == before
    for (args, *parts), result in zip(WRONG, results, strict=True):
        assert result["failed"], args
        assert_message(result["msg"], *parts)


def test_a_directory_that_is_missing(host):
    host.tasks(task("audit_rule", {"rule": MOUNTS}))
    for rule in (
        "-w /no/such/file -k x",
        "-a always,exit -F dir=/no/such -F perm=wa",
        "-a always,exit -F exe=/no/such/bin -k x",
    ):
        parts = ("/no/such does not exist", "create the directory first", "on_missing: skip")
        host.fails("audit_rule", {"rules": [IDENTITY, rule]}, *parts)


def test_a_rule_that_the_kernel_refuses_takes_the_others_back(host):
    host.tasks(task("audit_rule", {"rules": [IDENTITY.replace("identity", "old"), MOUNTS]}))
    before = host.state()
    # The guest's kernel has no security module that knows labels.
    label = "-a always,exit -S mount -F subj_type=unknown_t"
    args = {"rules": [SUDOERS, IDENTITY, label]}
    (result,) = host.tasks(task("audit_rule", args))
    assert result["failed"]
    assert_message(result["msg"], label, "the kernel refuses to add", "as it was before")
    assert host.state() == before


def test_a_file_that_cannot_be_written_takes_the_kernel_back(host):
    host.tasks(task("audit_rule", {"rules": [IDENTITY.replace("identity", "old"), MOUNTS]}))
    before = host.state()
    for locked in (FILE, RULES_D, "/etc/audit/audit.rules"):
        host.guest.run(f"chattr +i {locked}")
        try:
            (result,) = host.tasks(task("audit_rule", {"rules": [SUDOERS, IDENTITY]}))
        finally:
            host.guest.run(f"chattr -i {locked}")
        assert result["failed"]
        assert_message(result["msg"], "Operation not permitted", "no file has changed; the kernel is as it was before")
        assert host.state() == before
    assert "linux-audit." not in host.guest.run(f"ls -A {RULES_D} /etc/audit").stdout.replace(
        "50-linux-audit.rules", ""
    )


def test_two_runs_at_once(host):
    rules = [[f"-w /etc/{run}{number} -p wa -k {run}" for number in range(100)] for run in "ab"]
    start = [{**task("audit_rule", {"rules": some}), "async": 60, "poll": 0} for some in rules]
    wait = [
        {
            "ansible.builtin.async_status": {"jid": f"{{{{ jobs.results[{number}].ansible_job_id }}}}"},
            "register": "status",
            "until": "status.finished",
            "retries": 100,
            "delay": 0.2,
        }
        for number in range(2)
    ]
    loop = {**start[0], "register": "jobs", "loop": rules}
    loop["linux.audit.audit_rule"] = {"rules": "{{ item }}"}
    _jobs, one, other = host.tasks(loop, *wait)
    assert (one["changed"], other["changed"]) == (True, True), (one, other)
    state = host.state()
    assert sorted(state.rules) == sorted(rules[0] + rules[1])
    assert sorted(state.files[FILE].splitlines()[1:]) == sorted(["-i", *rules[0], *rules[1]])
    assert state.check == "No change"


def test_a_user_who_is_not_root(host):
    host.guest.run(
        "id joe 2>/dev/null || { useradd -m joe && usermod -p '*' joe; }; mkdir -p ~joe/.ssh;"
        "cp ~/.ssh/authorized_keys ~joe/.ssh; chown -R joe ~joe/.ssh"
    )
    for args in ({"rule": IDENTITY}, {"rule": IDENTITY, "live": False}):
        results = host.tasks(task("audit_rule", args, check=True), task("audit_rule", args), remote_user="joe")
        for result in results:
            assert result["failed"]
            assert_message(result["msg"], "root" if "live" not in args else "Permission denied")
    assert host.state().rules == []


def test_a_kernel_without_audit(lab, playbook, tmp_path):
    guest = lab.boot("bookworm", name="no-audit", kernel_args="audit=0")
    try:
        host = Audited(guest, playbook, tmp_path)
        args = {"rule": IDENTITY}
        check, real, files = host.tasks(
            task("audit_rule", args, check=True), task("audit_rule", args), task("audit_rule", {**args, "live": False})
        )
        for result in (check, real):
            assert result["failed"]
            assert_message(result["msg"], "audit=0", "live: false")
        assert files["changed"]
        assert guest.run(f"cat {FILE}").stdout == f"{HEADER}{IDENTITY}\n"
    finally:
        guest.stop()


RULES_OF_A_SITE = [
    "-a never,exit -F arch=b64 -S mount -F auid=unset",
    IDENTITY,
    "-w /etc/ssh/ -p wa -k sshd",
    "-a always,exit -F arch=b64 -F path=/etc/shadow -F perm=wa -F key=identity",
    "-a always,exit -F arch=b32 -F dir=/etc/ssh -F perm=rx -F auid>=1000 -F key=sshd",
    "-a always,exit -F arch=b64 -S openat,mount -F path=/etc/gshadow -F perm=w -F key=identity",
    MOUNTS,
    "-a always,exclude -F msgtype=CWD",
]


@pytest.mark.parametrize("release", releases("trixie", fleet=("bookworm",)))
def test_after_a_boot_everything_is_in_place(boot, playbook, tmp_path, release):
    host = Audited(boot(release), playbook, tmp_path)
    host.guest.run("touch /etc/gshadow")
    host.tasks(task("audit_rule", {"rules": RULES_OF_A_SITE}))
    before = host.state()
    host.guest.reboot()
    after = host.state()
    assert len(after.rules) == len(RULES_OF_A_SITE)
    # Release 4 adds syscalls to some rules when it loads them from the file, and so has the task.
    assert after.rules == before.rules
    assert any("fallocate" in rule for rule in after.rules) is (release == "trixie")
    state = host.twice("audit_rule", {"rules": RULES_OF_A_SITE}, changed=False)
    assert state.rules == after.rules
    state = host.twice("audit_rule", {"rules": RULES_OF_A_SITE, "state": "absent"})
    assert state.rules == []
    assert FILE not in state.files


def test_an_immutable_kernel(lab, playbook, tmp_path):
    guest = lab.boot("bookworm", name="immutable")
    host = Audited(guest, playbook, tmp_path)
    host.tasks(task("audit_rule", {"rules": [IDENTITY, MOUNTS]}))
    guest.run("auditctl -e 2")
    # What is there is there.
    state = host.twice("audit_rule", {"rules": [IDENTITY, MOUNTS]}, changed=False)
    host.fails("audit_rule", {"rule": SUDOERS, "immutable": "fail"}, "immutable", "enabled 2", "/etc/sudoers")
    host.fails("audit_rule", {"rule": SUDOERS, "persistent": False}, "immutable", "persistent: true")
    host.fails("audit_rule", {"rule": "-w /etc/passwd -p wb"}, "wb")

    result, staged = host.four_times("audit_rule", {"rule": SUDOERS})
    assert result["pending"] == ["-a always,exit -F path=/etc/sudoers -F perm=wa -F key=actions"]
    assert result["reboot_required"]
    assert [entry["before_header"] for entry in result["diff"]] == [FILE]
    assert staged.rules == state.rules
    assert SUDOERS in staged.files[FILE]
    check, again = host.tasks(task("audit_rule", {"rule": SUDOERS}, check=True), task("audit_rule", {"rule": SUDOERS}))
    for result in (check, again):
        assert (result["changed"], result["reboot_required"], len(result["pending"])) == (False, True, 1)
    result, _state = host.four_times("audit_rule", {"rule": IDENTITY, "state": "absent"})
    assert result["pending"] == ["-d always,exit -F path=/etc/passwd -F perm=wa -F key=identity"]

    guest.reboot()
    assert host.state().rules == [MOUNTS, SUDOERS]
    check, again = host.tasks(task("audit_rule", {"rule": SUDOERS}, check=True), task("audit_rule", {"rule": SUDOERS}))
    for result in (check, again):
        assert (result["changed"], result["reboot_required"], result["pending"]) == (False, False, [])
    guest.stop()


def test_a_boot_puts_a_prepended_rule_before_those_of_earlier_files(host):
    """augenrules and auditctl load the files into the order that the kernel was given."""
    exception = "-a never,exit -F arch=b64 -S mount -F uid=33"
    host.write("10-base.rules", f"-D\n{MOUNTS}\n{IDENTITY}\n")
    host.guest.run("augenrules --load")
    state = host.twice("audit_rule", {"rule": exception, "position": "prepend"})
    assert state.rules == [exception, MOUNTS, IDENTITY]
    host.guest.run("auditctl -D; augenrules --load")
    assert host.state().rules == state.rules
    state = host.twice("audit_ruleset", {"rules": [IDENTITY, "-A never,exit -F arch=b64 -S mount -F uid=34"]})
    host.guest.run("auditctl -D; augenrules --load")
    booted = host.state().rules
    assert sorted(booted) == sorted(state.rules)
    # The order of the exceptions does not count.
    assert booted[2:] == state.rules[2:] == [MOUNTS, IDENTITY]
