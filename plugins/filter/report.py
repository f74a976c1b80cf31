# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters by which the report is made; each has its documentation in a file of its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ansible_collections.linux.audit.plugins.plugin_utils import report_document as documents
from ansible_collections.linux.audit.plugins.plugin_utils import report_host as hosts
from ansible_collections.linux.audit.plugins.plugin_utils.errors import FilterError
from ansible_collections.linux.audit.plugins.plugin_utils.report_history import REPORT
from ansible_collections.linux.audit.plugins.plugin_utils.report_metrics import metrics
from ansible_collections.linux.audit.plugins.plugin_utils.report_page import page

_BROKEN = (AttributeError, KeyError, OverflowError, TypeError, ValueError)


def report_host(value, audit, remote=None, judged=None, keep_keys=()):
    """What the report has of a host. Raises FilterError."""
    if not isinstance(value, Mapping) or not isinstance(audit, Mapping):
        raise FilterError("linux.audit.report_host takes what drift_row returns, and a result of audit_info")
    try:
        return hosts.host_entry(value, audit, remote, judged, keep_keys)
    # Root on a host decides what its result is, so each part of it may be anything.
    except _BROKEN as error:
        raise FilterError(
            f"linux.audit.report_host takes results of modules, and got a value that no module returns: {error!r}"
        ) from error


def report_document(value, when, before=(), failed=()):
    """The report of all hosts. Raises FilterError."""
    if not isinstance(value, Iterable) or isinstance(value, (str, Mapping)):
        raise FilterError("linux.audit.report_document takes a list of what report_host returns")
    earlier = [before] if isinstance(before, Mapping) else before or []
    if not isinstance(earlier, Iterable) or not all(isinstance(document, Mapping) for document in earlier):
        raise FilterError("linux.audit.report_document: an earlier result is a dictionary, as in its JSON")
    try:
        others = [hosts.silent_entry(host, "failed: the play ended on it") for host in failed]
        return documents.document([*value, *others], when, earlier)
    except _BROKEN as error:
        raise FilterError(f"linux.audit.report_document: {error}") from error


def report_page(value):
    """The report as HTML. Raises FilterError."""
    return _of_document("report_page", page, value)


def report_metrics(value):
    """The report as a text file for Prometheus. Raises FilterError."""
    return _of_document("report_metrics", metrics, value)


def _of_document(name, function, value):
    if not isinstance(value, Mapping) or value.get("schema") != REPORT["schema"]:
        raise FilterError(f"linux.audit.{name} takes what report_document returns")
    try:
        return function(value)
    except _BROKEN as error:
        raise FilterError(f"linux.audit.{name} takes what report_document returns: {error!r}") from error


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Filters by name."""
        return {
            "report_host": report_host,
            "report_document": report_document,
            "report_page": report_page,
            "report_metrics": report_metrics,
        }
