# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on the controller: `split_files.py LIST`, where the file LIST has a JSON list of files, each `name` and `text`.

Writes each of them into the directory of LIST, for its owner alone, and removes LIST. Prints the names of those that
have changed. Removes the files of hosts that the SHA256SUMS of an earlier run names and LIST does not. A loop of tasks
would need a tenth of a second for each file, and a fleet has thousands.
"""

import contextlib
import json
import os
import re
import sys
import tempfile

SUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.asc"
OF_HOST = re.compile(r"hdf-[A-Za-z0-9._-]+\.json")


def write(path: str, data: bytes) -> bool:
    """Replace a file as a whole, unless it is as it should be already; whether it has changed."""
    try:
        with open(path, "rb") as file:
            if file.read() == data and os.stat(path).st_mode & 0o7777 == 0o600:
                return False
    except OSError:
        pass
    handle, draft = tempfile.mkstemp(dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(draft, path)
    except OSError:
        os.unlink(draft)
        raise
    return True


def earlier(directory: str) -> set[str]:
    """The files of hosts that an earlier run has written into the directory, by its checksums.

    The checksums may be somebody else's, of files that nobody must lose; so their names alone are not enough.
    """
    try:
        with open(os.path.join(directory, SUMS), encoding="utf-8") as file:
            names = [line.partition("  ")[2].rstrip("\n") for line in file]
    except (OSError, UnicodeError):
        return set()
    return {name for name in names if OF_HOST.fullmatch(name)}


def main(path: str) -> None:
    """Write the files that are listed in one. Exits with a message if one of them cannot be written."""
    directory = os.path.dirname(path)
    try:
        with open(path, encoding="utf-8") as file:
            listed = json.load(file)
        texts = {os.path.basename(item["name"]): item["text"].encode("utf-8") for item in listed}
        gone = earlier(directory) - set(texts)
        for name, text in texts.items():
            if write(os.path.join(directory, name), text):
                print(name)
                # What signed other checksums does not fit any more.
                gone |= {SIGNATURE} if name == SUMS else set()
        for name in gone:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(directory, name))
    except OSError as error:
        # A draft is not what was asked for.
        sys.exit(f"cannot write {error.filename2 or error.filename or directory}: {error.strerror}")
    except UnicodeEncodeError as error:
        sys.exit(f"cannot write to {directory}: {error}")
    finally:
        os.unlink(path)


if __name__ == "__main__":
    main(sys.argv[1])
