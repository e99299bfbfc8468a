"""The report's page in a real Chromium: it fits, asks for nothing, shows hostile names as text, zooms, sorts, prints (R10, R28)."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from cookieproxy.cli.main import main
from cookieproxy.record.store import open_store
from cookieproxy.record.values import ValuePolicy
from rig import browser
from rig.recorded import NOW, VALUE, rich_store, used_once

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.executable() is None, reason="there is no Chromium on this machine"),
]

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The page of a rich store, of an empty one, and of one with a session that was used once."""
    made = {}
    for name in ("rich", "empty", "sparse"):
        home = tmp_path_factory.mktemp(name)
        store = rich_store(home) if name == "rich" else open_store("sqlite:cookies.db", home)
        if name == "sparse":
            store.write([used_once()], store.masker(ValuePolicy.HASH))
        store.close()
        assert main(["report", "--store", f"sqlite:{home / 'cookies.db'}", "-o", str(home / "report.html")], NOW) == 0
        made[name] = (home / "report.html").as_uri()
    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser.executable(), args=browser.ARGUMENTS)
        yield running
        running.close()


class Opened:
    """One page with what it asked for and what went wrong in it."""

    def __init__(self, chromium: Browser, url: str, **options: object) -> None:
        self.context = chromium.new_context(**options)
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.wrong.append(message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.wrong.append(dialog.message), dialog.dismiss()))
        self.page.goto(url)
        self.url = url

    def close(self) -> None:
        """Nothing left, nothing went wrong."""
        self.context.close()
        assert [url for url in self.asked if not url.startswith("data:")] == [self.url]
        assert self.wrong == []


@pytest.fixture
def open_page(chromium: Browser, pages: dict[str, str]) -> Iterator[Callable[..., Page]]:
    opened = []

    def start(name: str = "rich", **options: object) -> Page:
        opened.append(Opened(chromium, pages[name], **options))
        return opened[-1].page

    yield start
    for one in opened:
        one.close()


def scale(page: Page, chart: str) -> tuple[float, float]:
    low, high = page.evaluate(
        f"(({{low, high}}) => [low, high])(document.querySelector('[data-chart={chart}]').dataset)"
    )
    return float(low), float(high)


@pytest.mark.parametrize("name", ["rich", "empty", "sparse"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_fits(open_page: Callable[..., Page], name: str, viewport: dict[str, int]) -> None:
    page = open_page(name, viewport=viewport)
    for theme, background in (("light", "rgb(246, 247, 249)"), ("dark", "rgb(18, 21, 26)")):
        page.emulate_media(color_scheme=theme)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == background
        assert page.evaluate(OVERFLOW) <= 0
    assert page.locator("[data-chart]").count() == page.locator("[data-chart][data-low] canvas").count()
    if viewport is DESKTOP:
        boxes = page.evaluate(
            "[...document.querySelectorAll('.scroll')].map((box) => box.scrollWidth - box.clientWidth)"
        )
        assert max(boxes, default=0) <= 0


def test_what_is_drawn_follows_the_theme(open_page: Callable[..., Page]) -> None:
    page = open_page(viewport=DESKTOP, color_scheme="light")
    drawn = "document.querySelector('[data-chart=timeline] canvas').toDataURL()"
    light = page.evaluate(drawn)
    page.click("#theme")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate(drawn) != light
    page.click("#theme")
    assert page.evaluate(drawn) == light


def test_hostile_names_are_text(open_page: Callable[..., Page]) -> None:
    page = open_page(viewport=DESKTOP)
    assert page.locator("img").count() == 0
    names = page.locator("#inventory-table td[data-label=Name]").all_text_contents()
    assert "<img src=x onerror=alert(1)>" in names
    assert "</script><script>alert(1)</script>" in names
    assert "{{ 7 * 7 }}{% raw %}" in names
    assert "\\x1b]0;own\\x07\\u202egnp.exe" in names
    assert max(map(len, names)) < 100
    assert VALUE.decode() not in page.content()


def test_dragging_zooms_and_one_button_shows_all(open_page: Callable[..., Page]) -> None:
    page = open_page(viewport=DESKTOP)
    for chart in ("timeline", "timeouts", "online"):
        before = scale(page, chart)
        over = page.locator(f"[data-chart={chart}] .u-over")
        over.scroll_into_view_if_needed()
        box = over.bounding_box()
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * 0.5, y)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.75, y, steps=3)
        page.mouse.up()
        low, high = scale(page, chart)
        assert before[0] < low < high < before[1]
        page.click(f"[data-chart={chart}] [data-zoom=all]")
        assert scale(page, chart) == before
        page.click(f"[data-chart={chart}] [data-zoom=in]")
        assert scale(page, chart) != before


def test_the_pointer_is_told_what_is_under_it(open_page: Callable[..., Page]) -> None:
    page = open_page(viewport=DESKTOP)
    page.evaluate("document.querySelector('[data-chart=timeline]').scrollIntoView()")
    box = page.locator("[data-chart=timeline] .u-over").bounding_box()
    tip = page.locator("[data-chart=timeline] .tip")
    for step in range(60):
        page.mouse.move(box["x"] + box["width"] * (0.97 - step / 300), box["y"] + 18)
        if tip.is_visible():
            break
    said = tip.inner_text()
    assert "requests" in said
    assert "longest gap" in said
    assert page.evaluate(OVERFLOW) <= 0


def test_tables_are_sorted_filtered_and_shown_whole(open_page: Callable[..., Page]) -> None:
    page = open_page(viewport=DESKTOP)
    rows = page.locator("#sessions-table tbody tr:visible")
    assert rows.count() == 20
    page.click("#sessions-table th:has-text('Requests') button")
    cells = page.locator("#sessions-table tr:visible [data-label=Requests]").all_text_contents()
    numbers = [int(text.replace(",", "")) for text in cells]
    assert numbers == sorted(numbers)
    page.fill("[data-filter=sessions-table]", "phpsessid logout")
    assert 0 < rows.count() < 60
    assert all("wiki.example" in text for text in rows.all_text_contents())
    page.fill("[data-filter=sessions-table]", "")
    page.click("#sessions .all")
    assert rows.count() > 200


def test_it_prints(open_page: Callable[..., Page]) -> None:
    """On white, whatever the screen is, and with all evidence."""
    page = open_page(viewport={"width": 690, "height": 1000}, color_scheme="dark")
    page.emulate_media(media="print")
    page.wait_for_function("document.documentElement.dataset.theme === 'light'")
    assert page.evaluate(OVERFLOW) <= 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("nav").is_hidden()
    assert page.evaluate("document.querySelectorAll('details:not([open])').length") == 0
    assert len(page.pdf(format="A4")) > 10_000


def test_without_scripts_there_are_tables_and_sentences(open_page: Callable[..., Page]) -> None:
    page = open_page(viewport=PHONE, java_script_enabled=False)
    assert page.locator("#sessions-table tbody tr:visible").count() > 200
    assert page.locator(".chart:visible, .tools:visible, #theme:visible").count() == 0
    assert "Half of them live longer than" in page.locator("#survival").inner_text()
    assert "The idle timeout lies between" in page.locator("#timeouts").inner_text()
