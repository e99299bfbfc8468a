"""Style sheets whose root-relative URLs get a prefix while they stream (CSS Syntax 3, sections 4.3.1 to 4.3.7 and 4.3.14).

Knows where a URL stands, `url(/x)`, `url("/x")` and `@import "/x"`, and what only looks like one in comments, strings and longer
names. Every other byte stays as it is. Does not know what the prefix means, nor `image-set("/x")`, and leaves alone what is spelled
with escapes: a name (`u\\72l(`), or a URL of which an escape, a tab or a second slash may make one of another host.
"""

import re
from enum import Enum, auto

_LOOK_AHEAD = 12
"""A token is judged by the bytes up to here after its start: the longest is a backslash, six digits and CR LF."""
_NAME = rb"-0-9A-Za-z_\x80-\xff"
_TOKEN = re.compile(
    # One set in front, by which the search skips what cannot start any of them.
    rb"""["'/\\uU@](?:"""
    rb"(?<=/)\*"
    rb"""|(?<=["'])"""
    rb"|(?<=\\)(?:[0-9A-Fa-f]{1,6}(?:\r\n|[ \t\n\r\f])?|[^\n\r\f])"
    rb"|(?<=[uU])(?<![" + _NAME + rb"@#][uU])[rR][lL]\("
    rb"|(?<=@)[iI][mM][pP][oO][rR][tT](?![" + _NAME + rb"\\])"
    rb")",
    re.DOTALL,
)
_NO_TOKEN = re.compile(
    rb"""(?:[^"'/\\uU@]++|"[^"\\\n\r\f]*+["\n\r\f]|'[^'\\\n\r\f]*+['\n\r\f]|/\*[^*]*+\*/|/(?=[^*])|[uU](?=[^rR]))*+"""
)
"""What needs no looking into, whole strings and comments included: hostile sheets have thousands of empty ones."""
_REST_OF_NAME = re.compile(rb"[" + _NAME + rb"]*+")
_WHITE_SPACE = re.compile(rb"[ \t\n\r\f]*+")
_BLANKS = re.compile(rb"[ \t]*+")
_REST = {
    b'"': re.compile(rb'(?:[^"\\\n\r\f]++|\\(?:\r\n|[^\r]|\r(?=[^\n])))*+', re.DOTALL),
    b"'": re.compile(rb"(?:[^'\\\n\r\f]++|\\(?:\r\n|[^\r]|\r(?=[^\n])))*+", re.DOTALL),
    b")": re.compile(rb"(?:[^)\\]++|\\.)*+", re.DOTALL),
}
"""Up to what ends a string, or a URL without quotes."""
_QUOTES = (b'"', b"'")
_TO_ESCAPE = re.compile(rb"""["'()\\\s]""")
_OTHER_HOSTS = tuple(b"/ \\ \t \n \r \f".split(b" "))
"""What makes a URL with a slash before it one of another host, or is taken out of a URL, so that what follows it does."""


class _State(Enum):
    """What the next byte belongs to."""

    SHEET = auto()
    NAME = auto()
    """A name that contains an escape, and so none of ours."""
    COMMENT = auto()
    IMPORT = auto()
    """What `@import` names is still to come."""
    FUNCTION = auto()
    """After `url(`."""
    URL = auto()
    """Its first byte is the next one."""
    REST = auto()
    """The rest of a string, or of a URL without quotes."""


_OPENED = {b"\\": _State.NAME, b"@": _State.IMPORT}


class StyleRewriter:
    """One style sheet on its way through. What it holds back is no longer than the prefix and a token."""

    def __init__(self, prefix: bytes) -> None:
        self._prefix = prefix
        self._held = b""
        self._before = b""
        """The last byte given away, which may belong to the same name."""
        self._state = _State.SHEET
        self._after_comment = _State.SHEET
        self._end = b""
        """What ends the string or URL: a quote, or a parenthesis."""
        self._place: int | None = None
        """Where the prefix goes, if the last step found one."""
        self._steps = {
            _State.SHEET: self._in_sheet,
            _State.NAME: self._in_name,
            _State.COMMENT: self._in_comment,
            _State.IMPORT: self._after_import,
            _State.FUNCTION: self._in_function,
            _State.URL: self._at_url,
            _State.REST: self._in_rest,
        }

    def feed(self, data: bytes) -> bytes:
        """What can be given away after these bytes."""
        return self._advance(data, is_last=False)

    def close(self) -> bytes:
        """The rest."""
        return self._advance(b"", is_last=True)

    def _advance(self, data: bytes, *, is_last: bool) -> bytes:
        text = self._before + self._held + data
        start = at = len(self._before)
        written: list[bytes] = []
        while at < len(text):
            came_from = self._state
            here = self._steps[came_from](text, at, is_last)
            if here == at and self._state is came_from:
                break
            if self._place is not None:
                written += (text[start : self._place], self._written_prefix())
                start, self._place = self._place, None
            at = here
        written.append(text[start:at])
        self._before, self._held = text[max(at - 1, 0) : at], text[at:]
        return b"".join(written)

    def _written_prefix(self) -> bytes:
        """As it has to be written here: a URL without quotes may contain neither parentheses nor quotes."""
        return _TO_ESCAPE.sub(rb"\\\g<0>", self._prefix) if self._end == b")" else self._prefix

    def _in_sheet(self, text: bytes, at: int, is_last: bool) -> int:
        """To the end of the next token that matters, if all bytes that may decide about it are there."""
        at = _match_end(_NO_TOKEN, text, at)
        sure = len(text) if is_last else max(at, len(text) - _LOOK_AHEAD)
        token = _TOKEN.search(text, at)
        if token is None or token.start() >= sure:
            return sure
        self._open(token[0])
        return token.end()

    def _open(self, token: bytes) -> None:
        first = token[:1]
        if first in _QUOTES:
            self._end, self._state = first, _State.REST
        elif first == b"/":
            self._after_comment, self._state = _State.SHEET, _State.COMMENT
        else:
            self._state = _OPENED.get(first, _State.FUNCTION)

    def _in_name(self, text: bytes, at: int, is_last: bool) -> int:
        return self._past(_REST_OF_NAME, text, at, _State.SHEET)

    def _in_comment(self, text: bytes, at: int, is_last: bool) -> int:
        end = text.find(b"*/", at)
        if end >= 0:
            self._state = self._after_comment
            return end + 2
        return len(text) - (not is_last and text.endswith(b"*"))

    def _after_import(self, text: bytes, at: int, is_last: bool) -> int:
        start = _match_end(_WHITE_SPACE, text, at)
        first = text[start : start + 1]
        if first in _QUOTES:
            self._end, self._state = first, _State.URL
            return start + 1
        if first == b"/" and (is_last or start + 1 < len(text)):
            is_comment = text.startswith(b"/*", start)
            self._after_comment, self._state = _State.IMPORT, _State.COMMENT if is_comment else _State.SHEET
            return start + 2 * is_comment
        if first and first != b"/":
            self._state = _State.SHEET
        return start

    def _in_function(self, text: bytes, at: int, is_last: bool) -> int:
        start = self._past(_WHITE_SPACE, text, at, _State.URL)
        first = text[start : start + 1]
        is_quoted = first in _QUOTES
        self._end = first if is_quoted else b")"
        return start + is_quoted

    def _at_url(self, text: bytes, at: int, is_last: bool) -> int:
        """Decides; a string may start with blanks, which do not belong to its URL."""
        start = _match_end(_BLANKS, text, at)
        if start == len(text):
            return start
        if text.startswith(b"/", start):
            standing = self._written_prefix()
            if not is_last and len(text) <= start + len(standing):
                return start
            is_elsewhere = text.startswith(_OTHER_HOSTS, start + 1)
            if not is_elsewhere and not text.startswith((self._prefix, standing), start):
                self._place = start
        self._state = _State.REST
        return start

    def _in_rest(self, text: bytes, at: int, is_last: bool) -> int:
        end = _match_end(_REST[self._end], text, at)
        if end == len(text):
            return end
        if text[end : end + 1] != b"\\":
            # A line break ends a string, too, and belongs to what follows.
            self._state = _State.SHEET
            return end + (text[end : end + 1] == self._end)
        return len(text) if is_last else end

    def _past(self, pattern: re.Pattern[bytes], text: bytes, at: int, state: _State) -> int:
        """Past what matches; if that has an end here, the state follows."""
        end = _match_end(pattern, text, at)
        if end < len(text):
            self._state = state
        return end


def _match_end(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    """Where a pattern ends that matches anywhere, if only nothing."""
    match = pattern.match(text, at)
    return match.end() if match else at
