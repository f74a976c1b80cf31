# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_ruleset on a real kernel, with auditctl and augenrules as witnesses."""

import json

import pytest

from audited import HEADER, RULES_D, Audited, assert_message, meaning, task
from paths import MODULE_UTILS, ON_GUEST

FILE = f"{RULES_D}/40-linux-audit-ruleset.rules"
DEBIAN = f"{RULES_D}/audit.rules"

UNSET = "-a never,exit -F arch=b64 -S mount -F auid=-1"
MOUNTS = "-a always,exit -F arch=b64 -S mount,umount2 -F key=mounts"
UMOUNTS = "-a always,exit -F arch=b64 -S umount2 -F key=umounts"
IDENTITY = "-w /etc/passwd -p wa -k identity"
GROUPS = "-w /etc/group -p wa -k identity"
HOSTS = "-w /etc/hosts -p wa -k hosts"
SET = [UNSET, MOUNTS, UMOUNTS, IDENTITY]

# Debian's own file of settings comes back, also from a folder that it was moved to.
_RESET = f"""
[ -e /root/debian.rules ] || cp -p {DEBIAN} /root/debian.rules
cp -p /root/debian.rules {DEBIAN}
rm -rf {RULES_D}.before-*
auditctl -b 8192 -f 1 -r 0 --backlog_wait_time 60000 >/dev/null
"""


@pytest.fixture
def host(guest, playbook, tmp_path):
    """The shared bookworm guest, without a rule."""
    guest.run(_RESET)
    yield Audited(guest, playbook, tmp_path)
    guest.run(_RESET)


@pytest.fixture(scope="module")
def spare(lab):
    """A guest for what is not to be done to the shared one: thousands of rules, kills, the lock until a boot."""
    guest = lab.boot("bookworm", name="spare")
    yield guest
    guest.stop()


def settings(guest):
    """The words of auditctl -s."""
    return dict(line.rsplit(" ", 1) for line in guest.run("auditctl -s").stdout.splitlines() if "immutable" not in line)


def replace(host, args):
    """The result of a change, which the second time is none, and what is held then."""
    done, again = host.tasks(task("audit_ruleset", args), task("audit_ruleset", args))
    assert not done.get("failed"), done
    assert (done["changed"], again["changed"]) == (True, False), again
    state = host.state()
    assert state.check == "No change"
    return done, state


def as_file(*rules):
    return HEADER + "".join(f"{rule}\n" for rule in rules)


def test_a_set_as_lines_and_structures(host):
    structure = {"arch": ["b64", "b32"], "syscalls": ["sethostname"], "fields": ["auid!=unset"], "keys": ["name"]}
    lines = [f"-a always,exit -F arch={arch} -S sethostname -F auid!=-1 -F key=name" for arch in ("b64", "b32")]
    result, state = host.four_times("audit_ruleset", {"rules": ["-D", "-b 9000", "-f 0", UNSET, MOUNTS, structure]})
    assert state.rules == [UNSET, MOUNTS, *lines]
    written = [line.replace("auid!=-1", "auid!=unset") for line in lines]
    assert state.files[FILE] == as_file("-D", "-b 9000", "-f 0", UNSET, MOUNTS, *written)
    assert result["settings"] == ["-b 9000", "-f 0"]
    assert (result["removed"], result["left_out"]) == ([], [])
    # Debian's own file comes later, and a boot would set what it says.
    assert [problem.split("' ")[0] for problem in result["problems"]] == [
        f"{DEBIAN}:6: '-b 8192",
        f"{DEBIAN}:12: '-f 1",
    ]
    assert len(result["added"]) == 4
    assert [entry["before_header"] for entry in result["diff"]] == [FILE, "kernel", "kernel"]
    assert result["diff"][1]["after"] == "".join(f"{rule}\n" for rule in state.rules).replace(
        "auid!=-1", "auid!=unset"
    ).replace("auid=-1", "auid=unset")
    assert result["diff"][2]["before"] == "backlog_limit: 8192\nfailure: printk\n"
    assert (settings(host.guest)["backlog_limit"], settings(host.guest)["failure"]) == ("9000", "0")


def test_a_text_is_written_with_its_comments(host):
    comments = "## Site rules\n\n# Mounts,   and\n#\twhat is no mount\n"
    text = f"{comments}{MOUNTS}\n\n## caf\u00e9 -a nonsense\n{IDENTITY}\n--backlog_wait_time 50000"
    _result, state = replace(host, {"content": text})
    assert state.files[FILE] == f"-i\n{text}\n"
    assert state.rules == [MOUNTS, IDENTITY]
    assert settings(host.guest)["backlog_wait_time"] == "50000"
    # A comment more is a change of the file alone.
    result, state = replace(host, {"content": text + "\n# end\n"})
    assert [entry["before_header"] for entry in result["diff"]] == [FILE]
    assert state.files[FILE].endswith("\n# end\n")


def test_files_of_the_controller(host, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "one.rules").write_text(f"# one\n{UNSET}\n{MOUNTS}\n")
    (tmp_path / "two.rules").write_text(f"{IDENTITY}\n")
    # Found as copy finds its src: beside the play, or in files/; or by a whole path.
    _result, state = replace(host, {"src": "one.rules"})
    assert state.files[FILE] == f"-i\n# one\n{UNSET}\n{MOUNTS}\n"
    result, state = replace(host, {"src": ["one.rules", str(tmp_path / "two.rules")]})
    assert state.rules == [UNSET, MOUNTS, IDENTITY]
    assert state.files[FILE] == as_file("## one.rules", "# one", UNSET, MOUNTS, f"## {tmp_path}/two.rules", IDENTITY)
    assert len(result["added"]) == 1
    (result,) = host.tasks(task("audit_ruleset", {"src": ["one.rules", "three.rules"]}))
    assert result["failed"]
    assert "Cannot read the rules file three.rules on the controller" in result["msg"]
    (tmp_path / "two.rules").write_text(f"{IDENTITY}\n-w passwd -p wa\n")
    host.fails("audit_ruleset", {"src": str(tmp_path / "two.rules")}, f"{tmp_path}/two.rules:2", "-w passwd")


def test_several_sources(host):
    sources = [{"name": "base", "content": f"# kept\n{MOUNTS}\n"}, {"name": "application", "rules": [IDENTITY]}]
    _result, state = replace(host, {"sources": sources, "file": "30-site.rules"})
    assert state.files[f"{RULES_D}/30-site.rules"] == as_file("## base", "# kept", MOUNTS, "## application", IDENTITY)
    assert state.rules == [MOUNTS, IDENTITY]


def test_order_keys_and_rules_of_a_set_change(host):
    """From each set to the next; the order that auditctl lists is that of the set."""
    rekeyed = [rule.replace("mounts", "media") for rule in SET]
    sets = [
        SET,
        [UMOUNTS, UNSET, MOUNTS, IDENTITY],
        [UMOUNTS, UNSET, MOUNTS, IDENTITY, HOSTS, GROUPS],
        rekeyed,
        [*rekeyed[:2], "-a never,exit -F arch=b64 -S umount2 -F auid=1002", *rekeyed[2:]],
        list(reversed(SET)),
        SET[1:],
    ]
    steps = [
        step
        for rules in sets
        for step in [*[task("audit_ruleset", {"rules": rules})] * 2, "auditctl -l", f"cat {FILE}"]
    ]
    outcomes = iter(host.tasks(*steps))
    for rules, done, again, loaded, text in zip(sets, outcomes, outcomes, outcomes, outcomes, strict=True):
        assert (done["changed"], again["changed"]) == (True, False), (done, again)
        held = loaded.splitlines()
        assert meaning(rule for rule in held if "-w" not in rule) == meaning(rule for rule in rules if "-w" not in rule)
        assert len(held) == len(rules)
        assert set(meaning(held)) == set(meaning(rules))
        assert text == as_file(*rules)
    # What only moves is neither added nor removed.
    result, _state = host.four_times("audit_ruleset", {"rules": list(reversed(SET[1:]))})
    assert (result["added"], result["removed"]) == ([], [])
    assert [entry["before_header"] for entry in result["diff"]] == [FILE, "kernel"]


def test_rules_of_others_are_left_alone(host):
    other = f"# theirs\n{HOSTS}\n{GROUPS}\n"
    foreign = ["-a never,exit -F arch=b64 -S umount2 -F auid=7", "-a always,exclude -F msgtype=CWD", UMOUNTS]
    host.write("20-other.rules", other)
    host.guest.run("auditctl -R /etc/audit/audit.rules")
    host.load(*foreign)
    _result, state = host.four_times("audit_ruleset", {"rules": [GROUPS, UNSET, MOUNTS]})
    assert state.files[f"{RULES_D}/20-other.rules"] == other
    assert sorted(meaning(state.rules), key=sorted) == sorted(
        meaning([HOSTS, GROUPS, UNSET, MOUNTS, *foreign]), key=sorted
    )
    assert state.rules.index(foreign[0]) < state.rules.index(UMOUNTS)
    # A rule that goes from our file stays in the kernel as long as another file has it; one of nobody's file stays.
    result, state = host.four_times("audit_ruleset", {"rules": [IDENTITY]})
    assert sorted(meaning(state.rules), key=sorted) == sorted(meaning([HOSTS, GROUPS, IDENTITY, *foreign]), key=sorted)
    assert len(result["removed"]) == 3
    _result, state = host.four_times("audit_ruleset", {"state": "absent"})
    assert sorted(meaning(state.rules), key=sorted) == sorted(meaning([HOSTS, GROUPS, *foreign]), key=sorted)
    assert FILE not in state.files
    assert state.files[f"{RULES_D}/20-other.rules"] == other


def test_purge_none_only_adds(host):
    host.write("20-other.rules", f"{IDENTITY}\n")
    host.load(IDENTITY, HOSTS)
    args = {"purge": "none", "rules": ["-b 9001", MOUNTS, IDENTITY.replace("-k identity", "-k users")]}
    result, state = replace(host, args)
    assert sorted(meaning(state.rules), key=sorted) == sorted(
        meaning([HOSTS, MOUNTS, IDENTITY.replace("-k identity", "-k users")]), key=sorted
    )
    assert state.files[f"{RULES_D}/20-other.rules"] == f"{IDENTITY}\n".replace("-k identity", "-k users")
    assert MOUNTS in state.files[FILE]
    assert result["settings"] == ["-b 9001"]
    assert settings(host.guest)["backlog_limit"] == "9001"
    replace(host, {"purge": "none", "rules": [GROUPS]})
    _result, state = replace(host, {"purge": "none", "state": "absent", "rules": [MOUNTS, HOSTS]})
    assert sorted(meaning(state.rules), key=sorted) == sorted(
        meaning([GROUPS, IDENTITY.replace("-k identity", "-k users")]), key=sorted
    )


def test_purge_all_moves_other_files_aside(host):
    host.write("20-other.rules", f"# theirs\n{HOSTS}\n")
    host.guest.run("auditctl -R /etc/audit/audit.rules")
    host.load(UMOUNTS, "-a always,exclude -F msgtype=CWD")
    before = host.state()
    result, state = host.four_times("audit_ruleset", {"rules": ["-D", UNSET, MOUNTS], "purge": "all"})
    assert state.rules == [UNSET, MOUNTS]
    assert [path for path in state.files if path.startswith(f"{RULES_D}/")] == [FILE]
    assert len(result["removed"]) == 3
    backup = result["backup"]
    assert backup.startswith(f"{RULES_D}.before-20")
    for name in ("20-other.rules", "audit.rules"):
        assert state.files[f"{backup}/{name}"] == before.files[f"{RULES_D}/{name}"]
    _result, after = host.four_times("audit_ruleset", {"rules": ["-D", MOUNTS], "purge": "all"})
    assert [path for path in after.files if ".before-" in path] == [path for path in state.files if ".before-" in path]
    host.fails("audit_ruleset", {"state": "absent", "purge": "all"}, "purge: all cannot be used with state: absent")


def test_purge_all_keeps_the_files_that_are_named(host):
    """With their rules, in the order of the files; the kernel's others go."""
    host.write("20-other.rules", f"{IDENTITY}\n")
    host.write("80-theirs.rules", f"{HOSTS}\n-e 1\n")
    host.load(IDENTITY, HOSTS, UMOUNTS)
    args = {"rules": ["-D", MOUNTS], "purge": "all", "keep": ["80-theirs.rules", "none.rules"]}
    _result, state = host.four_times("audit_ruleset", args)
    assert state.rules == [MOUNTS, HOSTS]
    assert state.files[f"{RULES_D}/80-theirs.rules"] == f"{HOSTS}\n-e 1\n"
    assert [path for path in state.files if path.startswith(f"{RULES_D}/")] == [FILE, f"{RULES_D}/80-theirs.rules"]


def test_rules_that_the_kernel_cannot_take_yet(host):
    missing = "-w /no/such/file -p wa -k x"
    rules = [UNSET, missing, MOUNTS]
    host.fails("audit_ruleset", {"rules": rules}, "rules:2", missing, "/no/such does not exist", "on_missing")
    result, state = replace(host, {"rules": rules, "on_missing": "skip"})
    assert (state.rules, result["left_out"]) == ([UNSET, MOUNTS], [missing])
    assert state.files[FILE] == as_file(UNSET, MOUNTS)
    result, state = replace(host, {"rules": rules, "on_missing": "stage"})
    assert (state.rules, result["left_out"]) == ([UNSET, MOUNTS], [missing])
    assert state.files[FILE] == as_file(*rules)
    # When the directory is there, so is the rule.
    host.guest.run("mkdir -p /no/such")
    result, state = replace(host, {"rules": rules, "on_missing": "stage"})
    assert (set(meaning(state.rules)), result["left_out"]) == (set(meaning(rules)), [])
    host.guest.run("rm -rf /no")
    # Files alone take any rule.
    result, state = replace(host, {"rules": [missing, IDENTITY], "live": False})
    assert state.files[FILE] == as_file(missing, IDENTITY)


def test_live_and_files_by_themselves(host):
    _result, state = replace(host, {"rules": SET, "persistent": False})
    assert state.rules == SET
    assert FILE not in state.files
    _result, state = replace(host, {"rules": SET[:2], "live": False})
    assert state.rules == SET
    assert state.files[FILE] == as_file(*SET[:2])
    host.fails("audit_ruleset", {"rules": SET, "live": False, "persistent": False}, "nothing to do")


WRONG = [
    "-a always,exit -F arch=b64 -S no_such_call -k x",
    "-w passwd -p wa",
    "-d always,exit -F arch=b64 -S mount,umount2 -F key=mounts",
    "-m hello",
    "-a always,exit -F arch=b64 -S umount2,mount -F key=other",
    "-w /no/such/file -p wa",
    "-b many",
    ["-w", "/etc/passwd"],
]


def test_all_that_is_wrong_is_said_at_once(host):
    host.tasks(task("audit_ruleset", {"rules": [MOUNTS]}))
    text = host.fails("audit_ruleset", {"rules": [MOUNTS, *WRONG]}, "nothing was changed")
    lines = text.splitlines()[1:]
    assert sorted(line.split(" ")[0] for line in lines) == [f"rules:{number}:" for number in range(2, 10)]
    for part in (
        "no_such_call",
        "passwd",
        "deletes a rule",
        "is an action",
        "never be evaluated",
        "on_missing",
        "many",
    ):
        assert part in text
    before = host.state()
    texts = [{"name": "a", "content": f"{MOUNTS}\n\n{WRONG[1]}\n"}, {"name": "b", "content": f"# b\n{WRONG[0]}\n"}]
    disagreeing = [{"name": "a", "rules": [MOUNTS]}, {"name": "b", "rules": [MOUNTS.replace("mounts", "other")]}]
    wrong = [
        ({"sources": texts}, "\na:3: ", "\nb:2: "),
        ({"sources": disagreeing}, "b:1: ", "(a:1)", "give one rule both keys"),
        ({}, "state is present but any of the following are missing", "rules", "content", "src"),
        ({"rules": [MOUNTS], "content": MOUNTS}, "mutually exclusive"),
        ({"rules": [MOUNTS], "file": "x"}, "'x'", ".rules"),
        ({"rules": [MOUNTS], "rules_dir": "/no/such"}, "/no/such", "does not exist"),
        ({"sources": [{"name": "a\nb", "rules": []}]}, "without control characters"),
    ]
    results = host.tasks(*(task("audit_ruleset", args) for args, *_parts in wrong))
    for (args, *parts), result in zip(wrong, results, strict=True):
        assert result["failed"], args
        assert_message(result["msg"], *parts)
    assert host.state() == before


def test_what_is_wrong_in_other_files_is_told(host):
    host.write("20-other.rules", "-w /etc/hosts -p wa\n-a nonsense\n")
    result, _state = replace(host, {"rules": [MOUNTS]})
    (problem,) = result["problems"]
    assert f"{RULES_D}/20-other.rules:2" in problem
    assert result["warnings"] == [problem]
    # Debian's file, which has the line -D, is moved away, so the set gets one.
    result, state = replace(host, {"rules": [MOUNTS], "purge": "all"})
    assert result["problems"] == []
    assert "\n-D\n" in state.files[FILE]
    host.guest.run(f"sed -i /^-D/d {FILE}")
    result, _state = replace(host, {"rules": [MOUNTS]})
    assert "augenrules --load deletes no rule that the kernel holds" in result["problems"][0]
    # The witness: a rule that no file has stays, and nothing fails.
    host.load(HOSTS)
    host.guest.run("augenrules --load")
    assert HOSTS in host.state().rules


def test_what_is_deleted_behind_our_back_comes_back(host):
    host.tasks(task("audit_ruleset", {"rules": SET}))
    before = host.state()
    host.guest.run(f"auditctl -d {UNSET[3:]}; auditctl -d {UMOUNTS[3:]}; echo '# hello' >> {FILE}")
    result, state = host.four_times("audit_ruleset", {"rules": SET})
    assert len(result["added"]) == 2
    assert sorted(meaning(state.rules), key=sorted) == sorted(meaning(before.rules), key=sorted)
    assert meaning(rule for rule in state.rules if "-w" not in rule) == meaning(SET[:3])
    assert state.files == before.files
    host.guest.run("auditctl -D")
    result, state = host.four_times("audit_ruleset", {"rules": SET})
    assert state == before
    assert [entry["before_header"] for entry in result["diff"]] == ["kernel"]


def test_a_watched_folder_that_is_removed(host):
    host.guest.run("mkdir -p /root/watched")
    rules = [MOUNTS, "-w /root/watched -p wa -k watched", IDENTITY]
    host.tasks(task("audit_ruleset", {"rules": rules}))
    assert host.state().rules == rules
    host.guest.run("rmdir /root/watched")
    # The kernel has dropped its rule; what is asked for is now a watch of a path that is not there.
    assert host.state().rules == [MOUNTS, IDENTITY]
    result, state = replace(host, {"rules": rules})
    assert result["added"] == ["-a always,exit -F path=/root/watched -F perm=wa -F key=watched"]
    host.guest.run("mkdir /root/watched")
    result, state = replace(host, {"rules": rules})
    assert sorted(meaning(state.rules), key=sorted) == sorted(meaning(rules), key=sorted)
    assert result["added"] == ["-a always,exit -F dir=/root/watched -F perm=wa -F key=watched"]
    assert len(result["removed"]) == 1
    host.guest.run("rmdir /root/watched")


@pytest.mark.parametrize(
    ("last", "parts"),
    [
        ("-a always,exit -S mount -F subj_type=unknown_t", ["the kernel refuses to add", "as it was before"]),
        ("--backlog_wait_time 4294967295", ["backlog_wait_time"]),
    ],
    ids=["a rule", "a setting"],
)
def test_what_the_kernel_refuses_takes_everything_back(host, last, parts):
    host.write("20-other.rules", f"{HOSTS}\n")
    host.tasks(task("audit_ruleset", {"rules": ["-b 9000", *SET]}))
    before, values = host.state(), settings(host.guest)
    for purge in ("file", "all"):
        args = {"rules": ["-b 9500", *reversed(SET[1:]), GROUPS, last], "purge": purge}
        (result,) = host.tasks(task("audit_ruleset", args))
        assert result["failed"]
        assert_message(result["msg"], *parts)
        after = host.state()
        assert (after.files, after.modes, after.check) == (before.files, before.modes, before.check)
        assert sorted(meaning(after.rules), key=sorted) == sorted(meaning(before.rules), key=sorted)
        assert meaning(rule for rule in after.rules if "-w" not in rule) == meaning(SET[:3])
        assert settings(host.guest) == values


def test_two_runs_at_once(host):
    sets = [[f"-w /etc/{run}{number} -p wa -k {run}" for number in range(100)] for run in "ab"]
    start = {
        "linux.audit.audit_ruleset": {"rules": "{{ item }}", "file": "{{ item[0][8] }}.rules"},
        "loop": sets, "register": "jobs", "async": 60, "poll": 0,
    }  # fmt: skip
    waits = [
        {"ansible.builtin.async_status": {"jid": f"{{{{ jobs.results[{number}].ansible_job_id }}}}"},
         "register": "status", "until": "status.finished", "retries": 100, "delay": 0.2}
        for number in range(2)
    ]  # fmt: skip
    _jobs, *results = host.tasks(start, *waits)
    assert [result["changed"] for result in results] == [True, True], results
    state = host.state()
    assert sorted(meaning(state.rules), key=sorted) == sorted(meaning(sets[0] + sets[1]), key=sorted)
    assert [state.files[f"{RULES_D}/{run}.rules"] for run in "ab"] == [as_file(*rules) for rules in sets]
    assert state.check == "No change"
    # One waits as long as another holds the lock.
    host.guest.run("flock /run/linux-audit.lock sleep 4 >/dev/null 2>&1 & date +%s > /root/began")
    done, ended = host.tasks(task("audit_ruleset", {"rules": [MOUNTS]}), "echo $(($(date +%s) - $(cat /root/began)))")
    assert done["changed"]
    assert int(ended) >= 3


def test_a_user_who_is_not_root(host):
    host.guest.run(
        "id joe 2>/dev/null || { useradd -m joe && usermod -p '*' joe; }; mkdir -p ~joe/.ssh;"
        "cp ~/.ssh/authorized_keys ~joe/.ssh; chown -R joe ~joe/.ssh"
    )
    for args in ({"rules": SET}, {"rules": SET, "live": False}):
        for result in host.tasks(
            task("audit_ruleset", args, check=True), task("audit_ruleset", args), remote_user="joe"
        ):
            assert result["failed"]
            assert_message(result["msg"], "root" if "live" not in args else "Permission denied")
    assert host.state().rules == []


def test_root_without_the_capability(host, tmp_path):
    interpreter = tmp_path / "python3"
    interpreter.write_text('#!/bin/sh\nexec setpriv --bounding-set=-audit_control /usr/bin/python3 "$@"\n')
    interpreter.chmod(0o755)
    host.guest.put(interpreter, "/root/uncapable-python3")
    uncapable = {"ansible_python_interpreter": "/root/uncapable-python3"}
    for result in host.tasks({**task("audit_ruleset", {"rules": SET}), "vars": uncapable},
                             {**task("audit_ruleset", {"rules": SET}, check=True), "vars": uncapable}):  # fmt: skip
        assert result["failed"]
        assert_message(result["msg"], "CAP_AUDIT_CONTROL")
    assert host.state().rules == []


def test_a_kernel_without_audit(lab, playbook, tmp_path):
    guest = lab.boot("bookworm", name="ruleset-no-audit", kernel_args="audit=0")
    try:
        host = Audited(guest, playbook, tmp_path)
        args = {"rules": ["-b 9000", *SET]}
        check, real, control, files, again = host.tasks(
            task("audit_ruleset", args, check=True), task("audit_ruleset", args),
            task("audit_control", {"backlog_limit": 9000}),
            task("audit_ruleset", {**args, "live": False}), task("audit_ruleset", {**args, "live": False}),
        )  # fmt: skip
        for result in (check, real, control):
            assert result["failed"]
            assert_message(result["msg"], "audit=0")
        assert (files["changed"], again["changed"]) == (True, False)
        assert guest.run(f"cat {FILE}").stdout == as_file("-b 9000", *SET)
    finally:
        guest.stop()


@pytest.fixture(scope="module")
def library(spare):
    """What the modules are made of, where a script on the guest can import it."""
    plugins = "/root/lib/ansible_collections/linux/audit/plugins"
    spare.run(f"mkdir -p {plugins}")
    spare.put(MODULE_UTILS, f"{plugins}/module_utils")
    spare.put(ON_GUEST / "killed.py", "/root/killed.py")
    return "/root/lib"


@pytest.mark.parametrize("purge", ["file", "all"])
def test_killed_at_each_step(spare, library, purge, capsys):
    """Files are the old or the new, what both sets log is logged, and the next run makes it whole."""
    spare.run(_RESET)
    done = spare.run(f"PYTHONPATH={library} python3 -B /root/killed.py {purge}", timeout=300)
    kills = json.loads(done.stdout)
    with capsys.disabled():
        print(f"\npurge: {purge}, killed before each of {len(kills)} steps", flush=True)
    for kill in kills:
        assert kill["problems"] == [], kill
    steps = [kill["step"] for kill in kills]
    assert steps.count("socket.sendto") > 10
    assert steps.count("os.rename") == {"file": 2, "all": 3}[purge]
    # Some were killed while the kernel held both, some between two files.
    assert {"old", "new", "between"} == {kill["kernel"] for kill in kills}
    assert {"old", "new", "between"} == {kill["files"] for kill in kills}


@pytest.mark.fleet
def test_thousands_of_rules_and_a_boot(spare, playbook, tmp_path):
    spare.run(_RESET)
    host = Audited(spare, playbook, tmp_path)
    rules = [
        f"-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F auid={number} -F key=users" for number in range(2000)
    ]
    done, again = host.tasks(*[task("audit_ruleset", {"rules": ["-D", *rules]})] * 2)
    assert (done["changed"], len(done["added"]), again["changed"]) == (True, 2000, False)
    assert host.state().rules == rules
    # One changes in the midst of them, and nothing else moves.
    rules[1000] = rules[1000].replace("users", "one")
    done, again = host.tasks(*[task("audit_ruleset", {"rules": ["-D", *rules]})] * 2)
    assert (done["changed"], len(done["added"]), len(done["removed"]), again["changed"]) == (True, 1, 1, False)
    assert set(meaning(host.state().rules)) == set(meaning(rules))
    spare.reboot()
    assert host.state().rules == rules
    # The kernel is left to the boot of the next test.
    again, gone = host.tasks(
        task("audit_ruleset", {"rules": ["-D", *rules]}), task("audit_ruleset", {"state": "absent", "live": False})
    )
    assert (again["changed"], again["diff"], again["pending"]) == (False, [], [])
    assert len(gone["removed"]) == 2000


def test_an_immutable_kernel(spare, playbook, tmp_path):
    spare.run(_RESET)
    spare.run("augenrules")
    spare.reboot()
    host = Audited(spare, playbook, tmp_path)
    first = {"purge": "all", "rules": ["-D", "-b 9000", UNSET, MOUNTS, IDENTITY, "-e 2"]}
    result, state = host.four_times("audit_ruleset", first)
    assert state.rules == [UNSET, MOUNTS, IDENTITY]
    assert (settings(spare)["enabled"], settings(spare)["backlog_limit"]) == ("2", "9000")
    assert result["settings"] == ["-b 9000", "-e 2"]
    assert (result["pending"], result["reboot_required"]) == ([], False)

    second = {"purge": "all", "rules": ["-D", "-b 9500", UMOUNTS, UNSET, MOUNTS, "-e 2"]}
    host.fails("audit_ruleset", {**second, "immutable": "fail"}, "enabled 2", "umounts", "-b 9500")
    host.fails("audit_ruleset", {**second, "persistent": False}, "enabled 2", "persistent: true")
    result, staged = host.four_times("audit_ruleset", second)
    assert result["reboot_required"]
    assert "-d always,exit -F path=/etc/passwd -F perm=wa -F key=identity" in result["pending"]
    assert "-b 9500" in result["pending"]
    assert any(line.endswith("-S umount2 -F key=umounts") and line[:2] in ("-A", "-a") for line in result["pending"])
    assert [entry["before_header"] for entry in result["diff"]] == [FILE]
    assert staged.rules == state.rules
    assert staged.files[FILE] == as_file(*second["rules"])
    check, again = host.tasks(task("audit_ruleset", second, check=True), task("audit_ruleset", second))
    for waiting in (check, again):
        assert (waiting["changed"], waiting["reboot_required"]) == (False, True)
        assert waiting["pending"] == result["pending"]
    # What it holds already is not pending.
    (back,) = host.tasks(task("audit_ruleset", first, check=True))
    assert (back["changed"], back["pending"], back["reboot_required"]) == (True, [], False)

    spare.reboot()
    assert host.state().rules == [UMOUNTS, UNSET, MOUNTS]
    assert (settings(spare)["enabled"], settings(spare)["backlog_limit"]) == ("2", "9500")
    _result, state = host.four_times("audit_ruleset", second, changed=False)
    (again,) = host.tasks(task("audit_ruleset", second))
    assert (again["changed"], again["reboot_required"], again["pending"]) == (False, False, [])


def test_lines_of_audit_rules_that_a_boot_loads_are_not_lost(host):
    """A unit that loads audit.rules as it is; then one that compiles it, whose former text is kept."""
    unit = "/etc/systemd/system/auditd.service.d/alone.conf"
    compiled = "/etc/audit/audit.rules"
    start = "/sbin/auditctl -R /etc/audit/audit.rules"
    text = f"[Service]\nExecStartPost=\nExecStartPost={start}\n"
    host.guest.run(f"mkdir -p {unit.rpartition('/')[0]}; cat >{unit}", input=text)
    host.guest.run(f"systemctl daemon-reload; printf -- '-D\\n{HOSTS}\\n' >{compiled}")
    try:
        host.fails("audit_ruleset", {"rules": [IDENTITY]}, "auditd.service loads", HOSTS, "with auditctl -R")
        host.fails("audit_rule", {"rule": IDENTITY}, "auditd.service loads", HOSTS)
    finally:
        host.guest.run(f"rm {unit}; systemctl daemon-reload")
    host.tasks(task("audit_ruleset", {"rules": [IDENTITY]}))
    assert host.guest.run(f"cat {compiled}.prev").stdout == f"-D\n{HOSTS}\n"
