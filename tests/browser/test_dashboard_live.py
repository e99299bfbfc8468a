"""The dashboard's page "Now" in Chromium: events as they happen, pausing, filters, and thousands of events at once."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page

from rig import browser, dashboard
from rig.dashboard import Tab
from rig.messages import Answer
from rig.process import eventually
from rig.shared import Pair, set_option

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.skipif(browser.executable() is None, reason="there is no Chromium on this machine"),
]

LONGEST_TASK_MS = 1000
"""Of all that the page does; a few tens on a machine that has nothing else to do."""
MOST_ROWS = 60
"""In the document, however many there are."""
WATCH_TASKS = """() => { window.tasks = [0];
    new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((one) => one.duration)))
        .observe({type: "longtask"}); }"""
PLACE_OF = """(name) => [...document.querySelectorAll(".grid .body .row:not([hidden])")]
    .find((row) => row.querySelector(".name").innerText === name)?.getBoundingClientRect().top"""


@pytest.fixture(scope="module")
def opened(certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Pair, Tab]]:
    with ExitStack() as stack:
        place = tmp_path_factory.mktemp("live")
        pair = stack.enter_context(dashboard.fresh(certificate, confdir, place, dashboard.RULES))
        tab = Tab(dashboard.behind(stack.enter_context(dashboard.chromium()), pair.proxy))
        yield pair, tab
        tab.close()


@pytest.fixture
def pair(opened: tuple[Pair, Tab]) -> Pair:
    """The proxy and the application behind it, whose cookies are named after the path: /a sets one called a."""
    pair, _ = opened
    pair.origin.answers["*"] = lambda request: Answer([f"Set-Cookie: {request.path[1:]}=1; Path=/".encode()])
    return pair


@pytest.fixture
def tab(opened: tuple[Pair, Tab], pair: Pair) -> Tab:
    """The page, listening, after something has happened."""
    _, tab = opened
    pair.get("http://first.example/begin")
    tab.open("", "now")
    tab.page.wait_for_function("() => document.querySelector('#link').dataset.state === 'live'")
    tab.wait_for_row("begin")
    return tab


def waiting(page: Page) -> str:
    return page.locator("button.newer").inner_text()


def test_a_first_event_takes_the_place_of_what_to_do(opened: tuple[Pair, Tab], pair: Pair) -> None:
    """The first of all tests here: later ones find a proxy that was used."""
    _, tab = opened
    tab.open("", "now").locator(".empty.first").wait_for()
    pair.get("http://first.example/begin")
    tab.wait_for_row("begin", "stored", seconds=2)
    assert tab.page.locator(".empty").count() == 0


def test_an_exchange_appears_within_two_seconds_with_its_outcome_and_why(pair: Pair, tab: Tab) -> None:
    began = time.monotonic()
    pair.get("http://shop.example/sid")
    row = tab.wait_for_row("sid", "shop.example", "stored", seconds=2)
    assert time.monotonic() - began < 2
    assert "The browser keeps it from now on." in row
    assert "The rule" in tab.wait_for_row("sid", "changed")
    pair.origin.answers["*"] = Answer([b"Set-Cookie: odd=1; Domain=elsewhere.example"])
    pair.get("http://shop.example/")
    row = tab.wait_for_row("odd", "ignored")
    assert "Domain" in row
    tab.page.locator(".grid .body .row:visible", has_text="odd").click()
    detail = tab.page.locator(".pane").inner_text()
    assert "shop.example" in detail
    assert "Reason" in detail
    assert tab.page.locator(".grid .body .row[aria-expanded=true]").count() == 1


def test_it_is_paused_and_goes_on(pair: Pair, tab: Tab) -> None:
    page = tab.page
    page.get_by_role("button", name="Pause").click()
    before = tab.rows()
    pair.get("http://shop.example/later")
    page.locator("button.newer", has_text="↑ 1 new").wait_for()
    assert [row.split("\n")[1:] for row in tab.rows()] == [row.split("\n")[1:] for row in before]
    page.get_by_role("button", name="Go on").click()
    assert "stored" in tab.wait_for_row("later")
    assert page.get_by_role("button", name="Pause").get_attribute("aria-pressed") == "false"


def test_filters_and_search_narrow_and_are_in_the_address(pair: Pair, tab: Tab) -> None:
    page = tab.page
    for url in ("http://one.example/apple", "http://two.example/pear", "http://two.example/sid"):
        pair.get(url)
    tab.wait_for_row("sid", "stored")
    page.get_by_label("Site").fill("two.example")
    tab.wait_for_row("pear")
    tab.wait_for_rows(3)
    assert all("two.example" in row for row in tab.rows())
    page.get_by_label("Outcome").select_option("changed")
    tab.wait_for_row("sid", "changed")
    assert page.url.endswith("?site=two.example&event=changed")
    tab.wait_for_rows(1)
    page.reload()
    tab.wait_for_row("sid", "changed")
    assert page.get_by_label("Site").input_value() == "two.example"
    assert page.get_by_label("Outcome").input_value() == "changed"
    page.get_by_role("button", name="Clear").click()
    tab.wait_for_row("apple")
    assert page.url == tab.base
    page.get_by_label("Search").fill("PEAR keeps")
    tab.wait_for_row("pear")
    tab.wait_for_rows(1)
    page.get_by_label("Search").fill("nowhere to be found")
    page.locator(".empty", has_text="No event is like that.").wait_for()
    page.get_by_label("Search").fill("")
    page.get_by_role("combobox", name="Cookie").fill("apple")
    tab.wait_for_row("apple")
    assert "cookie=apple" in page.url
    pair.get("http://one.example/apple2")
    pair.get("http://one.example/plum")
    tab.wait_for_row("apple2")
    assert not any("plum" in row for row in tab.rows())


def test_thousands_of_events_leave_it_responsive(pair: Pair, tab: Tab) -> None:
    page = tab.page
    page.evaluate(WATCH_TASKS)
    pair.origin.answers["/flood"] = Answer([b"Set-Cookie: m%d=1; Domain=wrong.example" % n for n in range(400)])
    for _ in range(12):
        pair.get("http://flood.example/flood")
    for _ in eventually():  # what comes in the same moment is only counted
        pair.get("http://flood.example/last")
        if any("last" in row for row in tab.rows()):
            break
    assert page.locator(".grid [role=row]").count() < MOST_ROWS
    assert page.evaluate("document.querySelectorAll('*').length") < 2000
    page.get_by_label("Search").fill("m399")
    tab.wait_for_row("m399")
    page.locator(".grid").hover()
    page.mouse.wheel(0, 30_000)
    page.get_by_label("Search").fill("")
    tab.wait_for_row("last")
    assert max(page.evaluate("window.tasks")) < LONGEST_TASK_MS
    assert "events, newest first" in page.locator(".quietly").inner_text()


@pytest.mark.parametrize("reads", ["scrolled", "opened"])
def test_what_one_reads_stays_where_it_is(pair: Pair, tab: Tab, reads: str) -> None:
    page = tab.page
    pair.origin.answers["/many"] = Answer([b"Set-Cookie: r%d=1; Domain=wrong.example" % n for n in range(90)])
    pair.get("http://read.example/many")
    tab.wait_for_row("r85")
    if reads == "scrolled":
        page.locator(".grid").hover()
        page.mouse.wheel(0, 400)
        page.wait_for_function("() => document.querySelector('.grid').scrollTop >= 400")
    else:
        page.locator(".grid .body .row:visible", has_text="r85").click()
        page.locator(".pane .detail").wait_for()
    name = "r75" if reads == "scrolled" else "r85"
    for _ in eventually():
        before = page.evaluate(PLACE_OF, name)
        if before is not None and before == page.evaluate(PLACE_OF, name):
            break
    for _ in range(3):
        pair.get("http://read.example/many")
    page.locator("button.newer:not(.none)").wait_for()
    assert page.evaluate(PLACE_OF, name) == before
    assert not waiting(page).startswith("↑ 0")
    page.locator("button.newer").click()
    page.wait_for_function("() => document.querySelector('.grid').scrollTop === 0")
    page.locator("button.newer.none").wait_for(state="attached")


def test_a_lost_line_is_told_and_mended(pair: Pair, tab: Tab) -> None:
    page = tab.page
    assert set_option(pair.proxy, "cookies_dashboard=elsewhere.mitm").status == 200
    page.locator("#link", has_text="connection lost").wait_for()
    assert "Connection lost" in page.locator("#notice").inner_text()
    pair.get("http://shop.example/meanwhile")
    assert set_option(pair.proxy, "cookies_dashboard=cookies.mitm").status == 200
    page.locator("#notice", has_text="Connected again.").wait_for()
    tab.wait_for_row("meanwhile")
    pair.get("http://shop.example/afterwards")
    tab.wait_for_row("afterwards", seconds=2)
    assert {text for text in tab.wrong if "EventSource" not in text and "ERR_" not in text} == set()
    tab.wrong.clear()


def test_the_other_pages_follow_too(pair: Pair, tab: Tab) -> None:
    page = tab.open("jars", "jars")
    page.wait_for_function("() => document.querySelector('#link').dataset.state === 'live'")
    pair.get("http://appears.example/fresh")
    page.locator("details.site", has_text="appears.example").locator("summary").click()
    page.locator("td.name", has_text="fresh").wait_for()
    pair.get("http://appears.example/fresher")
    page.locator("td.name", has_text="fresher").wait_for()
