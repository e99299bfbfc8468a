"""Several runs as one: each row from the latest run that measured it, and which run that was is told.

A long run of some rows and a quick one of all of them make one page.
"""

from collections.abc import Mapping, Sequence
from typing import Any

type Numbers = Mapping[str, Any]
"""What `--json` writes."""
ABOUT = ("date", "rounds", "seconds", "scale", "minutes", "cores_apart")


def joined(runs: Sequence[Numbers]) -> Numbers:
    """The numbers of all, in the order of the first; `runs` says of each what it was and, but for the first, its rows."""
    if len(runs) == 1:
        return runs[0]
    merged = dict(runs[0])
    for run in runs[1:]:
        for part in ("figures", "details"):
            merged[part] = _with(merged[part], run[part])
    merged["machine"] = runs[-1]["machine"]
    merged["runs"] = [{name: run[name] for name in ABOUT} | {"rows": _rows(run)} for run in runs]
    return merged


def _rows(run: Numbers) -> list[str]:
    return list(dict.fromkeys(figure["row"] for figure in run["figures"]))


def _with(first: Sequence[Numbers], later: Sequence[Numbers]) -> list[Numbers]:
    """Each row of `later` where the same row of `first` was, or at the end."""
    by_row: dict[str, list[Numbers]] = {}
    for each in later:
        by_row.setdefault(each["row"], []).append(each)
    out: list[Numbers] = []
    for each in first:
        if each["row"] not in by_row:
            out.append(each)
        elif not any(one["row"] == each["row"] for one in out):
            out += by_row[each["row"]]
    return out + [each for row, some in by_row.items() if all(one["row"] != row for one in first) for each in some]
