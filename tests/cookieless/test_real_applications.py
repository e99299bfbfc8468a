"""Real applications that cannot do without cookies, used by clients that have none (R22, R34).

The same walks fail without the section and pass with a client that keeps cookies, so it is the section that carries them.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_to_bytes

import pytest

from rig import office, wiki
from rig.process import Proxy
from rig.tap import Tap
from rig.visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.real

CARRIERS = ("path", "query", "matrix")
CARRIED = re.compile(rb"\(S\(([a-z0-5]{24})\)\)|[?&;]sid=([a-z0-5]{24})", re.I)
PARAMETER = re.compile(rb"\bsid\b")

type Chromium = Callable[..., "BrowserContext"]
type Tapped = Callable[[int, str], tuple[Proxy, Tap]]


class Application(NamedTuple):
    """A real one, where it is and how it is used."""

    fixture: str
    host: str
    walk: Callable[[Visitor, str], None]
    refusal: str
    """How its walk ends for somebody without cookies."""


APPLICATIONS = {
    "office": Application("django", "office.example", office.walk, "log in: 403: Forbidden"),
    "wiki": Application("dokuwiki", "wiki.example", wiki.walk, "log in: 200"),
}


def section(host: str, carrier: str) -> str:
    return f"cookieless: [{{match: {{host: {host}}}, mode: uri, carrier: {carrier}}}]\n"


@pytest.fixture(params=APPLICATIONS)
def application(request: pytest.FixtureRequest) -> tuple[Application, int]:
    """Each of them, and its port."""
    one = APPLICATIONS[request.param]
    port: int = request.getfixturevalue(one.fixture)
    return one, port


def ids_in(text: bytes) -> set[bytes]:
    """The session ids in URLs of what a client sent, plain or escaped."""
    return {first or second for first, second in CARRIED.findall(unquote_to_bytes(text))}


def sent_by(visitor: Visitor) -> bytes:
    return b"\n".join(one.sent for one in visitor.exchanges)


def check_that_nothing_shows(heard: bytes, ids: set[bytes]) -> None:
    """The application heard nothing of ids, in whatever escape."""
    assert ids
    for said in (heard, unquote_to_bytes(heard), unquote_to_bytes(unquote_to_bytes(heard))):
        assert b"(S(" not in said
        assert PARAMETER.search(said) is None
        assert [one for one in ids if one in said] == []


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_visitor_without_cookies_uses_it(application: tuple[Application, int], carrier: str, tapped: Tapped) -> None:
    one, port = application
    proxy, tap = tapped(port, section(one.host, carrier))
    visitor = Visitor(proxy.port)
    one.walk(visitor, f"walk-{carrier}")
    assert visitor.set_cookies == []
    check_that_nothing_shows(tap.heard, ids_in(sent_by(visitor)))
    assert b"\nCookie:" not in sent_by(visitor)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_two_visitors_are_two_people(django: int, carrier: str, tapped: Tapped) -> None:
    proxy, _ = tapped(django, section("office.example", carrier))
    clerk, auditor = (Visitor(proxy.port, source=address) for address in ("127.0.0.2", "127.0.0.3"))
    office.log_in(clerk, office.CLERK)
    office.log_in(auditor, office.AUDITOR)
    assert "Welcome, clerk" in clerk.click("Groups").text
    assert "Welcome, auditor" in auditor.click("Groups").text
    office.log_out(clerk)
    assert "Welcome, auditor" in auditor.click("Users").text


def test_without_the_section_a_visitor_without_cookies_gets_nowhere(
    application: tuple[Application, int], tapped: Tapped
) -> None:
    one, port = application
    proxy, _ = tapped(port, "")
    visitor = Visitor(proxy.port)
    with pytest.raises(AssertionError, match=one.refusal):
        one.walk(visitor, "walk-without")
    assert visitor.set_cookies != []


def test_without_the_section_a_visitor_with_cookies_uses_it(
    application: tuple[Application, int], tapped: Tapped
) -> None:
    one, port = application
    proxy, tap = tapped(port, "")
    visitor = Visitor(proxy.port, keep_cookies=True)
    one.walk(visitor, "walk-with-cookies")
    assert b"\r\nCookie: " in tap.heard
    assert PARAMETER.search(tap.heard) is None, "the application has no such name of its own"


def browse_office(page: "Page", name: str) -> None:
    """The office's walk in a browser."""
    page.goto(office.START)
    for password in ("wrong", office.PASSWORD):
        page.fill("#id_username", office.CLERK)
        page.fill("#id_password", password)
        page.click("input[type=submit]")
    page.locator("#user-tools", has_text=office.CLERK).wait_for()
    page.click("#content a:text-is('Groups')")
    page.click(".addlink")
    page.fill("#id_name", name)
    page.click("input[name=_save]")
    page.locator(".messagelist", has_text=f"{name}” was added successfully").wait_for()
    page.goto(page.locator("#result_list a", has_text=name).first.evaluate("link => link.href"))
    assert page.input_value("#id_name") == name
    page.go_back()
    page.reload()
    page.click("#logout-form button")
    page.locator("#content", has_text="Thanks for spending").wait_for()
    page.goto(office.START)
    page.locator("#id_password").wait_for()


def browse_wiki(page: "Page", name: str) -> None:
    """The wiki's walk in a browser, whose editor is a script that saves drafts."""
    page.goto(wiki.START)
    page.locator("a[href*='do=login']").first.click()
    for password in ("wrong", wiki.PASSWORD):
        page.fill("input[name=u]", wiki.USER)
        page.fill("input[name=p]", password)
        page.click("#dw__login button[type=submit]")
    page.locator(".user", has_text="Scribe").wait_for()
    page.evaluate(f"location.href = '/doku.php?id={name}'")
    page.locator("a[href*='do=edit']").first.click()
    page.fill("#wiki__text", f"written in {name}")
    page.click("#edbtn__save")
    page.locator("#dokuwiki__content p", has_text=f"written in {name}").wait_for()
    page.locator("a[href*='do=logout']").first.click()
    page.locator("a[href*='do=login']").first.wait_for()


BROWSING = {"office": browse_office, "wiki": browse_wiki}


def browse(
    application: tuple[Application, int],
    tapped: Tapped,
    chromium: Chromium,
    rules: str,
    blocked: bool,
    patience_ms: int = 20_000,
) -> Tap:
    """Goes through an application in a browser; what it heard."""
    one, port = application
    proxy, tap = tapped(port, rules)
    page = chromium(proxy, cookies_blocked=blocked).pages[0]
    page.set_default_timeout(patience_ms)
    BROWSING[one.host.partition(".")[0]](page, f"chromium-{tap.port}")
    return tap


@pytest.mark.browser
@pytest.mark.parametrize("carrier", ["path", "query"])
def test_a_browser_without_cookies_uses_it(
    application: tuple[Application, int], carrier: str, tapped: Tapped, chromium: Chromium
) -> None:
    tap = browse(application, tapped, chromium, section(application[0].host, carrier), blocked=True)
    for said in (tap.heard, unquote_to_bytes(tap.heard)):
        assert b"(S(" not in said
        assert PARAMETER.search(said) is None


@pytest.mark.browser
def test_without_the_section_a_browser_with_cookies_uses_it(
    application: tuple[Application, int], tapped: Tapped, chromium: Chromium
) -> None:
    heard = browse(application, tapped, chromium, "", blocked=False).heard
    assert b"\r\nCookie: " in heard
    assert PARAMETER.search(heard) is None, "the application has no such name of its own"


@pytest.mark.browser
def test_without_the_section_a_browser_without_cookies_gets_nowhere(
    application: tuple[Application, int], tapped: Tapped, chromium: Chromium
) -> None:
    from playwright.sync_api import TimeoutError as TooLate

    with pytest.raises(TooLate, match=r"id_username|name=u|Scribe"):
        browse(application, tapped, chromium, "", blocked=True, patience_ms=3_000)
