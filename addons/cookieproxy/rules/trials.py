"""Rule tests run against the whole file: what a browser and an application would get, byte for byte.

A trial is an exchange of nobody in particular: first party, no client, no flow, nothing stored. What a rule seals is written
`sealed(value)` in both directions; what is not is edited or foreign. Packs have no members before the test.
"""

from collections.abc import Sequence
from typing import NamedTuple

import can_ada

from ..core.access import Access, Party
from ..core.hosts import Suffixes, site_of
from ..core.profiles import PROFILES
from ..core.syntax import CookieString, parse_set_cookie
from .engine import RuleSet
from .facts import Facts
from .model import RuleTest
from .packing import Pack, Packer, Taken
from .packs import unpack
from .problems import shown
from .sealing import Unfit
from .verdicts import FieldVerdict


class Trial(NamedTuple):
    """One expectation and what came of it; None is a cookie, or a header, that does not pass."""

    expected: tuple[bytes | None, ...]
    got: tuple[bytes | None, ...]

    @property
    def passed(self) -> bool:
        """True if every byte is as expected."""
        return self.expected == self.got

    def __str__(self) -> str:
        return f"expected {_listed(self.expected)}, got {_listed(self.got)}"


def trials(rules: RuleSet, test: RuleTest, suffixes: Suffixes, now: float) -> list[Trial]:
    """The expectations of one test; `now` in Unix seconds is when its response came."""
    address = can_ada.parse(test.at)
    host = address.hostname
    access = Access(address.protocol.rstrip(":"), host, address.pathname.encode(), now, party=Party.FIRST)
    facts = Facts(access, site_of(host, suffixes), client="", sealer=LegibleSeal())
    made = []
    if test.given is not None:
        made.append(_response(rules, test, facts, suffixes))
    if test.cookie is not None:
        made.append(_request(rules, test, facts))
    return made


class LegibleSeal:
    """A seal that anybody can read and write, for tests: `sealed(value)`."""

    prefix = b"sealed("

    def seal(self, name: bytes, site: str, value: bytes) -> bytes:
        """Between brackets."""
        return self.prefix + value + b")"

    def open(self, name: bytes, site: str, value: bytes) -> bytes | Unfit:
        """What stands between them."""
        if value.startswith(self.prefix) and value.endswith(b")"):
            return value[len(self.prefix) : -1]
        return Unfit.NOT_SEALED


def _response(rules: RuleSet, test: RuleTest, facts: Facts, suffixes: Suffixes) -> Trial:
    given = [parse_set_cookie(field.encode()) for field in test.given or ()]
    expected = (None,) * len(given) if test.expect is None else tuple(_octets(field) for field in test.expect)
    verdict = rules.for_host(facts.access.host).on_response(given, facts)
    got = _passed(verdict.fields, facts, suffixes)
    if len(expected) > len(given):
        got += [field.source for field in verdict.added]
    return Trial(expected, tuple(got))


def _passed(verdicts: Sequence[FieldVerdict], facts: Facts, suffixes: Suffixes) -> list[bytes | None]:
    """What the browser gets for each field; a pack stands in the place of its first member, for the others there is nothing."""
    packer = Packer(facts.access, PROFILES["rfc6265bis"], suffixes, ())
    places: dict[Pack, int] = {}
    got: list[bytes | None] = []
    for place, verdict in enumerate(verdicts):
        taken = None if verdict.pack is None or verdict.passed is None else packer.take(verdict.pack, verdict.passed)
        if isinstance(taken, Taken) and taken.pack is not None:
            places.setdefault(taken.pack, place)
            got.append(None)
        else:
            got.append(None if verdict.passed is None else verdict.passed.source)
    for pack, place in places.items():
        got[place] = pack.field(facts.access.time)
    return got


def _request(rules: RuleSet, test: RuleTest, facts: Facts) -> Trial:
    host_rules = rules.for_host(facts.access.host)
    given = CookieString((test.cookie or "").encode())
    given = unpack(given, lambda index: host_rules.is_pack(given.pairs[index].name), facts.access.time).cookies
    undone = host_rules.undo(given)
    opened = host_rules.unseal(undone.cookies, facts)
    verdict = host_rules.on_request(opened.cookies, facts, lambda name: None)
    return Trial((_octets(test.expect_cookie),), (verdict.cookies.source or None,))


def _octets(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _listed(fields: tuple[bytes | None, ...]) -> str:
    words = ["nothing" if field is None else shown(field.decode(errors="replace"), longest=200) for field in fields]
    return ", ".join(words) or "nothing"
