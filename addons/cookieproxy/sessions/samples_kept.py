"""The ids that hosts issued, as far as they are kept to judge how guessable they are (R33).

Only in memory, only so many of each cookie, and of so many cookies.
"""

from collections import OrderedDict

from ..core.recent import remember
from .entropy import Samples, weakness
from .findings import Findings, Where

MOST_COOKIES = 128
JUDGED_AT = frozenset((1, 3, 5, 10, 20, 50, 100, 200, 500))
"""Numbers of ids after which they are judged anew."""


class SamplesKept:
    """The ids of one tracker."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._samples: OrderedDict[tuple[str, bytes], Samples] = OrderedDict()

    def issued(self, where: Where, name: bytes, value: bytes) -> None:
        """A host issued an id."""
        place = (where.host, name)
        samples = self._samples.get(place)
        if samples is None:
            samples = Samples()
        remember(self._samples, place, samples, MOST_COOKIES)
        samples.add(value, where.time)
        if samples.seen not in JUDGED_AT:
            return
        estimate = samples.estimate()
        said = None if estimate is None else weakness(estimate)
        if said is not None:
            self._findings.note("weak-id", where, name, said)
        else:
            self._findings.withdraw("weak-id", where.host, name)  # fewer had looked worse than they are
