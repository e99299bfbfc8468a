"""Where in a page a script can go first, and the charset that must not be pushed out of sight by it.

Browsers look for `<meta charset>` in the first 1,024 octets alone: what stands before it must not make it go unseen.
"""

import re
from typing import NamedTuple

from .grammar import ATTRIBUTES

MOST_WAITED = 65_536
"""Octets that are held back until the place is known."""
SNIFFED = 1_024
_TAG_END = rb"(?=[ \t\n\r\f/>])" + ATTRIBUTES + rb">"
_BEFORE = re.compile(
    rb"(?:\xef\xbb\xbf)?+(?:[ \t\n\r\f]++|<!--(?:-?>|(?:(?!--!?>).)*+--!?>)|<!(?!-)[^>]*+>|<\?[^>]*+>|<[hH][tT][mM][lL]"
    + _TAG_END + rb")*+(?P<head><[hH][eE][aA][dD]" + _TAG_END + rb")?+",
    re.DOTALL,
)  # fmt: skip
_UNFINISHED = re.compile(
    rb"<(?:[!?]|[hH](?:[tT](?:[mM](?:[lL](?:[ \t\n\r\f/]|\Z)|\Z)|\Z)|[eE](?:[aA](?:[dD](?:[ \t\n\r\f/]|\Z)|\Z)|\Z)|\Z)|\Z)"
)
_CHARSET = re.compile(
    rb"<meta[^>]*?[ \t\n\r\f;\"']charset[ \t\n\r\f]*=[ \t\n\r\f]*[\"']?[ \t\n\r\f]*([A-Za-z0-9_:.+-]+)", re.IGNORECASE
)


class Place(NamedTuple):
    """Where something can be put first."""

    offset: int
    in_head: bool
    """True behind a `<head>` that is written out."""


def first_place(start: bytes, is_all: bool) -> Place | None:
    """The place in the beginning of a page; None if more of it has to come."""
    found = _BEFORE.match(start)
    offset = 0 if found is None else found.end()
    if found is not None and found["head"] is not None:
        return Place(offset, True)
    if not is_all and len(start) <= MOST_WAITED and (offset == len(start) or _UNFINISHED.match(start, offset)):
        return None
    return Place(offset, False)


def sniffed_charset(start: bytes) -> bytes | None:
    """The charset that a browser finds in the first octets."""
    found = _CHARSET.search(start, 0, SNIFFED)
    return None if found is None else found[1]
