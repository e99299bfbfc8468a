"""The packs of one browser, as a response changes them (R1, R2, R7).

What the browser has is what its mirror says it has: a response that sets one member writes the pack again with all the others.
Members of different scope, flags or persistence go into packs of their own, so that every cookie keeps its own; a pack that would
be larger than the browser allows is continued in `NAME.2`, `NAME.3` … Pure: reads cookies, gives fields.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Self

from ..core.accept import EXPIRED, accept
from ..core.access import Access
from ..core.cookie import Cookie
from ..core.dates import format_imf_fixdate
from ..core.hosts import Suffixes
from ..core.outcome import IgnoreReason
from ..core.profiles import Profile
from ..core.syntax import SetCookie, compose
from .actions.attributes import LAST_TIME
from .packs import Member, is_packable, number_of, open_pack, pack_name, pack_text

MOST_OCTETS = 4096
"""Of a pack's name and value, if the browser would take more."""
MOST_PACKS = 40
"""Of one name and scope; a site that needs more does not live within a browser's limits by packing."""
_SAME_SITES = {b"lax": b"l", b"strict": b"t", b"none": b"n"}
_WRITTEN: dict[bytes, tuple[bytes, bytes | None]] = {
    b"s": (b"Secure", None),
    b"h": (b"HttpOnly", None),
    b"l": (b"SameSite", b"Lax"),
    b"t": (b"SameSite", b"Strict"),
    b"n": (b"SameSite", b"None"),
    b"p": (b"Partitioned", None),
}
"""The flags of a pack, by letter."""


class Alone(StrEnum):
    """Why a cookie is not packed and passes as it is; each with its sentence."""

    sentence: str

    def __new__(cls, code: str, sentence: str) -> Self:
        alone = str.__new__(cls, code)
        alone._value_ = code
        alone.sentence = sentence
        return alone

    REFUSED = "refused", "The browser would refuse it anyway: it passes alone."
    UNFIT = "unfit", "Its name makes a promise, or it has characters, that a pack cannot keep: it passes alone."
    TOO_MANY = "too-many", "There are as many packs already as a site may have: it passes alone."
    TOO_LARGE = "too-large", "Packed it would be larger than the browser allows: it passes alone."


class Scope(NamedTuple):
    """Where a browser sends a cookie."""

    domain: str
    host_only: bool
    path: bytes
    partition: str | None


@dataclass(slots=True, eq=False)
class Pack:
    """One pack of the browser's."""

    name: bytes
    number: int
    scope: Scope
    flags: bytes
    members: dict[bytes, Member] = field(default_factory=dict)
    octets: dict[bytes, int] = field(default_factory=dict)
    """Of each member's piece and its separator."""
    size: int = 0
    """All of them."""
    changed: bool = False

    @property
    def cookie_name(self) -> bytes:
        """What it is called in the browser."""
        return pack_name(self.name, self.number)

    @property
    def is_persistent(self) -> bool:
        """True if its members have an expiry: all of them or none."""
        return any(member.expiry is not None for member in self.members.values())

    def put(self, member: Member) -> None:
        """Takes it in, in the place of the old one of its name."""
        octets = len(member.text) + 1
        self.size += octets - self.octets.get(member.name, 0)
        self.octets[member.name] = octets
        self.members[member.name] = member
        self.changed = True

    def take_out(self, name: bytes) -> Member | None:
        """Gives it up, if it has it."""
        member = self.members.pop(name, None)
        if member is not None:
            self.size -= self.octets.pop(name)
            self.changed = True
        return member

    def octets_with(self, name: bytes, octets: int) -> int:
        """Of its name and value, once it has a member of this name with so many."""
        pieces = self.size + octets - self.octets.get(name, 0)
        return len(self.cookie_name) + pieces + (len(self.flags) + 1 if self.flags else -1)

    def field(self, now: float) -> bytes:
        """The Set-Cookie field that writes it; a deletion if nothing is left in it."""
        attributes: list[tuple[bytes, bytes | None]] = [(b"Path", self.scope.path)]
        if not self.scope.host_only:
            attributes.append((b"Domain", self.scope.domain.encode("ascii", "replace")))
        attributes += self._lifetime(now)
        attributes += [_WRITTEN[letter] for letter in _letters(self.flags)]
        return compose(
            self.cookie_name, pack_text(self.members.values(), self.flags if self.members else b""), attributes
        )

    def _lifetime(self, now: float) -> Iterator[tuple[bytes, bytes | None]]:
        if not self.members:
            yield b"Max-Age", b"0"
            yield b"Expires", b"Thu, 01 Jan 1970 00:00:00 GMT"
        elif self.is_persistent:
            expiry = max(member.expiry or 0 for member in self.members.values())
            yield b"Max-Age", b"%d" % max(1, expiry - now)
            yield b"Expires", format_imf_fixdate(expiry)


class Taken(NamedTuple):
    """What became of a cookie that a rule packs."""

    pack: Pack | None
    """Where it is now; None if it was deleted."""
    old: Member | None
    """What was in a pack under its name."""
    is_deletion: bool
    cookie: Cookie
    """What it would be alone."""


class Packer:
    """The packs of one browser during one response; `packs` are the cookies of the browser that are packs."""

    def __init__(self, access: Access, profile: Profile, suffixes: Suffixes, packs: Iterable[Cookie]) -> None:
        self._access = access
        self._profile = profile
        self._suffixes = suffixes
        self._found = list(packs)
        self._packs: dict[Scope, list[Pack]] = {}
        limit = profile.per_cookie_bytes
        self._most = MOST_OCTETS if limit is None else min(limit, MOST_OCTETS)

    def take(self, name: bytes, said: SetCookie) -> Taken | Alone:
        """Puts what a field says into a pack of this name, or out of all of them; or says why it has to pass alone."""
        cookie = accept(said, self._access, self._profile, self._suffixes, 0)
        if isinstance(cookie, IgnoreReason):
            return Alone.REFUSED
        packs = self._packs_in(Scope(cookie.domain, cookie.host_only, cookie.path, cookie.partition), name)
        if not self._profile.trusts(self._access.scheme, self._access.host) and _guards(packs, cookie.name):
            return Alone.REFUSED
        if cookie.expiry_time == EXPIRED:
            return Taken(None, _taken_out(packs, cookie.name, None), True, cookie)
        flags = _flags(said)
        member = Member(cookie.name, cookie.value, _whole(cookie.expiry_time))
        pack = self._room_for(member, flags, name, packs, cookie)
        old = _taken_out(packs, cookie.name, pack if isinstance(pack, Pack) else None)
        if isinstance(pack, Alone):
            return pack
        old = old or pack.members.get(member.name)
        pack.put(member)
        return Taken(pack, old, False, cookie)

    def changed(self) -> list[Pack]:
        """The packs that have to be written, in the order of their scopes and numbers."""
        return [pack for packs in self._packs.values() for pack in packs if pack.changed]

    def _room_for(self, member: Member, flags: bytes, name: bytes, packs: list[Pack], cookie: Cookie) -> Pack | Alone:
        """The pack that has it, or the first that may, or a new one."""
        scope = Scope(cookie.domain, cookie.host_only, cookie.path, cookie.partition)
        if not is_packable(member.name, member.value) or b";" in scope.path:
            return Alone.UNFIT
        octets = len(member.text) + 1
        fitting = [
            pack
            for pack in packs
            if pack.name == name
            and pack.flags == flags
            and (pack.is_persistent == (member.expiry is not None) or not pack.members)
            and pack.octets_with(member.name, octets) <= self._most
        ]
        for pack in sorted(fitting, key=lambda pack: member.name not in pack.members):
            return pack
        taken = {pack.number for pack in packs if pack.name == name}
        number = next(number for number in range(1, len(taken) + 2) if number not in taken)
        pack = Pack(name, number, scope, flags)
        if pack.octets_with(member.name, octets) > self._most:
            return Alone.TOO_LARGE
        if number > MOST_PACKS:
            return Alone.TOO_MANY
        packs.append(pack)
        return pack

    def _packs_in(self, scope: Scope, name: bytes) -> list[Pack]:
        if scope not in self._packs:
            self._packs[scope] = []
        packs = self._packs[scope]
        mine = [cookie for cookie in self._found if _is_in(cookie, scope)]
        mine += [cookie for cookie in self._found if cookie.adopted and cookie not in mine and _is_called(cookie, name)]
        taken = {pack.cookie_name for pack in packs}
        for cookie in mine:
            self._found.remove(cookie)
            if cookie.name not in taken:
                packs.append(self._opened(cookie, scope, name))
        return packs

    def _opened(self, cookie: Cookie, scope: Scope, name: bytes) -> Pack:
        """A pack of the browser's; of one that nobody saw being set the scope is the one of the first member that comes."""
        number = number_of(cookie.name, name)
        members, flags = open_pack(cookie.value)
        pack = Pack(cookie.name, 1, scope, flags) if number is None else Pack(name, number, scope, flags)
        for member in members:
            if member.expiry is None or member.expiry > self._access.time:
                pack.put(member)
        pack.changed = False
        return pack


def _is_in(cookie: Cookie, scope: Scope) -> bool:
    return (cookie.domain, cookie.host_only, cookie.path, cookie.partition) == scope


def _is_called(cookie: Cookie, name: bytes) -> bool:
    return number_of(cookie.name, name) is not None


def _taken_out(packs: Iterable[Pack], name: bytes, keeper: Pack | None) -> Member | None:
    """Takes a member out of all packs but one."""
    found = [old for pack in packs if pack is not keeper and (old := pack.take_out(name)) is not None]
    return found[0] if found else None


def _guards(packs: Iterable[Pack], name: bytes) -> bool:
    """True if a Secure pack has this member: plain http leaves it alone (RFC 6265bis 5.7 step 16), as it would the cookie."""
    return any(b"s" in pack.flags and name in pack.members for pack in packs)


def _whole(expiry: float | None) -> int | None:
    return None if expiry is None else int(min(expiry, LAST_TIME))


def _flags(said: SetCookie) -> bytes:
    """The letters of what a field says, whatever this browser makes of it."""
    same_site = said.last(b"samesite")
    letters = [
        b"s" if said.last(b"secure") else b"",
        b"h" if said.last(b"httponly") else b"",
        b"" if same_site is None else _SAME_SITES.get((same_site.value or b"").lower(), b""),
        b"p" if said.last(b"partitioned") else b"",
    ]
    return b"".join(letters)


def _letters(flags: bytes) -> list[bytes]:
    """The letters that mean something; a browser's user may have written others."""
    return [letter for letter in _WRITTEN if letter in flags]
