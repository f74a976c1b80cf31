# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real kernel records of rules whose path is a symbolic link or has a wildcard, and what modules say of them."""

import json

import pytest

from audited import Audited, task
from releases import releases

PLACE = "/root/links"
_PREPARE = f"""
rm -rf {PLACE}; mkdir -p {PLACE}/directory; touch {PLACE}/file {PLACE}/directory/file {PLACE}/anything
cp /bin/true {PLACE}/program
ln -s file {PLACE}/to-file; ln -s program {PLACE}/to-program; ln -s directory {PLACE}/to-directory; ln -s . {PLACE}/way
mkdir {PLACE}/other; ln -s directory {PLACE}/moved; ln -s directory {PLACE}/left; ln -s ../file {PLACE}/directory/out
"""
_SETTLE = "auditctl -D >/dev/null; until auditctl -s | grep -q '^backlog 0'; do sleep 0.1; done; sleep 0.3"
# What a rule seems to say, and whether the kernel records it: a rule, what is done, recorded, what is warned of.
CASES = (
    ("-w {0}/to-file -p wa", "chmod 600 {0}/to-file", False, "itself, and not what happens to {0}/file"),
    ("-w {0}/to-file -p wa", "ln -sfn file {0}/to-file", True, "itself, and not what happens to {0}/file"),
    ("-w {0}/to-program -p x", "{0}/to-program", True, ""),
    ("-w {0}/program -p x", "{0}/to-program", True, ""),
    ("-w {0}/to-directory -p wa", "touch {0}/to-directory/new", False, "records nothing below {0}/directory"),
    ("-w {0}/to-directory/ -p wa", "touch {0}/to-directory/new", False, "records nothing below {0}/directory"),
    (
        "-a always,exit -F dir={0}/to-directory -F perm=wa",
        "touch {0}/directory/new",
        False,
        "records nothing below {0}/directory",
    ),
    ("-a always,exit -F dir={0}/to-directory/ -F perm=wa", "touch {0}/directory/new", True, ""),
    ("-a always,exit -F dir={0}/to-directory -F perm=wa", "ln -sfn directory {0}/to-directory", True, "nothing below"),
    ("-a always,exit -F path={0}/to-directory -F perm=wa", "touch {0}/directory/new", False, "symbolic link {0}/to-d"),
    ("-a always,exit -F path={0}/to-directory -F perm=wa", "ln -sfn directory {0}/to-directory", True, "link {0}/to-d"),
    # The kernel followed the link when it was given the rule, and stays with the directory that it found.
    ("-a always,exit -F dir={0}/moved/ -F perm=wa", "ln -sfn other {0}/moved; touch {0}/moved/new", False, ""),
    ("-a always,exit -F dir={0}/left/ -F perm=wa", "ln -sfn other {0}/left; touch {0}/directory/new", True, ""),
    ("-w {0}/way/to-directory/file -p wa", "touch {0}/directory/file", True, ""),
    ("-a always,exit -S execve -F exe={0}/to-program", "{0}/to-program", False, "name {0}/program instead"),
    ("-a always,exit -S all -F exe={0}/program", "{0}/to-program", True, ""),
    ("-w {0}/any* -p wa", "touch {0}/anything", False, "know no wildcards"),
)


def calls(guest, key):
    """The system calls that are recorded under a key, but for the sendto(2) that asks for a change of the rules."""
    found = guest.run(f"ausearch --input-logs --raw -k {key}", check=False).stdout
    return [one for one in found.splitlines() if one.startswith("type=SYSCALL") and " syscall=44 " not in one]


@pytest.mark.parametrize("release", releases("bookworm", fleet=("bullseye", "trixie", "sid")))
def test_what_is_recorded_of_a_link_is_what_the_warning_says(boot, playbook, tmp_path, release):
    guest = boot(release)
    host = Audited(guest, playbook, tmp_path)
    guest.run(f"{_PREPARE}\nsystemctl start auditd; auditctl -e 1 >/dev/null")
    lines = [f"{case[0].format(PLACE)} -k link-{release}-{number}" for number, case in enumerate(CASES)]
    tasks = []
    for line, (_rule, act, _recorded, _words) in zip(lines, CASES, strict=True):
        tasks += [task("audit_rule", {"rules": [line], "persistent": False}), f"{act.format(PLACE)}; {_SETTLE}"]
    done = host.tasks(*tasks)[::2]
    for line, result, (_rule, act, recorded, words) in zip(lines, done, CASES, strict=True):
        assert not result.get("failed"), result
        warned = [one for one in result.get("warnings", ()) if "symbolic link" in one or "wildcard" in one]
        assert (words.format(PLACE) in "".join(warned)) if words else warned == [], (line, warned)
        assert bool(calls(guest, line.split()[-1])) is recorded, (line, act)


def test_a_set_of_links_is_a_problem_of_the_host(guest, playbook, tmp_path):
    host = Audited(guest, playbook, tmp_path)
    guest.run(_PREPARE)
    declared = {"rules": ["-D", f"-w {PLACE}/to-directory -k x", f"-w {PLACE}/to-file -p wa -k y"], "purge": "all"}
    done, info = host.tasks(task("audit_ruleset", declared), {"linux.audit.audit_info": {}})
    assert any("records nothing below" in one for one in done["warnings"]), done["warnings"]
    assert any("less than the path" in one for one in done["warnings"]), done["warnings"]
    costs = {one["text"].split()[1]: one["stops_recording"] for one in info["problems"] if "symbolic" in one["reason"]}
    assert costs == {f"{PLACE}/to-directory": True, f"{PLACE}/to-file": False}, json.dumps(info["problems"])
    host.tasks(task("audit_ruleset", {"rules": [], "purge": "all"}))


# Two rules, what is done, and whether the first one takes what the second one is for.
PAIRS = (
    ("dir={0}/to-directory", "path={0}/to-directory/file", "chmod 600 {0}/directory/file", False),
    ("dir={0}/to-directory/", "path={0}/to-directory/file", "chmod 600 {0}/directory/file", True),
    ("dir={0}/to-directory", "dir={0}/to-directory/", "chmod 600 {0}/directory/file", False),
    ("dir={0}/to-directory/", "dir={0}/to-directory", "ln -sfn directory {0}/to-directory", False),
    ("dir={0}/directory", "dir={0}/directory/", "chmod 600 {0}/directory/file", True),
    ("dir={0}/directory/", "dir={0}/directory", "chmod 600 {0}/directory/file", True),
    ("dir={0}/directory", "dir={0}/to-directory/", "chmod 600 {0}/directory/file", True),
    ("dir={0}/directory", "path={0}/to-directory/file", "chmod 600 {0}/directory/file", True),
    ("dir={0}/directory", "path={0}/directory/out", "ln -sfn ../file {0}/directory/out", True),
)


@pytest.mark.parametrize("release", releases("bookworm", fleet=("bullseye", "trixie", "sid")))
def test_rules_are_called_dead_if_the_kernel_never_evaluates_them(boot, playbook, tmp_path, release):
    """Also for links; both spellings of a directory are loaded and kept by a second run."""
    guest = boot(release)
    host = Audited(guest, playbook, tmp_path)
    guest.run(f"{_PREPARE}\nsystemctl start auditd; auditctl -e 1 >/dev/null")
    tasks = []
    for number, (first, second, act, _dead) in enumerate(PAIRS):
        fields = {f"first-{release}-{number}": first, f"second-{release}-{number}": second}
        rules = [f"-a always,exit -F {one.format(PLACE)} -F perm=wa -F key={key}" for key, one in fields.items()]
        declared = task("audit_ruleset", {"rules": rules, "purge": "all"})
        tasks += [declared, declared, f"{act.format(PLACE)}; {_SETTLE}"]
    done = host.tasks(*tasks)
    for number, (first, second, act, dead) in enumerate(PAIRS):
        loaded, again = done[3 * number], done[3 * number + 1]
        assert not loaded.get("failed"), loaded
        assert again["changed"] is False, again
        found = {one for one in ("first", "second") if calls(guest, f"{one}-{release}-{number}")}
        warned = any("never evaluated" in one for one in loaded["problems"])
        assert (warned, found) == (dead, {"first" if dead else "second"}), (first, second, act, loaded)
    host.tasks(task("audit_ruleset", {"rules": [], "purge": "all"}))
