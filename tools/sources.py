# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the generators of tables read: kernel headers and libaudit out of Debian packages.

The packages come from the mirror that the machine's own apt sources name, through apt with directories of its own,
which checks signatures and changes nothing on the machine.
"""

import argparse
import difflib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

#: Packages by release of Debian. The newest kernel has no 31 bit s390 any more, trixie's still has it.
PACKAGES = {
    "sid": ("linux-libc-dev", "libaudit1", "libcap-ng0", "libc6"),
    "trixie": ("linux-libc-dev",),
}
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
LIBRARIES = "usr/lib/x86_64-linux-gnu"

ROOT = pathlib.Path(__file__).resolve().parent.parent
RULES = ROOT / "plugins" / "module_utils" / "rules"

_BLOCK = re.compile(r"^# BEGIN GENERATED.*?^# END GENERATED$", re.MULTILINE | re.DOTALL)


class Sources:
    """Unpacked packages: ``directory/release/`` is a root with the files of all packages of that release."""

    def __init__(self, directory):
        self._directory = pathlib.Path(directory).resolve()
        for release in PACKAGES:
            if not (self._directory / release / "versions").exists():
                _download(release, self._directory)

    def version(self, package, release="sid"):
        """The upstream version of a package."""
        versions = json.loads((self._directory / release / "versions").read_text())
        return versions[package].partition(":")[2].rpartition("-")[0] or versions[package].rpartition("-")[0]

    def header(self, path, release="sid"):
        """Text of a kernel header: ``linux/audit.h``, or of an architecture as in ``x86/asm/unistd_64.h``."""
        top = "usr/lib/linux/uapi" if "/asm/" in path else "usr/include"
        return (self._directory / release / top / path).read_text()

    def libaudit(self):
        """The tables of the newest libaudit, see libaudit.py; keys of the tables are numbers."""
        libraries = self._directory / "sid" / LIBRARIES
        ours = f"{libraries}:/{LIBRARIES}:/lib/x86_64-linux-gnu"
        dump = pathlib.Path(__file__).with_name("libaudit.py")
        interpreter = str(pathlib.Path(sys.executable).resolve())
        output = subprocess.run(
            [libraries / "ld-linux-x86-64.so.2", "--library-path", ours, interpreter, dump],
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
        return json.loads(output, object_hook=_numeric)


def arguments(description):
    """The command line of a generator: ``sources`` (Sources), ``check``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--sources", metavar="DIR", help="unpacked packages, downloaded if not there")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when the committed file differs")
    return parser.parse_args()


def run(description, module, generate):
    """Replace the generated block of a module by the text that ``generate(sources)`` returns, or check it."""
    options = arguments(description)
    with tempfile.TemporaryDirectory() as temporary:
        block = generate(Sources(options.sources or temporary))
    old = module.read_text()
    new = _BLOCK.sub(lambda _match: f"# BEGIN GENERATED\n{block}# END GENERATED", old)
    if options.check:
        sys.stdout.writelines(
            difflib.unified_diff(old.splitlines(True), new.splitlines(True), "committed", "generated")
        )
        return 0 if old == new else 1
    module.write_text(new)
    return 0


def provenance(given):
    """The comment at the top of a generated block."""
    return f"# Names of audit {given.version('libaudit1')}, numbers of Linux {given.version('linux-libc-dev')}.\n"


def encode(table, width=120, indent="    "):
    """Names by number as lines of text, see syscalls.decode()."""
    lines, expected = [indent.rstrip("\n")], 0
    for number in sorted(table):
        token = table[number] if number == expected else f"{number} {table[number]}"
        if len(lines[-1]) + 1 + len(token) > width:
            lines.append(indent)
        lines[-1] += token if lines[-1] == indent else f" {token}"
        expected = number + 1
    return "\n".join(lines)


def _numeric(value):
    return {int(key): item for key, item in value.items()} if all(map(str.isdigit, value)) else value


def _mirror():
    """The address of Debian's archive for this machine's release."""
    release = dict(
        line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().split("\n") if "=" in line
    )
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    for line in targets.splitlines():
        address, name, component = line.split(" ")
        if (name, component) == (release["VERSION_CODENAME"], "main"):
            return address
    raise SystemExit("the apt sources of this machine name no archive with its own release of Debian: add one")


def _download(release, directory):
    root = directory / release
    apt = root / "apt"
    for part in ("lists/partial", "archives/partial", "empty"):
        (apt / part).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    (apt / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} {release} main\n")
    settings = {
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": apt / "empty",
        "Dir::Etc::preferencesparts": apt / "empty",
        "Dir::State": apt,
        "Dir::State::lists": apt / "lists",
        "Dir::State::status": apt / "status",
        "Dir::Cache": apt,
        "APT::Architecture": "amd64",
        "APT::Architectures": "amd64",
        "APT::Sandbox::User": "",
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Languages": "none",
    }
    options = [f"--option={name}={value}" for name, value in settings.items()]
    subprocess.run(["apt-get", *options, "--quiet=2", "update"], check=True)
    subprocess.run(["apt-get", *options, "--quiet=2", "download", *PACKAGES[release]], check=True, cwd=apt)
    versions = {}
    for package in sorted(apt.glob("*.deb")):
        subprocess.run(["dpkg-deb", "--extract", package, root], check=True)
        fields = subprocess.run(
            ["dpkg-deb", "--field", package, "Package", "Version"], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        found = dict(line.split(": ", 1) for line in fields.splitlines())
        versions[found["Package"]] = found["Version"]
    (root / "versions").write_text(json.dumps(versions))
