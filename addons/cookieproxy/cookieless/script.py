"""The page script as it goes into a page: its text with what it has to know, its tag, its hash (R24, R31).

Knows how to quote; what the script does is in `page.js`, and where the tag goes is the rewriter's business. The text is ASCII and
nowhere has `<` or `&`, so that it means the same in HTML, where a script is raw text, and in XHTML, where it is not.
"""

import base64
import hashlib
import json
import re
from functools import cache
from html import escape
from pathlib import Path
from typing import NamedTuple

ENDPOINT = "/.cookieproxy/cookies"
"""The path at which the proxy answers for `document.cookie`; the script puts the id into it as into any other."""
ASK_HEADER = "X-Cookie-Proxy"
"""In the script's requests to the endpoint: what other sites' pages cannot send without being allowed to."""
PATH_HEADER = "X-Cookie-Proxy-Path"
"""In the same: the path of the document without the id, for which cookies are read and set."""
SET_HEADER = "X-Cookie-Proxy-Set"
"""In the same: what the page assigns to `document.cookie`, percent-encoded UTF-8."""
SESSION_HEADER = "X-Cookie-Proxy-Session"
"""In any response of the site: the id from now on."""

_PAGE = Path(__file__).with_name("page.js")
_CONFIG = b"__config__"
"""What stands in page.js for the JSON."""
_SPACED = re.compile(r"('(?:[^'\\]|\\.)*')| *([=>?:,;{}()+|]+) *")
"""A text, or an operator with its spaces: page.js has no other quotes, and no space in a regular expression."""


class PageConfig(NamedTuple):
    """What the script of one page has to know."""

    carrier: str
    """`path`, `query` or `matrix`."""
    parameter: str
    """The name in query, matrix and hidden fields."""
    session_id: str
    hosts: tuple[str, ...]
    """Domains that get ids with all below them, beside the page's own host."""
    cookies: str
    """The cookie string the page may read at first."""
    asks: bool = False
    """True while nobody knows whether cookies come back: if they do, the script fetches them and leaves everything as it is."""


def script_text(config: PageConfig) -> bytes:
    """What stands between the tags."""
    code = _code()
    return code.before + _json(config) + code.after


def script_tag(config: PageConfig, nonce: str | None) -> tuple[bytes, str]:
    """The element, and the source with which a Content-Security-Policy allows exactly that text."""
    code, said = _code(), _json(config)
    digest = code.hashed.copy()  # of all but the configuration it is the same for every page
    digest.update(said)
    digest.update(code.after)
    source = base64.b64encode(digest.digest()).decode("ascii")
    attribute = b"" if nonce is None else f' nonce="{escape(nonce)}"'.encode()
    return b"".join((b"<script", attribute, b">", code.before, said, code.after, b"</script>")), f"'sha256-{source}'"


class _Code(NamedTuple):
    """page.js around its configuration, without comments and most of its spaces."""

    before: bytes
    after: bytes
    hashed: "hashlib._Hash"
    """The hash of what stands before."""


@cache
def _code() -> _Code:
    lines = (line.strip() for line in _PAGE.read_text("ascii").splitlines())
    code = "\n".join(line for line in lines if line and not line.startswith("//"))
    before, _, after = _SPACED.sub(lambda found: found[1] or found[2], code).encode("ascii").partition(_CONFIG)
    return _Code(before, after, hashlib.sha256(before))


def _json(config: PageConfig) -> bytes:
    """The configuration in ASCII, without what means something in HTML or XML."""
    fields = {
        "carrier": config.carrier,
        "parameter": config.parameter,
        "id": config.session_id,
        "hosts": config.hosts,
        "endpoint": ENDPOINT,
        "cookies": config.cookies,
        "asks": config.asks,
    }
    text = json.dumps(fields, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode("ascii")
