"""The numbers as a page in Markdown: how they were taken and on what, the goals, the curves, everything else, and absolute numbers.

Made of the JSON alone, so that a page can be made again without measuring. Names no machine and no path.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .results import Figure, Outcome, details_table, shown, table
from .row import Section
from .walls import WALLS

HEAD = """# Benchmarks

Made by `scripts/bench --page`; do not edit. `scripts/bench --help` names every row, `scripts/bench --only ROW` measures one again.
"""
HOW = """
## How it was measured

- What is compared runs at the same time and is measured in turn, round by round (A B A B …), so that whatever else the machine
  does is in both. A ratio is that of two neighbours in one round; shown are the median of the rounds and, in brackets, the lowest
  and the highest.
- Load is closed-loop and at full speed: wrk with 16 connections (4 over TLS, and h2load 4 of 4 streams each) asks for a page of
  1 KB whose response has two Set-Cookie fields, and sends both cookies back. The origin is nginx. Everything is on loopback.
- {cores}
- "Ours" is recording into SQLite, the jar, and 20 rules, of which two are about these cookies, unless a row says something else.
- Processor time is that of the proxy's process, all threads together.
{runs}
"""
RUN = """\
- {which}: {date}, {rounds} rounds of {seconds} seconds a proxy, in most rows without a goal half as long{quick}.
  It took {minutes:.0f} minutes."""
APART = "The proxy that is measured has a core to itself; load and origin share another."
TOGETHER = "Proxy, load and origin share their cores, for want of a way to keep them apart."
QUICK = "; repetitions without a network are cut to {scale:.0%}, so this is a rough picture"
MACHINE = {
    "processor": "processor",
    "cores": "cores",
    "system": "system",
    "python": "Python",
    "mitmproxy": "mitmproxy",
    "sqlite": "SQLite",
    "nginx": "nginx",
    "wrk": "wrk",
    "h2load": "h2load",
    "node": "Node.js",
    "load_average": "load average before",
}
"""What of `machine` is shown, and under which name."""
NOTES = {
    Section.GROWTH: "In each table all lines were measured in turn; the first is what the others are held against.",
    Section.FEATURES: """\
Recording and rules are switched off in `rules.yaml`. Jar and sessions have no switch: a script of the benchmarks takes them out
of the way. In `features` everything is off but what is named, and all its lines were measured in turn.""",
    Section.FAST: """\
In `fast-parts` `cookies_fast` is off, and a script of the benchmarks switches one part of it on. In `shortcuts` there is no
network and nothing of ours: one exchange after the other goes through mitmproxy in one process, with garbage settled, and its
processor time counts.""",
}
"""What has to be known of a section."""
ABSOLUTE = "They say as much about this machine as about the programs."
_PATH = re.compile(r"(?<![\w:/.])(?:/[\w.+-]+){2,}")


def page(numbers: Mapping[str, Any]) -> str:
    """The page for what `--json` says."""
    outcome = Outcome.from_json(numbers)
    parts = [HEAD, _how(numbers), _machine(numbers["machine"]), _goals(outcome.figures)]
    parts += (_section(section, outcome) for section in Section)
    parts.append(_not_measured(outcome.figures))
    curves = {figure.row for figure in outcome.figures if figure.point}
    details = [detail for detail in outcome.details if detail.row not in curves]
    if details:
        parts.append(f"## Absolute numbers\n\n{ABSOLUTE}\n\n{details_table(details)}\n")
    return "\n".join(part for part in parts if part)


def _how(numbers: Mapping[str, Any]) -> str:
    return HOW.lstrip("\n").format(cores=APART if numbers["cores_apart"] else TOGETHER, runs="\n".join(_runs(numbers)))


def _runs(numbers: Mapping[str, Any]) -> Iterator[str]:
    runs = numbers.get("runs", [numbers])
    for number, run in enumerate(runs, 1):
        which = "This run" if len(runs) == 1 else f"Run {number}"
        if number > 1:
            which += f", from which {', '.join(f'`{row}`' for row in run['rows'])} are"
        quick = QUICK.format(scale=run["scale"]) if run["scale"] < 1 else ""
        yield RUN.format(
            which=which, quick=quick, **{name: run[name] for name in ("date", "rounds", "seconds", "minutes")}
        )


def _machine(machine: Mapping[str, Any]) -> str:
    rows = ((shown_as, _text(machine.get(name))) for name, shown_as in MACHINE.items())
    return table(("on", ""), rows) + "\n"


def _text(value: object) -> str:
    if value is None:
        return "none"
    return f"{value:.2g}" if isinstance(value, float) else str(value)


def _goals(figures: Iterable[Figure]) -> str:
    held = [figure for figure in figures if figure.goal]
    if not held:
        return ""
    measured = [figure for figure in held if figure.is_met is not None]
    met = sum(figure.is_met is True for figure in measured)
    heads = ("row", "what", "goal", "median (lowest – highest)", "met")
    lines = ((figure.row, *_cells(figure)) for figure in held)
    return f"## Goals\n\n{met} of {len(measured)} are met.\n\n{table(heads, lines)}\n" + _walls(measured)


def _walls(figures: Iterable[Figure]) -> str:
    """What is in the way of the goals that are not met."""
    rows = dict.fromkeys(figure.row for figure in figures if not figure.is_met)
    known = [f"- `{row}`: {WALLS[row].replace(chr(10), chr(10) + '  ')}\n" for row in rows if row in WALLS]
    return "\n### What stands in the way of the others\n\n" + "".join(known) if known else ""


def _cells(figure: Figure) -> Iterator[str]:
    what, goal, measured, met = figure.cells()
    return iter((what, goal, measured if figure.numbers else "not measured", met))


def _section(section: Section, outcome: Outcome) -> str:
    figures = [figure for figure in outcome.figures if figure.section == section and figure.numbers]
    plain = [figure for figure in figures if not figure.point and not figure.goal]
    curves = dict.fromkeys(figure.row for figure in figures if figure.point)
    parts = [NOTES[section] + "\n"] if section in NOTES and (curves or plain) else []
    parts += (_curve([figure for figure in figures if figure.row == row], outcome) for row in curves)
    if plain:
        heads = ("row", "what", "median (lowest – highest)")
        parts.append(table(heads, ((each.row, each.what, each.measured()) for each in plain)) + "\n")
    return f"## {section}\n\n" + "\n".join(parts) if parts else ""


def _curve(figures: Sequence[Figure], outcome: Outcome) -> str:
    """A line for each point, the first included, which is only among the absolute numbers."""
    shares = {str(figure.point): figure for figure in figures}
    details = [detail for detail in outcome.details if detail.row == figures[0].row]
    axis = figures[0].point.axis if figures[0].point else ""
    names = tuple(details[0].numbers)
    lines = []
    for detail in details:
        share = shares.get(detail.subject)
        against_first = "1 ×" if share is None else share.measured()
        lines.append(
            (detail.subject.partition(" ")[0], against_first, *(shown(detail.numbers[name]) for name in names))
        )
    return f"### {figures[0].row}\n\n{table((axis, 'requests/s against the first', *names), lines)}\n"


def _not_measured(figures: Iterable[Figure]) -> str:
    reasons = dict.fromkeys((figure.row, figure.why_not) for figure in figures if figure.why_not)
    if not reasons:
        return ""
    lines = "".join(f"- {row}: {without_paths(reason)}\n" for row, reason in reasons if reason)
    return f"## Not measured\n\n{lines}"


def without_paths(text: str) -> str:
    """The text with places in this machine's files left out, in one line."""
    return " ".join(_PATH.sub("…", text).split())
