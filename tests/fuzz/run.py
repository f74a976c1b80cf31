# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fuzz one target, guided by what its code does: `python -m fuzz.run TARGET OPTION-OF-LIBFUZZER...`."""

import sys
import warnings

import atheris

with atheris.instrument_imports(include=["ansible_collections"]), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import conftest  # noqa: F401  # lets this checkout be imported as a collection
    from fuzz.targets import TARGETS

atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
atheris.Fuzz()
