# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML file that needs no network.

The page has the sums as HTML, and the hosts as JSON in an element that no browser executes; its script makes tables of
them, as text alone. A policy in the page allows this one script and this one style sheet, by their checksums.
"""

from __future__ import annotations

import base64
import hashlib
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import jinja2
from markupsafe import Markup

from .printable import printable
from .report_states import KINDS, rank

__all__ = ("page",)

_PARTS = pathlib.Path(__file__).parent / "report"
_SCRIPTS = ("parts.js", "state.js", "hosts.js", "fleet.js", "host.js", "main.js")
_LETTERS = {"met": "m", "partly met": "p", "not met": "n", "undecided": "u", "not applicable": "a", "excepted": "e"}
_MOST_BARS = 60
_WIDTH, _HEIGHT = 720, 190
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_PARTS), autoescape=True, trim_blocks=True, lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)  # fmt: skip


def page(document: Mapping) -> str:
    """The HTML of a document of report_document. Raises KeyError or TypeError for anything else."""
    style = (_PARTS / "style.css").read_text(encoding="utf-8")
    # A function of its own, so that the parts share names and the page has none of them.
    parts = "".join((_PARTS / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    script = f"(() => {{\n'use strict';\n{parts}}})();\n"
    shown = printable({name: value for name, value in document.items() if name not in ("hosts", "keys")})
    return _ENVIRONMENT.get_template("page.html.j2").render(
        document=shown,
        kinds=[{**kind._asdict(), "number": document["totals"].get(kind.slug, 0)} for kind in KINDS],
        style=Markup(style),
        script=Markup(script),
        style_hash=_checksum(style),
        script_hash=_checksum(script),
        data=Markup(_as_data(_of_page(document))),
        trend=_trend(document["history"]),
    )


def _checksum(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _as_data(value: Any) -> str:
    """JSON without a character that ends an element, opens a comment, or that an encoding may lack."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _of_page(document: Mapping) -> dict[str, Any]:
    """What the script needs; verdicts as letters, and times as their places in a list, because there are many."""
    times: dict[str, int] = {}

    def place(time: str) -> int:
        return times.setdefault(time, len(times))

    standards = document["standards"]
    hosts = []
    for entry in document["hosts"]:
        kept = {name: value for name, value in entry.items() if name not in ("verdicts", "trend", "since", "first")}
        kept["since"], kept["first"] = place(entry["since"]), place(entry["first"])
        kept["trend"] = [[place(one["time"]), rank(one["kind"]), one["lost"]] for one in entry["trend"]]
        kept["reasons"] = [[one["text"], place(one["since"])] for one in entry["reasons"]]
        if "verdicts" in entry:
            kept["verdicts"] = [_letters(standard, entry["verdicts"].get(standard["name"], {}), place)
                                for standard in standards]  # fmt: skip
        hosts.append(kept)
    return printable({
        "generated": document["generated"],
        "compared_with": document["compared_with"],
        "kinds": [{"slug": kind.slug, "label": kind.label} for kind in KINDS],
        "letters": {letter: verdict for verdict, letter in _LETTERS.items()},
        "standards": standards,
        "keys": document["keys"],
        "hosts": hosts,
        "times": list(times),
    })  # fmt: skip


def _letters(standard: Mapping, verdicts: Mapping, place: Any) -> list[Any]:
    """A letter for each requirement, a space for one by which the host was not judged; and since when."""
    said = [verdicts.get(item["id"]) for item in standard["requirements"]]
    return ["".join(_LETTERS[one["verdict"]] if one else " " for one in said),
            [place(one["since"]) if one else 0 for one in said]]  # fmt: skip


def _bad(one: Mapping) -> dict[str, int]:
    return {slug: count for slug, count in one["totals"].items() if slug != KINDS[-1].slug}


def _trend(history: Sequence[Mapping]) -> dict[str, Any]:
    """The bars of the trend: one for each result, of the hosts that were not in sync, the worst at the bottom."""
    points = history[-_MOST_BARS:]
    most = max([sum(_bad(one).values()) for one in points], default=0)
    step = _WIDTH / max(len(points), 8)
    bars = []
    for number, one in enumerate(points):
        bottom, parts = float(_HEIGHT), []
        for kind in KINDS:
            count = _bad(one).get(kind.slug, 0)
            if count:
                height = count * _HEIGHT / most
                bottom -= height
                parts.append({"slug": kind.slug, "y": round(bottom, 1), "height": round(height, 1)})
        said = ", ".join(
            f"{one['totals'][kind.slug]} {kind.label.lower()}" for kind in KINDS if one["totals"].get(kind.slug)
        )
        lost = f"; {one['lost']} records lost since the result before" if one.get("lost") else ""
        bars.append({"x": round(number * step, 1), "width": round(step * 0.8, 1), "parts": parts,
                     "time": one["time"], "said": f"{said}{lost}"})  # fmt: skip
    return {"bars": bars, "width": _WIDTH, "height": _HEIGHT, "most": most}
