# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters by which evidence of compliance is made; each has its documentation in a file of its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ansible_collections.linux.audit.plugins.plugin_utils import compliance_report as people
from ansible_collections.linux.audit.plugins.plugin_utils import evidence
from ansible_collections.linux.audit.plugins.plugin_utils import evidence_files as written
from ansible_collections.linux.audit.plugins.plugin_utils.errors import FilterError
from ansible_collections.linux.audit.plugins.plugin_utils.packed import unpack

_BROKEN = (AttributeError, KeyError, TypeError, ValueError)


def compliance_host(value, host, views=evidence.VIEWS[:2]):
    """What the evidence has of a host. Raises FilterError."""
    views = _views("compliance_host", views)
    if not isinstance(value, Mapping):
        raise FilterError("linux.audit.compliance_host takes a result of audit_compliance, a dictionary")
    try:
        return evidence.host_entry(host, value, views)
    except _BROKEN as error:
        raise FilterError(f"linux.audit.compliance_host takes a result of audit_compliance: {error!r}") from error


def compliance_document(value, when, views=evidence.VIEWS[:2], before=None, failed=()):
    """The evidence of all hosts. Raises FilterError."""
    views = _views("compliance_document", views)
    known = (evidence.SCHEMA["schema"], evidence.SCHEMA["schema_version"])
    if before and (not isinstance(before, Mapping) or (before.get("schema"), before.get("schema_version")) != known):
        raise FilterError(f"the earlier evidence must be a {known[0]} document of version {known[1]}")
    if not isinstance(value, Iterable) or isinstance(value, (str, Mapping)):
        raise FilterError("linux.audit.compliance_document takes a list of what compliance_host returns")
    try:
        others = [evidence.host_entry(host, {"failed": True, "msg": "the play ended on it"}) for host in failed]
        return evidence.document([*map(unpack, value), *others], when, views, before or None)
    except _BROKEN as error:
        raise FilterError(f"linux.audit.compliance_document takes what compliance_host returns: {error!r}") from error


def _views(name, views):
    """The names of views. Raises FilterError for an unknown one."""
    try:
        return evidence.views_of(views)
    except ValueError as error:
        raise FilterError(f"linux.audit.{name}: {error}") from error


def compliance_report(value):
    """Lines for people. Raises FilterError."""
    return _of_document("compliance_report", people.report, value)


def compliance_files(value, only=""):
    """The evidence as files. Raises FilterError."""
    return _of_document("compliance_files", lambda document: written.files(document, only), value)


def _of_document(name, function, value):
    try:
        document = unpack(value)
        if not isinstance(document, Mapping) or document.get("schema") != evidence.SCHEMA["schema"]:
            raise FilterError(f"linux.audit.{name} takes what compliance_document returns")
        return function(document)
    except _BROKEN as error:
        raise FilterError(f"linux.audit.{name} takes what compliance_document returns: {error!r}") from error


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Filters by name."""
        return {
            "compliance_host": compliance_host,
            "compliance_document": compliance_document,
            "compliance_report": compliance_report,
            "compliance_files": compliance_files,
        }
