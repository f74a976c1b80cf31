# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print how many records arrive in spite of faults of remote logging.

Usage, in a checkout: PYTHONPATH=tests:tests/support python tests/bench/remote_logging_faults.py [SECONDS [RELEASE...]]

SECONDS is how long a fault lasts (60); the server is a bookworm, clients are of the releases (trixie).
"""

import json
import os
import subprocess
import sys

from lab import Lab
from remote_logging import RATE, Faults, plays

QUEUE = 200


def main(seconds=60.0, *releases):
    with Lab() as lab:
        for release in releases or ("trixie",):
            server, client = lab.boot_all(["bookworm", release])
            path = lab.directory / "play.yml"
            path.write_text(json.dumps(plays(server, [client])))
            command = ["ansible-playbook", "-i", lab.inventory, path]
            subprocess.run(command, check=True, env=os.environ | {"ANSIBLE_CONFIG": "ansible.cfg"}, stdout=sys.stderr)
            faults = Faults(lab, server, client, seconds=seconds)
            measures = {
                "nothing happens": faults.none,
                f"auditd of the server stopped for {seconds:.0f} s": faults.server_stopped,
                "server booted": faults.server_rebooted,
                f"server without power for {seconds:.0f} s": faults.server_crashed,
                f"cable cut for {seconds:.0f} s": faults.cable_cut,
                f"disk of the server full for {seconds:.0f} s": faults.disk_full,
                "client booted": faults.client_rebooted,
                f"queue of {QUEUE} full": lambda faults=faults: faults.queue_full(QUEUE),
            }
            print(f"\nclient {release}, {RATE} records a second")
            print("| | made | arrived | lost | twice |\n|---|---|---|---|---|")
            for name, measure in measures.items():
                made, arrived, repeated = measure()
                print(f"| {name} | {made} | {arrived} | {made - arrived} | {repeated} |", flush=True)
            server.stop()
            client.stop()


if __name__ == "__main__":
    main(*(float(word) for word in sys.argv[1:2]), *sys.argv[2:])
