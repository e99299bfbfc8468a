"""Several cookies in one: the text of a pack, and packs opened on the way up, by host and name alone (R2, R7).

A pack is the members' names and values between `&` and `=`, each with `@` and its expiry in Unix seconds if it has one, and at the
end the flags they share: `basket=17@1767225600&lang=en@1767225600&@sh`. What cannot stand so is percent-escaped, so that every
octet comes back. All members have one scope, one set of flags, and all or none an expiry: the pack's own attributes are theirs.
"""

import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from ..core.syntax import CookieString, SetCookie, with_name, with_value

PACKED = b";"
"""Stands in `Cookie.made_from` of a pack: no cookie of an application can have that name."""
_ESCAPED = re.compile(rb"%([0-9A-F]{2})")
_UNFIT_VALUE = re.compile(rb"[\x00\r\n;]")
_UNFIT_NAME = re.compile(rb"[\x00\r\n;=]")
_EXPIRY = re.compile(rb"[0-9]{1,12}")
_SAFE = frozenset(range(0x21, 0x7F)) - frozenset(b'%&@",;\\')
_VALUE = [bytes([octet]) if octet in _SAFE else b"%%%02X" % octet for octet in range(256)]
_NAME = [b"%3D" if octet == 0x3D else written for octet, written in enumerate(_VALUE)]


class Member(NamedTuple):
    """One cookie of a pack."""

    name: bytes
    value: bytes
    expiry: int | None = None
    """Unix seconds."""

    @property
    def text(self) -> bytes:
        """Its piece of the pack."""
        piece = b"".join(map(_NAME.__getitem__, self.name)) + b"=" + b"".join(map(_VALUE.__getitem__, self.value))
        return piece if self.expiry is None else piece + b"@%d" % self.expiry


def is_packable(name: bytes, value: bytes) -> bool:
    """True if they may come out of a pack: nothing that breaks a header, no name with a prefix that browsers guard."""
    return not (_UNFIT_NAME.search(name) or _UNFIT_VALUE.search(value) or name.startswith(b"__")) and bool(
        name or value
    )


def pack_text(members: Collection[Member], flags: bytes = b"") -> bytes:
    """The value of a pack with these members, whose flags are these letters."""
    pieces = [member.text for member in members]
    return b"&".join([*pieces, b"@" + flags] if flags else pieces)


def open_pack(text: bytes) -> tuple[tuple[Member, ...], bytes]:
    """The members and the flags of a pack; total: pieces that are none, or could break a header, are left out."""
    members: dict[bytes, Member] = {}
    flags = b""
    for piece in text.split(b"&"):
        if piece.startswith(b"@"):
            flags = piece[1:]
        elif (member := _member(piece)) is not None:
            members[member.name] = member
    return tuple(members.values()), flags


def _member(piece: bytes) -> Member | None:
    name, equals, rest = piece.partition(b"=")
    value, at, expiry = rest.partition(b"@")
    if not equals or (at and not _EXPIRY.fullmatch(expiry)):
        return None
    name, value = _unescaped(name), _unescaped(value)
    return Member(name, value, int(expiry) if at else None) if is_packable(name, value) else None


def _unescaped(text: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), text) if b"%" in text else text


def pack_name(name: bytes, number: int) -> bytes:
    """What the first, second, third … pack of this name is called."""
    return name if number == 1 else b"%b.%d" % (name, number)


def number_of(cookie: bytes, name: bytes) -> int | None:
    """Which pack of this name a cookie is; None if it is none."""
    if cookie == name:
        return 1
    if not cookie.startswith(name + b"."):
        return None
    digits = cookie[len(name) + 1 :]
    return int(digits) if digits.isdigit() and digits[:1] != b"0" and 0 < len(digits) < 5 and digits != b"1" else None


def packed_alone(field: SetCookie, name: bytes) -> SetCookie:
    """The field of a pack of this name that has this cookie only, without its expiry: what is told of a packed cookie."""
    return with_value(with_name(field, name), Member(field.name, field.value).text)


class Unpacked(NamedTuple):
    """A request's cookies with the members in the place of their packs."""

    cookies: CookieString
    origins: tuple[tuple[int, Member | None], ...]
    """For each pair the index of the given pair that it is, or that it was a member of."""


def unpack(cookies: CookieString, is_pack: Callable[[int], bool], now: float) -> Unpacked:
    """The cookies with every pack opened; members whose end has come by now (Unix seconds) stay out."""
    packs = {index: _living(cookies.pairs[index].value, now) for index in range(len(cookies.pairs)) if is_pack(index)}
    origins: list[tuple[int, Member | None]] = []
    added: list[tuple[int, bytes, bytes]] = []
    for index in range(len(cookies.pairs)):
        members = packs.get(index)
        if members is None:
            origins.append((index, None))
            continue
        place = len(origins) - len(added)
        added += [(place, member.name, member.value) for member in members]
        origins += [(index, member) for member in members]
    if not packs:
        return Unpacked(cookies, tuple(origins))
    return Unpacked(cookies.without(packs).merged(added), tuple(origins))


def _living(text: bytes, now: float) -> list[Member]:
    return [member for member in open_pack(text)[0] if member.expiry is None or member.expiry > now]
