"""Whether one is within SVG or MathML."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookieproxy.cookieless.foreign import MOST_OPEN, Foreign


def after(*tags: str) -> str:
    """`html` or `foreign` after these tags, and whether anything is open."""
    foreign = Foreign()
    for tag in tags:
        name = tag.strip("/").split(" ")[0].rstrip("/").encode()
        if tag.startswith("/"):
            foreign.end(name)
        else:
            foreign.start(name, f"<{tag}>".encode())
    return ("html" if foreign.is_html else "foreign") + (" within" if foreign else "")


ROWS = [
    ("html",), ("html", "p"), ("html", "g"), ("html", "desc"), ("foreign within", "svg"), ("foreign within", "math"),
    ("html", "svg", "/svg"), ("html", "svg/"), ("html", "math/"), ("foreign within", "svg", "g"),
    ("foreign within", "svg", "/g"), ("html within", "svg", "desc"), ("html within", "svg", "title"),
    ("html within", "svg", "foreignobject"), ("foreign within", "svg", "desc/"),
    ("foreign within", "svg", "desc", "/desc"), ("html", "svg", "desc", "/svg", "/desc", "/svg"),
    ("html within", "svg", "desc", "/svg"), ("foreign within", "svg", "desc", "svg"), ("html", "svg", "p"),
    ("foreign within", "math", "mi", "mglyph"), ("html within", "math", "mi", "mglyph/"),
    ("html within", "math", "mi", "mglyph", "/mglyph"),
    ("foreign within", "math", "annotation-xml foo=html"),
    ("html", "svg", "svg", "math", "div"), ("html", "svg", "/p"), ("html", "svg", "/br"),
    ("html within", "svg", "desc", "p"), ("html within", "svg", "desc", "svg", "p"), ("foreign within", "svg", "font"),
    ("html", "svg", "font color=x"), ("html", "svg", "font FACE=x"), ("html within", "math", "mi"),
    ("foreign within", "math", "desc"), ("foreign within", "svg", "mi"), ("foreign within", "math", "annotation-xml"),
    ("html within", "math", "annotation-xml encoding=text/html"), ("foreign within", "math", "mi", "/mi"),
    ("html", "math", "mi", "/mi", "/math"), ("foreign within", "svg", "svg", "/svg"), ("html", "/svg"), ("html", "/p"),
    ("html within", "math", "svg", "desc"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_what_content_is(row: tuple[str, ...]) -> None:
    expected, *tags = row
    assert after(*tags) == expected


def test_after_a_reset_nothing_is_open() -> None:
    foreign = Foreign()
    for name in (b"svg", b"desc", b"math", b"mi", b"svg"):
        foreign.start(name, b"<x>")
    foreign.clear()
    assert foreign.is_html
    assert not foreign
    foreign.end(b"svg")
    assert not foreign


NAMES = ["svg", "math", "desc", "foreignobject", "mi", "annotation-xml", "p", "g", "font color", "title"]
tags = st.lists(st.sampled_from([*NAMES, *(f"/{name}" for name in NAMES), "svg/", "desc/"]), max_size=40)


@settings(deadline=None)
@given(tags)
def test_closing_everything_leads_back_to_html(given_tags: list[str]) -> None:
    ends = ["/svg", "/math", *(f"/{name}" for name in NAMES)] * 40
    assert after(*given_tags, *ends) == "html"


@settings(deadline=None)
@given(tags, st.integers(0, 3))
def test_more_of_them_than_any_page_has_are_not_kept(given_tags: list[str], more: int) -> None:
    deep = ["svg"] * (MOST_OPEN + more)
    assert after(*deep, *given_tags, "p") == after(*deep, *given_tags, "p", "p")
