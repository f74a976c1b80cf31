# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured: pairs of us and a rival, and growths; as text, as tables and as plots.

docs/performance.md has a section for each part of the bench, of which any may be measured alone. What was measured is
kept beside the plots, as JSON by part, and the page is written from all of it.
"""

import dataclasses
import json
import math
import pathlib
import re

COLOURS = ("#0b6e99", "#c2410c", "#4d7c0f", "#7e22ce", "#525252", "#be185d", "#a16207")
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 360, 70, 50, 20, 200


@dataclasses.dataclass(frozen=True)
class Pair:
    """Our seconds and a rival's in the same run, and the ratio that they are meant to stay below."""

    title: str
    ours: float
    theirs: float
    goal: float | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs if self.theirs else math.inf

    def line(self) -> str:
        """The pair for a terminal."""
        goal = f"   (goal {self.goal:g})" if self.goal else ""
        return f"{self.title:<78} {self.ours:8.3f} s / {self.theirs:8.3f} s = {self.ratio:6.2f}{goal}"

    def row(self) -> str:
        """The pair as a row of a table."""
        goal = f"{self.goal:g}, {'met' if self.ratio <= self.goal else 'missed'}" if self.goal else ""
        title = self.title.replace("|", "\\|")
        return f"| {title} | {self.ours:.3f} | {self.theirs:.3f} | {self.ratio:.2f} | {goal} |"


@dataclasses.dataclass
class Growth:
    """Seconds by size, for us and for rivals, or what else the unit says.

    ``rivals``: pairs of names in the series, of ours and of a rival's, of which the table has the ratio.
    """

    title: str
    size: str
    series: dict[str, dict[int, float]] = dataclasses.field(default_factory=dict)
    unit: str = "seconds"
    rivals: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    def note(self, name: str, size: int, seconds: float) -> None:
        self.series.setdefault(name, {})[size] = seconds

    def exponent(self, name: str) -> float | None:
        """The e of the seconds ~ size^e that fits best (least squares of logarithms); None for a single point."""
        return _slope([(math.log(size), math.log(max(seconds, 1e-6))) for size, seconds in self.series[name].items()])

    def slope(self, name: str) -> float | None:
        """What one more of the size costs: of the line that fits best (least squares); None for a single point."""
        return _slope(list(self.series[name].items()))

    def ratio(self, ours: str, theirs: str, size: int) -> float | None:
        """Our figure divided by the rival's; None where one of them was not measured."""
        pair = [self.series.get(name, {}).get(size) for name in (ours, theirs)]
        return pair[0] / pair[1] if pair[0] is not None and pair[1] else None

    def table(self) -> list[str]:
        """Rows of sizes, with the ratios to rivals, and one of the exponents."""
        names = [*self.series, *(f"{ours} / {theirs.removeprefix(f'{ours}: ')}" for ours, theirs in self.rivals)]
        sizes = sorted({size for points in self.series.values() for size in points})
        lines = [f"| {self.size} | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
        for size in sizes:
            digits = 3 if "seconds" in self.unit else 0
            cells = [_cell(points.get(size), digits) for points in self.series.values()]
            cells += [_cell(self.ratio(ours, theirs, size), 2) for ours, theirs in self.rivals]
            lines.append(f"| {size:,} | " + " | ".join(cells) + " |")
        cells = [_cell(self.exponent(name), 2) for name in self.series] + [""] * len(self.rivals)
        return [*lines, "| fitted exponent | " + " | ".join(cells) + " |"]

    def plot(self) -> str:
        """An SVG with logarithmic axes."""
        sizes = [size for points in self.series.values() for size in points]
        seconds = [max(value, 1e-4) for points in self.series.values() for value in points.values()]
        across, up = _scale(sizes, LEFT, WIDTH - RIGHT), _scale(seconds, HEIGHT - BOTTOM, TOP)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
            'font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            f'<text x="{LEFT}" y="14">{self.title}: {self.unit} by {self.size}</text>',
        ]
        for size in sorted(set(sizes)):
            parts.append(f'<text x="{across(size):.0f}" y="{HEIGHT - 30}" text-anchor="middle">{size:,}</text>')
        for tick in _decades(seconds):
            y = up(tick)
            parts.append(f'<path d="M{LEFT} {y:.0f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.0f}" text-anchor="end">{tick:g}</text>')
        for number, (name, points) in enumerate(self.series.items()):
            colour = COLOURS[number % len(COLOURS)]
            places = [(across(size), up(max(value, 1e-4))) for size, value in sorted(points.items())]
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
            y = TOP + 16 + number * 18
            parts.append(f'<text x="{WIDTH - RIGHT + 12}" y="{y}" fill="{colour}">{name}</text>')
        return "\n".join([*parts, "</svg>", ""])


def _slope(points: list[tuple[float, float]]) -> float | None:
    if len(points) < 2:
        return None
    x, y = (sum(part) / len(points) for part in zip(*points, strict=True))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _b in points)


def _cell(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _scale(values, first, last):
    """From a value to its place on a logarithmic axis."""
    least, most = math.log(min(values)), math.log(max(values))
    span = most - least or 1.0
    return lambda value: first + (math.log(value) - least) / span * (last - first)


def _decades(values):
    """The powers of ten within the values."""
    return [10.0**power for power in range(math.ceil(math.log10(min(values))), math.floor(math.log10(max(values))) + 1)]


FIGURES = "figures.json"

HEAD = """\
# Performance

A task with rules that changes nothing costs one or two tenths of a second more than `ping` on each host, and less than
`copy` of the same text. A task with packs costs more if it searches the host for privileged programs, as standards ask
for. [What the time is spent on](#what-the-time-is-spent-on) says why it is not less, and which goals are missed for it.

`./dev bench --write` measures what is on this page, and writes the page; `./dev bench --write PART` measures one part,
and leaves the sections of the others. Rivals are measured in the same run, because seconds alone say more about the
machine than about the collection. Each part says below its title when and how it was measured, and which load the
machine had before. Guests are Debian bookworm in User-Mode Linux.

How to read it:

- The ratio is our time divided by the rival's: 1.5 is half as much again, 0.5 is half of it.
- A goal is a ratio that this project wants to stay at or below, and the table says whether this run did. Rows without
  a goal are there to compare.
- Tables of growth have seconds, or megabytes of memory, and ratios in the columns with a slash. Both axes
  of the plots are logarithmic. A fitted exponent tells how time grows with size over the whole table: with 1, twice as
  much takes twice as long; with 2, four times. Where small sizes cost mostly a fixed start, look at the last rows for
  what more of it will cost.
- "Two forks" means that Ansible works on two hosts at a time, because the machine has two processors. A controller with
  more processors and forks has more hosts done in the same time.
- Other work on the machine slows both sides, but not by the same factor. Compare only figures of idle machines.

"""

SPENT = """\
## What the time is spent on

- **A task that changes nothing**: Python compiles the files of the collection in each task, because Ansible sends
  source text, and then it reads, compares and examines the rules; "Where the time of the process goes" has both. The
  collection keeps no compiled code and no results on hosts: root would run or believe what others may have written.
  To import the files takes nearly all that the goals of `audit_rule` / `ping` allow. With thousands of rules in the
  kernel, each lookup of a path takes long, because the kernel asks its rules for files each time; so if many rules
  name files of one directory, the module lists the directory instead.
- **Packs**: those that ask for privileged programs search the host for them. Each file needs one system call, which is
  as much as find(1) needs. What was found is not kept for the next task, because nothing tells whether a mode has
  changed. Hosts with local connections are all this machine, which has many more files than a guest, and searches them
  once for each host: find(1) alone would miss the goal there.
- **A set that changes**: the module examines the files, and plans an order that loses no event. Then the kernel gets
  several changes with each message, as many as it can make in a hundredth of a second, because logins wait while the
  kernel works; auditctl sends each rule alone. Finally the module asks the kernel for all rules, as a proof. The kernel
  compares each new rule with those that it holds, so each addition takes longer, the more rules it holds; and it holds
  the old rules while the new ones are added, because no event may be lost. `auditctl -R` deletes first, and what
  happens meanwhile is not recorded. "auditctl -R, the same steps" adds and deletes as the collection does.

"""


#: The unit of a growth of the controller's own time, beside the one of the runs.
CPU = "CPU seconds"
OVER = ("hosts", "guests")
MEASURED_FORKS = 2
FORKS = (2, 10)
MANY = (1_000, 2_000)
FURTHER = """\
## What one further host costs

The seconds that a run takes longer for each further host, from the straight line that fits the [growths](#growth) below
best (least squares). The minutes are computed from them, and not measured: {many} hosts with two forks,
as in the growths, and with {forks} forks on a controller with a processor for each. Here the hosts run on the
controller as well, which has two processors; with hosts of their own, a run takes less. One process of Ansible hands
out all tasks and takes all results, so that from some number of forks on, more of them do not help.
"""
WITH_CPU = """
However many forks there are, a run takes at least the CPU time of the controller, times the hosts, divided by its
processors. Processes that keep connections of ssh open are not counted in it.
"""


@dataclasses.dataclass
class Section:
    """What a part has measured: pairs by title, paragraphs that follow them, growths; and when and how it did so."""

    pairs: dict[str, list[Pair]] = dataclasses.field(default_factory=dict)
    notes: list[str] = dataclasses.field(default_factory=list)
    growths: list[Growth] = dataclasses.field(default_factory=list)
    measured: str = ""


def read(directory: pathlib.Path) -> dict[str, Section]:
    """The sections of the page, by part."""
    path = directory / "performance" / FIGURES
    return {part: _section(**kept) for part, kept in json.loads(path.read_text()).items()} if path.exists() else {}


def _section(pairs: dict, notes: list[str], growths: list[dict], measured: str) -> Section:
    # JSON has no keys that are numbers.
    for growth in growths:
        growth["series"] = {
            name: {int(size): value for size, value in points.items()} for name, points in growth["series"].items()
        }
        growth["rivals"] = [tuple(pair) for pair in growth.get("rivals", ())]
    found = {title: [Pair(**pair) for pair in listed] for title, listed in pairs.items()}
    return Section(found, notes, [Growth(**growth) for growth in growths], measured)


def write(directory: pathlib.Path, sections: dict[str, Section]) -> None:
    """Keep the sections, and write performance.md of them, and a plot for each growth."""
    plots = directory / "performance"
    plots.mkdir(exist_ok=True)
    kept = {part: dataclasses.asdict(section) for part, section in sections.items()}
    (plots / FIGURES).write_text(json.dumps(kept, indent=1) + "\n")
    for path in plots.glob("*.svg"):
        path.unlink()
    lines = [HEAD]
    for section in sections.values():
        for title, pairs in section.pairs.items():
            lines += [f"## {title}\n", f"Measured {section.measured}.\n"]
            lines += ["| what / rival | ours, s | rival, s | ratio | goal |", "|---|---|---|---|---|"]
            lines += [*(pair.row() for pair in pairs), ""]
        lines += [f"{note.strip()}\n" for note in section.notes]
    lines += further_hosts([growth for section in sections.values() for growth in section.growths])
    lines += [SPENT, "## Growth\n"]
    for section in sections.values():
        for growth in section.growths:
            name = re.sub(r"\W+", "_", growth.title.lower())
            (plots / f"{name}.svg").write_text(growth.plot())
            lines += [f"### {growth.title}\n", f"Measured {section.measured}.\n", *growth.table(), ""]
            lines += [f"![{growth.title}](performance/{name}.svg)", ""]
    (directory / "performance.md").write_text("\n".join(lines).rstrip("\n") + "\n")


def further_hosts(growths: list[Growth]) -> list[str]:
    """The lines of the section; none if no growth is over hosts."""
    found = [growth for growth in growths if growth.size in OVER]
    cpu = {growth.size: growth for growth in found if growth.unit == CPU}
    runs = [growth for growth in found if growth.unit != CPU]
    if not runs:
        return []
    columns = [f"{hosts:,}, {forks} forks" for hosts in MANY for forks in FORKS]
    names = ["hosts", "task", "s", *(["CPU of the controller, s"] if cpu else []), *columns]
    lines = [
        FURTHER.format(many=" or ".join(f"{hosts:,}" for hosts in MANY), forks=FORKS[-1]),
        _row(names),
        "|---" * len(names) + "|",
    ]
    for growth in runs:
        for name in growth.series:
            slope = growth.slope(name)
            if slope is not None:
                own = [_of_controller(cpu.get(growth.size), name)] if cpu else []
                lines.append(
                    _row([growth.title.partition(",")[0], f"`{name}`", f"{slope:.3f}", *own, *_minutes(slope)])
                )
    return [*lines, WITH_CPU if cpu else ""]


def _of_controller(growth: Growth | None, name: str) -> str:
    slope = growth.slope(name) if growth and name in growth.series else None
    return "" if slope is None else f"{slope:.3f}"


def _minutes(slope: float) -> list[str]:
    return [f"{hosts * slope * MEASURED_FORKS / forks / 60:.1f} min" for hosts in MANY for forks in FORKS]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
