# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's chromium without a window and without a network, driven by selenium."""

from __future__ import annotations

import contextlib
import importlib.util
import pathlib
from collections.abc import Iterator

CHROMIUM, DRIVER = pathlib.Path("/usr/bin/chromium"), pathlib.Path("/usr/bin/chromedriver")
SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip

lacking = "".join(
    f"{path} is missing; `./dev setup` as root installs it. " for path in (CHROMIUM, DRIVER) if not path.exists()
)
if importlib.util.find_spec("selenium") is None:
    lacking += "selenium is missing; `./dev setup` installs it."


@contextlib.contextmanager
def browser(directory: pathlib.Path) -> Iterator:
    """A browser with a profile of its own below the directory."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for switch in (*SWITCHES, f"--user-data-dir={directory / 'profile'}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    try:
        yield driver
    finally:
        driver.quit()


def look(driver, width: int = 1280, height: int = 1000, dark: bool = False, media: str = "screen") -> None:
    """Give the browser the size of a screen, a colour scheme, and paper instead of a screen."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": [scheme]})
