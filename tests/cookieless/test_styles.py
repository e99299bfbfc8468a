"""Style sheets with a prefix before their root-relative URLs, and nothing else changed."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.cookieless.styles import StyleRewriter

PREFIX = b"/(S(id))"
ESCAPED = rb"/\(S\(id\)\)"


def rewritten(text: bytes, prefix: bytes) -> bytes:
    """A whole style sheet with the prefix before its root-relative URLs."""
    rewriter = StyleRewriter(prefix)
    return rewriter.feed(text) + rewriter.close()


def shown(text: bytes) -> bytes:
    """What stands for the prefix in the rows below: `Q` in strings, `U` in URLs without quotes."""
    return text.replace(b"{Q}", PREFIX).replace(b"{U}", ESCAPED)


CHANGED = [
    b"a{background:url({U}/x.png)}",
    b'a{background:url("{Q}/x.png")}',
    b"a{background:url('{Q}/x.png')}",
    b"url({U}/)",
    b'url("{Q}/")',
    b"URL({U}/x) uRl( \t\r\n\f {U}/x )",
    b"url( '{Q}/x' )",
    b'url("  {Q}/x")',
    b'@import "{Q}/x.css";',
    b"@IMPORT'{Q}/x.css' screen;",
    b"@import/* why */ /**/\n'{Q}/x.css';",
    b"@import url({U}/x.css);",
    b"@import url('{Q}/x.css') layer(a);",
    b"@font-face{src:local('/x'),url({U}/a.woff)format('/b'),url({U}/c)}",
    b"a{b:c}/* url(/no) */url({U}/x)/* ' */url({U}/y)",
    b"""a::before{content:"url(/no) /* \\" url(/no)"}b{c:url({U}/x)}""",
    b"'a\\\n url(/no) \\\r\n url(/no)' url({U}/x)",
    b'"unclosed\nb{c:url({U}/x)}',
    b"url({U}/x\\) url(/no)) url({U}/y)",
    b'url({U}/x y" url(/no) ) url({U}/y)',
    b"(url({U}/x))+url({U}/x),url({U}/x)%url({U}/x)",
    b"url(x)url({U}/y)",
    b"url({U}/*/x)",
    b"@media print{@import '{Q}/x'}",
    b"\\75 rl(x)url({U}/x)",
    b"@import",
    b"url({U}/",
    b'url("{Q}/',
    b"url({U}/x",
    b"a{b:url({U}/x\xe4\xff)}",
]

KEPT = [
    b"",
    b"a{color:red}",
    b"url(x) url(../x) url(#x) url(?x) url() url( ) url('') url(\"\")",
    b"url(//host/x) url('//host/x') url( //host/x )",
    b"url(/\\host/x) url('/\\host/x') url('\\/x') url(\\/x) url('/\\2fhost')",
    b"url('/\t/host') url(/\t/host)",
    b"url(http://a/x) url(data:image/png;base64,//AA/x) url('data:,url(/x)')",
    b"myurl(/x) -url(/x) _url(/x) 1url(/x) \xe4url(/x) #url(/x) @url(/x) urls(/x) url (/x) url/**/(/x)",
    b"u\\72l(/x) \\75rl(/x) \\75 rl(/x) \\url(/x) \\66 url(/x) \\66\r\nurl(/x) \\000066url(/x) a\\,url(/x)",
    b"src('/x') image-set('/x' 1x) '/x'",
    b"@imports '/x' @import-x '/x' @import\\x '/x' @import x '/x' @import//x '/x' @import/ '/x'",
    b"@import '//host/x' @import 'x' @import '/\\x'",
    b"/* url(/x) @import '/x'",
    b"/*/ url(/x)",
    b"'url(/x)",
    b'"\\" url(/x)"',
    b"url(x\\) url(/x",
    b"url(",
    b"url",
    b"u",
    b"@impor",
    b"/",
    b"\\",
    b"\\7",
    b"'\\",
    b"'\\\r",
    b"url(x\\",
    b"/* *",
    b"@import /",
    b"url(' ",
]


@pytest.mark.parametrize("expected", CHANGED)
def test_root_relative_urls_get_the_prefix(expected: bytes) -> None:
    text = expected.replace(b"{Q}", b"").replace(b"{U}", b"")
    assert rewritten(text, PREFIX) == shown(expected)
    assert fed(text, 1) == shown(expected)


@pytest.mark.parametrize("text", KEPT)
def test_everything_else_stays(text: bytes) -> None:
    assert rewritten(text, PREFIX) == text
    assert fed(text, 1) == text


@pytest.mark.parametrize("text", CHANGED)
def test_doing_it_twice_is_doing_it_once(text: bytes) -> None:
    once = shown(text)
    assert rewritten(once, PREFIX) == fed(once, 1) == once


def fed(text: bytes, size: int) -> bytes:
    rewriter = StyleRewriter(PREFIX)
    return b"".join([*(rewriter.feed(text[at : at + size]) for at in range(0, len(text), size)), rewriter.close()])


PIECES = [
    b"url(", b"URL(", b"u", b"url", b"(", b")", b"/", b"/x", b"//", b"/*", b"*/", b"*", b"'", b'"', b"\\", b"\r", b"\n", b" ",
    b"@import", b"@", b"-", b"a", b"66", b"\xe4", b";", PREFIX, ESCAPED, b"#", b"\t", b"xxxxxxxxxxxxxxxx",
]  # fmt: skip
sheets = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)


@given(sheets, st.lists(st.integers(0, 20), max_size=40))
def test_chunking_never_changes_a_sheet(text: bytes, sizes: list[int]) -> None:
    rewriter, out, at = StyleRewriter(PREFIX), b"", 0
    for size in [*sizes, len(text)]:
        out += rewriter.feed(text[at : at + size])
        at += size
    assert out + rewriter.close() == rewritten(text, PREFIX)


@given(sheets)
def test_only_prefixes_are_added_and_only_once(text: bytes) -> None:
    text = text.replace(PREFIX, b"").replace(ESCAPED, b"")
    once = rewritten(text, PREFIX)
    assert once.replace(PREFIX, b"").replace(ESCAPED, b"") == text
    assert rewritten(once, PREFIX) == once


@given(st.binary(max_size=300), st.integers(1, 20))
def test_any_bytes_pass(text: bytes, size: int) -> None:
    assert len(fed(text, size)) >= len(text)


@pytest.mark.parametrize("text", [b"'", b"/*", b"url(", b"url('", b"@import ", b"\\66", b"-", b"url(" + b" " * 99, b""])
def test_hardly_anything_is_held_back(text: bytes) -> None:
    rewriter, out = StyleRewriter(PREFIX), 0
    for chunk in (text, *[b"x" * 1000, b" " * 1000, b"/" * 1000] * 10):
        out += len(chunk) - len(rewriter.feed(chunk))
        assert out <= 64


HOSTILE = [
    b"url(", b"url()", b"url(/", b"'", b"''", b"'\\", b"\\", b"\\66 ", b"/*", b"/**/", b"/", b"@import ", b"@import/**/", b"u",
    b"url(\\", b"url( ", b"-", b"url('/x')", b"\"\n", b"(", b"*", b"@",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("chunk_bytes", [1000, 1_000_000])
def test_hostile_sheets_take_linear_time(piece: bytes, chunk_bytes: int) -> None:
    text = piece * (1_000_000 // len(piece))
    start = time.process_time()
    fed(text, chunk_bytes)
    assert time.process_time() - start < 5
