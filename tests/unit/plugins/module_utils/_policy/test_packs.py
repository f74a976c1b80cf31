# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule packs of the collection: their headers, parameters, rules and pages."""

import importlib.util
import itertools
import re

import pytest
import yaml
from ansible.errors import AnsibleError

from ansible_collections.linux.audit.plugins.module_utils._policy import packs as expansion
from ansible_collections.linux.audit.plugins.module_utils._policy.packs import (
    paragraphs,
    read_pack,
)
from ansible_collections.linux.audit.plugins.module_utils._policy.sources import read_sources
from ansible_collections.linux.audit.plugins.module_utils.rules import syscalls
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical, without_keys
from ansible_collections.linux.audit.plugins.module_utils.rules.structure import parse_structure
from ansible_collections.linux.audit.plugins.module_utils.rules.tables import arch_number
from ansible_collections.linux.audit.plugins.module_utils.rules.words import split
from ansible_collections.linux.audit.plugins.plugin_utils import packs
from pack_host import PackHost, expanded, hide_this_machine, rules
from paths import ROOT
from provocations import PROVOCATIONS

_spec = importlib.util.spec_from_file_location("pack_tables", ROOT / "tools" / "pack_tables.py")
pack_tables = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(pack_tables)

NAMES = packs.names()
QUESTIONS = [name for name in NAMES if packs.load(name).kind == "question"]
SETS = [name for name in NAMES if packs.load(name).kind == "compliance"]
# Placeholders that only the host can fill.
LOOKED_UP = {"arch", "setuid_programs"}
KEYS = {
    "question", "found", "cost", "noise", "kind", "numbers", "parameters", "includes", "benchmark", "exact", "settings",
}  # fmt: skip
# A value for every kind of parameter, so that all rules of a pack exist.
FULL = {
    "exclude_users": ["unset", "1500"], "exclude_programs": ["/usr/sbin/chronyd"], "programs": ["/usr/bin/one"],
    "users": ["1501"], "paths": ["/srv/data", "/srv/file"], "time_users": ["daemon"], "successful": True,
    "immutable": True, "panic": True, "cardholder_data": ["/srv/cards"], "health_information": ["/srv/health"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def host(monkeypatch):
    """A host with two setuid programs; nothing of this machine is read."""
    hide_this_machine(monkeypatch)
    return PackHost()


def full(name):
    """Values for all parameters of a pack that have no default."""
    return {key: value for key, value in FULL.items() if key in packs.load(name).parameters}


def forms(name):
    """The parameters for each form of the rules that watch files, and that of RHEL 10 at last."""
    forms = [{"syscall_watches": True}, {"syscall_watches": False}, {"syscall_watches": True, "every_arch": True}]
    return forms if "syscall_watches" in packs.load(name).parameters else [{}]


def covers(one, other):
    """Whether the form of the rules shows that the first matches every event that the second matches."""
    if one.list != other.list or not (one.syscalls is None or (other.syscalls and other.syscalls <= one.syscalls)):
        return False
    fields = set(one.fields) - set(other.fields)
    trees = [field.value.rstrip("/") + "/" for field in fields if field.name == "dir"]
    places = [field.value for field in other.fields if field.name in ("path", "dir")]
    return len(trees) == len(fields) and all(place.startswith(tree) for tree in trees for place in places or [""])


@pytest.mark.parametrize("name", NAMES)
def test_the_header_is_complete(name):
    pack = packs.load(name)
    assert set(pack.header) <= KEYS
    assert all(pack.header[key] for key in ("question", "found", "cost", "noise"))
    assert pack.header["question"].endswith("?")
    assert pack.kind in packs.KINDS
    for option in pack.parameters.values():
        assert option["description"].endswith(".")
        assert "default" in option
    assert set(itertools.chain(*pack.includes.values())) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_placeholders_and_parameters_belong_together(name):
    pack = packs.load(name)
    used = set()
    for paragraph in paragraphs(pack.text):
        used |= {word.strip().removeprefix("not ") for word in paragraph.annotations.get("when", "").split(",")}
        for _number, line in paragraph.rules:
            used |= set(re.findall(r"\{(\w+)\}", line))
    if "setuid_programs" in used:
        used.add("directories")
    features = set(expansion.FEATURES) - set(pack.parameters)
    assert used - LOOKED_UP - features - {""} == set(pack.parameters)


@pytest.mark.parametrize("name", NAMES)
def test_a_misspelt_syscall_is_not_mistaken_for_a_missing_one(name):
    known = set(syscalls.names("x86_64")) | set(syscalls.names("i386"))
    for paragraph in paragraphs(packs.load(name).text):
        for _number, line in paragraph.rules:
            words = split(line)
            for option, word in zip(words[::2], words[1::2], strict=len(words) > 1 and line[:2] == "-a"):
                if option == "-S" and word != "all":
                    assert set(word.split(",")) <= known


@pytest.mark.parametrize("machine", ["x86_64", "i386", "aarch64", "ppc64le", "s390x", "riscv64"])
@pytest.mark.parametrize("name", NAMES)
def test_every_machine_and_release_can_read_it(name, machine):
    found = set()
    for version, kernel in [
        (None, (6, 1)), ((2, 8, 5), (4, 18)), ((3, 0), (5, 4)), ((3, 0, 9), (6, 1)), ((4, 0, 2), (6, 12)),
        ((4, 2, 1), (7, 0)),
    ]:  # fmt: skip
        for parameters in ({}, full(name)):
            found |= set(map(canonical, rules(expanded(name, PackHost(machine, version, kernel), **parameters))))
    assert found


@pytest.mark.parametrize("name", NAMES)
def test_no_rule_of_a_pack_shadows_another(name, host):
    for parameters in ({}, full(name)):
        found = list(map(without_keys, rules(expanded(name, host, **parameters))))
        shadowed = [(one, other) for one, other in itertools.combinations(found, 2) if covers(one, other)]
        assert shadowed == []


def test_no_pack_shadows_another(host):
    found = {name: list(map(without_keys, rules(expanded(name, host)))) for name in ["exclusions", *QUESTIONS]}
    for one, other in itertools.permutations(found, 2):
        assert [pair for pair in itertools.product(found[one], found[other]) if covers(*pair)] == [], (one, other)


def test_a_shadow_would_be_found(host):
    lines = """
-a always,exit -F arch=b64 -S open,openat -F dir=/etc -F key=a
-a always,exit -F arch=b64 -S open -F path=/etc/passwd -F auid=1000 -F key=b
-a always,exit -F arch=b64 -S mount -F dir=/etc -F key=c
-a always,exit -F arch=b64 -S open -F key=d
"""
    first, *others = map(without_keys, rules(read_pack("own", lines, {}, host)))
    assert [covers(first, other) for other in others] == [True, False, False]


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_key_is_the_name(name, host):
    for rule in rules(expanded(name, host, **full(name))):
        assert rule.keys == (() if rule.action == "never" else (name,))


@pytest.mark.parametrize("name", QUESTIONS)
def test_rules_exist_for_both_archs(name, host):
    archs = {rule.arch for rule in rules(expanded(name, host)) if rule.list == "exit"}
    assert archs == {0xC000003E, 0x40000003}


@pytest.mark.parametrize("name", SETS)
def test_a_requirement_has_rules(name):
    table = packs.requirements(name)
    assert table
    newest = PackHost(version=(4, 2, 1), kernel=(7, 0))
    written = {line.text for form in forms(name) for line in expanded(name, newest, **full(name), **form).lines}
    for requirement, entries in table.items():
        assert entries, requirement
        for entry in entries:
            plain = entry.startswith("-") and "{" not in entry
            assert entry in NAMES or "{" in entry or not plain or entry in written or "subj_type" in entry, entry


@pytest.mark.parametrize("name", [name for name in SETS if packs.load(name).header.get("exact")])
def test_rules_are_spelt_as_a_scanner_wants(name, monkeypatch):
    monkeypatch.setitem(expansion.FEATURES, "selinux", expansion.Feature())
    for form in forms(name):
        others = {f"not {feature}" if form.get(feature) else feature for feature in ("syscall_watches", "every_arch")}
        declared = [
            line
            for paragraph in paragraphs(packs.load(name).text)
            for _number, line in paragraph.rules
            if "{" not in line and paragraph.annotations.get("when") not in others
        ]
        found = expanded(name, PackHost(version=(4, 2, 1), kernel=(7, 0)), **full(name), **form)
        lines = [line.text for line in found.lines if line.statement]
        assert [line for line in lines if line in declared] == declared


def test_a_parameter_decides_instead_of_the_host(host, monkeypatch):
    def forms_of_passwd():
        texts = [
            line.text for given in ({}, *forms("cis_level2")) for line in expanded("cis_level2", host, **given).lines
        ]
        return [text.partition(" ")[0] for text in texts if re.search("[ =]/etc/passwd ", text)]

    assert forms_of_passwd() == ["-w", "-a", "-a", "-w", "-a", "-a"]
    monkeypatch.setitem(expansion.FEATURES, "syscall_watches", expansion.Feature(kernel=(5, 14)))
    assert forms_of_passwd() == ["-a", "-a", "-a", "-a", "-w", "-a", "-a"]


@pytest.mark.parametrize("name", SETS)
def test_included_packs_are_spelt_as_the_scanners_of_the_set_want(name):
    pack = packs.load(name)
    included = {other for some in pack.includes.values() for other in some}
    found = {source["name"]: source["exact"] for source in packs.sources([name])}
    assert found == dict.fromkeys({name, *included}, pack.exact)
    # Asked for alone, a pack is cheap.
    for other in included:
        assert not packs.sources([other])[0]["exact"]


@pytest.mark.parametrize("name", [name for name in SETS if "every_arch" in packs.load(name).parameters])
def test_on_rhel_10_files_and_programs_are_watched_in_each_architecture_as_well(name, host):
    """As well, because auditctl takes fewer calls for a rule with an architecture: execve, and not execveat."""

    def with_form(every_arch):
        found = expanded(name, host, **full(name), syscall_watches=True, every_arch=every_arch)
        return [line.statement.rule for line in found.lines if line.statement and line.statement.rule]

    plain, every = with_form(False), with_form(True)
    assert [rule for rule in plain if rule not in every] == []
    added = [rule for rule in every if rule not in plain]
    assert added != []
    archs = {arch_number(word, host.machine) for word in ("b32", "b64")}
    assert {rule.arch for rule in added if rule.value("path") or rule.value("dir")} == archs


def test_rules_of_two_standards_have_the_keys_of_both(host):
    stig, cis = packs.sources(["stig_ubuntu2204", "cis_level2"])
    found = read_sources([stig, cis], host)
    texts = [line.text for line in found.lines]
    assert "-w /etc/sudoers.d/ -p wa -k privilege_modification -k scope" in texts
    # Scanners refuse two keys in a rule of one path, so the file has that rule as the second standard writes it, too.
    usermod = "-a always,exit -F path=/usr/sbin/usermod -F perm=x -F auid>=1000 -F auid!=unset -k "
    assert [text for text in texts if text.startswith(usermod)] == [
        usermod + "privileged-usermod -k usermod",
        usermod + "usermod",
    ]
    keys = {line.text: set(line.statement.rule.keys) for line in found.lines if line.statement and line.statement.rule}
    by_match = {}
    for line in found.lines:
        if line.statement and line.statement.rule:
            first = by_match.setdefault(without_keys(line.statement.rule), line)
            assert keys[line.text] <= keys[first.text]
    alone = [
        rule for source in (stig, cis) for rule in rules(read_pack("x", source["content"], source["parameters"], host))
    ]
    for rule in alone:
        assert set(rule.keys) <= set(by_match[without_keys(rule)].statement.rule.keys)
    assert not [note for note in found.notes if "records the same" in note]


def test_both_keys_of_a_third_rule_are_kept(host):
    lines = "-a always,exit -F path=/x -F perm=x -k {}\n"
    found = read_sources([{"name": name, "content": lines.format(name), "parameters": {}} for name in "abca"], host)
    texts = [line.text for line in found.lines if line.statement]
    assert texts == [lines.format(keys)[:-1] for keys in ("a -k b -k c", "b", "c")]


def test_requirements_are_written_to_the_file(host):
    texts = [line.text for line in expanded("stig_rhel9", host).lines]
    place = texts.index("# RHEL-09-654145")
    assert texts[place + 1] == (
        "-a always,exit -F path=/usr/bin/su -F perm=x -F auid>=1000 -F auid!=unset -k privileged-priv_change"
    )


@pytest.mark.parametrize(
    ("name", "parameters", "part"),
    [
        ("file_integrity", {"paths": ["etc/passwd"]}, "absolute path"),
        ("file_integrity", {"paths": ["/etc/x\n-a never,exit -S all"]}, "control character"),
        ("file_integrity", {"paths": ["/etc/x -F auid=0"]}, None),
        ("file_integrity", {"paths": ["/etc/a!=b"]}, "!="),
        ("file_integrity", {"paths": ["{arch}"]}, "absolute path"),
        ("file_integrity", {"paths": [""]}, "value is missing"),
        ("file_integrity", {"paths": ["/xyz" * 1250]}, "4095"),
        ("file_integrity", {"exclude_users": ["-2000000000000"]}, "must be"),
        ("file_integrity", {"exclude_users": ["0x3e8z"]}, "must be"),
        ("file_integrity", {"exclude_users": ["=0"]}, "auid"),
        ("process_kills", {"signals": [99999999999]}, "must be"),
        ("network_connections", {"families": [1000]}, "address family"),
        ("network_connections", {"exclude_programs": ["sshd"]}, "absolute path"),
        ("exclusions", {"record_types": ["NONE_SUCH"]}, "category"),
        ("exclusions", {"record_types": ["CWD -F pid=1"]}, "category"),
        ("exclusions", {"filesystems": ["ext4"]}, "file system"),
        ("exclusions", {"programs": ["/usr/bin/x/"]}, "slash"),
    ],
)
def test_parameters_stay_within_their_field(name, parameters, part, host):
    pack = expanded(name, host, **parameters)
    errors = [str(line.error) for line in pack.lines if line.error]
    if part:
        assert errors
        assert all(part in error and error.startswith(f"{name}:") for error in errors), errors
    else:
        assert not errors
    # No given value has become a rule of its own, or has widened another rule.
    usual = set(map(canonical, rules(expanded(name, host))))
    others = [line.statement.rule for line in pack.lines if line.statement and line.statement.rule]
    assert all(canonical(rule) in usual or rule.value("path") == "/etc/x -F auid=0" for rule in others)


@pytest.mark.parametrize(
    ("items", "part"),
    [
        (["firewall"], "no rule pack 'firewall'"),
        (["../packs/injection"], "no rule pack"),
        ([{"name": "injection", "parameter": {}}], "a name, or a dictionary"),
        ([{"name": ["injection"]}], "a name, or a dictionary"),
        ([5], "a name, or a dictionary"),
        (["injection", "injection"], "twice"),
        ([{"name": "injection", "parameters": ["a"]}], "must be a dictionary"),
        ([{"name": "injection", "parameters": {"path": "/x", "user": 1}}], "has no parameter path, user"),
        ([{"name": "process_kills", "parameters": {"signals": ["KILL"]}}], "signals"),
        ([{"name": "ospp_v42", "parameters": {"successful": "perhaps"}}], "successful"),
        ([{"name": "power_abuse", "parameters": {"auid_min": "all"}}], "auid_min"),
    ],
)
def test_invalid_items_are_refused(items, part):
    with pytest.raises(AnsibleError) as error:
        packs.sources(items)
    assert part in str(error.value)


def test_exclusions_come_first_then_sets_then_questions_each_once():
    items = ["time_changes", "pci_dss_v4", {"name": "injection"}, "exclusions"]
    names = [source["name"] for source in packs.sources(items)]
    assert names[:4] == ["exclusions", "pci_dss_v4", "time_changes", "injection"]
    assert sorted(names[4:]) == [
        "file_integrity", "kernel_modules", "logins_and_sessions", "power_abuse", "privileged_commands",
        "unsuccessful_access",
    ]  # fmt: skip


def test_packs_are_joined_under_their_names(host):
    own = {"name": "rules", "rules": ["-w /etc/passwd -p wa -k own"]}
    found = read_sources([own, *packs.sources(["cis_level2", "file_integrity", "injection"])], host)
    texts = [line.text for line in found.lines]
    assert [text for text in texts if re.fullmatch("## [a-z0-9_]+", text)] == [
        "## rules", "## cis_level2", "## file_integrity", "## injection",
    ]  # fmt: skip
    matches = [without_keys(line.statement.rule) for line in found.lines if line.statement and line.statement.rule]
    assert len(set(matches)) == len(matches)
    # The first rule counts, and the note names it for each rule that is left out.
    (note,) = [note for note in found.notes if "/etc/passwd" in note]
    assert re.fullmatch(
        r"cis_level2:\d+: left out '-w /etc/passwd -p wa -k identity': "
        r"'-w /etc/passwd -p wa -k own' \(rules:1\) records the same",
        note,
    )


def test_packs_are_shipped():
    assert {path.stem for path in packs.DIRECTORY.iterdir()} == set(NAMES)


def test_every_pack_is_provoked():
    assert {one.pack for one in PROVOCATIONS if one.quiet} == set(QUESTIONS)
    assert {one.pack for one in PROVOCATIONS if not one.quiet} == set(QUESTIONS)


def test_the_pages_are_up_to_date():
    for path, text in pack_tables.pages().items():
        assert path.read_text() == text, f"run: python tools/pack_tables.py ({path.name})"


def test_the_examples_of_the_page_are_valid(host):
    for block in re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "packs.md").read_text(), re.DOTALL):
        for task in yaml.safe_load(block):
            ruleset, rule = task.get("linux.audit.audit_ruleset"), task.get("linux.audit.audit_rule")
            if rule:
                assert [parse_structure(item, host) for item in rule["rules"]]
            else:
                found = read_sources(ruleset.get("sources") or packs.sources(ruleset["packs"]), host)
                assert rules(found)
