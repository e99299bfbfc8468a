r"""Command lines as a shell takes them apart: quotes, backslashes, `$'…'`, line continuations (POSIX 2.2; Chrome's "Copy as cURL").

Nothing is expanded or run: a `$`, backquote or `*` stands for itself.
"""

import re
from dataclasses import dataclass

_SIMPLE = {97: 7, 98: 8, 101: 27, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11}
"""What a letter (a b e f n r t v) after a backslash stands for in `$'…'`."""
_NUMERIC = re.compile(rb"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})")
_ORDINARY = re.compile(rb"[^ \t\r\n;#\\'\"$]+")
_COMMENT = re.compile(rb"[^\n]*")
_LAST_CHARACTER = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Command:
    """One line's words."""

    line: int
    """Where it begins, from 1."""
    words: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Command(line {self.line}, {len(self.words)} words)"


class Unclosed(Exception):
    """A quotation mark that is not closed."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line
        """Where it is."""


def quote(octets: bytes) -> bytes:
    """One word that stands for these octets in any POSIX shell, and in xargs."""
    return b"'" + octets.replace(b"'", b"'\\''") + b"'"


def commands(text: bytes) -> list[Command]:
    """The commands of a text, divided by line ends and semicolons; a comment is none. Raises Unclosed."""
    return _Splitter(text).split()


class _Splitter:
    def __init__(self, text: bytes) -> None:
        self._text = text.replace(b"\r\n", b"\n")
        self._at = 0
        self._word: bytearray | None = None
        self._words: list[bytes] = []
        self._first_at = 0
        self._commands: list[Command] = []
        self._counted = (0, 1)
        """An offset and the number of the line it is in."""

    def split(self) -> list[Command]:
        while self._at < len(self._text):
            byte = self._text[self._at : self._at + 1]
            self._at += 1
            if byte in (b"\n", b";"):
                self._end_command()
            elif byte in (b" ", b"\t", b"\r"):
                self._end_word()
            elif byte == b"#" and self._word is None:
                self._run(_COMMENT)
            else:
                self._take(byte)
        self._end_command()
        return self._commands

    def _run(self, characters: re.Pattern[bytes]) -> bytes:
        """As many of these as come next."""
        found = characters.match(self._text, self._at)
        self._at = self._at if found is None else found.end()
        return b"" if found is None else found[0]

    def _take(self, byte: bytes) -> None:
        """One character of a word, or a quoted part of one."""
        following = self._text[self._at : self._at + 1]
        if byte == b"\\" and following == b"\n":
            self._at += 1
            return
        word = self._open_word()
        if byte == b"\\":
            self._at += 1
            word += following
        elif byte == b"'":
            word += self._until(b"'")
        elif byte == b'"':
            self._double_quoted(word)
        elif byte == b"$" and following == b"'":
            self._at += 1
            self._dollar_quoted(word)
        else:
            word += byte + self._run(_ORDINARY)

    def _open_word(self) -> bytearray:
        if self._word is None:
            self._word = bytearray()
            if not self._words:
                self._first_at = self._at - 1
        return self._word

    def _end_word(self) -> None:
        if self._word is not None:
            self._words.append(bytes(self._word))
        self._word = None

    def _end_command(self) -> None:
        self._end_word()
        if self._words:
            self._commands.append(Command(self._line(self._first_at), tuple(self._words)))
        self._words = []

    def _line(self, at: int) -> int:
        """The number of the line there; asked in order, so that long files are counted through once."""
        before, line = self._counted if self._counted[0] <= at else (0, 1)
        self._counted = (at, line + self._text.count(b"\n", before, at))
        return self._counted[1]

    def _until(self, mark: bytes) -> bytes:
        end = self._text.find(mark, self._at)
        if end < 0:
            raise Unclosed(self._line(self._at))
        part, self._at = self._text[self._at : end], end + 1
        return part

    def _double_quoted(self, word: bytearray) -> None:
        opened = self._at
        while (byte := self._next(opened)) != b'"':
            following = self._text[self._at : self._at + 1]
            if byte != b"\\" or following not in (b'"', b"\\", b"$", b"`", b"\n"):
                word += byte
                continue
            self._at += 1
            word += b"" if following == b"\n" else following

    def _dollar_quoted(self, word: bytearray) -> None:
        opened = self._at
        while (byte := self._next(opened)) != b"'":
            word += self._escape(opened) if byte == b"\\" else byte

    def _escape(self, opened: int) -> bytes:
        found = _NUMERIC.match(self._text, self._at)
        if found is None:
            byte = self._next(opened)
            if byte[0] in _SIMPLE:
                return bytes([_SIMPLE[byte[0]]])
            return byte if byte in b"\\'\"?" else b"\\" + byte
        self._at = found.end()
        if found[1] or found[4]:
            return bytes([int(found[1], 16) if found[1] else int(found[4], 8) & 0xFF])
        code = int(found[2] or found[3], 16)
        return chr(code).encode("utf-8", "replace") if code <= _LAST_CHARACTER else b"?"

    def _next(self, opened: int) -> bytes:
        byte = self._text[self._at : self._at + 1]
        if not byte:
            raise Unclosed(self._line(opened))
        self._at += 1
        return byte
