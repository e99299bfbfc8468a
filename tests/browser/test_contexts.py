"""Which responses a real Chromium takes cookies from: parts of pages, third parties, redirections, requests without credentials.

The mirror of profile `chrome` judges by what the requests say (Sec-Fetch-*, Origin, Referer) and by the cookies that came.
"""

import pytest

from rig.mirror import Visit, Watched, names, redirecting, setting

pytestmark = pytest.mark.browser

THIRD_PARTIES = True


def three(number: int) -> list[bytes]:
    """A cookie for everybody, one for the same site only, and one for its partition."""
    return [
        b"every%d=1; SameSite=None; Secure" % number,
        b"own%d=1" % number,
        b"part%d=1; SameSite=None; Secure; Partitioned" % number,
    ]


def ask_for_everything(watched: Watched, page: str, host: str) -> None:
    """Lets a page have parts from a host, with and without credentials; each sets cookies."""
    watched.visit(setting(page, b"page=1; Secure; SameSite=None"))
    numbers = iter(range(100))

    def part() -> Visit:
        number = next(numbers)
        return setting(f"https://{host}/{number}", *three(number))

    watched.fetch(part())
    watched.fetch(part(), mode="cors")
    watched.fetch(part(), mode="cors", credentials="same-origin")
    watched.fetch(part(), mode="cors", method="PUT")
    watched.fetch(part(), method="POST")
    for tag in ("img", "script", "iframe", "embed"):
        watched.embed(tag, part())
    watched.embed("link", part(), rel="stylesheet")
    for tag in ("img", "script"):
        watched.embed(tag, part(), crossorigin="anonymous")
        watched.embed(tag, part(), crossorigin="use-credentials")


PAGES = {
    "its own": ("https://own.example/", "own.example"),
    "a sibling's": ("https://sibling.example/", "www.sibling.example"),
    "another site's": ("https://page.example/", "part.example"),
    "a neighbour's": ("https://page.github.io/", "part.github.io"),
    "plain http": ("http://upgraded.example/", "upgraded.example"),
    "localhost": ("http://localhost/", "local.example"),
}


@pytest.mark.parametrize(("page", "host"), PAGES.values(), ids=PAGES)
def test_parts_of_pages(watched: Watched, page: str, host: str) -> None:
    watched.visit(setting(f"https://{host}/", b"known=1; SameSite=None; Secure", b"own=1"))
    ask_for_everything(watched, page, host)
    assert watched.differences() == []
    assert len(watched.browser_cookies()) > 10


def test_forms_and_links_to_other_sites(watched: Watched) -> None:
    fields = [b"s=1; SameSite=Strict", b"l=1; SameSite=Lax", b"d=1", b"n=1; SameSite=None; Secure"]
    for number, scheme in enumerate(("https", "http")):
        watched.visit(setting("https://from.example/", b"a=1"))
        watched.navigate(setting(f"{scheme}://to{number}.example/", *fields))
        assert watched.differences() == []
        assert names(watched.browser_cookies())[-1] == "s"


def test_redirections_through_other_sites(watched: Watched) -> None:
    watched.visit(setting("https://here.example/", b"lax=1", b"none=1; SameSite=None; Secure"))
    fields = [b"s=1; SameSite=Strict", b"l=1; SameSite=Lax", b"n=1; SameSite=None; Secure"]
    back = watched.prepared(setting("https://here.example/back", *fields))
    watched.fetch(redirecting("https://there.example/", back, b"t=1; SameSite=None; Secure", b"u=1"))
    assert watched.differences() == []
    there = watched.prepared(setting("https://there.example/there", b"v=1", b"w=1; SameSite=None; Secure"))
    watched.fetch(redirecting("https://here.example/away", there, b"x=1; SameSite=Strict"))
    assert watched.differences() == []
    assert {"s", "l", "n", "t", "w", "x"} <= set(names(watched.browser_cookies()))


def test_a_frame_has_the_partition_of_the_page_around_it(watched: Watched) -> None:
    partitioned = b"%s=1; SameSite=None; Secure; Partitioned"
    pages = ("https://one.example/", "https://two.example/", "http://one.example/", "https://www.one.example/")
    for number, page in enumerate(pages):
        watched.visit(Visit(page))
        watched.embed("iframe", setting("https://framed.example/", partitioned % b"p", partitioned % b"p%d" % number))
    watched.visit(setting("https://framed.example/", partitioned % b"p"))
    assert watched.differences() == []
    assert {cookie["partitionKey"]["topLevelSite"] for cookie in watched.browser_cookies()} == {
        "https://one.example",
        "https://two.example",
        "http://one.example",
        "https://framed.example",
    }
