"""The text of a key file: one key a line, the newest first (R13).

A key is 32 octets in base64, as `openssl rand -base64 32` writes it. Empty lines and those that begin with # are passed over.
A new line on top rotates: it seals from then on, the ones below it still open. Without its line a key opens nothing any more.
"""

import base64
import binascii

from .sealing import KEY_OCTETS

_HEAD = """\
# The keys that seal cookies, the newest first: it seals, all of them open. Keep this file as secret as the cookies.
# A new key on top:  openssl rand -base64 32
# Delete a line once the cookies it sealed may be lost.
"""


def parse_keys(text: str) -> tuple[bytes, ...]:
    """The keys in a file's text. Raises ValueError for the first line that is none, or if there is none at all."""
    keys = [
        _key(line.strip(), number)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.strip().startswith("#")
    ]
    if not keys:
        raise ValueError("1: there is no key in it: write one with openssl rand -base64 32, or delete the file")
    return tuple(keys)


def key_file_text(key: bytes) -> str:
    """A file with one key."""
    return _HEAD + base64.b64encode(key).decode() + "\n"


def _key(line: str, number: int) -> bytes:
    try:
        key = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_OCTETS:
        raise ValueError(
            f"{number}: this is no key: expected {KEY_OCTETS} octets in base64, as openssl rand -base64 32 writes"
        )
    return key
