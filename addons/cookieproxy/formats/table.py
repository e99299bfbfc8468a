"""The table of formats: a new one is a module and a line here."""

from collections.abc import Mapping
from types import MappingProxyType

from . import (
    chrome,
    curl,
    har,
    header,
    jsonl,
    lwp,
    netscape,
    selenium,
    spreadsheet,
    storagestate,
    tough,
    webextension,
)
from .document import parse
from .format import MOST_BYTES, Content, Format, wide
from .times import Step
from .values import Field, FormatError, Mistake

_ALL = (
    netscape.FORMAT,
    storagestate.FORMAT,
    chrome.FORMAT,
    webextension.FORMAT,
    har.FORMAT,
    lwp.FORMAT,
    selenium.FORMAT,
    tough.FORMAT,
    header.FORMAT,
    curl.FORMAT,
    jsonl.FORMAT,
    spreadsheet.FORMAT,
)

FORMATS: Mapping[str, Format] = MappingProxyType({one.name: one for one in _ALL})
"""Every format by its name."""


def recognise(data: bytes) -> Format | None:
    """The format of a file by its content; None for what is none of them, or could be several (an empty list). Never raises."""
    content = Content(data)
    return next((one for one in _ALL if one.recognises(content)), None)


def expect(data: bytes) -> Format:
    """The format of a file by its content; raises FormatError, with what to do, if it is not recognised."""
    found = recognise(data)
    if found is None:
        raise FormatError("", [Mistake("", *_why_not(data))])
    return found


def as_markdown() -> str:
    """The table for readers: name, what it is, file endings, what it cannot say, what to know."""
    rows = [("format", "what it is", "files", "cannot say", "to know"), ("---",) * 5]
    for one in _ALL:
        endings = " ".join(f".{ending}" for ending in one.endings)
        title = one.title if one.is_read else f"{one.title}; only written"
        rows.append((f"`{one.name}`", title, endings, ", ".join(_unsaid(one)), one.hint))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _unsaid(one: Format) -> list[str]:
    silent = [field.value for field in Field if field not in one.says.fields]
    if Field.EXPIRES not in one.says.fields or one.says.step is Step.ANY:
        return silent
    return [*silent, f"parts of {one.says.step.name.lower()}"]


def _why_not(data: bytes) -> tuple[str, str]:
    known = ", ".join(one.name for one in _ALL if one.is_read)
    if not data.strip():
        return "the file is empty", "export it again"
    if len(data) > MOST_BYTES:
        return f"it is larger than {MOST_BYTES // 1024**2} MB", "take the cookies out of it first"
    if wide(data):
        return "this is UTF-16 or UTF-32", "save the file as UTF-8"
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _why_no_document(data), f"export it again, or say which format it is: {known}"
    return "no format is recognised by its content", f"say which it is: {known}"


def _why_no_document(data: bytes) -> str:
    """JSON that cannot be read, or in which there is nothing that is known."""
    try:
        parse(data, "")
    except FormatError as error:
        return f"{error.place}: {error.message}"
    return "this is JSON, but nothing in it tells which format it is"
