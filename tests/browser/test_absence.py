"""What a real Chromium has lost or has from elsewhere: unexpected cookies, missing ones, requests that prove nothing (R3, R21)."""

from collections import Counter

import pytest

from cookieproxy.core.events import EventKind
from rig.mirror import Visit, Watched, names, setting

pytestmark = pytest.mark.browser

Told = Counter[tuple[str, str | None, str | None]]
"""How often which event, about which cookie, for what reason."""


def told(watched: Watched, *kinds: EventKind) -> Told:
    return Counter((row.event, row.cookie, row.reason) for row in watched.events(*kinds))


def surprises(watched: Watched) -> Told:
    return told(watched, EventKind.MISSING, EventKind.UNEXPECTED)


def test_a_cookie_that_a_script_made_is_unexpected_once(watched: Watched) -> None:
    url = "https://script.example/"
    watched.visit(setting(url, b"seen=1; Path=/"))
    watched.page.evaluate("document.cookie = 'made=1; path=/; max-age=1000'")
    for _ in range(3):
        assert watched.cookie_header(url) == b"seen=1; made=1"
    assert surprises(watched) == {("unexpected", "made", "unknown"): 1}
    [adopted] = [cookie for cookie in watched.mirror_cookies() if cookie.adopted]
    assert (adopted.name, adopted.path, adopted.host_only) == (b"made", b"/", True)
    watched.visit(setting(url, b"made=2; Max-Age=500; Path=/"))
    watched.visit(Visit(url))
    assert surprises(watched) == {("unexpected", "made", "unknown"): 1}
    assert watched.differences() == []


def test_a_value_that_a_script_changed_is_taken_over(watched: Watched) -> None:
    url = "https://change.example/"
    watched.visit(setting(url, b"theme=light; Path=/; Max-Age=1000", b"other=1; Path=/"))
    watched.page.evaluate("document.cookie = 'theme=dark; path=/; max-age=1000'")
    assert watched.cookie_header(url) == b"other=1; theme=dark"
    assert surprises(watched) == {("unexpected", "theme", "changed"): 1}
    assert watched.differences() == []


def test_cookies_of_before_are_adopted_by_the_name_of_their_site(watched: Watched) -> None:
    watched.context.add_cookies(
        [{"name": "old", "value": "1", "domain": ".before.example", "path": "/", "secure": True, "httpOnly": True}]
    )
    assert watched.cookie_header("https://before.example/") == b"old=1"
    assert watched.cookie_header("https://www.before.example/") == b"old=1"
    [adopted] = watched.mirror_cookies()
    assert (adopted.domain, adopted.host_only) == ("before.example", False)
    assert surprises(watched)["missing", "old", None] == 0
    watched.context.clear_cookies(domain=".before.example")
    watched.visit(Visit("https://before.example/"))
    assert told(watched, EventKind.MISSING) == {}


def test_cookies_that_were_cleared_are_missing_in_the_next_navigation(watched: Watched) -> None:
    url = "https://cleared.example/"
    watched.visit(setting(url, b"a=1; Path=/", b"b=2; Path=/; Max-Age=1000", b"elsewhere=3; Path=/x"))
    watched.visit(Visit(url))
    watched.context.clear_cookies(domain="cleared.example")
    watched.visit(Visit(url))
    watched.visit(Visit(url))
    assert surprises(watched) == {("missing", "a", "cleared"): 1, ("missing", "b", "cleared"): 1}
    assert [cookie.name for cookie in watched.mirror_cookies()] == [b"elsewhere"]
    watched.visit(setting(url, b"a=4; Path=/"))
    assert watched.cookie_header(url) == b"a=4"
    assert told(watched, EventKind.MISSING).total() == 2


def test_one_that_a_script_deleted_is_missing_alone(watched: Watched) -> None:
    url = "https://deleted.example/"
    watched.visit(setting(url, b"a=1; Path=/", b"b=2; Path=/"))
    watched.visit(Visit(url))
    watched.page.evaluate("document.cookie = 'b=; path=/; max-age=0'")
    watched.visit(Visit(url))
    assert surprises(watched) == {("missing", "b", "gone"): 1}
    assert watched.differences() == []


PAGE = b"""<!doctype html>
<style>
@font-face { font-family: F; src: url("https://quiet.example/font.woff2"); }
body { font-family: F; }
</style>
<link rel="manifest" href="https://quiet.example/manifest.json">
<link rel="icon" href="https://quiet.example/favicon.ico">
text
"""
QUIET = "https://quiet.example"


def test_requests_that_carry_no_cookies_by_design_prove_nothing(watched: Watched) -> None:
    watched.visit(setting(f"{QUIET}/", b"a=1; Path=/", b"b=2; Path=/; SameSite=None; Secure")._replace(body=PAGE))
    watched.page.wait_for_load_state("load")
    watched.page.evaluate("document.fonts.ready")
    pages = ("https://www.quiet.example/", "https://elsewhere.example/")
    for url in (f"{QUIET}/", *pages):
        watched.visit(Visit(url, body=b"<!doctype html>"))
        watched.fetch(Visit(f"{QUIET}/omitted"), credentials="omit")
        watched.fetch(Visit(f"{QUIET}/default"), mode="cors", credentials="same-origin")
        watched.fetch(Visit(f"{QUIET}/put"), mode="cors", method="PUT")
        for tag in ("img", "script"):
            watched.embed(tag, Visit(f"{QUIET}/{tag}"), crossorigin="anonymous")
        watched.embed("link", Visit(f"{QUIET}/style"), rel="stylesheet")
        watched.embed("iframe", Visit(f"{QUIET}/frame"))
    methods = {(request.method, request.path) for request in watched.origin.received if request.host == "quiet.example"}
    assert {("OPTIONS", "/put"), ("GET", "/font.woff2"), ("GET", "/omitted"), ("GET", "/favicon.ico")} <= methods
    assert surprises(watched) - Counter({("missing", "b", "third-party"): 1}) == Counter()
    assert watched.differences() == []
    assert watched.cookie_header(f"{QUIET}/") == b"a=1; b=2"


def test_a_plain_http_page_with_everything_on_it_loses_nothing(watched: Watched) -> None:
    url = "http://plain.example/"
    watched.visit(
        setting(url, b"a=1; Path=/", b"deep=1; Path=/x")._replace(body=PAGE.replace(b"https://quiet", b"http://plain"))
    )
    watched.page.wait_for_load_state("load")
    watched.page.evaluate("document.fonts.ready")
    watched.fetch(Visit(f"{url}omitted"), credentials="omit")
    watched.embed("iframe", Visit(f"{url}x/frame"))
    watched.visit(Visit("http://www.plain.example/"))
    watched.embed("img", Visit(f"{url}pixel"), crossorigin="anonymous")
    watched.embed("iframe", Visit(f"{url}x/frame"))
    assert surprises(watched) == {}
    assert watched.differences() == []


POST = """(url) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = url;
    (document.body || document.documentElement).append(form);
    form.submit();
}"""


def test_links_from_elsewhere_hide_strict_cookies_and_lose_none(watched: Watched) -> None:
    watched.visit(
        setting(
            "https://strict.example/", b"s=1; SameSite=Strict; Path=/", b"l=1; SameSite=Lax; Path=/", b"d=1; Path=/"
        )
    )
    watched.visit(Visit("https://elsewhere.example/"))
    assert watched.navigate(Visit("https://strict.example/linked")).all(b"cookie") == [b"l=1; d=1"]
    watched.visit(Visit("https://elsewhere.example/"))
    assert watched.navigate(Visit("https://strict.example/posted"), POST).all(b"cookie") == [b"d=1"]
    assert surprises(watched) == {}
    assert watched.cookie_header("https://strict.example/") == b"s=1; l=1; d=1"
    assert watched.differences() == []


def test_nothing_is_left_when_the_user_refuses_all_cookies(watched: Watched) -> None:
    watched.visit(setting("https://refused.example/", b"a=1; Path=/", b"b=1; Path=/x"))
    watched.context.clear_cookies(domain="refused.example")  # before the browser had a chance to send it
    watched.visit(Visit("https://refused.example/"))
    assert surprises(watched) == {("missing", "a", "refused"): 1}
    assert names(watched.browser_cookies()) == []


def test_third_parties_are_blocked_but_for_partitioned_cookies(watched: Watched) -> None:
    """Debian's Chromium does so unless told otherwise, and says it in Sec-Fetch-Storage-Access."""
    third = "https://third.example/"
    watched.visit(setting(third, b"first=1; SameSite=None; Secure"))
    watched.visit(Visit("https://page.example/"))
    fields = [b"p=1; SameSite=None; Secure; Partitioned", b"n=1; SameSite=None; Secure", b"d=1"]
    for tag in ("img", "iframe"):
        request = watched.embed(tag, setting(third, *fields))
        assert request.all(b"sec-fetch-storage-access") == [b"none"]
    assert b"first=1" not in b"".join(request.all(b"cookie"))
    assert watched.differences() == []
    assert names(watched.browser_cookies()) == ["first", "p"]
    refused = {(row.cookie, row.reason) for row in watched.events(EventKind.IGNORED)}
    assert refused == {("n", "third-party-blocked"), ("d", "same-site-default")}
    assert watched.cookie_header(third) == b"first=1"


def test_clear_site_data_empties_the_jar_of_the_site(watched: Watched) -> None:
    clear = b'Clear-Site-Data: "cookies"'
    watched.visit(setting("https://part.github.io/", b"stays=1"))
    for url in ("https://www.clear.example/", "https://clear.example/x/y"):
        watched.visit(setting(url, b"a=1", b"b=1; Domain=clear.example", b"p=1; Secure; SameSite=None; Partitioned"))
    watched.visit(Visit("https://page.example/"))
    watched.embed("iframe", setting("https://clear.example/", b"framed=1; Secure; SameSite=None; Partitioned"))
    watched.embed("img", Visit("https://clear.example/pixel", [clear, b"Set-Cookie: framed2=1; Secure; Partitioned"]))
    assert watched.differences() == []
    watched.visit(setting("http://clear.example/", b"c=1")._replace(lines=[clear, b"Set-Cookie: c=1"]))
    assert watched.differences() == []
    assert len(watched.browser_cookies()) > 5
    watched.visit(Visit("https://clear.example/logout", [clear, b"Set-Cookie: new=1"]))
    assert watched.differences() == []
    assert names(watched.browser_cookies()) == ["stays"]
    assert watched.cookie_header("https://clear.example/x/y") == b""
    assert surprises(watched) == {}
