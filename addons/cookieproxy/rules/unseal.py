"""Sealed values opened on the way up, by host and the application's name alone (R13).

A value that announces itself as sealed must open, whether or not a rule of today seals its cookie. A cookie that a rule of today
seals must be sealed, unless it is to the byte what the application gave this browser without a seal: before the rule was there, or
where its other conditions did not hold. Everything else is dropped.
"""

from collections.abc import Callable
from typing import NamedTuple

from ..core.events import Change
from ..core.syntax import CookieString, Pair
from .edits import rewritten
from .facts import Facts
from .sealing import Unfit

type IsAuthentic = Callable[[int], bool]
type SealedBy = Callable[[bytes], str | None]

FORMER_RULE = "a former rule"
KEY = "seal"


class Unsealed(NamedTuple):
    """A request's cookies, opened."""

    cookies: CookieString
    """Without those that did not open, unless they are only observed; the given one itself if nothing changed."""
    dropped: frozenset[int] = frozenset()
    """Indexes of the given pairs that did not open."""
    changes: tuple[Change, ...] = ()
    names: tuple[bytes, ...] = ()
    """The cookie that each of `changes` is about."""


def never(index: int) -> bool:
    """For those who know of no cookie."""
    return False


def unseal(
    cookies: CookieString, facts: Facts, sealed_by: SealedBy, is_authentic: IsAuthentic, observe: bool
) -> Unsealed:
    """The cookies opened; `sealed_by` names the rule that seals a name."""
    opened: dict[int, tuple[bytes, bytes]] = {}
    dropped: dict[int, Change] = {}
    for index, pair in enumerate(cookies.pairs):
        rule = sealed_by(pair.name)
        is_sealed = facts.sealer is not None and pair.value.startswith(facts.sealer.prefix)
        if not is_sealed and (rule is None or not pair.value or is_authentic(index)):
            continue
        value = _open(pair, facts)
        if isinstance(value, Unfit):
            dropped[index] = Change(rule or FORMER_RULE, KEY, pair.source, None, observe, value.sentence)
        else:
            opened[index] = pair.name, value
    if not opened and not dropped:
        return Unsealed(cookies)
    names = tuple(cookies.pairs[index].name for index in dropped)
    gone = frozenset() if observe else frozenset(dropped)
    return Unsealed(rewritten(cookies, opened, gone), gone, tuple(dropped.values()), names)


def _open(pair: Pair, facts: Facts) -> bytes | Unfit:
    return Unfit.NOT_SEALED if facts.sealer is None else facts.sealer.open(pair.name, facts.site, pair.value)
