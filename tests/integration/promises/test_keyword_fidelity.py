# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of keywords against the real daemons of five releases: what we take, they take; what we refuse, they do.

Cases come from the table itself: every keyword of any release, on every release, with values inside its range, on its
edges and outside, in every word, and lines that are no settings. A row of MISREAD is where the daemon takes what we
refuse, and says why that is no good.
"""

import concurrent.futures
import json
import re
from collections import Counter

import pytest

from ansible_collections.linux.audit.plugins.module_utils._daemon.keywords import (
    AUDITD_CONF,
    FILES,
    PLUGIN_CONF,
    REMOTE_CONF,
)
from ansible_collections.linux.audit.plugins.module_utils._daemon.schema import ByRelease, in_release
from paths import MODULE_UTILS, ON_GUEST
from releases import releases

RELEASES = {"bullseye": "3.0", "bookworm": "3.0.9", "trixie": "4.0.2", "forky": "4.1.2", "sid": "4.2.1"}
BIN = "/root/daemon/bin"

each_release = pytest.mark.parametrize("release", releases("sid", fleet=("bullseye", "bookworm", "trixie", "forky")))
LONG = {size: f"# {'x' * (size - 2)}" for size in (126, 127, 158, 159, 510, 511)}

# What a daemon takes and we refuse: a pattern of our objection, and why it is no good.
MISREAD = {
    r"has no newline at its end": "auditd passes over the last line",
    r"is longer than the \d+ bytes": "auditd passes over the line",
    r"only exec takes a path|without arguments$": "what follows is ignored",
    r"^(space_left|admin_space_left) = (%5|5%%): ": "what follows the first percent sign is ignored",
    r"^log_group = 12ab: ": "letters after a number are ignored",
    r"^tcp_client_ports = 1-2-3: ": "what follows the second number is ignored",
    r"^disp_qos = .*one of lossy, lossless": "not looked at since audit 3.0",
    r"^(max_log_file|space_left|admin_space_left) = 4294967296: ": "more MB than any disk has",
    r"^end_of_event_timeout = 2147483648: ": "more seconds than anybody waits",
    r"^args = .* before audit 4.0.1": "the third argument is dropped",
    r"^direction = ": "not looked at since audit 4.1.2",
    r"^tls_require_pqc yes needs": "the line that comes last counts, and the profile is another one than is asked for",
    r"^path = builtin_": "replaced by the program of another plugin",
}

MODES = ("0750", "0755", "0555", "0550", "0700", "0770", "0777", "0754")
EXECUTABLES = [f"exec {BIN}/mode{mode}" for mode in MODES] + [
    "exec", "exec bin/true", f"exec {BIN}/none", f"exec {BIN}/theirs", f"exec {BIN}", "syslog /bin/true",
    f"exec {BIN}/mode0750 argument",
]  # fmt: skip

VALUES = {
    "action": EXECUTABLES,
    "args": ["one", "one two", "one two three"],
    "group": ["0", "4", "adm", "root", "nosuchgroup", "12ab", "-1"],
    "log file": [
        "/var/log/audit/audit.log", "/var/log/audit/other.log", "/var/log/direct.log", "var/log/audit/audit.log",
        "/nowhere/audit.log", "/etc/a.log", "/audit.log", "/root/daemon/theirs.log", "/root/daemon/directory.log",
        "audit.log",
    ],
    "mail account": ["root", "r", "audit@example.org", "audit@example", "a.b@c", "a+b", "root!", "a b", "-root_"],
    "path": ["/etc/audit/x", "relative/x", "/etc/a b"],
    "plugin path": [],
    "ports": ["1024-65535", "1024", "0", "0-65535", "65536", "9-1", "1-65536", "-5", "5-", "1-2-3", "x", "1 - 2"],
    "remote action": EXECUTABLES,
    "space": ["75", "0", "5%", "99%", "100%", "x", "5x", "%5", "5%%", "-1", "5 %", "1.5"],
    "text": ["word", "two words", "/a/path"],
    "time": ["0", "60", "10s", "5m", "2h", "40d", "41d", "3456000", "3456001", "x", "5w", "1h30m", "-1", "1.5"],
    "word": [],
    "yes or no": ["yes", "no", "YES", "No", "true", "1", "yess"],
}  # fmt: skip

# What those keywords get whose kind another one has been tried with.
SHORT = {
    "action": [f"exec {BIN}/mode0750", f"exec {BIN}/mode0700", f"exec {BIN}/none"],
    "remote action": [f"exec {BIN}/mode0750", f"exec {BIN}/none"],
    "text": ["word", "two words"],
    "yes or no": ["yes", "no", "NO", "true"],
}

# What a value needs beside it, so that only it is judged.
BESIDE = {
    ("space_left", None): {"admin_space_left": "0"},
    ("admin_space_left", None): {"space_left": "4294967295"},
    ("freq", "0"): {"flush": "none"},
    ("name_format", "user"): {"name": "somebody"},
}


def edges(keyword, thorough):
    """Numbers round the edges of a range, in any release, and what is no number."""
    lows = [low for _since, low in keyword.low.steps] if isinstance(keyword.low, ByRelease) else [keyword.low]
    numbers = {number for low in lows for number in (low - 1, low, low + 1)} | {keyword.high, keyword.high + 1}
    others = ["007", "1x", "0x10", "1.5", "many", "5 6"] if thorough else ["1x"]
    return [str(number) for number in sorted(numbers)] + others


def values_of(keyword, thorough):
    """Values to try."""
    numbers = edges(keyword, thorough) if keyword.kind == "number" else []
    words = [word.name for word in keyword.choices()]
    shouted = [words[0].upper(), f"{words[0]}x"] if words else []
    kind = VALUES.get(keyword.kind, [])
    return [*words, *shouted, *numbers, *(kind if thorough else SHORT.get(keyword.kind, kind))]


def cases_of(file):
    """One case for each value of each keyword; of those of one kind, the first has more."""
    seen = set()
    for keyword in file.keywords.values():
        thorough = keyword.kind not in seen
        seen.add(keyword.kind)
        for value in values_of(keyword, thorough):
            beside = BESIDE.get((keyword.name, value)) or BESIDE.get((keyword.name, None), {})
            yield {"file": file.name, "settings": {**beside, keyword.name: value}, "key": keyword.name}


TLS = {"transport": "tls", "tls_psk_file": "/etc/audit/psk", "tls_psk_identity": "host"}
TOGETHER = [
    {"space_left": "50", "admin_space_left": "50"},
    {"space_left": "49", "admin_space_left": "50"},
    {"space_left": "51", "admin_space_left": "50"},
    {"space_left": "1%", "admin_space_left": "50"},
    {"space_left": "5%", "admin_space_left": "10%"},
    {"space_left": "0%", "admin_space_left": "0%"},
    {"space_left": "0%", "admin_space_left": "50"},
    {"space_left": "1", "admin_space_left": None},
    {"space_left": None, "admin_space_left": "0"},
    {"flush": "incremental", "freq": "0"},
    {"flush": "incremental_async", "freq": None},
    {"flush": "data", "freq": "0"},
    {"flush": "none", "freq": "50"},
    {"log_file": "/var/log/audit.log", "log_group": "adm"},
    {"log_file": "/var/log/audit.log", "log_group": "root"},
    {"log_file": "/var/log/audit.log", "log_group": "0"},
    {"verify_email": "no", "action_mail_acct": "a!b"},
    {"transport": "tls"},
    {"transport": "tls", "tls_psk_file": "/etc/audit/psk"},
    {"transport": "tls", "tls_allowed_clients": "/etc/audit/clients"},
    TLS,
    {**TLS, "tls_require_pqc": "yes"},
    {**TLS, "tls_require_pqc": "yes", "tls_crypto_profile": "pqc"},
    {**TLS, "tls_require_pqc": "yes", "tls_crypto_profile": "system"},
    {"tls_require_pqc": "yes", "tls_crypto_profile": "system"},
    {"enable_krb5": "yes", "krb5_principal": "auditd"},
]
REMOTE_TOGETHER = [
    {"mode": "forward", "format": "ascii"},
    {"mode": "forward", "format": "managed"},
    {"mode": "immediate", "format": "ascii"},
    {"transport": "tls"},
    TLS,
    {**TLS, "format": "ascii"},
    {"transport": "tls", "tls_psk_file": "/etc/audit/psk"},
    {**TLS, "tls_require_pqc": "yes", "tls_crypto_profile": "system"},
    {**TLS, "tls_require_pqc": "yes", "tls_crypto_profile": "pqc"},
    {"enable_krb5": "yes", "format": "ascii"},
]
START = "space_left = 75\nadmin_space_left = 50\n"
TEXTS = [
    "", "# a comment\n", "\n", START, START + "num_logs=5\n", START + "num_logs =5\n", START + "num_logs = 5",
    START + "num_logs\t=\t5\n", START + "num_logs = 5\r\n", START + "num_logs = \n", START + "num_logs\n",
    START + "  num_logs   =   5  \n", START + "NUM_LOGS = 5\n", START + "num_logs = 5 # five\n", START + "# end",
    START + "unknown_keyword = 5\n", START + "num_logs = 7\nnum_logs = 5\n", START + "num_logs = x\nnum_logs = 5\n",
    "space_left = 75\nadmin_space_left = 50", START + "\t\n", START + "\t# comment\n", START + "  # comment\n",
    START + "action_mail_acct = a!b\nverify_email = no\n", START + "verify_email = no\naction_mail_acct = a!b\n",
    START + "space_left_action = syslog extra\n", START + "space_left_action = syslog two more\n", START + "= 5\n",
    *(START + line + "\n" for line in LONG.values()),
    *(START + f"name = {'n' * (size - 7)}\n" for size in LONG),
]  # fmt: skip
REMOTE_TEXTS = [
    text.replace(START, "remote_server = a\n").replace("num_logs", "port").replace("name =", "krb5_principal =")
    for text in TEXTS if "mail" not in text and "space_left_action" not in text
]  # fmt: skip
ACTIVE = "active = yes\ndirection = out\npath = {bin}/mode0750\ntype = always\nargs = {name}\nformat = string\n"


def plugin_texts():
    """Files of plugins; {name} becomes an argument that tells the process."""
    for keyword in PLUGIN_CONF.keywords.values():
        for value in values_of(keyword, True):
            yield {"text": "active = no\npath = /bin/true\n" + f"{keyword.name} = {value}\n"}
    for mode in ("0750", "0755", "0555", "0550", "0700", "0770", "0777"):
        yield {"text": ACTIVE.replace("mode0750", f"mode{mode}"), "runs": True}
    for path in (f"{BIN}/none", f"{BIN}/theirs", BIN, "bin/true", "/true", "builtin_syslog", "builtin_other"):
        yield {"text": ACTIVE.replace("{bin}/mode0750", path)}
    for mode in ("0600", "0644", "0660", "0646", "0666"):
        yield {"text": ACTIVE, "mode": mode, "runs": True}
    yield {"text": ACTIVE.replace("{name}", "{name} second"), "runs": True}
    yield {"text": ACTIVE.replace("{name}", "{name} second third"), "runs": True}
    yield {"text": ACTIVE.replace("always", "builtin")}
    for text in (
        "", "# comment\n", "active = yes\n", "active=yes\n", ACTIVE.rstrip("\n"), ACTIVE + "format = string",
        ACTIVE + "unknown = yes\n", ACTIVE + "args\n", ACTIVE + "args = \n", "active = yes\npath = /bin/true",
        *(ACTIVE + line + "\n" for line in LONG.values()),
        *(ACTIVE + f"args = {{name}}{'n' * (size - 15)}\n" for size in LONG),
    ):  # fmt: skip
        yield {"text": text}


def everything(version):
    """Two files in which every keyword of a release has a value, so that it really starts with all of them."""
    special = {
        "log_file": ["/var/log/audit/audit.log"] * 2, "log_group": ["adm", "0"], "flush": ["incremental", "data"],
        "name_format": ["user", "hostname"], "space_left": ["75", "20%"], "admin_space_left": ["50", "10%"],
        "action_mail_acct": ["root", "audit@example.org"], "plugin_dir": ["/root/daemon/empty"] * 2,
        "tcp_client_ports": ["1024-65535", "1024"], "report_interval": ["1h", "0"], "max_restarts": ["3", "10"],
        "transport": ["tcp", "tcp"], "enable_krb5": ["no", "no"], "disp_qos": ["lossy", "lossless"],
    }  # fmt: skip
    kinds = {"text": "word", "path": "/etc/audit/x", "yes or no": "no"}
    for number in range(2):
        settings = {}
        for keyword in AUDITD_CONF.keywords.values():
            if version < keyword.since:
                continue
            words = [word.name for word in keyword.choices() if not word.until and word.name != "exec"]
            value = special.get(keyword.name, [None, None])[number] or kinds.get(keyword.kind)
            if value is None and words:
                value = words[(number + 1) % len(words)]
            settings[keyword.name] = value or str(max(in_release(keyword.low, version), 1) + number)
        yield settings


def case_texts():
    """All cases, the same for every release."""
    files = []
    for file, together, texts in ((AUDITD_CONF, TOGETHER, TEXTS), (REMOTE_CONF, REMOTE_TOGETHER, REMOTE_TEXTS)):
        files += cases_of(file)
        files += [{"file": file.name, "settings": settings, "key": "several keys"} for settings in together]
        files += [{"file": file.name, "text": text, "key": "lines"} for text in texts]
    plugins = [
        {**case, "text": case["text"].replace("{bin}", BIN).replace("{name}", f"case{number}")}
        for number, case in enumerate(plugin_texts())
    ]
    return files, plugins


@pytest.fixture(scope="module")
def verdicts(lab, request):
    """verdicts(release): what the collection and the daemon of a release say of all cases; two guests work at once."""
    files, plugins = case_texts()
    asked = [release for release in RELEASES if any(f"[{release}]" in item.nodeid for item in request.session.items)]

    def ask(release):
        guest = lab.boot(release, name=f"{release}-keywords")
        guest.run("mkdir -p /root/daemon")
        guest.put(MODULE_UTILS, "/root/daemon/module_utils")
        guest.put(ON_GUEST / "daemon_oracle.py", "/root/daemon/oracle.py")
        version = tuple(int(part) for part in RELEASES[release].split("."))
        cases = {"files": files, "plugins": plugins, "everything": list(everything(version))}
        done = guest.run("python3 -B /root/daemon/oracle.py", input=json.dumps(cases), timeout=900)
        guest.stop()
        return json.loads(done.stdout)

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        answers = {release: pool.submit(ask, release) for release in asked}
        yield lambda release: answers[release].result()


@each_release
def test_what_we_take_the_daemon_takes_and_what_we_refuse_it_refuses(verdicts, release, record_property):
    """But for what it misreads."""
    answer = verdicts(release)
    assert ".".join(map(str, answer["version"])) == RELEASES[release]
    files, plugins = case_texts()
    counts, wrong = Counter(), []
    for case, verdict in zip([*files, *plugins], [*answer["files"], *answer["plugins"]], strict=True):
        objection, taken = verdict["objection"], verdict["taken"]
        misread = next((why for pattern, why in MISREAD.items() if re.search(pattern, objection)), None)
        if not objection and not taken:
            wrong.append(("we take it, the daemon does not", case, verdict))
        elif objection and taken and not misread:
            wrong.append(("we refuse it, the daemon does not", case, verdict))
        elif case.get("runs") and not objection and not verdict["runs"]:
            wrong.append(("the plugin does not run", case, verdict))
        counts["misread" if objection and taken else "refused" if objection else "taken"] += 1
    print(f"\n{release}, audit {RELEASES[release]}: {dict(counts)}, in {answer['runs']} runs of the daemons")
    record_property("counts", f"{release}: {dict(counts)}")
    assert not wrong, "\n".join(map(str, wrong))
    assert counts["taken"] > 250
    assert counts["refused"] > 250


@each_release
def test_a_daemon_starts_with_every_keyword(verdicts, release):
    for outcome in verdicts(release)["everything"]:
        assert outcome["status"] is None, outcome


def test_every_file_and_kind_has_cases():
    files, plugins = case_texts()
    assert plugins
    for file in FILES:
        if file.name != "audispd.conf":  # of audit 2.8, which no release of the lab has
            tried = {case["key"] for case in files if case["file"] == file.name} | set(PLUGIN_CONF.keywords)
            assert set(file.keywords) <= tried
            assert {keyword.kind for keyword in file.keywords.values()} <= {"number", *VALUES}
