"""The regular expressions of markup: what a tag, a comment and the end of a text look like (WHATWG HTML 13.2.5).

All possessive, so that no input makes them go back: each octet is looked at a bounded number of times. A tag matches only when it
is whole, up to its `>`; an unfinished quoted value is never taken for something else.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

WS = rb"[ \t\n\r\f]"
_VALUE = rb"""(?:"[^"]*+"|'[^']*+'|[^ \t\n\r\f>"'][^ \t\n\r\f>]*+|(?=>))"""
_SURE_VALUE = rb"""(?:"[^"]*+"|'[^']*+'|[^ \t\n\r\f>"'][^ \t\n\r\f>]*+(?=[ \t\n\r\f>])|(?=>))"""
_NAME = rb"[^ \t\n\r\f/>][^ \t\n\r\f/>=]*+"
_EQUALS = WS + rb"*+=" + WS + rb"*+"
_NO_VALUE = rb"(?!" + WS + rb"*+(?:=|\Z))"
_ATTRIBUTE = _NAME + rb"(?:" + _EQUALS + _VALUE + rb"|" + _NO_VALUE + rb")"
_GAP = rb"[ \t\n\r\f/]++"
_USUAL = rb"""[ \t\n\r\f]++[^ \t\n\r\f/>="']++="[^"]*+\""""
"""What most attributes look like: nothing that the others do not cover, but quicker."""
ATTRIBUTES = rb"(?:" + _USUAL + rb"|" + _GAP + rb"|" + _ATTRIBUTE + rb")*+"
TAG_NAME = rb"[A-Za-z][^ \t\n\r\f/>]*+"

ONE_ATTRIBUTE = re.compile(
    rb"[ \t\n\r\f/]*+(?P<name>" + _NAME + rb")(?:" + _EQUALS
    + rb"""(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<bare>[^ \t\n\r\f>"'][^ \t\n\r\f>]*+)|(?=>)))?+"""
)  # fmt: skip
START = re.compile(rb"</?(?P<name>" + TAG_NAME + rb")")
WHOLE_ATTRIBUTES = re.compile(
    rb"(?:" + _GAP + rb"|" + _NAME + rb"(?:" + _EQUALS + _SURE_VALUE + rb"|" + _NO_VALUE + rb"))*+"
)
"""Those of an unfinished tag that are surely whole."""
OPEN_VALUE = re.compile(_NAME + _EQUALS + rb"""(?P<quote>["'])""")
OPEN_NAME = re.compile(_NAME + rb"\Z")
BARE_REST = re.compile(rb"[^ \t\n\r\f>]*+")

COMMENT_END = re.compile(rb"--!?>")
XML_COMMENT_END = re.compile(rb"-->")
CDATA_END = re.compile(rb"\]\]>")
INSTRUCTION_END = re.compile(rb"\?>")
SCRIPT = re.compile(rb"<!--(?:-?>)?+|-->|<(?P<end>/?)script(?=[ \t\n\r\f/>])", re.IGNORECASE)
NOSCRIPT_END = re.compile(rb"</noscript(?=[ \t\n\r\f/>])", re.IGNORECASE)
RAW_TEXT = {
    name: re.compile(rb"</" + name + rb"(?=[ \t\n\r\f/>])", re.IGNORECASE)
    for name in (b"style", b"xmp", b"iframe", b"noembed", b"noframes", b"textarea", b"title")
}
"""Elements whose text is no markup, and where it ends."""
TELLING = frozenset((b"script", b"plaintext", b"noscript", b"svg", b"math", *RAW_TEXT))
"""Start tags that change how one reads on."""

_COMMENT = rb"(?P<comment><!--(?:-?>|(?=[^->])|(?=-[^>])))"
_WHOLE_COMMENT = rb"<!--(?:-?>|(?!-?>)(?:[^-]++|-(?!-!?>))*+--!?>)"
_BOGUS = rb"<!(?:>|-?+[^->][^>]*+>|->)|<\?[^>]*+>|</(?:>|[^A-Za-z>][^>]*+>)"
_LONE = rb"<(?=[^A-Za-z/!?])"

_XML_NAME = rb"[^ \t\n\r\f/>!?][^ \t\n\r\f/>]*+"
XML = re.compile(
    rb"[^<]*+(?:(?P<tag><(?P<end>/?+)(?P<name>" + _XML_NAME + rb")" + ATTRIBUTES + rb">)"
    rb"|(?P<cdata><!\[CDATA\[)|(?P<comment><!--)|(?P<instruction><\?)"
    rb"|(?P<bogus><![^>\[-][^>\[]*+(?:\[[^\]]*+\][^>]*+)?+>))?+"
)  # fmt: skip
"""Everything up to and with one token of XHTML, where nothing is text but CDATA."""


@lru_cache(64)
def main_pattern(wanted: frozenset[bytes], links_alone: bool) -> re.Pattern[bytes]:
    """Everything up to and with the next token that matters: a wanted or telling tag, a link, the beginning of a comment.

    With `links_alone` an `a` or `area` with nothing to look at but its first `href` is a `link`, whose value is in a group. Case is
    folded letter by letter: the flag for it would slow down every other octet.
    """
    names = _any_of(wanted | TELLING)
    skipped = (
        rb"(?:[^<]++|</" + TAG_NAME + rb"(?:>|" + ATTRIBUTES + rb">)"
        rb"|<(?!" + names + rb"[ \t\n\r\f/>])" + TAG_NAME + rb"(?:>|" + ATTRIBUTES + rb">)|" + _LONE
        + rb"|" + _WHOLE_COMMENT + rb"|" + _BOGUS + rb")*+"
    )  # fmt: skip
    tag = rb"(?P<tag><(?P<name>" + names + rb")(?=[ \t\n\r\f/>])" + ATTRIBUTES + rb">)"
    tokens = [_link()] if links_alone else []
    return re.compile(skipped + rb"(?:" + rb"|".join([*tokens, tag, _COMMENT]) + rb")?+")


@lru_cache(64)
def foreign_pattern(wanted: frozenset[bytes]) -> re.Pattern[bytes]:
    """The same within SVG and MathML, where also end tags and CDATA matter."""
    names = _any_of(wanted | TELLING) + rb"(?=[ \t\n\r\f/>])"
    skipped = (
        rb"(?:[^<]++|</?(?!"
        + names
        + rb")"
        + TAG_NAME
        + rb"(?:>|"
        + ATTRIBUTES
        + rb">)|"
        + _LONE
        + rb"|"
        + _WHOLE_COMMENT
        + rb")*+"
    )
    return re.compile(
        skipped + rb"(?:(?P<tag><(?P<end>/?+)(?P<name>" + names + rb")" + ATTRIBUTES + rb">)"
        rb"|(?P<cdata><!\[CDATA\[)|" + _COMMENT
        + rb"|(?P<bogus>(?!<!\[)(?:" + _BOGUS + rb")|<!\[(?!CDATA\[|C?+D?+A?+T?+A?+\Z)[^>]*+>))?+"
    )  # fmt: skip


def _link() -> bytes:
    href, policy = _folded(b"href"), _folded(b"referrerpolicy")
    gap_or = rb"(?:" + _GAP + rb"|(?!"
    return (
        rb"(?P<link><" + _any_of((b"a", b"area")) + rb"(?=[ \t\n\r\f/>])"
        + gap_or + rb"(?:" + href + rb"|" + policy + rb")[ \t\n\r\f/>=])" + _ATTRIBUTE + rb")*+(?:" + href + _EQUALS
        + rb"""(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<bare>[^ \t\n\r\f>"'][^ \t\n\r\f>]*+)|(?=>)))?+"""
        + gap_or + policy + rb"[ \t\n\r\f/>=])" + _ATTRIBUTE + rb")*+>)"
    )  # fmt: skip


def _any_of(names: Iterable[bytes]) -> bytes:
    """Any of these words in any case, by their first letters, so that a name that is none of them is seen at once."""
    by_letter: dict[bytes, list[bytes]] = {}
    for name in sorted(names, key=lambda name: (-len(name), name)):
        by_letter.setdefault(name[:1], []).append(_folded(name[1:]))
    groups = [_folded(letter) + rb"(?:" + rb"|".join(rests) + rb")" for letter, rests in sorted(by_letter.items())]
    return rb"(?:" + rb"|".join(groups) + rb")"


def _folded(word: bytes) -> bytes:
    letters = [word[place : place + 1] for place in range(len(word))]
    return b"".join(
        b"[" + letter + letter.upper() + b"]" if letter.isalpha() else re.escape(letter) for letter in letters
    )
