# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller makes of standards and files, and what the module makes of them on a small host."""

import datetime
import types

import pytest
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task

from ansible_collections.linux.audit.plugins.action.audit_compliance import ActionModule
from ansible_collections.linux.audit.plugins.module_utils._policy import held_views
from ansible_collections.linux.audit.plugins.modules import audit_compliance
from ansible_collections.linux.audit.plugins.plugin_utils import standards
from ansible_collections.linux.audit.plugins.plugin_utils.evidence import host_entry
from ansible_collections.linux.audit.plugins.plugin_utils.packed import unpack
from changing import System
from running import run_module

PASSWD, SHADOW = "-w /etc/passwd -p wa -k identity", "-w /etc/shadow -p wa -k identity"
SITE = {"id": "SITE-1", "rules": [PASSWD, SHADOW]}


class Action(ActionModule):
    """Runs the module in this process."""

    calls: list

    def _execute_module(self, **call):
        self.calls.append(call["module_args"])
        return run_module(audit_compliance.main, call["module_args"])


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel without rules and an empty rules.d."""
    monkeypatch.setattr(held_views, "mount_points", frozenset)
    return System(monkeypatch, tmp_path)


@pytest.fixture
def run(host, tmp_path):
    """run(**args): the result of a task, and what was sent to the host."""

    def run(task_vars=None, **args):
        loader = DataLoader()
        loader.set_basedir(str(tmp_path))
        task = Task()
        task.args, task.async_val = dict(args, rules_dir=str(host.directory)), 0
        connection = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir=str(tmp_path)))
        action = Action(task, connection, None, loader, None, None)
        action.calls = []
        result = action.run(None, task_vars or {})
        assert result["changed"] is False
        return result, action.calls[0]

    return run


def loaded(host, *lines):
    """Have the kernel and the files hold rules."""
    host.declare(list(lines))


def verdicts(result):
    return {found["id"]: tuple(found[view] for view in ("kernel", "files", "text")) for found in result["requirements"]}


def test_each_view_has_its_verdict(host, run):
    assert verdicts(run(requirements=[SITE])[0]) == {"SITE-1": ("not met",) * 3}
    loaded(host, PASSWD, "-w /etc/shadow -p rwxa")
    result, _sent = run(requirements=[SITE])
    assert verdicts(result) == {"SITE-1": ("met", "met", "partly met")}
    first, second = result["requirements"][0]["rules"]
    assert first["text"]["origin"] == f"{host.file}:3"
    assert second["kernel"]["by"] == ["-a always,exit -F path=/etc/shadow -F perm=rwxa"]
    assert second["files"]["origins"] == [f"{host.file}:4"]
    assert result["summary"]["kernel"]["met"] == 1
    assert len(result["proof"]["rules"]) == 2


def test_what_the_files_lose_at_boot_does_not_count(host, run):
    loaded(host, PASSWD, SHADOW)
    host.write("10-first.rules", "-w /nowhere/at/all -p wa")
    result, _sent = run(requirements=[SITE])
    assert verdicts(result)["SITE-1"][:2] == ("met", "not met")


def test_an_earlier_never_switches_off_and_is_named(host, run):
    loaded(host, "-a never,exit -F dir=/etc", PASSWD, SHADOW)
    result, _sent = run(requirements=[SITE])
    assert verdicts(result)["SITE-1"] == ("not met", "not met", "met")
    assert "-F dir=/etc" in result["requirements"][0]["rules"][0]["kernel"]["off_by"][0]


def test_settings_of_the_kernel_and_its_lock_count(host, run):
    loaded(host, PASSWD, SHADOW, "-e 2")
    wanted = {"id": "LOCK", "settings": {"enabled": "immutable"}}
    result, _sent = run(requirements=[SITE, wanted])
    assert verdicts(result) == {"SITE-1": ("met",) * 3, "LOCK": ("met",) * 3}


def test_auditd_enables_auditing_where_no_file_does(host, run, monkeypatch):
    wanted = {"id": "ON", "settings": {"enabled": ["enabled", "immutable"]}}
    for started, files in ((True, "met"), (False, "not met"), (None, "not met")):
        state = {"running": True, "enabled": started}
        monkeypatch.setattr(audit_compliance, "service_state", lambda pid, state=state: state)
        assert verdicts(run(requirements=[wanted])[0]) == {"ON": ("met", files, "not met")}


def test_nothing_is_met_where_auditing_is_off(host, run):
    loaded(host, PASSWD, SHADOW)
    host.set({"enabled": 0})
    host.write("99-off.rules", "-e 0")
    wanted = {"id": "LOCK", "settings": {"enabled": "immutable"}}
    result, _sent = run(requirements=[SITE, wanted])
    assert verdicts(result)["SITE-1"][:2] == verdicts(result)["LOCK"][:2] == ("not met", "not met")
    assert "switches auditing off" in result["requirements"][0]["rules"][0]["kernel"]["reason"]


def test_modes_of_files_count(host, run, tmp_path):
    file = tmp_path / "some.conf"
    file.write_text("")
    file.chmod(0o640)
    asked = [
        {"id": name, "files": {"path": str(path), "mode": mode}}
        for name, path, mode in (
            ("same", file, "0640"), ("wider", file, 0o644), ("narrower", file, "0600"),
            ("missing", tmp_path / "x", "0600"),
        )
    ]  # fmt: skip
    assert {name: found[0] for name, found in verdicts(run(requirements=asked)[0]).items()} == {
        "same": "met",
        "wider": "met",
        "narrower": "not met",
        "missing": "undecided",
    }


def test_the_stig_is_that_of_the_distribution_that_the_host_says(run):
    facts = {"ansible_facts": {"distribution": "Ubuntu", "distribution_version": "22.04"}}
    result, _sent = run({**facts}, standard="stig")
    assert [found["name"] for found in result["standards"]] == ["stig_ubuntu2204"]
    with pytest.raises(AnsibleError, match="There is no STIG for Debian 12"):
        run({"ansible_facts": {"distribution": "Debian", "distribution_version": "12"}}, standard="stig")


def test_exceptions_have_a_reason_and_a_last_day(host, run):
    def excepted(until):
        waiver = {"requirement": "SITE-1", "reason": "change 4711", "until": until}
        result, _sent = run(requirements=[SITE], exceptions=[waiver], today="2026-11-27")
        return result["requirements"][0]["exception"]["expired"], result["summary"]["files"]["excepted"]

    assert excepted("2026-11-27") == (False, 1)
    assert excepted("2026-11-26") == (True, 0)


def test_the_date_is_that_of_the_controller(run):
    assert run(requirements=[SITE])[1]["today"] == datetime.date.today().isoformat()


def test_a_file_of_ones_own(run, tmp_path):
    (tmp_path / "site.yml").write_text(
        'release: 3\ntitle: Ours\nrequirements:\n- {id: A, rules: ["-w /etc/passwd -p w"]}\n'
    )
    result, sent = run(src="site.yml")
    assert [(one["name"], one["title"], one["release"]) for one in result["standards"]] == [("site", "Ours", "3")]
    assert sent["standards"][0]["requirements"][0]["id"] == "A"
    for text in ("- 1", "requirements: {}", "requirements: []\nmore: 1", "{"):
        (tmp_path / "site.yml").write_text(text)
        with pytest.raises(AnsibleError, match="site.yml"):
            run(src="site.yml")
    with pytest.raises(AnsibleActionFail, match="Cannot read the requirements none.yml on the controller"):
        run(src="none.yml")


@pytest.mark.parametrize("name", standards.names())
def test_every_standard_can_be_judged(run, name):
    """Each requirement of its pack has a verdict, and so has what it asks for beside rules."""
    result, _sent = run(standard=name)
    found = verdicts(result)
    assert set(standards.packs.requirements(name)) <= set(found)
    assert all(part for requirement in result["requirements"] for part in requirement["severity"])
    assert result["summary"]["kernel"]["met"] < len(found)


def test_what_a_host_decides_by_default_is_left_to_it():
    """Whether a scanner wants -a or -w depends on the distribution; only what is off by default is asked for."""
    for name in standards.names():
        (source,) = [source for source in standards.standards(name)[0]["sources"] if source["name"] == name]
        assert source["parameters"].get("syscall_watches") is None
        assert source["parameters"].get("immutable") is not False


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"requirements": [{"id": "A", "rule": "x"}]}, "requirement A has no key rule"),
        ({"requirements": [{"id": "A", "rules": ["-w etc"]}]}, "audit rule '-w etc'"),
        ({"requirements": [{"id": "A", "settings": {"lock": 1}}]}, "there is no setting lock"),
        ({"requirements": [{"id": "A", "files": "/etc"}]}, "requirement A: files must be dictionaries"),
        ({"requirements": [{"id": "A", "severity": "grave"}]}, "severity must be one of high, medium, low"),
        ({"requirements": [{"title": "A"}]}, "must be a dictionary with an id"),
        ({"requirements": []}, "there is nothing to judge by"),
        (
            {"requirements": [SITE], "exceptions": [{"requirement": "SITE-1", "reason": "x", "until": "soon"}]},
            "needs a last day as in 2026-12-31, not 'soon'",
        ),
        (
            {"requirements": [SITE], "exceptions": [{"requirement": "SITE-1", "reason": " ", "until": "2026-12-31"}]},
            "needs a requirement and a reason",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused(host, tmp_path, args, said):
    loader, task = DataLoader(), Task()
    task.args, task.async_val = dict(args, rules_dir=str(host.directory)), 0
    connection = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir=str(tmp_path)))
    action = Action(task, connection, None, loader, None, None)
    action.calls = []
    result = action.run(None, {})
    assert result["failed"]
    assert said in result["msg"]


def test_names_and_parameters_that_do_not_exist_are_refused(run):
    with pytest.raises(
        AnsibleError, match=r"There is no standard 'stig_rhel99'. The standards are anssi_bp28, cis_level2, hipaa"
    ):
        run(standard=["stig_rhel99"])
    with pytest.raises(AnsibleError, match="has no parameter x"):
        run(standard=[{"name": "stig_rhel9", "parameters": {"x": 1}}])


def test_evidence_is_what_the_filter_keeps(run):
    """A fleet's results are not kept in memory as structures."""
    vars_of_host = {"inventory_hostname": "web1"}
    whole, _sent = run(vars_of_host, requirements=[SITE], today="2026-11-27")
    slim, sent = run(vars_of_host, requirements=[SITE], today="2026-11-27", evidence=["kernel", "text"])
    assert {"requirements", "proof", "standards"}.isdisjoint(slim)
    entry, expected = unpack(slim["evidence"]), host_entry("web1", whole, ["kernel", "text"])
    for found in (entry, expected):
        found["proof"].pop("time")
    assert entry == expected
    assert "evidence" not in sent
    assert unpack(run(vars_of_host, requirements=[SITE], evidence="kernel, files")[0]["evidence"])["host"] == "web1"
    with pytest.raises(AnsibleActionFail, match="evidence: views are some of kernel, files, text, not 'kernel,all'"):
        run(requirements=[SITE], evidence="kernel,all")


@pytest.mark.parametrize(
    ("argument", "value", "said"),
    [
        ("evidence", True, "evidence: views are some of kernel, files, text, not True"),
        ("evidence", {"kernel": 1}, "evidence: views are some of kernel, files, text, not {'kernel': 1}"),
        ("evidence", [5], "evidence: views are some of kernel, files, text, not "),
        ("src", True, "src must be a list, not True"),
        ("src", [True], "src must be a list of texts, and has True"),
        ("standards", 5, "standards must be a list, not 5"),
    ],
)
def test_an_argument_of_another_type_is_named(run, argument, value, said):
    with pytest.raises(AnsibleActionFail, match=said):
        run(**{"requirements": [SITE], argument: value})


@pytest.mark.parametrize("failed", [{"failed": True}, {"unreachable": True}])
def test_a_host_that_has_failed_has_no_evidence(run, monkeypatch, failed):
    """Also if it says that it has."""
    answer = {"changed": False, "msg": "no root", "evidence": "packed {}", "requirements": [], **failed}
    monkeypatch.setattr(Action, "_execute_module", lambda self, **call: self.calls.append({}) or answer)
    result, _sent = run(requirements=[SITE], evidence=["kernel"])
    assert {key: result[key] for key in result if key != "invocation"} == {"changed": False, "msg": "no root", **failed}


def test_an_answer_that_is_none(run, monkeypatch):
    answer = {"changed": False, "requirements": [{"kernel": "\x1b[2J"}]}
    monkeypatch.setattr(Action, "_execute_module", lambda self, **call: self.calls.append({}) or answer)
    with pytest.raises(AnsibleActionFail, match="The answer of web1 is not one of audit_compliance") as error:
        run({"inventory_hostname": "web1"}, requirements=[SITE], evidence=["kernel"])
    assert "\x1b" not in str(error.value)


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_task_in_the_background_has_no_evidence_yet(run, monkeypatch, seconds):
    """Whether it is one is what the task says, and not what the host says; no host brings evidence of its own."""
    answer = {"changed": False, "ansible_job_id": "7", "evidence": 'packed {"host": "web2"}'}
    monkeypatch.setattr(Action, "_execute_module", lambda self, **call: self.calls.append({}) or dict(answer))
    monkeypatch.setattr(Task, "async_val", property(lambda self: seconds, lambda self, value: None))
    result, _sent = run({"inventory_hostname": "web1"}, requirements=[SITE], evidence=["kernel"])
    assert result.get("ansible_job_id") == ("7" if seconds else None)
    assert unpack(result.get("evidence")) == (None if seconds else host_entry("web1", {}))
    result, _sent = run({"inventory_hostname": "web1"}, requirements=[SITE])
    assert "evidence" not in result
