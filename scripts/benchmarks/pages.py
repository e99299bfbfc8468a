"""The pages of the measurements: made, not found, and the same in every run.

Two that are like real ones (the table of contents of a manual, which is almost nothing but links, and an article, which is almost
nothing but text) in the sizes of a large page and of a very large one, and many that are meant to keep a tokenizer busy: each of
those makes it wait for an end that never comes, or look at every octet as if it were the last.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import count

LARGE_BYTES, HUGE_BYTES = 700_000, 2_500_000
SMALL_BYTES = 100_000
HOSTILE_BYTES = 2_000_000
CHUNK_BYTES = 16 * 1024
"""What a page comes in, as off a network."""
_LINKS_A_SECTION = 12
_PARAGRAPHS_A_LINK = 2
_TEXT = (
    "the connection is kept until either side closes it and what was sent before that has been read by the other so that no octet"
    " is lost when a timer of the application ends first which happens more often than one would think on slow lines"
)
_WORDS = _TEXT.split()
_HEAD = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
    '<link rel="stylesheet" href="_static/pages.css">\n<script>var shown = 1 < 2 && "</a>";</script>\n</head>\n<body>\n'
)
_END = "</body>\n</html>\n"
_CODE = (
    '<pre><span class="k">while</span> <span class="n">left</span> <span class="o">&gt;</span> <span class="m">0</span>:\n'
    '    <span class="n">left</span> <span class="o">-=</span> <span class="n">send</span>(left)</pre>\n'
)
_PICTURE = (
    '<p><img src="_images/figure-{number}.png" alt="What is said in chapter {number}" width="640" height="400"></p>\n'
)


def contents(size: int) -> bytes:
    """The table of contents of a manual: a link in every hundred octets."""
    return _page("Contents", size, map(_section, count(1)))


def _section(number: int) -> str:
    entries = "".join(
        f'<li class="toctree-l2"><a class="reference internal" href="library/part-{number}.html#section-{number}-{each}">'
        f"{number}.{each}. {_words(number + each, 3)}</a></li>\n"
        for each in range(1, _LINKS_A_SECTION)
    )
    return (
        f'<li class="toctree-l1"><a class="reference internal" href="library/part-{number}.html">{number}. '
        f"{_words(number, 4)}</a><ul>\n{entries}</ul>\n</li>\n"
    )


def article(size: int) -> bytes:
    """An article: paragraphs with a link now and then, some code, some pictures."""
    return _page("Article", size, map(_paragraph, count(1)))


def _paragraph(number: int) -> str:
    text = f"<p>{_words(number, 40)}, <em>{_words(number + 7, 3)}</em> {_words(number + 3, 40)}.</p>\n"
    if number % _PARAGRAPHS_A_LINK == 0:
        text += f'<p>See <a href="/wiki/Article_{number}" title="{_words(number, 2)}">{_words(number, 2)}</a>.</p>\n'
    match number % 10:
        case 3:
            return text + f'<h2 id="part-{number}">{_words(number, 3)}</h2>\n' + _CODE
        case 7:
            return text + _PICTURE.format(number=number) + f"<!-- {_words(number, 5)} -->\n"
        case _:
            return text


def _page(title: str, size: int, pieces: Iterable[str]) -> bytes:
    made = [_HEAD.format(title=title)]
    left = size - len(made[0]) - len(_END)
    for piece in pieces:
        made.append(piece)
        left -= len(piece)
        if left <= 0:
            break
    return "".join([*made, _END]).encode()


def _words(start: int, number: int) -> str:
    return " ".join(_WORDS[(start * 5 + each) % len(_WORDS)] for each in range(number))


# -- hostile ones ------------------------------------------------------------------------------------------------------


def _again(piece: bytes, before: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: (before + piece * (size // len(piece) + 1))[:size]


def _numbered(piece: bytes) -> Callable[[int], bytes]:
    """As `_again`, but with a number in each, so that what is remembered of one does not help with the next."""

    def made(size: int) -> bytes:
        return b"".join(piece % number for number in range(size // len(piece) + 1))[:size]

    return made


HOSTILE: Mapping[str, Callable[[int], bytes]] = {
    "<": _again(b"<"),
    "</": _again(b"</"),
    "<a": _again(b"<a "),
    "<!--": _again(b"<!--"),
    "<!-->": _again(b"<!-->"),
    "<!-- without its end": _again(b"-- > <a href=x>-", b"<!--"),
    "<!--<script>": _again(b"<!--<script>", b"<script>"),
    "<script> that almost ends": _again(b"</scrip", b"<script>"),
    "<title> that almost ends": _again(b"</titl", b"<title>"),
    "<title></title>": _again(b"<title></title>"),
    "<noscript>": _again(b"<noscript>"),
    "<noscript></noscript>": _again(b"<noscript></noscript>"),
    "a value without its quote": _again(b"quote ", b'<a href="'),
    "values without their quotes": _again(b"<a href=\"one' <b title='two\" "),
    "names with quotes": _again(b'<a b"c=\'d" e='),
    "attributes without end": _again(b"b=c ", b"<a "),
    "attributes of one letter": _again(b"b ", b"<a "),
    "many attributes": _numbered(b"<a b=c d e f g h i j k l m n o p q r s t u href=%d>"),
    "<svg>": _again(b"<svg>"),
    "<svg></svg>": _again(b"<svg></svg>"),
    "<svg><p>": _again(b"<svg><p>"),
    "<svg><title><svg>": _again(b"<svg><title>"),
    "<svg> within <svg>, ends of others": _again(b"</g>", b"<svg>" * 600),
    "<svg><![CDATA[ ]]": _again(b"<![CDATA[ ]]", b"<svg>"),
    "<form>": _numbered(b'<form action="?a&amp;b%d">'),
    "<meta>": _numbered(b'<meta http-equiv="refresh" content="0;url=/a%d">'),
    "<base>": _numbered(b'<base href="/a/"><a href="b%d">'),
    "links with a backslash": _numbered(b"<a href=/\\%d>"),
    "links with many &": _numbered(b'<a href="/?' + b"&" * 1_000 + b'%d">'),
    "links with many entities": _numbered(b'<a href="/?' + b"&#x61;&amp;&notin;&x" * 60 + b'%d">'),
    "links with many dots": _numbered(b'<a href="' + b"../" * 300 + b'%d">'),
    "links of 16 KB": _numbered(b'<a href="/' + b"x" * 16_000 + b'%d">'),
}
"""Pages that are no pages, by what is in them."""


def chunks(page: bytes) -> list[bytes]:
    """The page as it comes."""
    return [page[place : place + CHUNK_BYTES] for place in range(0, len(page), CHUNK_BYTES)]
