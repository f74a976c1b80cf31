# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of ./dev bench says what was measured."""

import xml.etree.ElementTree as ET

import pytest

from bench.figures import CPU, Growth, Pair, Section, read, write
from paths import ROOT

DOCS = ROOT / "docs"


def growth(power):
    """A growth whose seconds are a power of the size."""
    made = Growth("Sets of rules", "rules")
    for size in (10, 100, 1000):
        made.note("ours", size, 0.01 * size**power)
        made.note("theirs", size, 0.01 * size)
    return made


@pytest.mark.parametrize("power", [0, 1, 1.5, 2])
def test_the_exponent_is_that_of_the_growth(power):
    """The fit finds the power by which the figures were made."""
    assert growth(power).exponent("ours") == pytest.approx(power)
    assert growth(power).table()[-1] == f"| fitted exponent | {power:.2f} | 1.00 |"


def test_a_table_of_growth_has_the_ratio_of_each_row():
    """An empty cell where one of the two was not measured, and no exponent of a ratio."""
    made = Growth("Sets", "rules", rivals=[("ours", "theirs"), ("ours", "ours: rival")])
    for size, ours in ((10, 3.0), (1000, 1.0)):
        made.note("ours", size, ours)
        made.note("theirs", size, 2.0)
    made.note("ours: rival", 10, 0.0)
    assert made.table() == [
        "| rules | ours | theirs | ours: rival | ours / theirs | ours / rival |", "|---|---|---|---|---|---|",
        "| 10 | 3.000 | 2.000 | 0.000 | 1.50 |  |", "| 1,000 | 1.000 | 2.000 |  | 0.50 |  |",
        "| fitted exponent | -0.24 | 0.00 |  |  |  |",
    ]  # fmt: skip


def over_hosts(each, **more):
    """A growth over hosts: a start of half a second, and as much for each further host."""
    made = Growth("Guests over ssh, two forks", "guests", **more)
    for hosts in (1, 2, 8, 20):
        made.note("audit_rule", hosts, 0.5 + each * hosts)
    return made


def test_the_page_says_what_one_further_host_costs_and_thousands(tmp_path):
    """The slope, and the minutes that follow from it; the controller's own time once it was measured."""
    once = Growth("Hosts with local connections, two forks", "hosts", {"ping": {64: 6.0}})
    write(tmp_path, {"guests": Section(growths=[over_hosts(0.24), once])})
    page = (tmp_path / "performance.md").read_text()
    assert "| Guests over ssh | `audit_rule` | 0.240 | 4.0 min | 0.8 min | 8.0 min | 1.6 min |" in page
    assert "CPU of the controller" not in page and "| `ping` |" not in page
    write(tmp_path, {"guests": Section(growths=[over_hosts(0.24), over_hosts(0.03, unit=CPU)])})
    page = (tmp_path / "performance.md").read_text()
    assert "| hosts | task | s | CPU of the controller, s | 1,000, 2 forks | 1,000, 10 forks | 2,000," in page
    assert "| Guests over ssh | `audit_rule` | 0.240 | 0.030 | 4.0 min | 0.8 min | 8.0 min | 1.6 min |" in page
    assert "| 20 | 1.100 |" in page
    write(tmp_path, {"sets": Section(growths=[growth(1)])})
    assert "further host" not in (tmp_path / "performance.md").read_text()


def test_the_page_has_every_figure_and_a_plot_for_each_growth(tmp_path):
    """Ratios, goals and sizes are in the tables; a plot has a point for each figure."""
    missed, met = Pair("`audit_rule` / `ping`", 0.3, 0.2, 1.25), Pair("`audit_rule` / `nothing`", 0.3, 0.2, 1.5)
    pairs = {"Tasks": [missed, met, Pair("`audit_rule` / `copy`", 0.3, 0.6)]}
    write(tmp_path, {"tasks": Section(pairs, ["More."], [growth(1)], "2026-01-02 by `a command`")})
    page = (tmp_path / "performance.md").read_text()
    assert page.count("Measured 2026-01-02 by `a command`.") == 2
    assert "\nMore.\n" in page
    assert "| `audit_rule` / `ping` | 0.300 | 0.200 | 1.50 | 1.25, missed |" in page
    assert "| `audit_rule` / `nothing` | 0.300 | 0.200 | 1.50 | 1.5, met |" in page
    assert "| `audit_rule` / `copy` | 0.300 | 0.600 | 0.50 |  |" in page
    assert "| 1,000 | 10.000 | 10.000 |" in page
    assert "![Sets of rules](performance/sets_of_rules.svg)" in page
    plot = ET.parse(tmp_path / "performance" / "sets_of_rules.svg").getroot()
    points = [node for node in plot if node.tag.endswith("circle")]
    assert len(points) == 6
    # What takes longer is higher, and no point is outside of the axes.
    heights = [float(node.get("cy")) for node in points[:3]]
    assert heights == sorted(heights, reverse=True)
    assert all(0 < float(node.get("cx")) < 640 and 0 < float(node.get("cy")) < 360 for node in points)


def test_a_part_that_is_measured_again_replaces_its_own_section(tmp_path):
    """What the other parts have measured stays as it is, and plots of what is no more are gone."""
    other = Growth("Other sets", "rules", {"x": {1: 2.0}}, "MB")
    old = {
        "one": Section({"One": [Pair("a / b", 1, 2)]}, ["Said of one."], [growth(1)], "first"),
        "two": Section({"Two": [Pair("c / d", 3, 4, 5)]}, growths=[other]),
    }
    write(tmp_path, old)
    before = (tmp_path / "performance.md").read_text()
    assert read(tmp_path) == old
    write(tmp_path, read(tmp_path))
    assert (tmp_path / "performance.md").read_text() == before
    write(tmp_path, read(tmp_path) | {"two": Section({"Two": [Pair("c / d", 30, 4, 5)]}, measured="second")})
    after = (tmp_path / "performance.md").read_text()
    assert "| c / d | 30.000 | 4.000 | 7.50 | 5, missed |" in after
    assert "Other sets" in before and "Other sets" not in after
    kept = "\n".join(line for line in before.splitlines() if "a / b" in line or "Sets of rules" in line)
    assert kept == "\n".join(line for line in after.splitlines() if "a / b" in line or "Sets of rules" in line)
    assert [path.name for path in (tmp_path / "performance").glob("*.svg")] == ["sets_of_rules.svg"]


def test_the_page_of_this_checkout_is_written_from_its_figures(tmp_path):
    """Nobody has changed the page by hand, or the figures without the page."""
    sections = read(DOCS)
    assert sections
    write(tmp_path, sections)
    written = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*.*")}
    assert written == {path: (DOCS / path).read_text() for path in written}
    assert len(list((DOCS / "performance").iterdir())) == len(list((tmp_path / "performance").iterdir()))
