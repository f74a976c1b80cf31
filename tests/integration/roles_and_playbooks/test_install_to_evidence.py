# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The newcomer's path: the script of docs/, from the built archive to evidence of a guest that an auditor checks."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from paths import ROOT

pytestmark = pytest.mark.fleet

SCRIPT = ROOT / "docs" / "from_install_to_evidence.sh"
KEY = "auditor@example.org"
COMMANDS = pathlib.Path(sys.executable).parent


def ran(words, directory, environment):
    """What a command says. It must succeed."""
    done = subprocess.run(
        [str(word) for word in words], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def newcomer(tmp_path):
    """The environment of somebody who has Ansible, gpg with a key, and no collection."""
    home = tmp_path / "home"
    (home / "gnupg").mkdir(parents=True)
    (home / "gnupg").chmod(0o700)
    environment = {
        "PATH": f"{COMMANDS}:{os.environ['PATH']}",
        "HOME": str(home),
        "GNUPGHOME": str(home / "gnupg"),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(home / "collections"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_HOST_KEY_CHECKING": "false",
    }
    ran(["gpg", "--batch", "--passphrase", "", "--quick-gen-key", KEY, "ed25519", "sign", "0"], home, environment)
    yield environment
    subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=False)


@pytest.fixture
def inventory(lab, tmp_path):
    """A guest of its own, as an inventory has it."""
    guest = lab.boot("bookworm", name="newcomer")
    # auditd refuses to send mail if there is no program for it.
    guest.run("install -m 755 /bin/true /usr/lib/sendmail")
    known = json.loads(pathlib.Path(lab.inventory).read_text())["all"]
    hosts = {guest.name: known["hosts"][guest.name]}
    path = tmp_path / "inventory.json"
    path.write_text(json.dumps({"all": {"hosts": hosts, "vars": known["vars"] | {"auditd_manage_packages": False}}}))
    yield path
    guest.stop()


def states(path):
    """By requirement, the verdict in a compliance.json of one host."""
    (host,) = json.loads((path / "compliance.json").read_text())["hosts"]
    return {found["id"]: found["verdict"] for found in host["requirements"]}


def test_the_script_leads_from_the_archive_to_signed_evidence(newcomer, inventory, tmp_path):
    ran(["ansible-galaxy", "collection", "build", "--output-path", tmp_path], ROOT, newcomer)
    (archive,) = tmp_path.glob("linux-audit-*.tar.gz")
    evidence = tmp_path / "evidence"
    words = ["sh", SCRIPT, inventory, evidence.name, archive]
    said = ran(words, tmp_path, newcomer | {"STANDARD": "cis_level2", "SIGN_KEY": KEY})
    assert "compliance.json: OK" in said
    before, after = states(evidence / "before"), states(evidence / "after")
    gone = sorted(name for name in before if before[name] == "met" and after[name] != "met")
    assert gone == []
    # The lock needs the role immutable, and the log's files get their modes from auditd.
    lacking = {name: verdict for name, verdict in after.items() if verdict not in ("met", "not applicable")}
    assert lacking.keys() <= {"6.3.1.2", "6.3.1.3", "6.3.3.20"}, lacking
    assert sum(verdict == "met" for verdict in after.values()) >= 30
    assert sum(verdict == "met" for verdict in before.values()) < 20
    # What an auditor would see of a file that was touched afterwards.
    (evidence / "after" / "compliance.csv").write_text("host,state\n")
    check = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(check, cwd=evidence / "after", env=newcomer, check=False, capture_output=True).returncode != 0
