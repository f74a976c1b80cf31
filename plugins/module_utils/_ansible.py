# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way from a module's parameters to its result: call a function, report its errors, print text."""

import gc
import pkgutil
import sys
import zipimport
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, NamedTuple, Optional, Sequence

from .rules.errors import AuditError

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

__all__ = ("Mode", "printable", "run")


class _CompiledOnce:
    """Finds the files of this collection in the archive that Ansible sends.

    zipimport compiles each file twice: importlib asks its get_filename() when the file is found, which makes the code
    and drops it. All releases of Python from 3.6 to 3.13 do so, and it is most of what a task costs beyond a ping.
    """

    @staticmethod
    def find_spec(name: str, path: Optional[Sequence[str]] = None, target: Any = None) -> Optional[ModuleSpec]:
        """The same answer as that of zipimport, without compiling; None for all that is not ours."""
        if not path or not name.startswith(__name__.rpartition(".")[0]):
            return None
        archive: Any = pkgutil.get_importer(path[0])
        try:
            is_package = archive.is_package(name)
        except (AttributeError, ImportError):
            return None
        last = name.rpartition(".")[2]
        file = f"{path[0]}/{last}/__init__.py" if is_package else f"{path[0]}/{last}.py"
        spec = ModuleSpec(name, archive, origin=file, is_package=is_package)
        spec.has_location = True
        if is_package:
            spec.submodule_search_locations = [f"{path[0]}/{last}"]
        return spec


# Every module imports this file before all others of the collection.
_IS_PACKED = isinstance(__spec__.loader, zipimport.zipimporter)
if _IS_PACKED:
    sys.meta_path.insert(0, _CompiledOnce)
    # By default, the collector looks for cycles after every 700 new objects. Rules and events have none, and are many.
    gc.set_threshold(100000)


class Mode(NamedTuple):
    """How a task runs: ``check`` changes nothing, ``diff`` wants the key ``diff`` in the result."""

    check: bool = False
    diff: bool = False


def run(module: "AnsibleModule", function: Callable[[Mapping[str, Any], Mode], Dict[str, Any]]) -> None:
    """Leave the module with the result of ``function(parameters, mode)``, or with the error that it raises.

    The result has ``changed``; its ``warnings``, a list of texts, become warnings of the task. Its ``afterwards``, a
    function, is called after the result has been printed.
    """
    try:
        result = function(module.params, Mode(module.check_mode, module._diff))
    except AuditError as error:
        module.fail_json(msg=_said(str(error)))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        module.fail_json(msg=_said(where + (error.strerror or str(error))))
    except ImportError as error:
        # What few runs need is imported when they need it, and then the disk may fail.
        module.fail_json(msg=_said(f"cannot read a part of Python, or of this collection: {error}"))
    for text in result.pop("warnings", ()):
        module.warn(_said(text))
    afterwards = result.pop("afterwards", None)
    if _IS_PACKED:
        _spare_the_end()
    try:
        module.exit_json(**printable(result))
    except SystemExit:
        if afterwards:
            sys.stdout.flush()
            try:
                afterwards()
            except AuditError as error:
                # The controller has the result, so all that is left is to tell why this failed.
                raise SystemExit(_said(str(error))) from error
        raise


def _spare_the_end() -> None:
    """Let Python not look for cycles among all objects once more when it ends; Python 3.6 cannot be told."""
    getattr(gc, "freeze", lambda: None)()


def _said(text: str) -> str:
    """An error or a warning, without what a terminal obeys or does not show: it has parts of files and parameters."""
    return "".join(
        character if character == "\n" or character.isprintable() else ascii(character)[1:-1]
        for character in printable(text)
    )


def printable(value: Any) -> Any:
    r"""The value with bytes that are not UTF-8 as \xff: the controller refuses a result that has such bytes.

    Paths and lines of files are bytes, which Python keeps in texts as lone surrogates (PEP 383).
    """
    if isinstance(value, dict):
        return {printable(key): printable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [printable(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return value
