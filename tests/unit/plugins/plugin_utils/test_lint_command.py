# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that lints: what it reads, what it prints, how it ends; and where it runs."""

import json
import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
import yaml

import lint_table
from ansible_collections.linux.audit.plugins.module_utils.rules.findings import CHECKS
from ansible_collections.linux.audit.plugins.plugin_utils import lint_command
from paths import ROOT

WARNING = "-D\n-w /etc/ssh/ -p wa -k ssh\n-a always,exit -F arch=b64 -S openat -F exit=EACCES -F uid=1 -k a\n-f 2"
CLEAN = "-D\n-a always,exit -F arch=b64 -S mount -k m\n-a always,exit -F arch=b32 -S mount -k m\n"
PROGRAM = "ansible_collections.linux.audit.plugins.plugin_utils.lint_command"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A repository of rules, which is the current directory: one set with findings, one without, and hidden files."""
    for name, text in {"web/10-a.rules": WARNING, "db/10-a.rules": CLEAN, ".git/x.rules": "-f 2\n"}.items():
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text(text)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lint(capsysbinary, *arguments):
    """The exit status, the standard output and the standard error."""
    status = lint_command.main(arguments)
    captured = capsysbinary.readouterr()
    return status, captured.out.decode(), captured.err.decode()


def test_text(tree, capsysbinary):
    status, output, _errors = lint(capsysbinary, ".")
    lines = output.splitlines()
    assert status == 1
    assert lines[0] == (
        "web/10-a.rules:2: note [old-watch] -w is deprecated; write -a always,exit with path or dir, perm and an arch."
    )
    assert lines[1] == "    repair: -a always,exit -F arch=b64 -F dir=/etc/ssh -p wa -F key=ssh"
    assert lines[-1] == "2 files: 0 errors, 4 warnings, 2 notes"
    assert ".git" not in output


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["db"], 0),
        (["web"], 1),
        (["--fail-on", "error", "web"], 0),
        (["--fail-on", "never", "web"], 0),
        (["--fail-on", "note", "db"], 0),
        (["--ignore", "panic", "--ignore", "no-final-newline", "--ignore", "positive-errno", "--ignore", "missing-b32",
          "web"], 0),
        (["--ignore", "no-such-check", "web"], 2),
        (["--machine", "vax", "db"], 2),
        (["--audit-version", "four", "db"], 2),
        (["missing.rules"], 2),
        (["empty"], 2),
        (["--users", "missing", "db"], 2),
    ],
)  # fmt: skip
def test_exit_status(tree, capsysbinary, arguments, status):
    assert lint(capsysbinary, *arguments)[0] == status


def test_wrong_arguments_end_with_2(tree):
    with pytest.raises(SystemExit) as ended:
        lint_command.main(["--format", "xml", "db"])
    assert ended.value.code == 2


def test_json_has_all_that_is_known_of_a_finding(tree, capsysbinary):
    findings = json.loads(lint(capsysbinary, "--format", "json", "web")[1])
    (one,) = [one for one in findings if one["id"] == "positive-errno"]
    assert one == {
        "id": "positive-errno",
        "severity": "warning",
        "message": "'exit=EACCES' is a positive number, and a call that fails returns a negative one.",
        "path": "web/10-a.rules",
        "line": 3,
        "text": "-a always,exit -F arch=b64 -S openat -F exit=EACCES -F uid=1 -k a",
        "repair": "-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F uid=1 -k a",
    }


def sarif(capsysbinary, *paths):
    return json.loads(lint(capsysbinary, "--format", "sarif", *paths)[1])["runs"][0]


def test_sarif_refers_to_its_rules(tree, capsysbinary):
    run = sarif(capsysbinary, "web")
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(CHECKS)
    assert {rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"]} == {True}
    places = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    assert {place["artifactLocation"]["uri"] for place in places} == {"web/10-a.rules"}
    assert {place["region"]["startLine"] for place in places} == {2, 3, 4}
    assert {one["level"] for one in run["results"]} == {"note", "warning"}


def applied(text, run):
    """The text after the fixes of a run, from the last line to the first, each line fixed once."""
    lines = text.splitlines(keepends=True)
    fixed = set()
    for result in reversed(run["results"]):
        for fix in result.get("fixes", ()):
            (replacement,) = fix["artifactChanges"][0]["replacements"]
            region = replacement["deletedRegion"]
            if region["startLine"] in fixed:
                continue
            fixed.add(region["startLine"])
            before = lines[: region["startLine"] - 1]
            kept = lines[region["startLine"] - 1][: region["startColumn"] - 1]
            after = lines[region.get("endLine", len(lines) + 1) - 1 :]
            lines = [*before, kept + replacement["insertedContent"]["text"], *after]
    return "".join(lines)


def test_fixes_of_sarif_repair_the_file(tree, capsysbinary):
    text = applied(WARNING, sarif(capsysbinary, "--ignore", "missing-b32", "web"))
    assert text == (
        "-D\n-a always,exit -F arch=b64 -F dir=/etc/ssh -p wa -F key=ssh\n"
        "-a always,exit -F arch=b32 -F dir=/etc/ssh -p wa -F key=ssh\n"
        "-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F uid=1 -k a\n-f 2\n"
    )


def test_names_of_files_are_escaped_in_addresses(tree, capsysbinary):
    (tree / "web" / "a b%.rules").write_text("-f 2\n")
    (one,) = [one for one in sarif(capsysbinary, "web/a b%.rules")["results"] if one["ruleId"] == "panic"]
    assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "web/a%20b%25.rules"


def test_junit_has_a_case_for_each_file(tree, capsysbinary):
    suites = ElementTree.fromstring(lint(capsysbinary, "--format", "junit", ".")[1])
    assert (suites.get("tests"), suites.get("failures")) == ("2", "1")
    cases = {case.get("name"): case.find("failure") for case in suites.iter("testcase")}
    assert cases["db/10-a.rules"] is None
    assert cases["web/10-a.rules"].get("type") == "warning"
    assert "web/10-a.rules:4: warning [panic]" in cases["web/10-a.rules"].text


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit"])
def test_bytes_that_no_terminal_and_no_parser_takes_are_escaped(tree, capsysbinary, form):
    (tree / "web" / "10-a.rules").write_bytes(b"-a always,exit -S \x1b[2J\xff -k \x01\n")
    status, output, _errors = lint(capsysbinary, "--format", form, "web")
    assert status == 1
    assert not set(output) & {"\x1b", "\x01", "\udcff"}
    assert "\\udc" not in output
    if form == "junit":
        assert ElementTree.fromstring(output).get("failures") == "1"
    elif form != "text":
        assert json.loads(output)


def test_the_report_can_go_to_a_file(tree, capsysbinary):
    status, output, _errors = lint(capsysbinary, "--format", "json", "--output", "report.json", "db", "web")
    assert (status, output) == (1, "")
    assert json.loads((tree / "report.json").read_text())


def test_users_are_those_of_passwd(tree, capsysbinary):
    (tree / "passwd").write_text("root:x:0:0::/root:/bin/sh\nchrony:x:117:125::/:/bin/false\n")
    (tree / "db" / "10-a.rules").write_text(CLEAN + "-a never,exit -F uid=chrony\n-a never,exit -F uid=ntp\n")
    findings = json.loads(lint(capsysbinary, "--format", "json", "--users", "passwd", "--fail-on", "note", "db")[1])
    assert [(one["id"], one["line"]) for one in findings if "user" in one["id"]] == [("unknown-user", 5)]


def test_each_directory_is_a_set_of_its_own(tree, capsysbinary):
    (tree / "web" / "10-a.rules").write_text(CLEAN)
    assert lint(capsysbinary, "--fail-on", "note", ".")[0] == 0
    (tree / "web" / "20-b.rules").write_text(CLEAN)
    assert "[duplicate]" in lint(capsysbinary, ".")[1]


def run_alone(program, directory):
    """Run a program of this Python without what is installed beside it, Ansible among it."""
    words = [sys.executable, "-I", "-S", "-c", f"import runpy, sys; sys.argv = ['lint', 'web']; {program}"]
    return subprocess.run(words, cwd=directory, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "program",
    [
        f"runpy.run_path({str(ROOT / 'tools' / 'lint_rules.py')!r}, run_name='__main__')",
        f"sys.path.insert(0, {str(ROOT / '.tree')!r}); runpy.run_module('{PROGRAM}', run_name='__main__')",
    ],
    ids=["checkout", "installed collection"],
)
def test_it_runs_without_ansible(tree, program):
    done = run_alone(program, tree)
    assert (done.returncode, done.stderr) == (1, "")
    assert "[panic]" in done.stdout
    assert run_alone("import ansible", tree).returncode == 1


def test_the_hook_runs_a_program_of_the_checkout(tree):
    """What pre-commit does with a hook of the language script: the entry, in the checkout, with the arguments."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert (hook["language"], hook["pass_filenames"]) == ("script", False)
    entry = ROOT / hook["entry"]
    assert os.access(entry, os.X_OK)
    done = subprocess.run([entry, *hook["args"]], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "web/10-a.rules:4: warning [panic]" in done.stdout


def test_the_table_of_the_page_is_that_of_the_checks():
    assert lint_table.PAGE.read_text() == lint_table.page(), "run python tools/lint_table.py"


def test_the_page_has_all_options_and_no_other():
    named = {option for action in lint_command._options()._actions for option in action.option_strings}
    shown = set(pathlib.Path(lint_table.PAGE).read_text().split("## The pre-commit hook")[0].replace("`", " ").split())
    assert {word for word in shown if word.startswith("--")} == named - {"-h", "--help"}
