# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on the controller: `split_files.py LIST`, where the file LIST has a JSON list of files, each `name` and `text`.

Writes each of them into the directory of LIST, for its owner alone, and removes LIST. Prints the names of those that
have changed. A loop of tasks would need a tenth of a second for each file, and the evidence of a fleet has thousands.
"""

import json
import os
import sys
import tempfile


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


def main(path: str) -> None:
    """Write the files that are listed in one. Exits with a message if one of them cannot be written."""
    directory = os.path.dirname(path)
    try:
        with open(path, encoding="utf-8") as file:
            listed = json.load(file)
        for item in listed:
            name = os.path.basename(item["name"])
            if write(os.path.join(directory, name), item["text"].encode("utf-8")):
                print(name)
    except OSError as error:
        # A draft is not what was asked for.
        sys.exit(f"cannot write {error.filename2 or error.filename or directory}: {error.strerror}")
    finally:
        os.unlink(path)


if __name__ == "__main__":
    main(sys.argv[1])
