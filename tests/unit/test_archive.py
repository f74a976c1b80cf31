# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive that users install: what is in it, and that it works without the checkout."""

import json
import os
import pathlib
import subprocess
import sys
import tarfile

import pytest
import yaml

from paths import PLUGINS, ROOT

COMMANDS = pathlib.Path(sys.executable).parent
DIRECTORIES = ("changelogs", "docs", "meta", "playbooks", "plugins", "roles", "LICENSES", "tests/sanity")
FILES = {
    "CHANGELOG.rst", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md",
    "tests/config.yml",  # tells ansible-test which Pythons managed hosts have
}  # fmt: skip
PACKS = {path.name for path in (PLUGINS / "plugin_utils" / "rule_packs").glob("*.rules")}

PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - linux.audit.audit_ruleset:
        packs: [time_changes]
        live: false
        rules_dir: "{{ rules_dir }}"
      check_mode: true
      diff: true
      register: result
    - ansible.builtin.debug:
        msg: "{{ result | to_json }}"
    - ansible.builtin.assert:
        that: "'-k time' in result.diff | to_json or 'key=' in result.diff | to_json"
"""


def command(*words, directory, **environment):
    """Run a command of this Python's environment, without what a test knows of the checkout."""
    ours = ("PYTHONPATH", "ANSIBLE_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [COMMANDS / words[0], *map(str, words[1:])],
        cwd=directory,
        env=inherited | {"ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The archive, built as for a release."""
    directory = tmp_path_factory.mktemp("archive")
    command("ansible-galaxy", "collection", "build", "--output-path", directory, directory=ROOT)
    (path,) = directory.glob("linux-audit-*.tar.gz")
    return path


@pytest.fixture(scope="module")
def names(archive):
    """The names of the files in the archive."""
    with tarfile.open(archive) as tar:
        return {member.name for member in tar if not member.isdir()}


def test_nothing_but_what_users_need_is_in_the_archive(names):
    strays = {name for name in names - FILES if not name.startswith(tuple(f"{part}/" for part in DIRECTORIES))}
    assert not strays


def test_no_compiled_or_hidden_file_is_in_the_archive(names):
    assert not {name for name in names if name.endswith(".pyc") or any(p.startswith(".") for p in name.split("/"))}


def test_top_level_files_are_in_the_archive(names):
    assert names >= FILES


def test_every_plugin_and_pack_of_the_checkout_is_in_the_archive(names):
    listed = subprocess.run(
        ["git", "ls-files", "-z", "plugins", "roles", "playbooks", "meta"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip(f"git cannot list the files of the checkout: {listed.stderr.strip()}")
    present = {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    assert present <= names
    assert {pathlib.PurePath(name).name for name in names} >= PACKS


def test_an_installed_collection_applies_a_pack_without_the_checkout(archive, names, tmp_path):
    installed = tmp_path / "ansible_collections" / "linux" / "audit"
    with tarfile.open(archive) as tar:
        needed = [m for m in tar if m.name.startswith(("meta/", "plugins/", "roles/", "playbooks/"))]
        tar.extractall(installed, members=needed)
    assert {path.name for path in installed.iterdir()} == {"meta", "playbooks", "plugins", "roles"}
    rules_d = tmp_path / "rules.d"
    rules_d.mkdir()
    (play,) = yaml.safe_load(PLAY)
    play |= {"connection": "local", "vars": {"ansible_python_interpreter": sys.executable, "rules_dir": str(rules_d)}}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    output = command(
        "ansible-playbook", "-i", "localhost,", "play.yml",
        directory=tmp_path, ANSIBLE_COLLECTIONS_PATH=str(tmp_path), ANSIBLE_REMOTE_TMP=str(tmp_path / "remote"),
    )  # fmt: skip
    assert "changed=1" in output
    assert "-S adjtimex" in output
