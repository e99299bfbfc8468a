"""Referrer policies that let no id out: `document.referrer` of another site is the browser's, which no proxy can scrub (R34)."""

TIGHT = b"same-origin"
_LEAKING = frozenset((b"unsafe-url", b"no-referrer-when-downgrade", b"always", b"default", b"origin-when-crossorigin"))
_SAFE = frozenset(
    (
        b"no-referrer",
        b"never",
        b"origin",
        b"origin-when-cross-origin",
        b"same-origin",
        b"strict-origin",
        b"strict-origin-when-cross-origin",
    )
)
"""Those that give another origin no path."""


def is_leaking(policy: bytes) -> bool:
    """True if this word gives other origins the whole URL, in some browser."""
    return policy.strip(b" \t\n\r\f").lower() in _LEAKING


def tightened(policies: list[bytes]) -> bytes | None:
    """The Referrer-Policy field that a page needs; None if what it says is tight enough: the last word a browser knows counts."""
    words = [word.strip(b" \t").lower() for policy in policies for word in policy.split(b",")]
    known = [word for word in words if word in _SAFE or word in _LEAKING]
    return None if known and all(word in _SAFE for word in known) else TIGHT
