# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules run within the process of the tests: with real arguments, through AnsibleModule, up to the result."""

from __future__ import annotations

import contextlib
import io
import json
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.common import warnings

__all__ = ("run_module",)


def run_module(main, params, check=False, diff=False):
    """What a module prints for these parameters: ``main`` is its function of that name.

    A result has the keys that the controller would get, ``failed`` and ``warnings`` among them; warnings are texts.
    """
    arguments = dict(params, _ansible_check_mode=check, _ansible_diff=diff, _ansible_remote_tmp="/tmp")
    text = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
    output = io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(basic, "_ANSIBLE_ARGS", text))
        # Releases before 2.19 have no profiles.
        stack.enter_context(mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy", create=True))
        stack.enter_context(contextlib.redirect_stdout(output))
        # What else of Ansible this process has imported must not make it a controller, which prints warnings at once.
        if hasattr(warnings, "_internal"):
            stack.enter_context(mock.patch.object(warnings._internal, "is_controller", False))
        # Warnings are kept for the life of a process, which usually runs one module.
        known = warnings._global_warnings
        stack.enter_context(mock.patch.object(warnings, "_global_warnings", type(known)()))
        try:
            main()
        except SystemExit as ended:
            status = ended.code
        else:
            raise AssertionError("the module ended without a result")
    result = json.loads(output.getvalue().splitlines()[-1])
    assert bool(status) == bool(result.get("failed")), (status, result)
    if "warnings" in result:
        # ansible-core 2.19 and later wrap each text.
        result["warnings"] = [text if isinstance(text, str) else text["event"]["msg"] for text in result["warnings"]]
    return result
