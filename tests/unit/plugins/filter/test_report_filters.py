# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the report say what they take."""

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.linux.audit.plugins.filter import report
from paths import PLUGINS

WHEN = "2026-01-31T12:00:00Z"


def test_each_filter_is_documented_under_its_name():
    for name in report.FilterModule().filters():
        page = yaml.safe_load((PLUGINS / "filter" / f"{name}.yml").read_text())
        assert page["DOCUMENTATION"]["name"] == name


def test_a_host_that_broke_off_is_in_the_report():
    found = report.report_document([], WHEN, failed=["web1"])
    assert (found["headline"], found["hosts"][0]["host"]) == ("The only host ended in an error.", "web1")
    assert "The only host ended in an error." in report.report_page(found)
    assert 'linux_audit_host_state{host="web1",state="error"} 1' in report.report_metrics(found)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: report.report_host([], {}), "takes what drift_row returns"),
        (
            lambda: report.report_host({"host": "a", "state": "x"}, {"available": True, "status": 5}),
            "no module returns",
        ),
        (lambda: report.report_document({}, WHEN), "takes a list"),
        (lambda: report.report_document([], WHEN, ["x"]), "an earlier result is a dictionary"),
        (lambda: report.report_document([], WHEN, [{"schema": "x"}]), "an earlier result must be one of"),
        (lambda: report.report_page({}), "takes what report_document returns"),
        (lambda: report.report_page({"schema": "linux.audit.report"}), "takes what report_document returns"),
        (lambda: report.report_metrics({"schema": "linux.audit.report"}), "takes what report_document returns"),
    ],
)
def test_other_values_are_refused(call, said):
    with pytest.raises(AnsibleFilterError, match=said):
        call()
