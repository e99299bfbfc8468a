"""A request's cookies on their way to the application: past what should be gone, through the rules, together with held ones.

Keeps each pair beside the mirror's cookie it is, through every step that drops some. A held cookie stands where a browser would
have put it; the client's own of the same name never doubles it, and is deleted from the browser.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from ..core.cookie import Cookie, CookieKey
from ..core.events import Observation
from ..core.jar import Jar
from ..core.outcome import RemovalCause
from ..core.syntax import CookieString, Pair
from ..rules.engine import HostRules
from ..rules.facts import Facts
from ..rules.packs import PACKED
from ..rules.verdicts import Record, RequestVerdict, Undone
from .browser import Browser
from .compare import Comparison, sent_pair, withheld_pair
from .packs import open_packs
from .scopes import Carried
from .tell import Remark, Teller


@dataclass(slots=True)
class Upstream:
    """One request on its way through the rules and past the held jar."""

    browser: Browser
    tell: Teller
    comparison: Comparison
    rules: HostRules
    facts: Facts
    watch: bool
    observations: list[Observation]
    held: Jar
    """What the proxy holds: the client's, or that of a session without cookies."""
    carried: list[Carried] = field(default_factory=list)
    """What header rules look at; filled if there are some."""

    def of(self, given: CookieString) -> CookieString:
        """The cookies as the application gets them."""
        up, kept = given, list(range(len(given.pairs)))
        unwanted = self.comparison.unwanted
        if unwanted and not self.watch:
            up = given.without(unwanted)
            kept = [index for index in kept if index not in unwanted]
        if self.rules.packs or self.browser.has_renamed:
            up, kept = self._unpack(up, kept)
        undone = self._undo(up)
        if undone.stale:
            kept = self._without_stale(up, kept, undone.stale)
        access = self.tell.access
        held = self.held.retrieve(access) if len(self.held) else []
        opened, kept = self._unseal(undone.cookies, kept)
        owners = _Owners(opened, [self.comparison.cookies[index] for index in kept])
        if self.rules.edits_request_headers:
            told = zip(opened.pairs, owners.cookies, strict=True)
            self.carried = [(pair.name, pair.value, owner) for pair, owner in told]
            self.carried += [(cookie.name, cookie.value, cookie) for cookie in held]
        names = [cookie.name for cookie in held]
        verdict = self.rules.on_request(opened, self.facts, owners.named, self.watch, names)
        if verdict.changes:
            self.observations += map(self.tell.change, verdict.names, verdict.changes)
        if self.watch:
            return given
        if verdict.dropped:
            self._note_withheld([kept[index] for index in verdict.dropped], Remark.DROPPED)
        if verdict.held:
            self._note_withheld([kept[index] for index in verdict.held], Remark.HELD)
            held += self._take_into_held(opened, verdict, owners)
        return self._merge_held(held, verdict, kept, owners) if held else verdict.cookies

    # -- undo ----------------------------------------------------------------------------------------------------------

    def _undo(self, up: CookieString) -> Undone:
        if not self.browser.has_renamed and (by_rules_alone := self.rules.undo(up)).cookies is up:
            return by_rules_alone
        known: dict[bytes, Cookie] = {}
        for cookie in self.comparison.cookies:
            if cookie is not None and (cookie.name not in known or cookie.made_from is not None):
                known[cookie.name] = cookie
        return self.rules.undo(up, lambda name: _made_from(known.get(name)))

    def _unpack(self, up: CookieString, kept: list[int]) -> tuple[CookieString, list[int]]:
        """Packs opened; what the browser still has beside them from before gives way."""
        opened = open_packs(up, kept, self.comparison, self.rules, self.tell.access.time)
        if not opened.stale or self.watch:
            return opened.cookies, opened.kept
        self._note_withheld(opened.stale, Remark.PACKED)
        for index in opened.stale:
            self._expel(self.comparison.cookies[index], Remark.PACKED)
        gone = [place for place, index in enumerate(opened.kept) if index in opened.stale]
        return opened.cookies.without(gone), [index for index in opened.kept if index not in opened.stale]

    def _without_stale(self, up: CookieString, kept: list[int], names: Iterable[bytes]) -> list[int]:
        """The old name came beside the new one, which wins: the browser is told to delete the old."""
        stale = {index for place, index in enumerate(kept) if up.pairs[place].name in names}
        if not self.watch:
            self._note_withheld(stale, Remark.RENAMED)
            for index in stale:
                self._expel(self.comparison.cookies[index], Remark.RENAMED)
        return [index for index in kept if index not in stale]

    def _unseal(self, undone: CookieString, kept: list[int]) -> tuple[CookieString, list[int]]:
        """What is sealed opened, what should be and is not dropped; with the pairs that are kept."""
        sealer = self.facts.sealer
        if not self.rules.seals and (sealer is None or sealer.prefix not in undone.source):
            return undone, kept
        unsealed = self.rules.unseal(
            undone, self.facts, lambda index: self._is_authentic(undone, kept, index), self.watch
        )
        self.observations += map(self.tell.change, unsealed.names, unsealed.changes)
        self._note_withheld([kept[index] for index in unsealed.dropped], Remark.SEAL)
        return unsealed.cookies, [place for index, place in enumerate(kept) if index not in unsealed.dropped]

    def _is_authentic(self, undone: CookieString, kept: list[int], index: int) -> bool:
        """True if a response is known to have set the cookie to this very value: nobody edited it."""
        cookie = self.comparison.cookies[kept[index]]
        if cookie is None or cookie.adopted or cookie.set_by is None:
            return False
        return cookie.value == undone.pairs[index].value

    # -- held cookies --------------------------------------------------------------------------------------------------

    def _take_into_held(self, given: CookieString, verdict: RequestVerdict, owners: "_Owners") -> list[Cookie]:
        """What the browser had before a `hold` came is the proxy's from now on, unless the proxy knows better."""
        held, taken = self.held, []
        names = {cookie.name for cookie in held.candidates(self.tell.access.host)}
        for index in sorted(verdict.held):
            pair, owner = given.pairs[index], owners.cookies[index]
            if pair.name not in names:
                taken.append(self._held_copy(pair, owner))
            self._expel(owner, Remark.HELD)
        return taken

    def _held_copy(self, pair: Pair, owner: Cookie | None) -> Cookie:
        """The browser's cookie for the held jar, under the application's name and with its scope, if that is known."""
        held = self.held
        if owner is None or owner.adopted:
            return held.adopt(pair.name, pair.value, self.tell.access)[0]
        copy = replace(owner, name=pair.name, value=pair.value, made_from=None)
        held.place(copy)
        return copy

    def _merge_held(
        self, held: list[Cookie], verdict: RequestVerdict, kept: list[int], owners: "_Owners"
    ) -> CookieString:
        """The held cookies where a browser would have put them; they win over the client's own of the same name."""
        gone = verdict.dropped | verdict.held
        rest = [index for index in range(len(owners.cookies)) if index not in gone]
        doubled = self._doubled(held, verdict.cookies, [owners.cookies[index] for index in rest])
        for place in doubled:
            self._note_withheld([kept[rest[place]]], Remark.HELD)
            self._expel(owners.cookies[rest[place]], Remark.HELD)
        self.comparison.pairs += [sent_pair(cookie.name, cookie.value, cookie) for cookie in held]
        single = [owners.cookies[index] for place, index in enumerate(rest) if place not in doubled]
        return verdict.cookies.without(doubled).merged(_placed(held, single, self.browser.profile.order))

    def _doubled(self, held: list[Cookie], up: CookieString, owners: list[Cookie | None]) -> set[int]:
        """The client's own cookies of a held one's name, unless they are known to be others."""
        names = {cookie.name for cookie in held}
        keys = {cookie.key._replace(partition=None) for cookie in held}
        return {
            place
            for place, (pair, owner) in enumerate(zip(up.pairs, owners, strict=False))
            if pair.name in names and (owner is None or owner.adopted or _application_key(owner) in keys)
        }

    def _expel(self, leftover: Cookie | None, why: Remark) -> None:
        """The browser still has a cookie that another one has replaced: it is deleted there."""
        mirror = self.browser.mirror
        if self.held is not self.browser.held:
            return  # a browser without cookies gets no Set-Cookie, not even one that deletes
        if leftover is not None and mirror.get(leftover.key) is leftover:
            self.observations.append(self.tell.removal(mirror.remove(leftover, RemovalCause.MERGED)))
            self.browser.leaving.expel(leftover, why)

    def _note_withheld(self, indexes: Iterable[int], why: Remark) -> None:
        pairs = self.comparison.pairs
        for index in indexes:
            pairs[index] = withheld_pair(pairs[index], why.value)


class _Owners:
    """The mirror's cookie of each pair of a field."""

    __slots__ = ("_by_name", "_field", "cookies")

    def __init__(self, field: CookieString, cookies: list[Cookie | None]) -> None:
        self._field = field
        self._by_name: dict[bytes, Cookie | None] | None = None
        self.cookies = cookies

    def named(self, name: bytes) -> Cookie | None:
        """What is known of the first cookie of this name."""
        if self._by_name is None:
            pairs = zip(reversed(self._field.pairs), reversed(self.cookies), strict=True)
            self._by_name = {pair.name: cookie for pair, cookie in pairs}
        return self._by_name.get(name)


def _made_from(cookie: Cookie | None) -> bytes | Record:
    """What the mirror's record says of a name: made by a rename, not made by one, or never seen being set."""
    if cookie is None or cookie.adopted:
        return Record.UNKNOWN
    return Record.NOT_MADE if cookie.made_from in (None, PACKED) else cookie.made_from


def _application_key(cookie: Cookie) -> CookieKey:
    """The identity it has for the application, wherever its page stands."""
    return cookie.key._replace(name=cookie.made_from or cookie.name, partition=None)


def _placed(
    held: list[Cookie], owners: list[Cookie | None], order: Callable[[Cookie], tuple[object, ...]]
) -> Iterator[tuple[int, bytes, bytes]]:
    """Each held cookie with the first pair that a browser would send later; pairs whose scope nobody knows are passed over."""
    places = [None if owner is None else order(owner) for owner in owners]
    place = 0
    for cookie in sorted(held, key=order):
        wanted = order(cookie)
        while place < len(places) and ((there := places[place]) is None or there <= wanted):
            place += 1
        yield place, cookie.name, cookie.value
