# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has changed between releases of the daemon, just before and with each; and sizes at their edges."""

import stat

import pytest

from ansible_collections.linux.audit.plugins.module_utils._daemon.conf_file import parse, values
from ansible_collections.linux.audit.plugins.module_utils._daemon.keywords import (
    AUDISPD_CONF,
    AUDITD_CONF,
    FILES,
    PLUGIN_CONF,
    REMOTE_CONF,
    megabytes,
)
from ansible_collections.linux.audit.plugins.module_utils._daemon.meaning import effective, forgets_name, need
from ansible_collections.linux.audit.plugins.module_utils._daemon.target import Target
from ansible_collections.linux.audit.plugins.module_utils._daemon.validation import check, file_problems, repaired
from checked_host import HOST, info

OLDEST, NEWEST = (2, 8), (4, 2, 1)
BASE = "space_left = 75\nadmin_space_left = 50\n"


def before(version):
    """The latest that could come before a release."""
    return (*version[:-1], version[-1] - 1, 999) if version[-1] else (version[0] - 1, 999)


def reasons(file, text, version=NEWEST, built=("krb5", "tls")):
    built = None if built is None else frozenset(built)
    on = Target(version, built, HOST.get, {"adm": 4, "root": 0}.get)
    return [problem.reason for problem in check(file, parse(text, file.unended), on)]


@pytest.mark.parametrize(
    ("since", "file", "text", "taken"),
    [
        # Whether it is taken before, and since.
        ((2, 8, 5), AUDITD_CONF, f"{BASE}space_left = 5%\n", (False, True)),
        ((3, 0), AUDITD_CONF, f"{BASE}transport = tcp\n", (False, True)),
        ((3, 0), AUDITD_CONF, f"{BASE}q_depth = 5\n", (False, True)),
        ((3, 0), AUDITD_CONF, f"{BASE}overflow_action = halt\n", (False, True)),
        ((3, 0), AUDITD_CONF, f"{BASE}max_restarts = 5\n", (False, True)),
        ((3, 0), AUDITD_CONF, f"{BASE}plugin_dir = /x\n", (False, True)),
        ((3, 0, 1), AUDITD_CONF, f"{BASE}end_of_event_timeout = 5\n", (False, True)),
        ((3, 0), AUDITD_CONF, f"{BASE}space_left_action = exec /bin/555\n", (False, True)),
        ((4, 1, 4), AUDITD_CONF, f"{BASE}space_left_action = exec /bin/550\n", (False, True)),
        ((4, 0, 4), AUDITD_CONF, f"{BASE}space_left_action = halt\n", (True, False)),
        ((4, 0, 5), AUDITD_CONF, f"{BASE}action_mail_acct = a+b\n", (False, True)),
        ((4, 0, 5), AUDITD_CONF, f"{BASE}report_interval = 5\n", (False, True)),
        ((4, 1, 4), AUDITD_CONF, f"{BASE}report_interval = 5s\n", (False, True)),
        ((4, 1, 3), AUDITD_CONF, f"{BASE}name = {'n' * 152}\n", (False, True)),
        ((4, 1, 3), PLUGIN_CONF, f"path = /abc/{'n' * 200}\n", (False, True)),
        ((4, 2), AUDITD_CONF, f"{BASE}q_depth = 0\n", (True, False)),
        ((4, 2), AUDITD_CONF, f"{BASE}transport = tls\ntls_allowed_clients = /x\n", (False, True)),
        ((4, 2), AUDITD_CONF, f"{BASE}tls_require_pqc = no\n", (False, True)),
        ((3, 0, 9), AUDITD_CONF, f"{BASE}log_file = /var/log/a.log\nlog_group = adm\n", (True, False)),
        ((3, 0), REMOTE_CONF, "startup_failure_action = syslog\n", (False, True)),
        ((4, 2), REMOTE_CONF, "tls_psk_file = /x\n", (False, True)),
        ((4, 2), REMOTE_CONF, "transport = tls\ntls_psk_file = /x\ntls_psk_identity = y\n", (False, True)),
        ((3, 0), PLUGIN_CONF, "path = builtin_syslog\n", (True, False)),
        ((4, 0, 1), PLUGIN_CONF, "args = 1 2 3\n", (False, True)),
        ((3, 0), AUDISPD_CONF, "q_depth = 5\n", (True, False)),
        ((3, 0), AUDISPD_CONF, "plugin_dir = /x\n", (True, False)),
    ],
)
def test_what_a_release_began_or_ended(since, file, text, taken):
    """Nothing but the release decides."""
    assert [reasons(file, text, version) == [] for version in (before(since), since)] == list(taken)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_keywords_say_since_when_they_are_and_are_not(file):
    """By the release that the host has."""
    for name, keyword in file.keywords.items():
        line = f"{name} = \x7f\n".replace("\x7f", "x")
        for bound, word in ((keyword.since, "added"), (keyword.until, "removed")):
            if bound in (None, OLDEST):
                continue
            versions = (before(bound), bound) if word == "added" else (bound, before(bound))
            (said,) = reasons(file, line, versions[0])[:1]
            number = ".".join(map(str, bound))
            preposition = "to" if word == "added" else "from"
            this_is = ".".join(map(str, versions[0]))
            assert said == f"audit {number} {word} {name} {preposition} {file.name}; this is audit {this_is}"
            assert not any(f" {word} " in reason for reason in reasons(file, line, versions[1]))


@pytest.mark.parametrize(
    ("file", "name", "low", "high"),
    [
        (AUDITD_CONF, "freq", 0, 2**31 - 1), (AUDITD_CONF, "num_logs", 0, 999),
        (AUDITD_CONF, "max_log_file", 0, 2**32 - 1), (AUDITD_CONF, "priority_boost", 0, 2**31 - 1),
        (AUDITD_CONF, "tcp_listen_port", 1, 65535), (AUDITD_CONF, "tcp_listen_queue", 1, 65535),
        (AUDITD_CONF, "tcp_max_per_addr", 1, 1024), (AUDITD_CONF, "tcp_client_max_idle", 0, 2**31 - 1),
        (AUDITD_CONF, "q_depth", 1, 99999), (AUDITD_CONF, "max_restarts", 0, 2**31 - 1),
        (AUDITD_CONF, "end_of_event_timeout", 0, 2**31 - 1), (AUDITD_CONF, "tcp_client_ports", 0, 65535),
        (AUDITD_CONF, "report_interval", 0, 40 * 86400), (REMOTE_CONF, "port", 0, 65535),
        (REMOTE_CONF, "local_port", 0, 65535), (REMOTE_CONF, "queue_depth", 1, 2**31 - 1),
        (REMOTE_CONF, "network_retry_time", 1, 2**31 - 1), (REMOTE_CONF, "max_tries_per_record", 1, 2**31 - 1),
        (REMOTE_CONF, "max_time_per_record", 1, 2**31 - 1), (REMOTE_CONF, "heartbeat_timeout", 0, 2**31 - 1),
    ],
)  # fmt: skip
def test_numbers_at_their_edges(file, name, low, high):
    """The last that are taken, and the next."""
    base = BASE if file is AUDITD_CONF else ""
    numbers = (low - 1, low, high, high + 1)
    taken = [reasons(file, f"{base}{name} = {number}\n") == [] for number in numbers]
    assert taken == [False, True, True, False]


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("space_left = 4294967295", True), ("space_left = 4294967296", False), ("space_left = 99%", True),
        ("space_left = 100%", False), ("space_left = %", False), ("space_left = -5%", False),
        ("space_left = 51", True), ("space_left = 50", False), ("space_left = 0%", False),
        ("admin_space_left = 74", True), ("admin_space_left = 75", False), ("admin_space_left = 75%", True),
        ("report_interval = 40d", True), ("report_interval = 41d", False), ("report_interval = 960h", True),
        ("report_interval = 961h", False), ("report_interval = 57600m", True), ("report_interval = 57601m", False),
        ("report_interval = 3456000s", True), ("report_interval = 3456001s", False), ("report_interval = 1w", False),
        ("report_interval = h", False), ("tcp_client_ports = 5-5", True), ("tcp_client_ports = 5-4", False),
        ("tcp_client_ports = 0-65535", True), ("tcp_client_ports = 0-65536", False), ("tcp_client_ports = 1-", False),
        ("log_group = 0123456789", True), ("log_group = 01234567890", False), ("log_group = adm", True),
        ("log_group = nobodys", False), ("log_file = /ab/x", False), ("log_file = /abc/x", True),
        ("log_file = /var/log/audit", False), ("log_file = /bin/ok/x", False), ("log_file = /var/log/a b", False),
        ("space_left_action = exec /bin/755", True), ("space_left_action = exec /bin/750", True),
        ("space_left_action = exec /bin/754", False), ("space_left_action = exec /var/log", False),
        ("space_left_action = EXEC /bin/750", True), ("disk_full_action = email", False),
        ("verify_email = no\naction_mail_acct = a", True), ("action_mail_acct = a", False),
        ("action_mail_acct = ab", True), ("verify_email = NO\naction_mail_acct = a", True),
        ("verify_email = YES\naction_mail_acct = a", False), ("action_mail_acct = a.b@c", False),
        ("action_mail_acct = a@b.c", True), ("action_mail_acct = a!b", False), ("freq = 0\nflush = data", True),
        ("freq = 1\nflush = incremental", True), ("freq = 1\nflush = incremental_async", True),
        ("freq = 0\nflush = incremental_async", False), ("name_format = user\nname = x", True),
        ("name_format = USER", False), ("use_libwrap = YES", True), ("use_libwrap = maybe", False),
        ("log_file = /var/log//a\nlog_group = adm", False), ("log_file = /var/log/audit/a\nlog_group = adm", True),
        ("log_file = /var/log/a\nlog_group = root", True), ("log_file = /var/log/a\nlog_group = 0", True),
        ("transport = tls", False), ("transport = tls\ntls_psk_file = /x", False),
        ("transport = tls\ntls_psk_file = /x\ntls_psk_identity = y", True),
        ("transport = tls\ntls_psk_file = /x\ntls_allowed_clients = /y", True),
        ("tls_require_pqc = yes", True), ("tls_require_pqc = yes\ntls_crypto_profile = pqc", True),
        ("tls_require_pqc = yes\ntls_crypto_profile = system", False),
        ("tls_require_pqc = no\ntls_crypto_profile = system", True),
        ("log_format = nolog", True), ("max_log_file_action = exec /bin/750", False), (f"# {'c' * 600}", True),
        (f"name = {'n' * 503}", True), (f"name = {'n' * 504}", False),
    ],
)  # fmt: skip
def test_values_of_auditd_at_their_edges(text, taken):
    """Which the newest release takes, and which not."""
    assert (reasons(AUDITD_CONF, f"{BASE}{text}\n") == []) is taken


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("local_port = any", True), ("local_port = ANY", True), ("port = any", False), ("mode = forward", True),
        ("mode = forward\nformat = ascii", False), ("mode = immediate\nformat = ascii", True),
        ("transport = tls\ntls_psk_file = /x", False), ("transport = tls\ntls_psk_identity = x", False),
        ("transport = tls\ntls_psk_file = /x\ntls_psk_identity = y\nformat = ascii", False),
        ("tls_require_pqc = yes\ntls_crypto_profile = compatible", False),
        ("disk_low_action = exec /bin/754", True), ("disk_low_action = exec /bin/751", True),
        ("disk_low_action = exec /bin/750", True), ("disk_low_action = exec /bin/755", True),
        ("disk_low_action = exec /bin/555", False), ("remote_ending_action = reconnect", True),
        ("disk_low_action = reconnect", False), ("network_failure_action = stop", True),
        (f"# {'c' * 124}", True), (f"# {'c' * 125}", False), (f"remote_server = {'n' * 110}", True),
        (f"remote_server = {'n' * 111}", False),
    ],
)  # fmt: skip
def test_values_of_audisp_remote_at_their_edges(text, taken):
    """Also of a last line that is not ended."""
    assert [reasons(REMOTE_CONF, text + end) == [] for end in ("\n", "")] == [taken] * 2


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("path = /abc/x", True), ("path = /ab/x", False), ("path = abc", False), ("path = /abc/x y", False),
        ("path = builtin_af_unix", True), ("path = builtin_other", False), ("direction = in", False),
        ("active = yes\npath = /abc/x", True), ("active = yes", False), ("active = no", True), ("type = builtin", True),
    ],
)  # fmt: skip
def test_values_of_plugins_at_their_edges(text, taken):
    """Whatever the program."""
    assert (reasons(PLUGIN_CONF, text + "\n") == []) is taken


def test_words_that_the_program_was_not_built_with():
    """Unless nobody knows how it was built."""
    for built, taken in (((), False), (("krb5",), True), (None, True)):
        assert (reasons(AUDITD_CONF, f"{BASE}transport = krb5\n", (3, 0), built) == []) is taken
    (said,) = reasons(AUDITD_CONF, f"{BASE}transport = tls\n", (4, 1), ())
    assert said.endswith("must be one of tcp; audit 4.2 added tls; this is audit 4.1")
    (said,) = reasons(AUDITD_CONF, f"{BASE}transport = udp\n", (4, 2), ())
    assert said.endswith("must be one of tcp")


@pytest.mark.parametrize(
    ("key", "since", "old", "new"),
    [
        ("log_format", (3, 0), "raw", "enriched"), ("q_depth", (3, 0), None, "400"),
        ("q_depth", (3, 0, 3), "400", "1200"), ("q_depth", (3, 0, 9), "1200", "2000"),
    ],
)  # fmt: skip
def test_defaults_that_have_changed(key, since, old, new):
    held = [effective(AUDITD_CONF, {}, version)[key] for version in (before(since), since)]
    assert held == [old, new]


def test_the_older_way_to_ask_for_kerberos():
    """Is one of transport since there is one."""
    held = {"enable_krb5": "YES"}
    assert [effective(AUDITD_CONF, held, version)["transport"] for version in ((2, 999), (3, 0))] == ["tcp", "krb5"]
    assert effective(AUDITD_CONF, {"enable_krb5": "no"}, (3, 0))["transport"] == "tcp"


@pytest.mark.parametrize(
    ("held", "old", "new"),
    [
        ({"name_format": "hostname"}, False, True), ({"name_format": "FQD"}, False, True),
        ({"name_format": "numeric", "name": "x"}, True, True), ({"name_format": "user", "name": "x"}, False, False),
        ({"name_format": "none"}, False, False), ({}, False, False),
    ],
)  # fmt: skip
def test_names_that_a_reload_forgets(held, old, new):
    """Since 4.2 also where none is configured."""
    assert [forgets_name(held, version) for version in ((4, 1, 999), (4, 2))] == [old, new]


# What a running daemon needs to take another value; all others are taken by a reload.
RESTART = {
    "local_events", "priority_boost", "transport", "enable_krb5", "krb5_principal", "krb5_key_file", "tls_auth",
    "tls_psk_file", "tls_psk_identity", "tls_allowed_clients", "tls_crypto_profile", "tls_cipher_suites",
    "tls_key_exchange", "tls_require_pqc",
}  # fmt: skip
NOTHING = {"verify_email", "end_of_event_timeout"}
RESTART_BEFORE = {"tcp_listen_queue": (4, 1)}
NOTHING_SINCE = {"dispatcher": (3, 0), "disp_qos": (3, 0)}


def expected_need(name, version):
    if name in RESTART or version < RESTART_BEFORE.get(name, OLDEST):
        return "restart"
    if name in NOTHING or version >= NOTHING_SINCE.get(name, (9,)):
        return "none"
    return "restart" if name in NOTHING_SINCE else "reload"


@pytest.mark.parametrize("version", [OLDEST, (2, 999), (3, 0), (4, 0, 999), (4, 1), (4, 1, 999), (4, 2)], ids=str)
def test_what_a_change_of_each_keyword_needs(version):
    """From one value to another; the keywords whose answer depends on the values have tests of their own."""
    for name in set(AUDITD_CONF.keywords) - {"q_depth", "tcp_listen_port", "name_format", "name"}:
        found = need(AUDITD_CONF, {name: "one"}, {name: "two"}, version)
        assert found == expected_need(name, version), name
    for name in AUDISPD_CONF.keywords:
        assert need(AUDISPD_CONF, {name: "one"}, {name: "two"}, version) == "reload", name


@pytest.mark.parametrize(
    ("before", "after", "version", "needed"),
    [
        ({"q_depth": "1"}, {"q_depth": "2"}, (3, 0), "reload"), ({"q_depth": "2"}, {"q_depth": "1"}, (3, 0), "restart"),
        ({}, {"q_depth": "1199"}, (3, 0, 3), "restart"), ({}, {"q_depth": "1201"}, (3, 0, 3), "reload"),
        ({"q_depth": "9"}, {"q_depth": "10"}, (3, 0), "reload"),
        ({}, {"tcp_listen_port": "60"}, (4, 0, 999), "restart"),
        ({}, {"tcp_listen_port": "60"}, (4, 1), "reload"), ({"tcp_listen_port": "60"}, {}, (4, 1), "restart"),
        ({"tcp_listen_port": "60"}, {"tcp_listen_port": "61"}, (4, 1), "restart"),
        ({"transport": "tls"}, {"transport": "tls", "tcp_listen_port": "60"}, (4, 2), "restart"),
        ({"name_format": "user"}, {"name_format": "none"}, (3, 0), "reload"),
        ({"name_format": "none"}, {"name_format": "fqd"}, (3, 0), "restart"),
        ({"name_format": "none"}, {"name_format": "numeric"}, (3, 0), "restart"),
        ({}, {"name": "x"}, (3, 0), "reload"),
        ({"name_format": "fqd"}, {"name_format": "fqd", "freq": "1"}, (4, 1, 999), "reload"),
        ({"name_format": "fqd"}, {"name_format": "fqd", "freq": "1"}, (4, 2), "restart"),
    ],
)  # fmt: skip
def test_needs_that_depend_on_the_values(before, after, version, needed):
    assert need(AUDITD_CONF, before, after, version) == needed


@pytest.mark.parametrize(
    ("file", "since", "mode"),
    [(PLUGIN_CONF, (4, 2), 0o660), (AUDITD_CONF, None, 0o660), (REMOTE_CONF, None, 0o660)],
)
def test_modes_that_let_others_write(file, since, mode):
    """The group may write up to a release; others never may."""
    for version in ((4, 1, 999), (4, 2)):
        closed = since is not None and version >= since
        assert bool(file_problems(file, info(stat.S_IFREG | mode), version)) is closed
        assert file_problems(file, info(stat.S_IFREG | 0o642), version)
        assert not file_problems(file, info(stat.S_IFREG | 0o755), version)
    assert file_problems(file, info(stat.S_IFREG | 0o600, 1), (4, 2))
    assert file_problems(file, info(stat.S_IFDIR | 0o700), (4, 2))


@pytest.mark.parametrize(
    ("value", "result"), [(None, 0), ("5", 5), ("0%", 0), ("00%", 0), ("5%", None), ("4294967295", 4294967295)]
)
def test_megabytes(value, result):
    assert megabytes(value) == result


def test_files_of_older_releases_are_elsewhere():
    """Since 3.0 all are in one folder."""
    for file, old, new in (
        (REMOTE_CONF, "/etc/audisp/audisp-remote.conf", "/etc/audit/audisp-remote.conf"),
        (PLUGIN_CONF, "/etc/audisp/plugins.d", "/etc/audit/plugins.d"),
        (AUDITD_CONF, "/etc/audit/auditd.conf", "/etc/audit/auditd.conf"),
        (AUDISPD_CONF, "/etc/audisp/audispd.conf", "/etc/audisp/audispd.conf"),
    ):
        assert [file.path(version) for version in ((2, 999), (3, 0))] == [old, new]


def test_long_lines_become_comments_of_several_lines():
    """None of these is too long for the daemon."""
    lines = parse("name = " + " ".join(["word"] * 60) + "\n")
    after = repaired(lines, [problem for problem in check(AUDITD_CONF, lines, Target((3, 0))) if problem.number])
    assert len(after) > 2
    assert all(line.text.startswith("# ") and len(line.text) <= 102 for line in after)
    assert values(after) == {}


def test_where_a_problem_is():
    """The line of it, the last of several, or none."""
    said = [problem.at("/x") for problem in file_problems(AUDITD_CONF, info(stat.S_IFDIR | 0o700), NEWEST)]
    assert said == ["/x: is not a regular file; the daemon does not follow links"]
    for mode, uid, part in ((0o640, 7, "/x: must be owned"), (0o642, 0, "/x: must not be writable")):
        (problem,) = file_problems(AUDITD_CONF, info(stat.S_IFREG | mode, uid), NEWEST)
        assert problem.at("/x").startswith(part)
    for text, number in (("# x\n", 0), ("freq = 1\nadmin_space_left = 5\nspace_left = 5\n", 3)):
        (problem,) = check(AUDITD_CONF, parse(text), Target(NEWEST))
        assert (problem.number, problem.key, problem.unknown) == (number, "space_left", False)


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("tomorrow = 1", True), ("freq=1", False), ("freq = x", False), (f"name = {'n' * 600}", False),
        ("action_mail_acct = !", False), ("\tfreq = 1", False),
    ],
)  # fmt: skip
def test_only_an_unknown_keyword_may_be_passed_over(text, unknown):
    """What else is wrong is wrong for every release."""
    (problem,) = check(AUDITD_CONF, parse(f"{BASE}{text}\n"), Target(NEWEST))
    assert (problem.number, problem.unknown) == (3, unknown)


def test_a_hint_is_given_where_it_helps():
    """Only a task that sets 0 is told how to turn the keyword off."""
    for value, hint in (("0", True), ("70000", False)):
        (said,) = reasons(AUDITD_CONF, f"{BASE}tcp_listen_port = {value}\n")
        assert said.endswith("to turn it off, remove its line") is hint
    for version, plus in (((4, 0, 4), True), ((4, 0, 5), False)):
        (said,) = reasons(AUDITD_CONF, f"{BASE}action_mail_acct = a!b\n", version)
        assert ("and + since audit 4.0.5" in said) is plus
