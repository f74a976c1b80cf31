# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of iptables-legacy run on, and what becomes of them on a machine whose processor that kernel cannot use.

All other kernels of guests lack its tables, and the families of nf_tables that iptables-nft and firewalld use.
"""

import pytest

from lab.kernel import LEGACY_NETFILTER, QUICK, unfit

UNFIT = unfit(LEGACY_NETFILTER)
# For guests on which the rest of a test file runs as well.
KERNEL = QUICK if UNFIT else LEGACY_NETFILTER

needs_legacy_netfilter = pytest.mark.skipif(
    bool(UNFIT), reason=f"no other kernel of guests has the tables of iptables-legacy: {UNFIT}"
)
