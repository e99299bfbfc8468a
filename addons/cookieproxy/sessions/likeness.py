"""Whether a value of an unknown cookie looks like the id of a session: long, mixed, and no word, date, number, locale or URL.

A score, not a proof; by the value alone. Pure and cheap, because every new value is asked about.
"""

import re
from itertools import pairwise

LIKELY = 0.5
"""From this score on it looks like an id."""

_LEAST, _LONG, _MOST = 10, 16, 512
"""Characters: shorter ones are no ids, from here on they are long enough, longer ones are content."""
_ENOUGH = 64
"""Characters that are looked at."""
_FEWEST_DISTINCT, _MANY_DISTINCT = 5, 7
"""Different characters."""
_FEWEST_LETTERS = 3
_STRANGE, _WORDLIKE = 0.25, 0.5
"""Of the pairs of neighbours, those that words are made of: 0.15 in random letters, 0.6 and more in words."""
_NUMBER_SCORE = 0.3
"""A long number may be an id, but is a clock or a count much more often."""
_CHANGES_ONE_CASE, _CHANGES_BOTH_CASES = 0.4, 0.64
"""Changes of class (digit, small letter, capital) per character that are plenty. Random ids have 0.47 (hexadecimal), 0.43 (base32)
and 0.65 (base64); words in camel case have 0.3."""

_SHAPE = re.compile(
    rb"""
    (?! [0-9]{4}-[0-9]{2}-[0-9]{2}                          # a date
      | (?:[A-Z][a-z]+[/_-])+[A-Z][a-z]+\Z                  # a time zone
      | [A-Za-z]{2,12}://                                   # a URL
      | eyJ )                                               # JSON in base64
    (?: s:([A-Za-z0-9+/_-]+)\.[A-Za-z0-9+/_=-]+             # express-session: s:id.signature
      | ([A-Za-z0-9,+/_=-]+)(?:[.:!~][A-Za-z0-9+/_=!.:-]+)? # with a signature, or the node that has the session
    )
    """,
    re.VERBOSE,
)
_CODED = {b"%3A": b":", b"%2B": b"+", b"%2F": b"/", b"%3D": b"="}
"""What is percent-encoded in ids; what else is, is in texts."""
_SEPARATORS = b"-_=.:!~,"
_DIGITS, _CAPITALS = b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HEXADECIMAL = b"0123456789abcdef", b"0123456789ABCDEF"
_PAIRS_OF_WORDS = frozenset(
    tuple(pair)
    for pair in (
        b"th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic ne ea "
        b"ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut ss so rs un lo wa ge ie "
        b"wh ee wi em ad ol rt po we na ul ni ts mo ow pa im mi ai sh ir su id os iv ia am"
    ).split()
)
"""The hundred and some that are most frequent in English."""
_CLASSES = bytes(1 if octet in _DIGITS else 2 if octet in _CAPITALS else 4 for octet in range(256))
"""One bit for each class, so that a change of class is a difference of two bits."""


def looks_like_id(value: bytes) -> bool:
    """Whether a value looks like the id of a session."""
    return id_likeness(value) >= LIKELY


def id_likeness(value: bytes) -> float:
    """How much a value looks like the id of a session, from 0 to 1."""
    if not _LEAST <= len(value) <= _MOST:
        return 0.0
    if b"%" in value:
        value = _decoded(value)
    found = _SHAPE.fullmatch(value)
    if found is None:
        return 0.0
    part = found[1] or found[2]
    if len(part) < _LEAST and value.count(b".") < 2:
        part = value
    return _likeness(part.translate(None, _SEPARATORS)[:_ENOUGH])


def _decoded(value: bytes) -> bytes:
    for coded, octet in _CODED.items():
        value = value.replace(coded, octet).replace(coded.lower(), octet)
    return value


def _likeness(part: bytes) -> float:
    length, distinct = len(part), len(set(part))
    if length < _LEAST or distinct < _FEWEST_DISTINCT:
        return 0.0
    letters = len(part.translate(None, _DIGITS))
    if letters == 0:
        return _NUMBER_SCORE if length >= _LONG else 0.0
    if length >= _LONG and letters < length and not all(part.translate(None, digits) for digits in _HEXADECIMAL):
        return 1.0
    if letters < _FEWEST_LETTERS:
        return 0.0
    mixture = _mixture(part)
    if mixture < 1:
        mixture = max(mixture, _strangeness(part))
    return min(1.0, length / _LONG) * min(1.0, distinct / _MANY_DISTINCT) * mixture


def _mixture(part: bytes) -> float:
    """How often the class of the characters changes, as it does not in words."""
    classes = part.translate(_CLASSES)
    changes = (int.from_bytes(classes[1:]) ^ int.from_bytes(classes[:-1])).bit_count() / 2
    plenty = _CHANGES_ONE_CASE if part.islower() or part.isupper() else _CHANGES_BOTH_CASES
    return min(1.0, changes / (len(part) - 1) / plenty)


def _strangeness(part: bytes) -> float:
    """How rare the pairs of letters are that words are made of."""
    text = part.lower()
    pairs = list(pairwise(text))
    words = sum(map(_PAIRS_OF_WORDS.__contains__, pairs)) / len(pairs)
    return max(0.0, min(1.0, (_WORDLIKE - words) / (_WORDLIKE - _STRANGE)))
