# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release of the daemon accepts. test_keyword_fidelity.py asks the real daemons."""

import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import generate_keywords
from ansible_collections.linux.audit.plugins.module_utils._daemon.conf_file import parse, render, values
from ansible_collections.linux.audit.plugins.module_utils._daemon.keywords import (
    AUDITD_CONF,
    FILES,
    PLUGIN_CONF,
    PLUGINS,
    REMOTE_CONF,
)
from ansible_collections.linux.audit.plugins.module_utils._daemon.kinds import KINDS
from ansible_collections.linux.audit.plugins.module_utils._daemon.meaning import NEEDS, changed_values, need, same
from ansible_collections.linux.audit.plugins.module_utils._daemon.schema import ByRelease, in_release
from ansible_collections.linux.audit.plugins.module_utils._daemon.target import Target, built_with
from ansible_collections.linux.audit.plugins.module_utils._daemon.validation import (
    check,
    file_problems,
    line_problems,
    repaired,
)

BASE = "space_left = 75\nadmin_space_left = 50\n"
RELEASES = [(2, 8, 5), (3, 0), (3, 0, 9), (4, 0, 2), (4, 0, 5), (4, 1, 2), (4, 2, 1)]


def info(mode, uid=0):
    return os.stat_result((mode, 0, 0, 1, uid, 0, 0, 0, 0, 0))


HOST = {
    "/bin/ok": info(stat.S_IFREG | 0o750),
    "/bin/readonly": info(stat.S_IFREG | 0o550),
    "/bin/open": info(stat.S_IFREG | 0o777),
    "/bin/theirs": info(stat.S_IFREG | 0o750, 7),
    "/var/log/audit": info(stat.S_IFDIR | 0o700),
    "/var/log": info(stat.S_IFDIR | 0o755),
    "/var/log/audit/theirs": info(stat.S_IFREG | 0o600, 7),
}


def target(version, *built):
    return Target(version, frozenset(built), HOST.get, {"adm": 4, "root": 0}.get)


def reasons(file, text, version=(4, 2, 1), built=("krb5", "tls")):
    return [problem.reason for problem in check(file, parse(text, file.unended), target(version, *built))]


@pytest.mark.parametrize(
    ("version", "setting", "parts"),
    [
        ((3, 0), "num_logs = 1000", ["num_logs = 1000", "a number from 0 to 999"]),
        ((3, 0), "num_logs = -1", ["num_logs = -1", "from 0 to 999"]),
        ((3, 0), "tcp_listen_port = 0", ["from 1 to 65535", "to turn it off, remove its line"]),
        ((4, 1), "q_depth = 100000", ["q_depth = 100000", "from 0 to 99999"]),
        ((4, 2), "q_depth = 0", ["q_depth = 0", "from 1 to 99999 since audit 4.2"]),
        ((2, 8, 5), "q_depth = 5", ["audit 3.0 added q_depth to auditd.conf; this is audit 2.8.5"]),
        ((4, 0, 2), "report_interval = 1h", ["audit 4.0.5 added report_interval to auditd.conf; this is audit 4.0.2"]),
        ((4, 2), "report_interval = 41d", ["up to 40 days"]),
        ((4, 1, 2), "report_interval = 10s", ["since audit 4.1.4"]),
        ((3, 0), "no_such = 5", ["no_such is not a keyword of auditd.conf"]),
        ((4, 0, 4), "space_left_action = halt", ["ignore", "audit 4.0.4 removed halt; this is audit 4.0.4"]),
        ((4, 1), "transport = tls", ["one of tcp, krb5", "audit 4.2 added tls; this is audit 4.1"]),
        ((3, 0), "flush = always", ["none, incremental, incremental_async, data, sync"]),
        ((3, 0), "disk_error_action = rotate", ["ignore, syslog, exec, suspend, single, halt"]),
        ((3, 0), "local_events = true", ["yes or no"]),
        ((3, 0), "space_left = 100%", ["a percentage below 100"]),
        ((2, 8, 4), "space_left = 5%", ["since audit 2.8.5"]),
        ((3, 0), "space_left_action = exec", ["absolute path of an executable, without arguments"]),
        ((3, 0), "space_left_action = exec /bin/ok now", ["without arguments"]),
        ((3, 0), "space_left_action = exec /bin/none", ["there is no file /bin/none"]),
        ((3, 0), "space_left_action = exec /bin/theirs", ["owned by user 7"]),
        ((3, 0), "space_left_action = exec /bin/open", ["0750 or 0755 or 0555", "has 0777"]),
        ((3, 0), "space_left_action = exec /bin/readonly", ["has 0550"]),
        ((3, 0), "space_left_action = syslog loud", ["only exec takes a path"]),
        ((3, 0), "log_file = audit.log", ["absolute path"]),
        ((3, 0), "log_file = /nowhere/audit.log", ["there is no /nowhere"]),
        ((3, 0), "log_file = /var/log/audit/theirs", ["owned by root"]),
        ((3, 0), "log_group = nobodys", ["a group of this host"]),
        ((3, 0), "name = two words", ["must not contain spaces"]),
        ((3, 0), "tcp_client_ports = 9-1", ["the lower one first"]),
        ((4, 2), "tls_psk_file = psk", ["absolute path"]),
        ((4, 0, 4), "action_mail_acct = a+b", ["and + since audit 4.0.5", "verify_email"]),
        ((4, 0, 5), "action_mail_acct = a@b", ["a dot after the @"]),
        ((3, 0), f"name = {'n' * 160}", ["longer than the 158 bytes"]),
        ((3, 0), "num_logs=5", ["'num_logs=5' needs a space"]),
        ((3, 0), "space_left = 50", ["space_left must be above admin_space_left", "space_left is 50"]),
        ((3, 0), "flush = incremental", ["a freq of 1 or more", "freq is 0"]),
        ((3, 0), "name_format = user", ["needs a name", "name is not set"]),
        ((3, 0, 9), "log_file = /var/log/a.log\nlog_group = adm", ["directly in /var/log"]),
        ((4, 2), "transport = tls", ["tls_psk_file or tls_allowed_clients"]),
        ((4, 2), "transport = tls\ntls_psk_file = /a", ["needs tls_psk_identity or"]),
    ],
)
def test_what_auditd_rejects(version, setting, parts):
    (reason,) = reasons(AUDITD_CONF, f"{BASE}{setting}\n", version)
    for part in parts:
        assert part in reason


@pytest.mark.parametrize(
    ("version", "setting"),
    [
        ((3, 0), "space_left_action = exec /bin/ok"),
        ((4, 1, 4), "space_left_action = exec /bin/readonly"),
        ((4, 0, 2), "space_left_action = HALT"),
        ((4, 0, 5), "action_mail_acct = a+b"),
        ((3, 0), "verify_email = no\naction_mail_acct = a+b"),
        ((3, 0), "space_left = 1%"),
        ((3, 0), "log_file = /var/log/a.log\nlog_group = adm"),
        ((3, 0, 9), "log_file = /var/log/a.log\nlog_group = root"),
        ((4, 1, 3), f"name = {'n' * 500}"),
        ((3, 0), "# " + "n" * 500),
    ],
)
def test_what_auditd_accepts(version, setting):
    assert reasons(AUDITD_CONF, f"{BASE}{setting}\n", version) == []


def test_what_a_program_is_built_with(tmp_path):
    for content, built in ((b"\0libgssapi_krb5.so.2\0", {"krb5"}), (b"libssl.so.3 libgssapi_krb5", {"krb5", "tls"})):
        (tmp_path / "auditd").write_bytes(content)
        assert built_with(str(tmp_path / "auditd")) == built
    assert built_with(str(tmp_path / "none")) is None
    (reason,) = reasons(AUDITD_CONF, f"{BASE}transport = krb5\n", built=())
    assert "must be one of tcp; the program on this host is built without krb5" in reason
    assert check(AUDITD_CONF, parse(f"{BASE}transport = krb5\n"), Target((4, 2))) == []


def test_an_empty_file_is_accepted_and_a_file_of_comments_is_not():
    assert reasons(AUDITD_CONF, "") == []
    (reason,) = reasons(AUDITD_CONF, "# nothing\n")
    assert "space_left is 0, admin_space_left is 0" in reason


def test_only_an_earlier_line_decides_how_an_account_is_checked():
    (reason,) = reasons(AUDITD_CONF, f"{BASE}action_mail_acct = a!b\nverify_email = no\n")
    assert "a!b" in reason


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("mode = forward\nformat = ascii\n", "mode forward needs format managed"),
        ("transport = tls\n", "tls_psk_file and tls_psk_identity"),
        ("remote_server = \n", "has no value"),
        ("port = 65536\n", "0 to 65535"),
        ("local_port = some\n", "0 to 65535, or any"),
        ("startup_failure_action = stop\n", "ignore, syslog, exec, warn_once_continue, warn_once"),
        ("network_failure_action = reconnect\n", "ignore, syslog, exec"),
        ("queue_file = relative\n", "absolute path"),
        ("remote_ending_action = exec /bin/open\n", "0750"),
    ],
)
def test_what_audisp_remote_rejects(text, part):
    (reason,) = reasons(REMOTE_CONF, text)
    assert part in reason


@pytest.mark.parametrize(
    ("version", "text", "part"),
    [
        ((4, 2), "active = yes\n", "an active plugin needs a path"),
        ((4, 2), "path = bin/x\n", "absolute path"),
        ((4, 0), "args = 1 2 3\n", "before audit 4.0.1"),
        ((4, 2), "format = text\n", "string, binary"),
    ],
)
def test_what_is_rejected_in_the_file_of_a_plugin(version, text, part):
    (reason,) = reasons(PLUGIN_CONF, text, version)
    assert part in reason


@pytest.mark.parametrize(
    ("mode", "uid", "version", "part"),
    [
        (stat.S_IFREG | 0o640, 0, (4, 2), None),
        (stat.S_IFREG | 0o640, 7, (4, 2), "owned by root, not by user 7"),
        (stat.S_IFREG | 0o646, 0, (3, 0), "has mode 0646"),
        (stat.S_IFREG | 0o660, 0, (4, 1), None),
        (stat.S_IFREG | 0o660, 0, (4, 2), "has mode 0660"),
        (stat.S_IFLNK | 0o777, 0, (3, 0), "not a regular file"),
    ],
)
def test_files(mode, uid, version, part):
    found = [problem.at("/x") for problem in file_problems(PLUGIN_CONF, info(mode, uid), version)]
    assert len(found) == bool(part)
    assert all(part in reason for reason in found)


@pytest.mark.parametrize(
    ("before", "after", "version", "needed"),
    [
        ("num_logs = 5\n", "num_logs = 6\n", (3, 0), "reload"),
        ("num_logs = 5\n", "NUM_LOGS = 005\n", (3, 0), "none"),
        ("flush = none\n", "", (3, 0), "none"),
        ("end_of_event_timeout = 5\n", "", (3, 0, 9), "none"),
        ("local_events = yes\n", "local_events = no\n", (3, 0), "restart"),
        ("q_depth = 500\n", "q_depth = 600\n", (3, 0), "reload"),
        ("q_depth = 500\n", "q_depth = 400\n", (3, 0), "restart"),
        ("q_depth = 3000\n", "", (4, 2), "restart"),
        ("q_depth = what\n", "q_depth = 400\n", (4, 2), "reload"),
        ("", "tcp_listen_port = 60\n", (4, 0, 2), "restart"),
        ("", "tcp_listen_port = 60\n", (4, 1), "reload"),
        ("transport = tls\n", "transport = tls\ntcp_listen_port = 60\n", (4, 2), "restart"),
        ("priority_boost = 4\n", "priority_boost = 5\n", (4, 2), "restart"),
        ("tcp_listen_port = 60\n", "tcp_listen_port = 61\n", (4, 1), "restart"),
        ("tcp_listen_port = 60\n", "", (4, 1), "restart"),
        ("", "enable_krb5 = yes\n", (3, 0), "restart"),
        ("transport = krb5\nenable_krb5 = yes\n", "enable_krb5 = yes\n", (3, 0), "none"),
        ("dispatcher = /sbin/a\n", "dispatcher = /sbin/b\n", (2, 8, 5), "restart"),
        ("dispatcher = /sbin/a\n", "dispatcher = /sbin/b\n", (3, 0), "none"),
        ("num_logs = 5\n", "num_logs = 6\nlocal_events = no\n", (3, 0), "restart"),
        ("name_format = none\n", "name_format = hostname\n", (3, 0), "restart"),
        ("name_format = fqd\n", "name_format = numeric\n", (4, 1), "restart"),
        ("name_format = fqd\n", "", (4, 2), "reload"),
        ("name_format = hostname\n", "name_format = user\nname = x\n", (4, 2), "reload"),
        ("name_format = user\nname = x\n", "name_format = user\nname = y\n", (4, 2), "reload"),
        # Changes of something else.
        ("name_format = HOSTNAME\n", "name_format = HOSTNAME\nnum_logs = 6\n", (4, 1), "reload"),
        ("name_format = HOSTNAME\n", "name_format = HOSTNAME\nnum_logs = 6\n", (4, 2), "restart"),
        ("name_format = fqd\nname = x\n", "name_format = fqd\nname = x\nnum_logs = 6\n", (3, 0), "restart"),
        ("name_format = user\nname = x\n", "name_format = user\nname = x\nnum_logs = 6\n", (4, 2), "reload"),
        ("name_format = fqd\n", "name_format = fqd\nend_of_event_timeout = 3\n", (4, 2), "none"),
        # Of a keyword that is not in the table only this is known: the daemon must read its file again.
        ("", "keyword_of_tomorrow = 1\n", (3, 0), "reload"),
        ("keyword_of_tomorrow = 1\n", "keyword_of_tomorrow = 2\n", (3, 0), "reload"),
        ("keyword_of_tomorrow = 1\n", "", (3, 0), "reload"),
        ("keyword_of_tomorrow = 1\n", "keyword_of_tomorrow = 1\n", (3, 0), "none"),
        ("keyword_of_tomorrow = 1\n", "local_events = no\n", (3, 0), "restart"),
        ("name_format = fqd\n", "name_format = fqd\nkeyword_of_tomorrow = 1\n", (4, 2), "restart"),
    ],
)
def test_what_a_change_needs(before, after, version, needed):
    assert need(AUDITD_CONF, values(parse(before)), values(parse(after)), version) == needed


def test_lines_are_repaired():
    text = f"# top\n{BASE}num_logs=5\n\tfreq = 50\njunk\nflush = often\nno_such = 1\nname = last"
    lines = parse(text)
    after = repaired(lines, line_problems(AUDITD_CONF, lines, target((3, 0))))
    assert render(after) == (
        f"# top\n{BASE}num_logs = 5\nfreq = 50\n# junk\n# flush = often\n# no_such = 1\nname = last\n"
    )
    assert check(AUDITD_CONF, parse(render(after)), target((3, 0))) == []


@pytest.mark.parametrize(
    ("key", "one", "other", "result"),
    [
        ("flush", "DATA", "data", True),
        ("num_logs", "05", "5", True),
        ("name", "Host", "host", False),
        ("space_left_action", "EXEC /bin/X", "exec /bin/X", True),
        ("space_left_action", "exec /bin/X", "exec /bin/x", False),
        ("no_such", "A", "a", False),
        ("flush", None, "none", False),
        ("flush", None, None, True),
    ],
)
def test_values_that_mean_the_same(key, one, other, result):
    assert same(AUDITD_CONF, key, one, other) is result


def test_only_what_differs_is_changed():
    lines = parse("num_logs = 5\nflush = DATA\nfreq=1\nname = a\n")
    wanted = {"num_logs": "5", "flush": "data", "freq": "1", "name": None, "q_depth": None, "transport": "tcp"}
    assert changed_values(AUDITD_CONF, lines, wanted) == {"freq": "1", "name": None, "transport": "tcp"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_table_is_sound(file):
    for name, keyword in file.keywords.items():
        assert name == keyword.name == name.lower()
        assert keyword.kind in KINDS
        for version in RELEASES:
            default = in_release(keyword.default, version)
            if default is not None and version >= keyword.since:
                host = target(version, "krb5", "tls")._replace(stat=HOST.get)
                assert KINDS[keyword.kind](keyword, default, host) is None, name
            assert in_release(keyword.need, version) in (*NEEDS, "grow", "enable", "given")
    for rule in file.rules:
        assert set(rule.keys) <= set(file.keywords)


def test_the_files_of_known_plugins_are_accepted():
    for known in PLUGINS.values():
        for since, plugin in known.steps:
            text = f"active = yes\npath = {plugin.path}\ntype = {plugin.type}\nformat = {plugin.format}\n"
            text += f"args = {plugin.args}\n" if plugin.args else ""
            assert check(PLUGIN_CONF, parse(text), target(since)) == []


@settings(deadline=None)
@given(st.sampled_from(RELEASES), st.sampled_from(FILES), st.data())
def test_any_value_has_an_answer(version, file, data):
    keyword = data.draw(st.sampled_from(list(file.keywords.values())))
    text = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1)
    value = data.draw(st.one_of(text, st.integers().map(str)))
    lines = parse(f"{keyword.name} = {value}\n")
    for problem in check(file, lines, target(version)):
        assert problem.reason
        assert len(problem.reason) < 600 + len(value)


def test_history():
    history = ByRelease(((3, 0), "a"), ((4, 0, 1), "b"))
    assert [history(version) for version in ((2, 8), (3, 0), (4, 0), (4, 0, 1), (5, 0))] == [None, "a", "a", "b", "b"]


def test_the_page_has_the_tables():
    page = generate_keywords.PAGE.read_text()
    assert generate_keywords.generate(page) == page, "run tools/generate_keywords.py"
