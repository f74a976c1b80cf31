# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that reads what a host, a log or a user has written, given what nobody would write: `./dev fuzz`."""
