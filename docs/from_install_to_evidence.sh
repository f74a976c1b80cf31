#!/bin/sh
# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# From nothing to evidence that an auditor can check: installs the collection, judges all hosts, applies a standard to
# them, judges them again, and checks the evidence.
#
#   STANDARD=cis_level2 SIGN_KEY=auditor@example.org sh from_install_to_evidence.sh INVENTORY DIRECTORY [COLLECTION]
#
#   INVENTORY    the hosts, and variables of the role auditd for them
#   DIRECTORY    where the evidence goes, with what was found before in before/, and what was found at last in after/
#   COLLECTION   what ansible-galaxy installs: a URL, or the path of an archive
#   STANDARD     a standard of docs/requirements.md; by default stig, the STIG of each host's distribution (RHEL, Ubuntu)
#   SIGN_KEY     a key of gpg that signs the checksums; without it they are not signed
set -eu
inventory=$1
mkdir -p "$2"
directory=$(cd "$2" && pwd)
collection=${3:-git+https://github.com/linux-audit/linux.audit}
standard=${STANDARD:-stig}
key=${SIGN_KEY:-}

judge() {
    ansible-playbook linux.audit.compliance -i "$inventory" -e "compliance_standard=$standard" "$@"
}

ansible-galaxy collection install "$collection"
judge -e "output=$directory/before"
ansible-playbook linux.audit.site -i "$inventory" -e "{\"auditd_standards\": [\"$standard\"]}"
judge -e "output=$directory/after" -e "compliance_before=$directory/before/compliance.json" -e "compliance_sign_key=$key"

# What an auditor does who has got the directory and the public key.
cd "$directory/after"
sha256sum --check --strict SHA256SUMS
if [ -n "$key" ]; then
    gpg --batch --verify SHA256SUMS.asc SHA256SUMS
fi
