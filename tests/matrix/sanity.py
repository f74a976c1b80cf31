# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test sanity` on the collection as users install it: `./dev sanity [RELEASE...]`.

Without arguments the ansible-core of .venv checks it, otherwise each release whose version begins so, such as 2.16.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

from paths import ROOT

from .controllers import CORES, ControllerError, controller

STAND_IN = '''\
"""Stand in for the get-pip.py that ansible-test would download: install pip from the package index."""
import ensurepip, pathlib, runpy, sys

bundled = pathlib.Path(ensurepip.__file__).with_name("_bundled")
wheels = [*bundled.glob("pip-*.whl"), *pathlib.Path("/usr/share/python-wheels").glob("pip-*.whl")]
sys.path.insert(0, str(wheels[0]))
sys.argv[1:] = ["install"] + [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
'''
"""ansible-test asks a host for this file that is no package index, and that not every machine may reach."""


def main() -> None:
    """Check with what the arguments name; end with an error if anything is objected to."""
    objections = [said for version, commands in chosen(sys.argv[1:]) if (said := sanity(version, commands))]
    if objections:
        sys.exit("\n".join(objections))


def chosen(releases: list[str]) -> list[tuple[str, pathlib.Path]]:
    """The versions of ansible-core to use, and where their commands are."""
    if not releases:
        return [("", pathlib.Path(sys.executable).parent)]
    if unknown := [name for name in releases if not any(core.version.startswith(name) for core in CORES)]:
        sys.exit(f"sanity: no ansible-core {', '.join(unknown)}; there are {', '.join(core.version for core in CORES)}")
    try:
        return [(core.version, controller(core).commands) for core in CORES if core.version.startswith(tuple(releases))]
    except ControllerError as error:
        sys.exit(f"sanity: cannot install ansible-core: {error}")


def sanity(version: str, commands: pathlib.Path) -> str:
    """What one ansible-core objects to, or nothing."""
    name = f"sanity-{version}" if version else "sanity"
    log = ROOT / ".cache" / f"{name}.log"
    log.parent.mkdir(exist_ok=True)
    write_stand_ins(commands)
    # ansible-test wants a path that ends in ansible_collections/linux/audit, and no git around it.
    with tempfile.TemporaryDirectory() as scratch, log.open("w") as output:
        install = [commands / "ansible-galaxy", "collection", "install", "--force", "-p", scratch, ROOT]
        check = [commands / "ansible-test", "sanity", "--color", "no"]
        installed = pathlib.Path(scratch, "ansible_collections/linux/audit")
        good = _run(install, ROOT, commands, output) and _run(check, installed, commands, output)
    if good:
        return ""
    lines = log.read_text().splitlines()
    shown = [line for line in lines if re.match("ERROR|FATAL", line)] or lines[-10:]
    said = "\n".join(shown)
    return f"{name}: ansible-test objects (all that it said is in .cache/{log.name}):\n{said}"


def write_stand_ins(commands: pathlib.Path) -> None:
    """Put the stand-in where ansible-test keeps what it has downloaded, for each version of pip that it may ask for."""
    cache = pathlib.Path.home() / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    for source in commands.parent.glob("lib/python3*/site-packages/ansible_test/_internal/python_requirements.py"):
        for version in re.findall(r"\bpip='([\d.]+)'", source.read_text()):
            path = cache / f"get_pip_{version.replace('.', '_')}.py"
            if not path.exists() or path.read_text().startswith(STAND_IN.splitlines()[0]):
                path.write_text(STAND_IN)


def _run(command, directory, commands, output) -> bool:
    # With PYTHONPATH, ansible-test's Pythons would find the tests' modules.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"LANG": "C.UTF-8", "PATH": f"{commands}:/usr/local/bin:/usr/bin:/bin"}
    return not subprocess.run(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        check=False,
    ).returncode


if __name__ == "__main__":
    main()
