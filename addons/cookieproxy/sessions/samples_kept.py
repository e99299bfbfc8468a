"""The ids that hosts issued, as far as they are kept to judge how guessable they are (R33).

Only in memory, only so many of each cookie, and of so many cookies.
"""

from collections import OrderedDict

from ..core.recent import remember
from .entropy import Samples, weakness
from .findings import Findings, Where

MOST_HOSTS = 32
MOST_NAMES = 4
"""Cookies of one host whose ids are kept."""
JUDGED_AT = frozenset((1, 3, 5, 10, 20, 50, 100, 200, 500))
"""Numbers of ids after which they are judged anew."""


class SamplesKept:
    """The ids of one tracker."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._hosts: OrderedDict[str, dict[bytes, Samples]] = OrderedDict()

    def issued(self, where: Where, name: bytes, value: bytes) -> None:
        """A host issued an id."""
        samples = self._samples(where.host, name)
        if samples is None:
            return
        samples.add(value, where.time)
        if samples.seen not in JUDGED_AT:
            return
        estimate = samples.estimate()
        said = None if estimate is None else weakness(estimate)
        if said is not None:
            self._findings.note("weak-id", where, name, said)
        else:
            self._findings.withdraw("weak-id", where.host, name)  # fewer had looked worse than they are

    def _samples(self, host: str, name: bytes) -> Samples | None:
        named = self._hosts.get(host, {})
        remember(self._hosts, host, named, MOST_HOSTS)
        if name not in named and len(named) < MOST_NAMES:
            named[name] = Samples()
        return named.get(name)
