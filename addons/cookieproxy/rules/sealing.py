"""Sealed values: authenticated encryption of what browsers keep, under keys that only the proxy has (R13, R38).

A sealed value is `sealed.` and, in URL-safe base64 without padding, the id of its key (3 octets), a nonce (12) and the value
encrypted with AES-256-GCM, to which the application's name of the cookie and the site are bound: it does not open under another
name, on another site or with other keys, nor with any bit changed. Knows keys as octets; where they lie is the proxy's business.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..core.syntax import SetCookie, with_value
from .lifetimes import deletes

KEY_OCTETS = 32
_ID_OCTETS = 3
_NONCE_OCTETS = 12
_TAG_OCTETS = 16
_CONTEXT = b"cookieproxy seal 1"
_ID_CONTEXT = b"cookieproxy key id 1"


class Unfit(StrEnum):
    """Why a value does not pass where values are sealed; each with its sentence."""

    sentence: str

    def __new__(cls, code: str, sentence: str) -> Self:
        unfit = str.__new__(cls, code)
        unfit._value_ = code
        unfit.sentence = sentence
        return unfit

    NOT_SEALED = (
        "not-sealed",
        "Its value is not sealed: nobody saw the application set it. The application never sees it.",
    )
    UNKNOWN_KEY = "unknown-key", "Its value is sealed with a key that is not in force. The application never sees it."
    BROKEN = (
        "broken",
        "Its sealed value was edited, or sealed for another cookie or site. The application never sees it.",
    )
    NO_KEYS = "no-keys", "There are no keys to seal values with: it does not pass."
    TOO_LARGE = "too-large", "Sealed it is larger than the browser allows: it does not pass."


class Sealer(Protocol):
    """What seals values and opens them."""

    prefix: bytes
    """What every sealed value begins with."""

    def seal(self, name: bytes, site: str, value: bytes) -> bytes:
        """The value for the browser, fit for a cookie."""
        ...

    def open(self, name: bytes, site: str, value: bytes) -> bytes | Unfit:
        """The value that was sealed for this cookie of this site, or why there is none."""
        ...


class Keyring:
    """Keys, the newest first: it seals, all of them open."""

    prefix = b"sealed."

    def __init__(self, keys: Iterable[bytes], nonce: Callable[[int], bytes] = os.urandom) -> None:
        """Keys of 32 octets, at least one; `nonce` gives so many octets that never come again."""
        self._keys = [(key_id(key), AESGCM(key)) for key in keys]
        self._nonce = nonce

    @classmethod
    def fresh(cls) -> Self:
        """With a key of its own that nobody else will ever have."""
        return cls([os.urandom(KEY_OCTETS)])

    def seal(self, name: bytes, site: str, value: bytes) -> bytes:
        """Sealed with the newest key."""
        identity, key = self._keys[0]
        nonce = self._nonce(_NONCE_OCTETS)
        sealed = identity + nonce + key.encrypt(nonce, value, _bound(name, site))
        return self.prefix + base64.urlsafe_b64encode(sealed).rstrip(b"=")

    def open(self, name: bytes, site: str, value: bytes) -> bytes | Unfit:
        """Opened with the key it was sealed with."""
        if not value.startswith(self.prefix):
            return Unfit.NOT_SEALED
        sealed = _decoded(value.removeprefix(self.prefix))
        if sealed is None or len(sealed) < _ID_OCTETS + _NONCE_OCTETS + _TAG_OCTETS:
            return Unfit.BROKEN
        identity, nonce, rest = sealed[:_ID_OCTETS], sealed[_ID_OCTETS:][:_NONCE_OCTETS], sealed[_ID_OCTETS:]
        keys = [key for known, key in self._keys if known == identity]
        for key in keys:
            try:
                return key.decrypt(nonce, rest[_NONCE_OCTETS:], _bound(name, site))
            except InvalidTag:
                continue
        return Unfit.BROKEN if keys else Unfit.UNKNOWN_KEY


def key_id(key: bytes) -> bytes:
    """What tells the key in sealed values; says nothing of the key."""
    return hashlib.sha256(_ID_CONTEXT + key).digest()[:_ID_OCTETS]


def _bound(name: bytes, site: str) -> bytes:
    """What a sealed value is bound to; the lengths keep one name and site from looking like another."""
    return b"%b %d %b %b" % (_CONTEXT, len(name), name, site.encode())


def _decoded(text: bytes) -> bytes | None:
    """The octets of base64 as `seal` writes it; None for every other spelling of the same."""
    try:
        octets = base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    return octets if base64.urlsafe_b64encode(octets).rstrip(b"=") == text else None


class Sealing:
    """What becomes of one field that a rule seals; sealed once, so that what is told is what passes."""

    def __init__(self, sealer: Sealer, site: str, now: float) -> None:
        self._sealer = sealer
        self._site = site
        self._now = now
        self._sealed: dict[tuple[bytes, bytes], bytes] = {}

    def applied(self, field: SetCookie) -> SetCookie:
        """The field sealed; deletions and empty values stay as they are."""
        if not field.value or deletes(field, self._now):
            return field
        what = field.name, field.value
        if what not in self._sealed:
            self._sealed[what] = self._sealer.seal(field.name, self._site, field.value)
        return with_value(field, self._sealed[what])
