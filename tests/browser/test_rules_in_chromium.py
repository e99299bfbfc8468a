"""Rules as a real Chromium and an application live with them: what the page, the browser's jar and the application see."""

from typing import Any

import pytest

from cookieproxy.core.events import EventKind
from rig.mirror import Visit, Watched, names, setting

pytestmark = pytest.mark.browser

RULES = """
lists:
  trackers: ["_ga*", "_fbp"]
rules:
  - name: held
    match: {site: held.example, cookie: sid}
    hold: true
  - name: everything held
    match: {site: holdall.example, cookie: "*"}
    hold: true
  - name: upgrade
    match: {site: rename.example, cookie: sid}
    rename: __Host-sid
    set: {secure: true, path: /, domain: false}
  - name: dropped
    match: {site: drop.example, cookie: {list: trackers}}
    drop: true
  - name: hardened
    match: {site: set.example, cookie: sid}
    set: {secure: true, httponly: true, samesite: strict, priority: high}
    cap: 1h
  - name: opened
    match: {host: localhost}
    set: {secure: false, samesite: lax, domain: false}
"""


def document_cookie(watched: Watched) -> str:
    """What scripts of the page that is open see."""
    seen: str = watched.page.evaluate("document.cookie")
    return seen


def only_cookie(watched: Watched) -> dict[str, Any]:
    """The browser's one cookie of the sites visited."""
    [cookie] = watched.browser_cookies()
    return cookie


def pairs_sent(watched: Watched, url: str) -> set[bytes]:
    """What the application gets."""
    return set(watched.cookie_header(url).split(b"; "))


def no_surprises(watched: Watched) -> bool:
    """Whether browser and mirror agree, and nothing came that was not expected or did not come that was."""
    assert watched.differences() == []
    assert watched.events(EventKind.MISSING, EventKind.UNEXPECTED) == []
    return True


def test_a_held_cookie_reaches_the_application_and_nobody_else(watched: Watched) -> None:
    url = "https://www.held.example/"
    watched.visit(setting(url, b"sid=secret; Domain=held.example; Path=/", b"theme=dark; Path=/"))
    assert document_cookie(watched) == "theme=dark"
    assert names(watched.browser_cookies()) == ["theme"]
    assert pairs_sent(watched, url) == {b"sid=secret", b"theme=dark"}
    watched.visit(Visit("https://other.example/"))
    assert watched.embed("img", Visit("https://www.held.example/pixel")).all(b"cookie") == []
    watched.visit(setting(url, b"sid=; Max-Age=0; Domain=held.example; Path=/"))
    assert pairs_sent(watched, url) == {b"theme=dark"}
    assert no_surprises(watched)


def test_held_cookies_keep_scopes_and_order(watched: Watched) -> None:
    watched.visit(
        setting("https://holdall.example/a/b", b"deep=1; Path=/a", b"safe=2; Secure; Path=/", b"bare", b"top=3; Path=/")
    )
    assert watched.browser_cookies() == []
    assert watched.cookie_header("https://holdall.example/a/b") == b"deep=1; bare; safe=2; top=3"
    assert watched.cookie_header("http://holdall.example/") == b"top=3"
    assert document_cookie(watched) == ""
    assert no_surprises(watched)


def test_a_renamed_cookie_goes_there_and_back(watched: Watched) -> None:
    watched.visit(setting("https://rename.example/login", b"sid=a; Domain=rename.example", b"b=2; Path=/"))
    assert document_cookie(watched) == "__Host-sid=a; b=2"
    cookie = next(one for one in watched.browser_cookies() if one["name"] == "__Host-sid")
    assert (cookie["domain"], cookie["path"], cookie["secure"]) == ("rename.example", "/", True)
    assert watched.cookie_header("https://rename.example/") == b"sid=a; b=2"
    watched.visit(setting("https://rename.example/login", b"sid=b; Domain=rename.example"))
    assert pairs_sent(watched, "https://rename.example/x") == {b"sid=b", b"b=2"}
    assert watched.cookie_header("http://rename.example/") == b"b=2"
    watched.visit(setting("https://rename.example/logout", b"sid=; Max-Age=0; Domain=rename.example"))
    assert names(watched.browser_cookies()) == ["b"]
    assert watched.cookie_header("https://rename.example/") == b"b=2"
    assert no_surprises(watched)


def test_a_dropped_cookie_never_arrives(watched: Watched) -> None:
    url = "https://drop.example/"
    watched.visit(setting(url, b"_ga=1; Max-Age=1000", b"_ga_X=1", b"_fbp=1", b"_gb=1; Max-Age=1000"))
    assert names(watched.browser_cookies()) == ["_gb"]
    watched.page.evaluate("document.cookie = '_fbp=script; path=/'")
    assert watched.cookie_header(url) == b"_gb=1"
    assert watched.differences() == []


def test_attributes_that_a_rule_sets_count_in_the_browser(watched: Watched) -> None:
    watched.visit(setting("https://set.example/", b"sid=1; Path=/; Max-Age=864000; SameSite=None", b"other=1"))
    sid = next(one for one in watched.browser_cookies() if one["name"] == "sid")
    assert (sid["secure"], sid["httpOnly"], sid["sameSite"], sid["priority"]) == (True, True, "Strict", "High")
    assert document_cookie(watched) == "other=1"
    assert pairs_sent(watched, "https://set.example/") == {b"sid=1", b"other=1"}
    assert pairs_sent(watched, "http://set.example/") == {b"other=1"}
    assert no_surprises(watched)


def test_production_cookies_work_on_localhost(watched: Watched) -> None:
    watched.visit(setting("http://localhost/", b"sid=1; Domain=shop.example; Secure; SameSite=None"))
    cookie = only_cookie(watched)
    assert (cookie["domain"], cookie["secure"], cookie["sameSite"]) == ("localhost", False, "Lax")
    assert watched.cookie_header("http://localhost/") == b"sid=1"
    assert no_surprises(watched)


def test_saved_rules_count_from_the_next_response_on(watched: Watched) -> None:
    url = "https://later.example/"
    watched.visit(setting(url, b"sid=1"))
    watched.running.write_rules(RULES + "  - {name: later, match: {site: later.example, cookie: sid}, hold: true}\n")
    watched.running.wait_for_log("7 rules in force")
    watched.visit(setting(url, b"sid=2"))
    watched.visit(Visit(url))
    assert watched.browser_cookies() == []
    assert watched.cookie_header(url) == b"sid=2"
    assert watched.differences() == []
