"""Packs on their way through an exchange: opened for the application, written again for the browser (R2, R7).

Which cookie is a pack, the mirror's record says, and where it knows nothing the rules. What a pack holds stands in its own value,
in the browser and in the mirror, so that nothing else has to survive a restart.
"""

from dataclasses import replace
from typing import NamedTuple

from ..core.cookie import Cookie
from ..core.events import Change, EventKind, JarKind, Observation
from ..core.outcome import RemovalCause
from ..core.syntax import CookieString, Pair, SetCookie, parse_set_cookie
from ..rules.engine import HostRules
from ..rules.packing import Alone, Packer, Taken
from ..rules.packs import PACKED, Member, packed_alone, unpack
from ..rules.verdicts import FieldVerdict
from .browser import Browser
from .compare import Comparison, sent_pair
from .tell import Remark, Teller

type Scope = tuple[object, ...]
"""Domain, host-only, path and partition; None where nobody knows."""


class Opened(NamedTuple):
    """A request's cookies with the members of packs in their places."""

    cookies: CookieString
    kept: list[int]
    """For each pair its index among the comparison's, which has grown by the members."""
    stale: frozenset[int]
    """Those of them that the browser has from before they were packed."""


def open_packs(up: CookieString, kept: list[int], comparison: Comparison, rules: HostRules, now: float) -> Opened:
    """Opens the packs among these pairs, of which `kept` has the index of each among the comparison's."""
    if not rules.packs and not any(owner is not None and owner.made_from == PACKED for owner in comparison.cookies):
        return Opened(up, kept, frozenset())
    owners = [comparison.cookies[index] for index in kept]
    unpacked = unpack(up, lambda place: _is_pack(up.pairs[place], owners[place], rules), now)
    if unpacked.cookies is up:
        return Opened(up, kept, frozenset())
    grown: list[int] = []
    packed: dict[bytes, set[Scope | None]] = {}
    for place, member in unpacked.origins:
        if member is None:
            grown.append(kept[place])
            continue
        owner = _owner(member, owners[place], up.pairs[place])
        packed.setdefault(member.name, set()).add(_scope(owner))
        grown.append(_add(member, owner, comparison))
    stale = [
        index
        for index, (place, member) in zip(grown, unpacked.origins, strict=True)
        if member is None and _is_stale(owners[place], packed.get(up.pairs[place].name))
    ]
    return Opened(unpacked.cookies, grown, frozenset(stale))


class Packed(NamedTuple):
    """What is told of a field whose cookie the browser gets, or loses, within a pack."""

    passed: SetCookie | None
    kind: EventKind
    reason: Remark | RemovalCause
    jar: JarKind
    cookie: Cookie | None
    old: Cookie | None


class PackedFields:
    """The fields of one response that rules pack."""

    def __init__(self, browser: Browser, tell: Teller) -> None:
        self._browser = browser
        self._tell = tell
        packs = [cookie for cookie in browser.mirror.candidates(tell.access.host) if cookie.made_from == PACKED]
        self._packer = Packer(tell.access, browser.profile, tell.suffixes, packs)

    def settle(
        self, verdict: FieldVerdict, alone: SetCookie, name: bytes, observations: list[Observation]
    ) -> Packed | None:
        """Into a pack, or out of one; None if the field has to pass alone."""
        taken = self._packer.take(name, alone)
        if isinstance(taken, Alone):
            if taken is not Alone.REFUSED:
                observations.append(self._tell.change(verdict.given.name, _change(verdict, alone, taken)))
            return None
        leftover = self._browser.mirror.get(taken.cookie.key)
        if leftover is not None and leftover.made_from == PACKED:
            leftover = None
        if taken.pack is None and (taken.old is None or leftover is not None):
            return None
        if leftover is not None:
            observations.append(self._tell.removal(self._browser.mirror.remove(leftover, RemovalCause.MERGED)))
            self._browser.leaving.expel(leftover, Remark.PACKED)
        return _told(alone, taken)

    def written(self) -> list[FieldVerdict]:
        """The fields of the packs that changed, to be passed behind all others."""
        fields = [parse_set_cookie(pack.field(self._tell.access.time)) for pack in self._packer.changed()]
        return [FieldVerdict(own, own, None, PACKED) for own in fields]


def _told(alone: SetCookie, taken: Taken) -> Packed:
    old = None if taken.old is None else replace(taken.cookie, value=taken.old.value)
    if taken.pack is None:
        return Packed(None, EventKind.REMOVED, RemovalCause.DELETED, JarKind.MIRROR, None, old)
    kind = EventKind.STORED if old is None else EventKind.REPLACED
    passed = packed_alone(alone, taken.pack.cookie_name)
    return Packed(passed, kind, Remark.PACKED, JarKind.MIRROR, taken.cookie, old)


def _change(verdict: FieldVerdict, passed: SetCookie, why: Alone) -> Change:
    """What is told of a cookie that a rule packs and that passes alone."""
    rule = next((change.rule for change in reversed(verdict.changes) if change.action == "pack"), "")
    return Change(rule, "pack", verdict.given.source, passed.source, False, why.sentence)


def _is_pack(pair: Pair, owner: Cookie | None, rules: HostRules) -> bool:
    if owner is not None and owner.made_from == PACKED:
        return True
    if (owner is not None and not owner.adopted) or not rules.is_pack(pair.name):
        return False
    if owner is not None:
        owner.made_from = PACKED
    return True


def _owner(member: Member, pack: Cookie | None, sent: Pair) -> Cookie | None:
    """What is known of a member: all that is known of its pack, and its own end; who set it only if nobody edited the pack."""
    if pack is None:
        return None
    set_by = pack.set_by if pack.value == sent.value else None
    expiry = None if member.expiry is None else float(member.expiry)
    return replace(pack, name=member.name, value=member.value, expiry_time=expiry, set_by=set_by, made_from=None)


def _add(member: Member, owner: Cookie | None, comparison: Comparison) -> int:
    if owner is None:
        pair = comparison.pairs[0]._replace(name=member.name, value=member.value)
    else:
        pair = sent_pair(member.name, member.value, owner)
    comparison.pairs.append(pair)
    comparison.cookies.append(owner)
    return len(comparison.pairs) - 1


def _scope(cookie: Cookie | None) -> Scope | None:
    return None if cookie is None or cookie.adopted else cookie.key[1:]


def _is_stale(alone: Cookie | None, packed: set[Scope | None] | None) -> bool:
    """True if a pack has taken the place of this cookie: one of the same scope, as far as that is known."""
    if packed is None:
        return False
    scope = _scope(alone)
    return scope is None or None in packed or scope in packed
