# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Categories of record types, so that one word can select all records about one subject.

Each record type is in one category. Categories are in lower case: ``apparmor`` is a category, APPARMOR a record type.
"""

from typing import Dict, Iterable, List, Tuple

from . import tables
from .errors import RuleError
from .resolver import Resolver
from .values import KINDS
from .words import upper

__all__ = ("CATEGORIES", "category_of", "expand", "names_of")

#: The record types of each category: names, and ranges of numbers that linux/audit.h reserves for one purpose.
CATEGORIES: Dict[str, str] = {
    "accounts": """
        USER_MGMT USER_CHAUTHTOK ADD_USER DEL_USER ADD_GROUP DEL_GROUP CHGRP_ID CHUSER_ID GRP_MGMT GRP_CHAUTHTOK
        ACCT_LOCK ACCT_UNLOCK
    """,
    "anomalies": "1700-1799 2100-2199",
    "apparmor": "1500-1599",
    "audit": "USER TEST TRUSTED_APP 1200-1299 CONFIG_CHANGE FEATURE_CHANGE EOE EVENT_LISTENER KERNEL",
    "crypto": "1600-1699 2400-2499",
    "files": "PATH CWD OPENAT2 FANOTIFY DAC_CHECK",
    "integrity": "1800-1899",
    "logins": """
        LOGIN USER_AUTH USER_ACCT CRED_ACQ CRED_DISP CRED_REFR USER_START USER_END USER_ERR USER_LOGIN USER_LOGOUT
        GRP_AUTH USER_CMD USER_TTY TTY
    """,
    "network": "SOCKADDR SOCKETCALL NETFILTER_PKT NETFILTER_CFG",
    "process": """
        SYSCALL EXECVE PROCTITLE OBJ_PID BPRM_FCAPS CAPSET SECCOMP URINGOP MMAP FD_PAIR KERNEL_OTHER IPC IPC_SET_PERM
        MQ_OPEN MQ_SENDRECV MQ_NOTIFY MQ_GETSETATTR
    """,
    "responses": "2200-2299",
    "selinux": "USER_AVC USER_SELINUX_ERR MAC_CHECK 1400-1499 2300-2399",
    "system": """
        KERN_MODULE BPF DM_CTRL DM_EVENT TIME_INJOFFSET TIME_ADJNTPVAL SOFTWARE_UPDATE USER_DEVICE USYS_CONFIG
    """,
    "systemd": "SYSTEM_BOOT SYSTEM_SHUTDOWN SYSTEM_RUNLEVEL SERVICE_START SERVICE_STOP",
    "virtual_machines": "2500-2599",
}


def names_of(category: str) -> Tuple[str, ...]:
    """The names of the record types of a category, sorted by number. Raises KeyError for an unknown category."""
    words = CATEGORIES[category].split()
    named = {word for word in words if "-" not in word}
    ranges = [tuple(map(int, word.split("-"))) for word in words if "-" in word]
    return tuple(
        name
        for name, number in tables.record_types()
        if name in named or any(first <= number <= last for first, last in ranges)
    )


def category_of(name: str) -> str:
    """The category of a record type, by its name in any case. Raises KeyError for an unknown name."""
    for category in CATEGORIES:
        if upper(name) in names_of(category):
            return category
    raise KeyError(name)


def expand(words: Iterable[str]) -> List[str]:
    """The names of the record types that names, numbers and categories select, each once and in the order given.

    A number without a known name stays a number. Raises RuleError for any other word.
    """
    types: List[str] = []
    for word in words:
        found = names_of(word) if word in CATEGORIES else (_name(word),)
        types += [name for name in found if name not in types]
    return types


def _name(word: str) -> str:
    try:
        number = int(KINDS["msgtype"].parse(word, Resolver()))
    except RuleError as error:
        raise RuleError(f"{error.reason}, nor a category of record types: {', '.join(CATEGORIES)}", word) from None
    return tables.record_type_name(number) or str(number)
