# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the report in a browser: what is shown, that nothing of a host runs, how fast it opens, and for whom."""

import gzip
import pathlib
import random
import time

import pytest

import browser as browsers
from ansible_collections.linux.audit.plugins.plugin_utils import evidence, report_document, report_host
from ansible_collections.linux.audit.plugins.plugin_utils.report_page import page
from simulated_fleet import healthy, simulated

pytestmark = pytest.mark.skipif(bool(browsers.lacking), reason=browsers.lacking)

SECONDS, MOST_BYTES = 2.0, 5_000_000
HOSTILE = (
    "</script><script>window.ran = 1</script><img src=x onerror='window.ran = 2'>\"'`--><svg onload=window.ran=3>"
    "{{ 7 * 7 }}{% raw %}${7*7}=cmd|'/c calc'!A1 &lt;b&gt; javascript:window.ran=4 \x1b[2J\u202egpj\u2028\x00"
)
SHOWN = (
    HOSTILE.replace("\x1b", "\\x1b").replace("\u202e", "\\u202e").replace("\u2028", "\\u2028").replace("\x00", "\\x00")
)


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with browsers.browser(tmp_path_factory.mktemp("browser")) as driver:
        yield driver


@pytest.fixture
def show(driver, tmp_path):
    """show(document, hash) opens the page and returns the driver; nothing may be wrong in the browser's own eyes."""

    def show(document, place="", **screen):
        browsers.look(driver, **screen)
        path = tmp_path / "report.html"
        path.write_text(page(document), encoding="utf-8")
        driver.get(f"{path.as_uri()}{place}")
        return driver

    yield show
    assert [line["message"] for line in driver.get_log("browser")] == []


def text(driver, selector="main"):
    return driver.execute_script("return document.querySelector(arguments[0]).innerText", selector)


def rows(driver):
    return driver.execute_script("""
        const texts = (row) => [...row.children].map((cell) => cell.innerText);
        return [...document.querySelectorAll('main tbody tr')].map(texts);
    """)


def go(driver, place):
    """Show another view, as a link does."""
    before = driver.execute_script("return location.hash")
    driver.execute_script("location.hash = arguments[0]", place)
    deadline = time.monotonic() + 5
    while before != place and place not in driver.execute_script("return location.hash"):
        assert time.monotonic() < deadline
    # The event comes after the change.
    driver.execute_async_script("setTimeout(arguments[0], 0)")


@pytest.fixture(scope="module")
def fifty():
    return simulated(50, results=3)


@pytest.mark.parametrize("hosts", [0, 1, 50])
def test_it_opens(show, hosts):
    driver = show(simulated(hosts, results=2))
    found = rows(driver)
    assert len(found) == hosts
    if not hosts:
        assert "No host was asked." in text(driver)
        assert text(driver, "h1") == "No host was asked."


@pytest.mark.fleet
def test_5000_hosts_open_in_time(driver, tmp_path):
    html = page(simulated(5000, results=2)).encode()
    assert len(gzip.compress(html)) < MOST_BYTES
    path = tmp_path / "report.html"
    path.write_bytes(html)
    browsers.look(driver)
    times = []
    for _again in range(3):
        driver.get("about:blank")
        begin = time.monotonic()
        driver.get(path.as_uri())
        assert len(rows(driver)) == 50
        times.append(time.monotonic() - begin)
    print(f"5,000 hosts: {len(html):,} bytes, {len(gzip.compress(html)):,} compressed, open in {min(times):.2f} s")
    assert min(times) < SECONDS
    for place in ("view=requirements", "view=drift", "view=keys", "view=hosts&q=sudoers"):
        begin = time.monotonic()
        go(driver, f"#{place}")
        assert time.monotonic() - begin < SECONDS, place
        assert rows(driver), place


def test_the_worst_come_first_and_filters_are_in_the_address(show, fifty):
    driver = show(fifty)
    kinds = [host["kind"] for host in fifty["hosts"]]
    assert [row[0] for row in rows(driver)] == [host["host"] for host in fifty["hosts"]]
    tile = driver.find_element("css selector", f"a.tile[href*='state={kinds[0]}']")
    tile.click()
    go(driver, f"#view=hosts&state={kinds[0]}")
    assert len(rows(driver)) == kinds.count(kinds[0])
    assert driver.execute_script("return document.getElementById('state').value") == kinds[0]
    assert tile.get_attribute("aria-current") == "true"
    go(driver, "#view=hosts&sort=host")
    names = [row[0] for row in rows(driver)]
    assert names == sorted(names)
    go(driver, "#view=hosts&q=no-such-host")
    assert "No host matches." in text(driver)


def test_the_keyboard_does_all(show, fifty):
    from selenium.webdriver.common.keys import Keys

    driver = show(fifty)
    body = driver.find_element("css selector", "body")
    body.send_keys("/")
    assert driver.switch_to.active_element.get_attribute("id") == "q"
    wanted = fifty["hosts"][3]["host"]
    driver.switch_to.active_element.send_keys(wanted)
    deadline = time.monotonic() + 5
    while len(rows(driver)) != 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [row[0] for row in rows(driver)] == [wanted]
    link = driver.find_element("css selector", "main tbody th a")
    link.send_keys(Keys.ENTER)
    go(driver, driver.execute_script("return location.hash"))
    assert "Kernel" in text(driver)
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    go(driver, driver.execute_script("return location.hash"))
    assert len(rows(driver)) == 1
    # Everything that can be clicked is a link, a field or a summary, which the keyboard reaches.
    assert driver.execute_script("return document.querySelectorAll('[onclick], main [tabindex]').length") == 0


def hostile_fleet():
    """A document in which every text that a host can choose is hostile."""
    info = healthy(random.Random(1))
    info["status"] |= {"enabled": HOSTILE, "failure": HOSTILE}
    info["daemon"] = {"name": HOSTILE, "problems": [HOSTILE]}
    info["plugins"] = [{"name": HOSTILE, "active": True, "running": False}]
    info["versions"] = {"audit": HOSTILE, "kernel": HOSTILE}
    info["retention"] |= {"oldest": HOSTILE, "newest": HOSTILE}
    info["retention"]["keys"] = [{"key": HOSTILE, "events": 1, "bytes": 2, "bytes_a_day": 3}]
    info["drift"] = {
        "missing": [HOSTILE], "extra": [HOSTILE + "2"], "other_key": [{"file": HOSTILE, "kernel": HOSTILE}],
        "out_of_order": [{"first": HOSTILE, "second": HOSTILE}],
        "settings": [{"name": HOSTILE, "file": HOSTILE, "kernel": HOSTILE}],
    }  # fmt: skip
    info["origins"] = {HOSTILE: HOSTILE}
    info["problems"] = [{"path": HOSTILE, "line": 3, "text": HOSTILE, "reason": HOSTILE, "lost_at_boot": True}]
    said = {"status": "not met", "reason": HOSTILE, "missing": [HOSTILE]}
    rule = {"wanted": HOSTILE, "kernel": said, "files": said, "text": {"status": "met"}}
    waiver = {"reason": HOSTILE, "until": HOSTILE, "expired": True}
    item = {"standard": HOSTILE, "id": HOSTILE, "title": HOSTILE, "severity": HOSTILE, "kernel": "not met",
            "files": "not met", "text": "met", "rules": [rule], "exception": waiver}  # fmt: skip
    standard = {"name": HOSTILE, "title": HOSTILE, "release": HOSTILE}
    judged = evidence.host_entry(HOSTILE, {"requirements": [item], "standards": [standard]})
    row = {"host": HOSTILE, "state": "drift: 9", "reasons": [HOSTILE]}
    entries = [
        report_host.host_entry(row, info, HOSTILE, judged),
        report_host.silent_entry(HOSTILE + "3", f"failed: {HOSTILE}"),
    ]
    return report_document.document(entries, "2026-11-27T06:00:00Z")


def test_what_hosts_say_is_shown_and_does_nothing(show):
    """In every view, and for every text."""
    driver = show(hostile_fleet())
    shown = " ".join(SHOWN.split())
    host = driver.execute_script("return new URLSearchParams({view: 'host', host: arguments[0]}).toString()", SHOWN)
    requirement = driver.execute_script(
        "return new URLSearchParams({view: 'requirements', req: arguments[0]}).toString()", SHOWN
    )
    times = {"view=hosts": 4, "view=drift": 9, "view=requirements": 3, requirement: 5, "view=keys": 1, host: 25}
    for place, least in times.items():
        driver.execute_script("location.hash = arguments[0]", place)
        driver.execute_async_script("setTimeout(arguments[0], 50)")
        driver.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        said = " ".join(driver.execute_script("return document.querySelector('main').textContent").split())
        assert said.count(shown) >= least, (place, said.count(shown))
        strange = "img, iframe, [onerror], [onload], main script, a:not([href^='#'])"
        assert driver.find_elements("css selector", strange) == [], place
        assert driver.execute_script("return window.ran") is None, place
        assert driver.execute_script("return document.scripts.length") == 2
    assert driver.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert shown in " ".join(text(driver, ".about").split())


def test_a_script_that_gets_into_the_page_does_not_run(show, driver, fifty):
    """The policy of the page is the second wall."""
    show(fifty)
    driver.execute_script("""
        const script = document.createElement('script');
        script.textContent = 'window.ran = 1';
        document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="window.ran = 2">');
    """)
    driver.execute_async_script("setTimeout(arguments[0], 100)")
    assert driver.execute_script("return window.ran") is None
    refused = [line["message"] for line in driver.get_log("browser")]
    assert len([said for said in refused if "Content Security Policy" in said]) >= 2


PLACES = ("view=hosts", "view=drift", "view=requirements", "view=requirements&by=host", "view=keys", "view=host&host=")


@pytest.mark.parametrize(
    ("width", "dark"),
    [
        pytest.param(1280, False, id="wide-light"),
        pytest.param(390, True, id="phone-dark"),
        pytest.param(1280, True, id="wide-dark", marks=pytest.mark.fleet),
        pytest.param(390, False, id="phone-light", marks=pytest.mark.fleet),
    ],
)
def test_it_is_accessible(show, fifty, width, dark):
    """By axe, with the rules of WCAG 2.1 AA; contrast is one of them. Nothing is cut off at the side."""
    axe = pytest.importorskip("axe_core_python", reason="axe-core-python is not installed; ./dev setup does it")
    source = next(pathlib.Path(path) / "axe.min.js" for path in axe.__path__).read_text(encoding="utf-8")
    driver = show(fifty, width=width, height=900, dark=dark)
    driver.execute_script(source)
    for place in PLACES:
        go(driver, f"#{place}{fifty['hosts'][0]['host'] if place.endswith('=') else ''}")
        driver.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = driver.execute_async_script("""
            const done = arguments[arguments.length - 1];
            axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})
               .then((all) => done(all.violations.map((one) => [one.id, one.nodes.map((node) => node.html)])));
        """)
        assert found == [], place
        assert driver.execute_script("return document.documentElement.scrollWidth - innerWidth") <= 0, place


def test_on_paper_is_all_that_the_filters_let_through(show):
    driver = show(simulated(120, requirements=2), media="print")
    assert len(rows(driver)) == 50
    driver.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert len(rows(driver)) == 120
    assert driver.execute_script("return getComputedStyle(document.querySelector('form')).display") == "none"
    driver.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert len(rows(driver)) == 50


def test_times_and_changes_are_shown(show, fifty):
    driver = show(fifty, f"#view=host&host={fifty['hosts'][0]['host']}")
    assert "since 2026-11-25 or earlier" in text(driver)
    assert "Earlier results" in text(driver)
    assert len(driver.find_elements("css selector", ".trend svg g")) == 3


def test_without_a_script_the_sums_are_there(show, driver, fifty):
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        show(fifty)
        source = driver.page_source
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert fifty["headline"] in source
