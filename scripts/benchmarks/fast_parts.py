"""What each part of `cookies_fast` brings, on alone, against all of it off; all of them in turn in one run."""

from dataclasses import replace

from .measured import details, latencies, speeds
from .proxies import compare
from .results import Measurement
from .run import Run
from .variants import OURS, SLOW, beside

PARTS = {
    "dispatch": "who listens to what remembered",
    "connections": "hooks without a round of the loop",
    "shortcuts": "mitmproxy's own answers sooner",
    "garbage": "garbage settled after start-up",
}
ALL = "all of it"
VARIANTS = tuple(
    replace(SLOW, name=f"ours, {part} alone", arguments=beside("part_addon.py", f"bench_part={part}")) for part in PARTS
)


def each(run: Run) -> Measurement:
    """Requests a second and 99th percentile of each part, and of all, against none."""
    off, *on = compare(run, SLOW, *VARIANTS, OURS)
    names = [variant.name for variant in (SLOW, *VARIANTS, OURS)]
    numbers = [tell(part, off) for part in on for tell in (speeds, latencies)]
    return numbers, [details(name, rounds) for name, rounds in zip(names, (off, *on), strict=True)]
