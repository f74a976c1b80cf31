# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write plugins/module_utils/rules/_generated_tables.py: names of errors and of record types.

Errors come from kernel headers, and libaudit must give them the same names. Record types come from libaudit, which
defines most of them itself; a type that linux/audit.h defines too must have the same number there.
"""

import re
import sys

import sources

SUMMARY = "Names of errors and of record types, in the form that syscalls.decode() reads."

_ERROR = re.compile(r"^#define\s+(E\w+)\s+(\d+)\b", re.MULTILINE)
_CONSTANT = re.compile(r"^#define\s+AUDIT_(\w+)\s+(\d{4})\b", re.MULTILINE)


def generate(given):
    audit = given.libaudit()
    headers = given.header("asm-generic/errno-base.h") + given.header("asm-generic/errno.h")
    kernel = {int(number): name for name, number in _ERROR.findall(headers)}
    constants = {name: int(number) for name, number in _CONSTANT.findall(given.header("linux/audit.h"))}
    wrong = [
        f"{number}: {name} in libaudit, {kernel.get(number)} in errno.h"
        for number, name in audit["errno"].items()
        if kernel.get(number) != name
    ]
    wrong += [
        f"{name}: {number} in libaudit, {constants[name]} in linux/audit.h"
        for number, name in audit["msg_type"].items()
        if constants.get(name, number) != number
    ]
    if wrong:
        raise SystemExit("\n".join(wrong))
    errors = [f"{name}({number})" for number, name in kernel.items() if number not in audit["errno"]]
    types = [f"{name}({number})" for name, number in constants.items() if number not in audit["msg_type"]]
    print(f"errors: {len(audit['errno'])}; unknown to audit: {' '.join(errors) or 'none'}", file=sys.stderr)
    print(f"record types: {len(audit['msg_type'])}; unknown to audit: {' '.join(types) or 'none'}", file=sys.stderr)
    return (
        f'ERRORS = """\n{sources.encode(audit["errno"])}\n"""\n'
        f'RECORD_TYPES = """\n{sources.encode(audit["msg_type"])}\n"""\n'
    )


if __name__ == "__main__":
    sys.exit(sources.run(__doc__, sources.RULES / "_generated_tables.py", SUMMARY, generate))
