"""What each feature costs, switched on alone: against ours with its jar and nothing else, because all others work on the jar.

The jar itself is held against ours with nothing on at all, where only its hooks run; and that against the bare proxy, which is all
that `cookies_fast` brings. All of them in turn in one run.
"""

from collections.abc import Sequence
from typing import NamedTuple

from . import inputs
from .measured import details, processor_times, speeds
from .programs import LOOPBACK
from .proxies import compare
from .results import Measurement
from .run import Run
from .variants import BARE, NOTHING_RECORDED, OURS, Variant, beside

_SILENT = f"{inputs.EMPTY}record: {NOTHING_RECORDED}\n"
_UNTRACKED = beside("untracked_addon.py")

NOTHING = Variant("ours, everything off", _SILENT, records=False, arguments=beside("jarless_addon.py"))
JAR = Variant("jar alone", _SILENT, records=False, arguments=_UNTRACKED)
RULES = Variant(
    "jar and rules",
    inputs.rules_yaml(inputs.FEW_RULES, NOTHING_RECORDED),
    records=False,
    arguments=_UNTRACKED,
)
RECORD = Variant("jar and recording", inputs.EMPTY, arguments=_UNTRACKED)
SESSIONS = Variant("jar and sessions", _SILENT, records=False)
COOKIELESS = Variant(
    "jar and cookieless",
    _SILENT + inputs.cookieless_yaml(LOOPBACK),
    records=False,
    arguments=_UNTRACKED,
    in_url=True,
)


class Feature(NamedTuple):
    """What is switched on, and against what it is held."""

    what: str
    base: Variant
    on: Variant


FEATURES = (
    Feature("nothing of ours on but cookies_fast, against bare", BARE, NOTHING),
    Feature("the jar alone, against nothing on", NOTHING, JAR),
    Feature("20 rules beside the jar, against the jar alone", JAR, RULES),
    Feature("recording beside the jar, against the jar alone", JAR, RECORD),
    Feature("sessions followed beside the jar, against the jar alone", JAR, SESSIONS),
    Feature("the session in the URL instead of a cookie beside the jar, against the jar alone", JAR, COOKIELESS),
    Feature("jar, 20 rules, recording and sessions, against nothing on", NOTHING, OURS),
)
VARIANTS = tuple(dict.fromkeys(variant for feature in FEATURES for variant in (feature.base, feature.on)))


def each(run: Run) -> Measurement:
    """Requests a second and processor time of each, as `FEATURES` says."""
    measured = dict(zip(VARIANTS, compare(run.with_shorter_rounds(), *VARIANTS), strict=True))
    numbers: Sequence[tuple[float, ...]] = [
        tell(measured[feature.on], measured[feature.base]) for feature in FEATURES for tell in (speeds, processor_times)
    ]
    return numbers, [details(variant.name, rounds) for variant, rounds in measured.items()]
