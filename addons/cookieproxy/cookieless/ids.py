"""Session ids: 120 bits of the system's CSPRNG in 24 characters that survive URLs and a change of case (R33).

The alphabet is ASP.NET's, so that its habits hold: `a` to `z` and `0` to `5`, compared in lower case. What is kept and
recorded of an id is its digest: whoever reads the store cannot make a URL of it.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_to_bytes

ALPHABET = "abcdefghijklmnopqrstuvwxyz012345"
LENGTH = 24
"""Characters of five bits each."""
DIGEST_LENGTH = 24

SHAPE = rb"[A-Za-z0-9]{24}"
"""What is taken for an id of ours, also a forged one: nothing else of that length and alphabet stands in such a place."""
_ID = re.compile(SHAPE)
_ALONE = re.compile(rb"(?<![A-Za-z0-9])" + SHAPE + rb"(?![A-Za-z0-9])")


def new_id() -> str:
    """An id that nobody can guess."""
    number = secrets.randbits(5 * LENGTH)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(0, 5 * LENGTH, 5))


def is_id(text: bytes) -> bool:
    """True if this looks like an id, whoever made it."""
    return _ID.fullmatch(text) is not None


def that_may_be_ids(texts: Iterable[bytes]) -> Iterator[str]:
    """What in targets, URLs and bodies looks like an id, wherever it stands, in lower case and in its order."""
    for text in texts:
        for form in (text, unquote_to_bytes(text)) if b"%" in text else (text,):
            for found in _ALONE.findall(form):
                yield found.decode("ascii").lower()


def digest_of(session_id: str) -> str:
    """The id as it is kept, recorded and shown, in whatever case it came."""
    return hashlib.sha256(session_id.lower().encode()).hexdigest()[:DIGEST_LENGTH]
