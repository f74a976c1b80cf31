# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the pictures of docs/report.md: the page of a simulated fleet of 600 hosts, in Debian's chromium.

Run it as `python tools/report_pictures.py`, and look at what it has made. The hosts are the same in every run.
"""

import base64
import importlib
import pathlib
import sys
import tempfile
from typing import NamedTuple
from urllib.parse import urlencode

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "support")]

importlib.import_module("conftest")  # makes ansible_collections.linux.audit of this checkout
# ruff: noqa: E402
import browser
from ansible_collections.linux.audit.plugins.plugin_utils.report_page import page
from simulated_fleet import simulated

HOSTS, RESULTS = 600, 14
DIRECTORY = ROOT / "docs" / "report"


class Picture(NamedTuple):
    """A picture: its file, what the address of the page says, the screen, and the element that is at the top of it."""

    file: str
    place: dict[str, str]
    width: int = 1280
    height: int = 1000
    dark: bool = False
    top: str = "body"


def pictures(document: dict) -> list[Picture]:
    """The pictures. The host is the one in which the kernel differs most from the files."""
    host = max(document["hosts"], key=lambda entry: len(entry.get("drift", ())))["host"]
    return [
        Picture("hosts-light.png", {"view": "hosts"}),
        Picture("host-dark.png", {"view": "host", "host": host}, dark=True, top="nav"),
        Picture("hosts-phone.png", {"view": "hosts"}, width=390, height=844, top="main"),
        Picture("requirement.png", {"view": "requirements", "req": _unsteady(document)}, height=1000, top="nav"),
    ]


def _unsteady(document: dict) -> str:
    """The requirement that few hosts lack, since many different times."""
    times: dict[str, list[str]] = {}
    for host in document["hosts"]:
        for item in host.get("lacking", ()):
            since = host["verdicts"][item["standard"]][item["id"]]["since"]
            times.setdefault(item["id"], []).append(since)
    return max(sorted(times), key=lambda name: len(set(times[name])) / len(times[name]))


def main() -> None:
    """Write all pictures."""
    if browser.lacking:
        sys.exit(browser.lacking)
    document = simulated(HOSTS, results=RESULTS)
    with tempfile.TemporaryDirectory() as name, browser.browser(pathlib.Path(name)) as driver:
        path = pathlib.Path(name, "report.html")
        path.write_text(page(document), encoding="utf-8")
        for picture in pictures(document):
            browser.look(driver, picture.width, picture.height, picture.dark)
            driver.get("about:blank")
            driver.get(f"{path.as_uri()}#{urlencode(picture.place)}")
            driver.execute_script("document.querySelector(arguments[0]).scrollIntoView()", picture.top)
            found = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": False})
            (DIRECTORY / picture.file).write_bytes(base64.b64decode(found["data"]))


if __name__ == "__main__":
    main()
