# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: gives every parameter of every module what nobody would write, in check mode.

The modules run with the real AnsibleModule. Arguments: which share of the cases is wanted, such as 1/30, and names of
modules (by default all). For each module, a line of JSON tells how many cases were run, the longest seconds of the
processor, and problems.
"""

import importlib
import json
import os
import pathlib
import re
import resource
import signal
import sys
import time
import traceback

from injection.host_state import audited

from spoiling import replaced, size_of

PACKAGE = "ansible_collections.linux.audit.plugins.modules"
DIRECTORY = pathlib.Path("/root/hostile")
HANGS_AFTER, TOO_LONG, TOO_MUCH = 120, 10.0, 50_000_000
PATHS = [f"{DIRECTORY}/{name}" for name in ("pipe", "loop", "dangling", "directory", "empty", "binary", "\udcff\udc80")]
TEXTS = [
    "", " ", "\0", "a\0b", "\n", "-w /x\n-D", "\r", "\t", "é", "\u202e", "\x1b[2J", "\x9b31m", "\udcff", "\ufeff",
    "\u212a", "/", "/..", "..", ".", "../../etc/passwd", "/dev/zero", "/dev/full", "/proc/self/mem", "/etc/shadow/x",
    "/" + "a" * 300, "/" + "a/" * 3000, *PATHS,
    "²", "٣", "9" * 5000, "-1", "0x", "1e9", "4294967296", "NaN", "-Infinity", "18446744073709551616",
    "{{ 7*7 }}", "%s%n", "$(id)", "`id`; id", "--", "-h", "=", "a=b", "[", "(", "*", "\\", "'", '"',
    "now", "nobody", "none", "true", "x" * 1_000_000,
]  # fmt: skip
STRUCTURES = [
    None,
    [],
    {},
    [None],
    [[]],
    [{}],
    [1],
    [{"a": [None]}],
    {"a": None},
    {"a": [1]},
    {"": {}},
    1,
    -1,
    1e400,
    True,
]
# What parts of structures are replaced by.
PARTS = ["", "\0", "\udcff", "\u202e", "²", "9" * 5000, "/..", "[", "-1", "x" * 1_000_000, *PATHS[:2], *STRUCTURES]
# Parameters with which a module comes past what it asks for first; parts of them are replaced, too.
GIVEN = {
    "audisp_plugin": {"name": "syslog", "settings": {"active": "yes"}},
    "audisp_remote_conf": {"settings": {"remote_server": "x", "queue_depth": 9000}},
    "audit_compliance": {
        "standards": [{"name": "own", "requirements": [{
            "id": "1", "title": "t", "severity": "high",
            "rules": ["-w /etc/passwd -p wa -k x", {"syscalls": ["mount"]}],
            "settings": {"failure": ["panic"]}, "auditd_conf": {"num_logs": ">= 5", "space_left_action": ["email"]},
            "files": [{"path": "/etc/audit/*.conf", "mode": "0640", "owner": "root", "group": ["root"]}],
            "kernel_arguments": ["audit=1"], "service": True,
        }]}],
        "exceptions": [{"requirement": "1", "reason": "r", "until": "2026-12-31"}],
        "today": "2026-11-27",
    },
    "audit_control": {"backlog_limit": 9000},
    "audit_info": {},
    "audit_report": {"report": "summary"},
    "audit_rule": {"rule": "-w /etc/passwd -p wa -k x"},
    "audit_ruleset": {"content": "-w /etc/passwd -p wa -k x"},
    "audit_search": {"key": "x", "limit": 5},
    "audit_trace": {"command": ["/bin/true"]},
    "audit_trial": {"rules": ["-w /etc/passwd -p wa -k x"], "seconds": 1},
    "audit_watch": {"path": "/etc/passwd"},
    "auditd_conf": {"settings": {"num_logs": "6", "log_format": "RAW"}},
    "auditd_service": {"state": "started"},
}  # fmt: skip


# What ansible-core says by itself of values that have not the type of the argument specification.
OF_CORE = re.compile(
    "argument '|value of |Elements value |parameters are mutually |dictionary requested|Unable to convert|"
    "missing required|Unsupported parameters|one of the following is required|.* but (all|any) of the following|"
    ".*could not parse JSON"
)


class Asked(Exception):
    """The module has said which arguments it takes."""


def specification(module):
    """The argument specification of a module."""
    real = module.AnsibleModule

    def ask(argument_spec, **_rules):
        raise Asked(argument_spec)

    module.AnsibleModule = ask
    try:
        module.main()
    except Asked as asked:
        return asked.args[0]
    finally:
        module.AnsibleModule = real
    raise AssertionError("the module takes no arguments")


def values_of(entry):
    """What a parameter is given."""
    kind = entry.get("type", "str")
    if kind == "list":
        return [[text] for text in TEXTS] + STRUCTURES
    if kind == "dict":
        return [{text: text} for text in TEXTS] + STRUCTURES
    return TEXTS + STRUCTURES


def cases(name, spec):
    """Parameters of a module: each parameter in turn, each of its options, and each part of those that are given."""
    given = GIVEN.get(name, {})
    for parameter, entry in spec.items():
        for value in values_of(entry):
            yield parameter, value, dict(given, **{parameter: value})
        for option, inner in (entry.get("options") or {}).items():
            usual = given.get(parameter) or [
                {key: "x" for key, other in entry["options"].items() if other.get("required")}
            ]
            least = usual[0] if isinstance(usual, list) else usual
            for value in values_of(inner):
                item = dict(least, **{option: value})
                yield option, value, dict(given, **{parameter: [item] if entry["type"] == "list" else item})
    for parameter in given:
        for place in range(1, size_of(given[parameter])):
            for value in PARTS:
                yield parameter, value, dict(given, **{parameter: replaced(given[parameter], [place], value)})


def prepare():
    """Files that are not what they seem."""
    DIRECTORY.mkdir()
    os.mkfifo(DIRECTORY / "pipe")
    os.symlink("loop", DIRECTORY / "loop")
    os.symlink("nowhere", DIRECTORY / "dangling")
    (DIRECTORY / "directory").mkdir()
    (DIRECTORY / "empty").touch()
    (DIRECTORY / "binary").write_bytes(os.urandom(3_000_000))


def run(module, parameters):
    """How a module ends in a process of its own: status, what it printed, seconds of the processor."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(writer, 1)
        os.dup2(writer, 2)
        _be_module(module, parameters)
    os.close(writer)
    output = b""
    while True:
        part = os.read(reader, 1 << 16)
        output += part
        if not part or len(output) > TOO_MUCH:
            break
    os.close(reader)
    _child, status, usage = os.wait4(child, 0)
    return status, output.decode("utf-8", "replace"), usage.ru_utime + usage.ru_stime


def _be_module(module, parameters):
    from ansible.module_utils import basic

    status = 99
    signal.alarm(HANGS_AFTER)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    try:
        arguments = dict(parameters, _ansible_check_mode=True, _ansible_diff=True)
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        basic._ANSIBLE_PROFILE = "legacy"
        module.main()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 98
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def result_in(output):
    """What a module has printed."""
    return json.loads(next(line for line in output.splitlines() if line.startswith("{")))


def problems_of(status, output, seconds, parameter, value, usual):
    """What is wrong with how a case ended."""
    if os.WIFSIGNALED(status):
        yield "hangs" if os.WTERMSIG(status) == signal.SIGALRM else f"ended by signal {os.WTERMSIG(status)}"
        return
    # ansible-core cannot log some parameters, and makes no number of infinity.
    places = re.findall(r'File "([^"]+)"', output)
    if "_log_invocation" in output or (places and "/ansible/module_utils/" in places[-1]):
        return
    if "Traceback" in output or os.WEXITSTATUS(status) not in (0, 1):
        yield f"exit status {os.WEXITSTATUS(status)}: {output[-600:]}"
        return
    result = result_in(output)
    if seconds > TOO_LONG:
        yield f"takes {seconds:.1f} s of the processor"
    message = result.get("msg", "")
    if not result.get("failed") or OF_CORE.match(message):
        return
    if not message:
        yield "fails without a message"
    elif message != usual and not names(message, parameter, value):
        yield f"names neither the parameter nor the value: {message[:300]}"
    if any(character in message for character in "\x1b\x9b\u202e\0"):
        yield f"control characters in the message: {message[:300]!a}"


def names(message, parameter, value):
    """Whether a message names the parameter, or a part of the value as it may be shown."""
    words = [*texts_in(value), str(value)]
    forms = [form[:12] for word in words for form in (word, ascii(word)[1:-1], as_bytes(word), word.strip())]
    return (
        parameter in message
        or not "".join(texts_in(value)).strip()
        or any(form.strip() and form in message for form in forms)
    )


def as_bytes(word):
    """A text with bytes that are not UTF-8 as modules print them."""
    return re.sub("[\udc80-\udcff]", lambda found: f"\\x{ord(found.group()) - 0xDC00:02x}", word)


def texts_in(value):
    """All texts in a structure, and its numbers as texts."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from (key, *texts_in(item))
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif value is not None:
        yield str(value)


def examine(name, number, shares):
    """The figures of a module."""
    module = importlib.import_module(f"{PACKAGE}.{name}")
    spec = specification(module)
    before = audited(("/etc/audit", str(DIRECTORY / "directory")), True)
    usual = result_in(run(module, GIVEN.get(name, {}))[1]).get("msg")
    found, longest, count = [], 0.0, 0
    for place, (parameter, value, parameters) in enumerate(cases(name, spec)):
        if place % shares != number - 1:
            continue
        status, output, seconds = run(module, parameters)
        if "mutually exclusive" in output:
            status, output, seconds = run(module, {parameter: parameters.get(parameter, value)})
        count, longest = count + 1, max(longest, seconds)
        found += [
            [parameter, ascii(value)[:80], problem]
            for problem in problems_of(status, output, seconds, parameter, value, usual)
        ]
    after = audited(("/etc/audit", str(DIRECTORY / "directory")), True)
    found += [["", "", f"{part} has changed"] for part in {**before, **after} if before.get(part) != after.get(part)]
    return {"module": name, "cases": count, "longest": round(longest, 2), "problems": found}


def main(share="1/1", *names_of_modules):
    """Examine the modules, or all of the directory."""
    package = importlib.import_module(PACKAGE)
    everything = sorted(path.stem for path in pathlib.Path(next(iter(package.__path__))).glob("*.py"))
    if not DIRECTORY.exists():
        prepare()
    number, shares = map(int, share.split("/"))
    for name in names_of_modules or everything:
        began = time.monotonic()
        print(json.dumps({**examine(name, number, shares), "seconds": round(time.monotonic() - began)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
