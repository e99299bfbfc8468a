"""How fast pages are read, and their links edited, beside lol-html and Python's html.parser.

Everything gets the same chunks and is timed by the processor, so that what else the machine does does not count. Who says how many
links a page has must say what the others say; nobody else is asked for more than that, and only we decide where a link leads.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from html.parser import HTMLParser
from statistics import median
from typing import Any

from cookieproxy.cookieless.carriers import Carrier
from cookieproxy.cookieless.entry import CarrierKind
from cookieproxy.cookieless.foreign import TELLING
from cookieproxy.cookieless.grammar import foreign_pattern
from cookieproxy.cookieless.markup import Edit, Markup
from cookieproxy.cookieless.pages import DEFAULT_REWRITES, Page
from cookieproxy.cookieless.urls import Links

from . import pages
from .programs import CannotMeasure
from .results import Detail, Measurement, ratios
from .run import Run

HOST = "manual.example"
URL = f"http://{HOST}/en/contents.html"
SESSION_ID = "k7m2q9x4c8v3b6n1z5w0p2r7"
SEGMENT = f"/(S({SESSION_ID}))"

type Chunks = Iterable[bytes]
type Read = Callable[[Chunks], int]
"""Reads a page to its end; how many links it has, or how many octets came out."""
type Speeds = dict[tuple[str, str], list[float]]
"""Of each page and reader, in MB/s, round by round."""

_TOKENIZER = "tokenizer"
PATIENCE_NS = 500_000_000
"""Spent on one page at most; only hostile ones may take as long."""


# -- who reads ---------------------------------------------------------------------------------------------------------


class _Counting:
    """Sees every link, and changes none."""

    def __init__(self) -> None:
        self.links = 0

    def link(self, value: bytes) -> Iterable[tuple[int, bytes]]:
        """As `Listener` says."""
        self.links += 1
        return ()

    def tag(self, name: bytes, tag: bytes) -> Iterable[Edit]:
        """As `Listener` says."""
        return ()

    def style(self) -> None:
        """As `Listener` says."""


def tokenize(chunks: Chunks) -> int:
    """Our tokenizer alone; how many links it saw."""
    seen = _Counting()
    markup = Markup(seen, DEFAULT_REWRITES)
    for chunk in chunks:
        markup.feed(chunk)
    markup.close()
    return seen.links


def edit_with(kind: CarrierKind) -> Read:
    """What edits a page's links for a carrier; how many octets the page has then."""

    def edit(chunks: Chunks) -> int:
        carrier = Carrier(kind, "sid")
        links = Links(carrier, SESSION_ID, lambda place: place.host == HOST, URL, carries=False, asks_path=False)
        page = Page(links, DEFAULT_REWRITES)
        return sum(len(page.feed(chunk)) for chunk in chunks) + len(page.close())

    return edit


def find_tags(chunks: Chunks) -> int:
    """The tags within SVG found by the tokenizer's own pattern, and nothing done with them; how many there were."""
    match, tags = foreign_pattern(frozenset(DEFAULT_REWRITES) | TELLING).match, 0
    for chunk in chunks:
        place = 0
        while (found := match(chunk, place)) is not None and found.lastgroup is not None:
            place = found.end()
            tags += 1
    return tags


class _CountingParser(HTMLParser):
    links = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count it."""
        if tag == "a" and any(name == "href" for name, _ in attrs):
            self.links += 1


def parse(chunks: Chunks) -> int:
    """html.parser, which wants text; how many links it saw."""
    parser = _CountingParser()
    for chunk in chunks:
        parser.feed(chunk.decode("latin-1"))
    parser.close()
    return parser.links


class _LolHandler:
    """lol-html's way of telling: it calls back for what the selector selects."""

    def __init__(self, changes: bool) -> None:
        self.links = 0
        self._changes = changes

    def element(self, element: Any) -> None:  # its classes have types in a stub alone, and may not be there
        """A link; it is given the id of the session, wherever it leads."""
        self.links += 1
        address = element.get_attribute("href")
        if self._changes:
            element.set_attribute("href", SEGMENT + address)


def lol_html(changes: bool) -> Read:
    """lol-html; how many links it saw. Raises CannotMeasure if it is not there."""
    try:
        from lolhtml import HTMLRewriter
    except ImportError:
        raise CannotMeasure("there is no lol-html here (pip install python-lolhtml)") from None

    def read(chunks: Chunks) -> int:
        handler, out = _LolHandler(changes), bytearray()
        rewriter = HTMLRewriter(out.extend)
        rewriter.on("a[href]", handler)
        for chunk in chunks:
            rewriter.write(chunk)
        rewriter.end()
        return handler.links

    return read


_EDITORS = {f"edited, {kind}": edit_with(kind) for kind in CarrierKind}


# -- the measurements --------------------------------------------------------------------------------------------------


def real_pages(run: Run) -> Measurement:
    """The tokenizer on pages like real ones, and with their links edited for each carrier: the slower size of each."""
    readers = {_TOKENIZER: tokenize, **_EDITORS}
    speeds = _compare(run, _like_real_ones(pages.LARGE_BYTES, pages.HUGE_BYTES), readers)
    numbers = [_slowest(speeds, reader, kind) for reader in readers for kind in ("contents", "article")]
    return numbers, _details(speeds, readers)


def hostile_pages(run: Run) -> Measurement:
    """The worst of the hostile pages, for the tokenizer and with links edited in the path."""
    made = {name: make(run.times(pages.HOSTILE_BYTES)) for name, make in pages.HOSTILE.items()}
    editor = f"edited, {CarrierKind.PATH}"
    readers = {_TOKENIZER: tokenize, editor: _EDITORS[editor]}
    speeds = _compare(run, made, readers)
    found = tuple(speed(find_tags, pages.chunks(made["<svg>"])) for _ in range(run.rounds))
    return [*(_slowest(speeds, reader) for reader in readers), found], _details(speeds, readers)


def against_lol_html(run: Run) -> Measurement:
    """Both only look at links, and both change all of them, on contents and article."""
    seen, changed = lol_html(changes=False), lol_html(changes=True)
    editor = f"edited, {CarrierKind.PATH}"
    readers = {_TOKENIZER: tokenize, "lol-html": seen, editor: _EDITORS[editor], "lol-html, changing": changed}
    large = _like_real_ones(pages.LARGE_BYTES)
    check_that_they_agree(large, tokenize, seen, "lol-html")
    speeds = _compare(run, large, readers)
    pairs = ((_TOKENIZER, "lol-html"), (editor, "lol-html, changing"))
    numbers = [ratios(speeds[page, ours], speeds[page, theirs]) for ours, theirs in pairs for page in large]
    return numbers, _details(speeds, readers)


def against_html_parser(run: Run) -> Measurement:
    """Both only look at links."""
    readers = {_TOKENIZER: tokenize, "html.parser": parse}
    large = _like_real_ones(pages.LARGE_BYTES)
    check_that_they_agree(large, tokenize, parse, "html.parser")
    speeds = _compare(run, large, readers)
    numbers = [ratios(speeds[page, _TOKENIZER], speeds[page, "html.parser"]) for page in large]
    return numbers, _details(speeds, readers)


def _like_real_ones(*sizes: int) -> dict[str, bytes]:
    kinds = {"contents": pages.contents, "article": pages.article}
    return {f"{kind} of {size / 1e6} MB": make(size) for kind, make in kinds.items() for size in sizes}


def check_that_they_agree(made: dict[str, bytes], ours: Read, theirs: Read, name: str) -> None:
    for what, page in made.items():
        chunks = pages.chunks(page)
        if (own := ours(chunks)) != (other := theirs(chunks)):
            raise CannotMeasure(f"{name} sees {other} links in {what}, ours {own}")


def _compare(run: Run, made: dict[str, bytes], readers: Mapping[str, Read]) -> Speeds:
    """Each page by each reader in turn, round by round."""
    chunks = {name: pages.chunks(page) for name, page in made.items()}
    speeds: Speeds = {(page, reader): [] for page in made for reader in readers}
    for number in range(run.rounds):
        for page, reader in speeds:
            speeds[page, reader].append(speed(readers[reader], chunks[page]))
        (slowest, by), numbers = min(speeds.items(), key=lambda each: each[1][-1])
        run.tell(f"{number + 1}/{run.rounds} slowest: {slowest}, {by}: {numbers[-1]:.1f} MB/s")
    return speeds


def speed(read: Read, chunks: Chunks) -> float:
    """In MB/s; of a page that takes too long, as far as it was read."""
    given = 0
    begin = time.process_time_ns()

    def patiently() -> Iterator[bytes]:
        nonlocal given
        for chunk in chunks:
            given += len(chunk)
            yield chunk
            if time.process_time_ns() - begin > PATIENCE_NS:
                return

    read(patiently())
    return given / (time.process_time_ns() - begin) * 1e3


def _slowest(speeds: Speeds, reader: str, kind: str = "") -> tuple[float, ...]:
    """Of the pages of a kind, round by round."""
    return tuple(
        map(min, zip(*(each for (page, by), each in speeds.items() if by == reader and kind in page), strict=True))
    )


def _details(speeds: Speeds, readers: Iterable[str]) -> list[Detail]:
    """A line for each page, a column for each reader."""
    made = dict.fromkeys(page for page, _ in speeds)
    return [Detail(page, {f"{reader} MB/s": median(speeds[page, reader]) for reader in readers}) for page in made]
