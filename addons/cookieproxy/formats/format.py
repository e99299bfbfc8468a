"""One format: its name, what it can say, and how it is read, written and recognised.

Knows the limits that hold for every file. Does not know any single format: those are the modules named like them, and their
table is `table`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ..core.cookie import Cookie
from ..core.hosts import HostToAscii
from .document import parse
from .hosts import ascii_only
from .narrow import Says, narrowed
from .reading import Source
from .values import FormatError, Loss, Mistake, Place, Read, Written, note

MOST_BYTES = 64 * 1024 * 1024
"""Larger files are refused: a HAR file with bodies may be that large, a list of cookies never is."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16_OR_32 = re.compile(rb"\xff\xfe|\xfe\xff|\x00.|.\x00", re.DOTALL)


class Content:
    """A file looked at to find out what it is; no bytes make this raise."""

    def __init__(self, data: bytes) -> None:
        self.data = b"" if len(data) > MOST_BYTES or wide(data) else data.removeprefix(_BYTE_ORDER_MARK)

    @cached_property
    def document(self) -> object:
        """What it says if it is JSON, else None."""
        if self.data.lstrip()[:1] not in (b"{", b"["):
            return None
        try:
            return parse(self.data, "")
        except FormatError:
            return None

    @cached_property
    def first_line(self) -> bytes:
        """Without white space around it."""
        return self.data.lstrip().partition(b"\n")[0].strip()


type Parser = Callable[[Source], tuple[Read, ...]]
"""Raises FormatError with every mistake it finds, and nothing else."""

type Composer = Callable[[Sequence[Cookie], float], Written]
"""Takes narrowed cookies and the time; adds only losses that come of writing these cookies into one file."""


def no_remark(cookie: Cookie) -> None:
    """Nothing to say of any cookie."""


@dataclass(frozen=True, slots=True)
class Format:
    """One interchange format."""

    name: str
    """For `--format`."""
    title: str
    """What it is and who uses it, in one line."""
    endings: tuple[str, ...]
    """Of file names, the usual one first."""
    says: Says
    recognises: Callable[[Content], bool] = field(repr=False)
    compose: Composer = field(repr=False)
    parse: Parser | None = field(default=None, repr=False)
    """None for formats that are only written."""
    hint: str = ""
    """What its users should know before they rely on it."""
    remark: Callable[[Cookie], str | None] = field(default=no_remark, repr=False)
    """What some readers of the format will trip over in a cookie which the format can say."""

    @property
    def is_read(self) -> bool:
        """Whether files of this format can be imported."""
        return self.parse is not None

    def read(
        self, data: bytes, now: float, at: Place | None = None, to_ascii: HostToAscii = ascii_only
    ) -> tuple[Read, ...]:
        """The cookies of a file, in its order, expired ones too.

        `now` is the time of import in Unix seconds; `at` tells whose cookies they are where the file does not; `to_ascii` is
        asked about hosts that are not ASCII. Raises FormatError, and then nothing was read.
        """
        self._refuse(data)
        assert self.parse is not None, "refused above"
        return self.parse(Source(self.name, data.removeprefix(_BYTE_ORDER_MARK), now, at, to_ascii))

    def write(self, cookies: Sequence[Cookie], now: float) -> Written:
        """The cookies as a file of this format, in the order given, and everything it does not say of them.

        `now` is Unix seconds. Never raises: a cookie that cannot be carried is left out, which is a loss that says so.
        """
        said: list[Cookie] = []
        losses: list[Loss] = []
        for cookie in cookies:
            one, lost = narrowed(cookie, self.says, now)
            losses += lost
            said += [] if one is None else [one]
        written = self.compose(said, now)
        remarks = [note(cookie, text) for cookie in said if (text := self.remark(cookie)) is not None]
        return Written(written.data, (*losses, *written.losses), (*written.notes, *remarks))

    def _refuse(self, data: bytes) -> None:
        """Raises FormatError for what no format can be."""
        mistake = None
        if self.parse is None:
            mistake = Mistake("", "this format is only written, not read", "export as storagestate or netscape instead")
        elif len(data) > MOST_BYTES:
            mistake = Mistake("", f"it is larger than {MOST_BYTES // 1024**2} MB", "take the cookies out of it first")
        elif wide(data):
            mistake = Mistake("", "this is UTF-16 or UTF-32", "save the file as UTF-8")
        if mistake is not None:
            raise FormatError(self.name, [mistake])


def wide(data: bytes) -> bool:
    """Whether the text has two or four bytes a character."""
    return _UTF_16_OR_32.match(data) is not None
