# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Values of auditd.conf that are asked for, by what they mean."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._daemon import meaning
from ansible_collections.linux.audit.plugins.module_utils._daemon.keywords import AUDITD_CONF
from ansible_collections.linux.audit.plugins.module_utils.rules.conf_values import TEXTS, is_accepted, is_comparison


@pytest.mark.parametrize(
    ("name", "value", "wanted", "space", "accepted"),
    [
        ("max_log_file", "8", ">=8", None, True),
        ("max_log_file", "50", ">=8", None, True),
        ("max_log_file", "100", "<=50", None, False),
        ("max_log_file", "7", ">= 8", None, False),
        ("max_log_file", "010", ">8", None, True),
        ("max_log_file", "010", "10", None, True),
        ("max_log_file", "8", "10", None, False),
        ("freq", "100", ">=1", None, True),
        ("freq", "0", ">=1", None, False),
        ("freq", "0", ">1", None, False),
        ("space_left", "25%", ">=25%", None, True),
        ("space_left", "30%", ">=25%", None, True),
        ("space_left", "9%", ">=25%", None, False),
        ("space_left", "05%", "5%", None, True),
        # The daemon takes megabytes, and a share of the file system of its log.
        ("space_left", "250", ">=25%", 1000, True),
        ("space_left", "249", ">=25%", 1000, False),
        ("space_left", "249", ">=25%", 995, True),
        ("space_left", "250", "25%", 1000, True),
        ("space_left", "25", "25%", 1000, False),
        ("admin_space_left", "5%", ">=50", 1000, True),
        ("admin_space_left", "5%", ">=51", 1000, False),
        ("space_left", "25", ">=25%", None, False),
        ("space_left", "25", "25%", None, False),
        ("space_left", "25%", "<=100", None, False),
        ("space_left", "0%", "0", None, True),
        ("space_left", "0%", ">=5", None, False),
        ("space_left", "5%", ">0", None, True),
        # No other keyword has a percentage, or a time.
        ("max_log_file", "25%", ">=8", 1000, False),
        ("max_log_file", "9m", ">=8", None, False),
        ("report_interval", "1h", "3600", None, True),
        ("report_interval", "60", "1m", None, True),
        ("report_interval", "2h", ">=90m", None, True),
        ("report_interval", "1d", "<=12h", None, False),
        ("report_interval", "10%", ">=1", 1000, False),
        # Words.
        ("max_log_file_action", "ROTATE", "rotate", None, True),
        ("max_log_file_action", "rotate", "keep_logs", None, False),
        ("max_log_file_action", "rotate", ">=1", None, False),
        ("space_left_action", "exec /usr/bin/mail", "exec /usr/bin/mail", None, True),
        ("space_left_action", "exec /usr/bin/mail", "exec", None, False),
        ("space_left_action", "EXEC /usr/bin/mail", "exec /usr/bin/mail", None, True),
        ("space_left_action", "exec /usr/bin/Mail", "exec /usr/bin/mail", None, False),
        # Names and paths.
        ("name", "07", "7", None, False),
        ("tls_psk_identity", "07", "7", None, False),
        ("action_mail_acct", "Root", "root", None, False),
        ("log_file", "/var/log/Audit/audit.log", "/var/log/audit/audit.log", None, False),
        ("log_group", "0", "root", None, True),
        ("log_group", "root", "0", None, True),
        ("log_group", "Root", "root", None, False),
        ("log_group", "004", "4", None, True),
        ("log_group", "4", "adm", None, False),
        ("log_group", "adm", "root", None, False),
        ("log_format", None, "enriched", None, False),
        ("max_log_file", None, ">=0", None, False),
    ],
)
def test_a_value_is_accepted_by_what_it_means(name, value, wanted, space, accepted):
    assert is_accepted(name, value, wanted, space) is accepted


@pytest.mark.parametrize(
    ("name", "wanted", "can"),
    [
        ("freq", ">=1", True),
        ("freq", ">= 1", True),
        ("freq", ">=1%", False),
        ("freq", "1", False),
        ("freq", ">=one", False),
        ("freq", "=>1", False),
        ("space_left", "<25%", True),
        ("report_interval", "<=6h", True),
        ("name", ">=1", False),
        ("log_file", ">=1", False),
        ("freq", ">=" + "9" * 19, False),
    ],
)
def test_a_comparison_needs_a_number_that_the_keyword_can_have(name, wanted, can):
    assert is_comparison(name, wanted) is can


def test_names_and_paths_are_those_of_the_table_of_keywords():
    assert {name for name, word in AUDITD_CONF.keywords.items() if word.kind in meaning._CASE_SENSITIVE} == TEXTS
