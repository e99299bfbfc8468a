"""Each page of the dashboard in Chromium: it fits on a desk and a phone, in both themes, with much to show and with nothing."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from rig import browser, dashboard
from rig.dashboard import DESKTOP, FIREFOX, THEMES, WIDTHS, Tab, client_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.skipif(browser.executable() is None, reason="there is no Chromium on this machine"),
]

# Each page: its address, its heading, what is on it if there is something to show, and what it says if there is not.
PAGES = {
    "now": ("", "Now", ".grid .body .row", "No cookie has passed yet."),
    "jars": ("jars", "Jars", "details.site", "No browser has come by yet."),
    "sessions": ("sessions", "Sessions", "svg .bar", "No session has been seen yet."),
    "findings": ("findings", "Findings", ".finding", "Nothing was found to be wrong."),
    "rules": ("rules", "Rules", ".listing .hits", "There are no rules"),
    "setup": ("setup", "Set-up", ".copy", "certificate.pem"),
}
LABELS_OUTSIDE = """[...document.querySelectorAll("main button, main input, main select, main summary, nav a")]
    .filter((one) => one.checkVisibility() && !one.closest(".scroll, .listing, .grid, nav ul"))
    .map((one) => one.getBoundingClientRect()).filter(({left, right}) => left < 0 || right > innerWidth).length"""


@pytest.fixture(scope="module")
def tabs(certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Tab]]:
    """One at a proxy with much to show, one at a proxy that nobody has used."""
    with ExitStack() as stack:
        full = stack.enter_context(dashboard.filled(certificate, confdir, tmp_path_factory.mktemp("full")))
        empty = stack.enter_context(dashboard.fresh(certificate, confdir, tmp_path_factory.mktemp("empty")))
        running = stack.enter_context(dashboard.chromium())
        made = {name: Tab(dashboard.behind(running, pair.proxy)) for name, pair in (("full", full), ("empty", empty))}
        made["full"].client = client_of(full, FIREFOX)
        yield made
        for tab in made.values():
            tab.close()


def fits(tab: Tab) -> None:
    """At both widths and in both themes."""
    for size in WIDTHS.values():
        tab.page.set_viewport_size(size)
        for theme, ground in THEMES.items():
            tab.page.emulate_media(color_scheme=theme)
            assert tab.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == ground
            assert tab.overflow <= 0, (size, theme)
        assert tab.page.evaluate(LABELS_OUTSIDE) == 0, size
    tab.page.set_viewport_size(DESKTOP)
    assert tab.wrong == []


def is_headed(page: Page, name: str, heading: str) -> bool:
    assert page.locator("h1").inner_text() == heading
    assert page.title() == f"{heading} · Cookie Proxy"
    assert page.locator("nav [aria-current=page]").all_inner_texts() == [heading]
    return page.evaluate("document.body.dataset.page") == name


@pytest.mark.parametrize("name", PAGES)
def test_a_page_with_much_to_show_fits(tabs: dict[str, Tab], name: str) -> None:
    place, heading, wanted, _ = PAGES[name]
    tab = tabs["full"]
    page = tab.open(place, name)
    page.locator(wanted).first.wait_for()
    assert is_headed(page, name, heading)
    fits(tab)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_with_nothing_to_show_says_what_to_do(tabs: dict[str, Tab], name: str) -> None:
    place, heading, _, said = PAGES[name]
    tab = tabs["empty"]
    page = tab.open(place, name)
    assert is_headed(page, name, heading)
    page.locator("#page", has_text=said).wait_for()
    if name in ("now", "jars", "sessions"):
        page.locator("#page", has_text="curl -x http://127.0.0.1:").wait_for()
        assert page.locator("#page a[href=setup]").count() == 1
    fits(tab)


def test_a_site_in_a_jar_fits(tabs: dict[str, Tab]) -> None:
    tab = tabs["full"]
    page = tab.open("jars?" + urlencode({"client": tab.client, "site": "news.example"}))
    page.locator("table td.name", has_text="n139").or_(page.locator("button", has_text="more")).first.wait_for()
    assert "141 of 180" in page.locator("details[open] .room").first.inner_text()
    assert "header near a limit" in page.locator("details[open] .counts").first.inner_text()
    fits(tab)


def test_one_cookie_fits_and_tells_its_life(tabs: dict[str, Tab]) -> None:
    tab = tabs["full"]
    asked = {"client": tab.client, "jar": "mirror", "site": "shop.example", "domain": "www.shop.example", "path": "/"}
    page = tab.open("cookie?" + urlencode(asked | {"name": "sid"}))
    page.locator("h1", has_text="Cookie sid").wait_for()
    assert page.title() == "Cookie sid · Cookie Proxy"
    life = page.locator(".life").inner_text()
    assert "stored" in life
    assert "changed" in life
    assert "harden" in life
    assert page.locator("table tr", has_text="safari").count() >= 1
    assert "***32" in page.locator("dl.attributes").inner_text()
    fits(tab)


def test_an_opened_event_fits(tabs: dict[str, Tab]) -> None:
    tab = tabs["full"]
    page = tab.open("?q=harden", "now")
    page.locator(".grid .body .row:visible").first.click()
    page.locator(".pane .detail").wait_for()
    assert "harden" in page.locator(".pane").inner_text()
    fits(tab)


def test_dialogs_fit(tabs: dict[str, Tab]) -> None:
    tab = tabs["full"]
    page = tab.open("jars", "jars")
    page.locator("section.card > header button").first.click()
    page.locator("dialog[open] select").wait_for()
    fits(tab)
    page.keyboard.press("Escape")
    page.locator("#keys").click()
    assert "pauses Now" in page.locator("dialog[open]").inner_text()
    fits(tab)


def test_a_page_that_is_not_there_leads_back(tabs: dict[str, Tab]) -> None:
    page = tabs["empty"].open("jars", "jars", anew=True)
    page.evaluate("history.pushState(null, '', 'nowhere'); dispatchEvent(new PopStateEvent('popstate'))")
    page.get_by_role("heading", name="No such page").wait_for()
    page.locator("#page a").click()
    page.get_by_role("heading", name="Now").wait_for()


def test_a_cookie_of_nobody_is_a_sentence(tabs: dict[str, Tab]) -> None:
    tab = tabs["empty"]
    page = tab.open("cookie?client=nobody&name=sid")
    assert "There is no such client" in page.locator("#page [role=alert]").inner_text()
    assert [text for text in tab.wrong if "404" not in text] == []
    tab.wrong.clear()


def test_back_and_forward_go_through_the_pages(tabs: dict[str, Tab]) -> None:
    page = tabs["full"].open("", "now")
    for name in ("Jars", "Rules"):
        page.locator("nav").get_by_text(name, exact=True).click()
    page.locator("#page .listing").wait_for()
    page.go_back()
    page.locator("details.site").first.wait_for()
    page.go_back()
    page.locator(".grid .body .row").first.wait_for()
    page.go_forward()
    page.locator("details.site").first.wait_for()
    assert is_headed(page, "jars", "Jars")


def test_a_dialog_goes_with_its_page(tabs: dict[str, Tab]) -> None:
    tab = tabs["full"]
    page = tab.open("", "now")
    tab.open("jars", "jars").locator("section.card > header button").first.click()
    page.locator("dialog[open]").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Now", exact=True).wait_for()
    page.locator("dialog[open]").wait_for(state="detached")
