"""What the dashboard does when it is told to, in Chromium: reveal, export, forget, change rules, try out; and by keyboard alone."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, Download, Locator, Page

from rig import browser, dashboard
from rig.dashboard import MAGIC, RULES, SECRET, Tab, direct_url
from rig.messages import Answer
from rig.process import Proxy, eventually
from rig.shared import Pair

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.skipif(browser.executable() is None, reason="there is no Chromium on this machine"),
]

FOCUSED = "() => document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"


class Desk:
    """A Chromium that has been at shop.example, and the tab in it that shows the dashboard."""

    def __init__(self, pair: Pair, context: BrowserContext) -> None:
        self.pair = pair
        self.context = context
        self.tab = Tab(context)
        self.page: Page = self.tab.page
        self.visitor: Page = context.new_page()
        pair.origin.answers["shop.example/"] = Answer(
            [
                f"Set-Cookie: sid={SECRET}; Path=/".encode(),
                b"Set-Cookie: theme=ZGFyaw%3D%3D; Max-Age=90000",
            ],
            dashboard.PLAIN,
            close=True,
        )
        self.visitor.goto("http://shop.example/")
        self.client = next(one["client"] for one in dashboard.asked(pair, "jars"))

    def jar(self) -> Locator:
        """The open site of this browser's jar."""
        self.tab.open("jars?" + urlencode({"client": self.client, "site": "shop.example"}), "jars")
        opened = self.page.locator("details.site[open]")
        opened.locator("td.name", has_text="theme").wait_for()
        return opened

    def cookies(self) -> set[str]:
        """Names of the cookies that the browser itself holds for the shop."""
        return {cookie["name"] for cookie in self.context.cookies("http://shop.example/")}

    def notice(self, text: str) -> None:
        self.page.locator("#notice", has_text=text).wait_for()


@pytest.fixture(scope="module")
def shared(certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with ExitStack() as stack:
        place = tmp_path_factory.mktemp("actions")
        pair = stack.enter_context(dashboard.fresh(certificate, confdir, place, RULES))
        desk = Desk(pair, dashboard.behind(stack.enter_context(dashboard.chromium()), pair.proxy))
        yield desk
        desk.tab.close()


@pytest.fixture
def desk(shared: Desk) -> Desk:
    """With the shop's cookies in the browser."""
    shared.visitor.goto("http://shop.example/")
    return shared


@pytest.fixture
def rules(desk: Desk) -> Iterator[Path]:
    """The rules file, which is as it was afterwards."""
    yield desk.pair.proxy.rules_path
    desk.pair.proxy.write_rules(RULES)


# -- jars --------------------------------------------------------------------------------------------------------------


def test_one_value_is_revealed_and_hidden_again(desk: Desk) -> None:
    jar = desk.jar()
    assert SECRET not in desk.page.content()
    jar.get_by_role("button", name="Reveal the value of theme").click()
    jar.locator("td.value", has_text="ZGFyaw%3D%3D").wait_for()
    assert "ZGFyaw==" in jar.locator(".decoded").inner_text()
    assert SECRET not in desk.page.content()
    jar.get_by_role("button", name="Reveal the value of sid").click()
    jar.locator("td.value", has_text=SECRET).wait_for()
    jar.get_by_role("button", name="Hide the value of sid").click()
    jar.locator("td.value", has_text=f"***{len(SECRET)}").wait_for()
    assert SECRET not in desk.page.content()


def test_what_was_revealed_is_gone_once_one_leaves(desk: Desk) -> None:
    desk.jar().get_by_role("button", name="Reveal the value of sid").click()
    desk.page.locator("td.value", has_text=SECRET).wait_for()
    desk.page.locator("nav a", has_text="Rules").click()
    desk.page.locator(".listing").wait_for()
    desk.page.go_back()
    desk.page.locator("td.value", has_text=f"***{len(SECRET)}").wait_for()
    assert SECRET not in desk.page.content()


def test_a_cookie_s_own_page_reveals_it_too(desk: Desk) -> None:
    desk.jar().locator("td.name a", has_text="sid").click()
    desk.page.get_by_role("button", name="Reveal the value of sid").click()
    desk.page.locator("dd", has_text=SECRET).first.wait_for()
    assert desk.page.locator("h1").inner_text() == "Cookie sid"


def test_an_export_is_saved_as_a_file(desk: Desk) -> None:
    desk.jar().get_by_role("button", name="Export").click()
    dialog = desk.page.locator("dialog[open]")
    dialog.locator("select").select_option("netscape")
    with desk.page.expect_download() as downloading:
        dialog.get_by_role("button", name="Save the file").click()
    download: Download = downloading.value
    text = download.path().read_text()
    assert download.suggested_filename == "cookies-shop.example.txt"
    assert text.startswith("# Netscape HTTP Cookie File")
    assert SECRET in text
    assert "Saved" in dialog.locator("[role=status]").inner_text()
    dialog.get_by_role("button", name="Close").click()
    dialog.wait_for(state="hidden")


def test_an_export_of_all_sites_in_another_format(desk: Desk) -> None:
    desk.jar()
    desk.page.locator("section.card > header button", has_text="Export").first.click()
    dialog = desk.page.locator("dialog[open]")
    dialog.locator("select").select_option("header")
    with desk.page.expect_download() as downloading:
        dialog.get_by_role("button", name="Save the file").click()
    assert f"sid={SECRET}" in downloading.value.path().read_text()
    desk.page.keyboard.press("Escape")


def test_a_forgotten_site_is_forgotten_by_the_browser_with_the_next_answer(desk: Desk) -> None:
    assert desk.cookies() == {"sid", "theme"}
    desk.jar().get_by_role("button", name="Forget site").click()
    dialog = desk.page.locator("dialog[open]")
    assert "shop.example" in dialog.locator("h2").inner_text()
    dialog.get_by_role("button", name="Cancel").click()
    assert desk.cookies() == {"sid", "theme"}
    assert len(dashboard.asked(desk.pair, "jar?" + urlencode({"client": desk.client, "site": "shop.example"}))) == 2
    desk.page.get_by_role("button", name="Forget site").click()
    dialog.get_by_role("button", name="Forget site").click()
    desk.page.locator("#notice:not(:empty)").wait_for()
    desk.visitor.goto("http://shop.example/elsewhere")
    assert desk.cookies() == set()
    for _ in eventually():
        if not any(
            site["site"] == "shop.example" for jar in dashboard.asked(desk.pair, "jars") for site in jar["sites"]
        ):
            break


def test_what_if_it_were_another_browser(desk: Desk) -> None:
    jar = desk.jar()
    jar.get_by_label("What if it were").select_option("firefox")
    assert "In firefox" in jar.locator(".whatif").inner_text()
    jar.get_by_label("What if it were").select_option("none")
    jar.locator(".whatif h3", has_text="In none").wait_for()
    jar.get_by_label("What if it were").select_option("")
    jar.locator(".whatif").wait_for(state="detached")


# -- rules -------------------------------------------------------------------------------------------------------------


def set_cookie(desk: Desk) -> bytes:
    """How the shop's sid comes out of the proxy."""
    return desk.pair.get("http://shop.example/").all(b"set-cookie")[0]


def test_a_rule_is_put_into_observe_and_applied_again(desk: Desk, rules: Path) -> None:
    page = desk.tab.open("rules", "rules")
    assert b"HttpOnly" in set_cookie(desk)
    page.get_by_role("button", name="Only observe harden").click()
    dialog = page.locator("dialog[open]")
    assert str(rules) in dialog.inner_text()
    assert rules.read_text() == RULES
    dialog.get_by_role("button", name="Only observe").click()
    desk.notice("The rule harden only observes now.")
    page.locator(".line.ruled", has_text="harden").locator("[data-mode=observe]").wait_for()
    last = "    set: {httponly: true}\n"
    assert rules.read_text() == RULES.replace(last, last + "    mode: observe\n")
    for _ in eventually():
        if b"HttpOnly" not in set_cookie(desk):
            break
    page.get_by_role("button", name="Apply harden").click()
    page.locator("dialog[open]").get_by_role("button", name="Apply").click()
    desk.notice("The rule harden applies now.")
    for _ in eventually():
        if b"HttpOnly" in set_cookie(desk):
            break


def test_hits_are_counted(desk: Desk) -> None:
    def hits() -> int:
        page = desk.tab.open("rules", "rules")
        return int(re.search(r"(\d+) changed", page.locator(".hits", has_text="applies").inner_text())[1])

    before = hits()
    desk.pair.get("http://shop.example/")
    assert hits() == before + 1


def test_a_mistake_shows_up_in_its_line_as_it_is_saved(desk: Desk, rules: Path) -> None:
    page = desk.tab.open("rules", "rules")
    page.wait_for_function("() => document.querySelector('#link').dataset.state === 'live'")
    page.evaluate("window.isTheSamePage = true")
    desk.pair.proxy.write_rules(RULES.replace("httponly: true", "httponly: perhaps"))
    mistake = page.locator(".line.wrong", has_text="perhaps").locator(".mistake")
    mistake.wait_for()
    assert mistake.inner_text().startswith("Line 5")
    assert "1 mistake" in page.locator("p.problem").inner_text()
    page.locator("p.problem button", has_text="line 5").click()
    desk.pair.proxy.write_rules(RULES)
    mistake.wait_for(state="detached")
    assert page.evaluate("window.isTheSamePage")


def test_a_cookie_is_tried_out_and_not_recorded(desk: Desk) -> None:
    page = desk.tab.open("rules", "rules")
    page.get_by_label("URL that answers").fill("https://tried.example/login")
    page.get_by_label("Set-Cookie, one a line").fill(
        "Set-Cookie: sid=1; Path=/\n_ga=2\n__Host-a=1; Domain=tried.example"
    )
    page.get_by_role("button", name="Try it").click()
    tried = page.locator(".tried")
    tried.nth(2).wait_for()
    assert "Changed by harden." in tried.nth(0).inner_text()
    assert "sid=1; Path=/; HttpOnly" in tried.nth(0).inner_text()
    assert "no trackers" in tried.nth(1).inner_text()
    assert tried.nth(0).locator("tbody tr").count() >= 5
    assert tried.nth(2).locator("tbody tr", has_text="chrome").locator("[data-tone=bad]").count() == 1
    assert not any(row["site"] == "tried.example" for row in dashboard.asked(desk.pair, "events"))
    page.get_by_label("URL that answers").fill("ftp://tried.example/")
    page.get_by_role("button", name="Try it").click()
    desk.notice("http and https")
    desk.tab.wrong.clear()  # of the answer, which was a 400
    page.get_by_role("button", name="Example").click()
    assert page.get_by_label("URL that answers").input_value().startswith("https://")


# -- the shell ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_direct", [False, True], ids=["by its name", "by its own address"])
def test_a_line_is_copied(desk: Desk, is_direct: bool) -> None:
    """Where browsers let pages write to the clipboard, and where they do not."""
    tab = Tab(desk.context, direct_url(desk.pair.proxy) if is_direct else MAGIC)
    page = tab.open("setup", "setup")
    line = page.locator(".copy", has_text="curl -x").first
    line.get_by_role("button").click()
    page.locator("#notice", has_text="Copied.").wait_for()
    wanted = line.locator("code").inner_text()
    tab.open("jars", "jars")
    page.get_by_label("Search").focus()
    page.keyboard.press("Control+V")
    assert page.get_by_label("Search").input_value() == wanted
    tab.close()


def test_light_and_dark_by_a_button_that_is_remembered(desk: Desk) -> None:
    page = desk.tab.open("jars", "jars")
    page.emulate_media(color_scheme="light")
    ground = "() => getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(ground) == dashboard.THEMES["light"]
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(ground) == dashboard.THEMES["dark"]
    desk.tab.open("rules", "rules", anew=True)
    assert page.evaluate(ground) == dashboard.THEMES["dark"]
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(ground) == dashboard.THEMES["light"]
    page.evaluate("localStorage.clear()")


def test_the_files_of_the_set_up_are_there(desk: Desk) -> None:
    page = desk.tab.open("setup", "setup")
    with page.expect_download() as downloading:
        page.locator("#page a", has_text="certificate.pem").first.click()
    text = downloading.value.path().read_text()
    assert text.startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in text


def test_from_another_machine_one_logs_in(desk: Desk, proxy: "type[Proxy]") -> None:
    running = proxy(options={"listen_host": ""})
    token = running.wait_for_log(r"the token (\S+)")[1]
    context = dashboard.behind(desk.context.browser, running)
    tab = Tab(context)
    page = tab.page
    page.set_extra_http_headers({"X-Forwarded-For": "10.0.0.1"})
    page.goto(MAGIC + "jars?q=shop")
    page.get_by_label("Token").fill("guess")
    assert page.get_by_role("heading", name="Log in").is_visible()
    page.get_by_role("button", name="Log in").click()
    page.locator("[role=alert]", has_text="That is not the token").wait_for()
    page.get_by_label("Token").fill(token)
    page.keyboard.press("Enter")
    page.get_by_text("No browser has come by yet.").wait_for()
    assert page.url == MAGIC + "jars?q=shop"
    page.locator("#link", has_text="live").wait_for()
    page.reload()
    page.get_by_text("No browser has come by yet.").wait_for()
    (cookie,) = context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert page.evaluate("document.cookie") == ""
    assert [text for text in tab.wrong if "Failed to load resource" not in text] == []
    context.close()


# -- by keyboard alone -------------------------------------------------------------------------------------------------


def tab_to(page: Page, wanted: str, key: str = "Tab") -> None:
    """Press Tab until that has the focus, and it can be seen that it has."""
    for _ in range(60):
        page.keyboard.press(key)
        if page.evaluate(FOCUSED) == wanted:
            assert page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    raise AssertionError(f"Tab does not lead to {wanted!r}")


def test_pages_by_tab_and_by_letters(desk: Desk) -> None:
    page = desk.tab.open("", "now", anew=True)
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "title"
    tab_to(page, "Sessions", "Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Sessions", exact=True).wait_for()
    assert page.evaluate("() => document.activeElement.id") == "title"
    for letter, name in (
        ("j", "Jars"),
        ("f", "Findings"),
        ("r", "Rules"),
        ("u", "Set-up"),
        ("s", "Sessions"),
        ("n", "Now"),
    ):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        page.locator("h1", has_text=name).wait_for()
    page.keyboard.press("?")
    page.locator("dialog[open] h2", has_text="Keys").wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")


def test_events_are_searched_paused_and_opened_by_keys(desk: Desk) -> None:
    page = desk.tab.open("", "now", anew=True)
    desk.tab.wait_for_row("theme")
    page.keyboard.press("/")
    page.keyboard.type("theme p")
    assert page.get_by_label("Search").input_value() == "theme p"
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("p")
    page.get_by_role("button", name="Go on").wait_for()
    page.keyboard.press("p")
    page.get_by_role("button", name="Pause").wait_for()
    tab_to(page, "Pause")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Go on").wait_for()
    page.keyboard.press("Space")
    tab_to(page, "Events, newest first")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.locator(".grid .row.active").wait_for()
    active = page.locator(".grid .row.active .name").inner_text()
    assert page.locator(".grid").get_attribute("aria-activedescendant") == page.locator(
        ".grid .row.active"
    ).get_attribute("id")
    page.keyboard.press("Enter")
    assert active in page.locator(".pane").inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    page.locator(".pane").wait_for(state="hidden")
    assert page.evaluate(FOCUSED) == "Events, newest first"
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.locator(".grid .row.active").wait_for(state="detached")


def test_a_jar_is_opened_a_value_revealed_and_a_dialog_left_by_keys(desk: Desk) -> None:
    page = desk.tab.open("jars", "jars", anew=True)
    page.keyboard.press("/")
    page.keyboard.type("shop.example")
    for _ in range(10):
        page.keyboard.press("Tab")
        if "shop.example" in page.evaluate(FOCUSED):
            break
    page.keyboard.press("Enter")
    page.locator("details.site[open] td.name").first.wait_for()
    tab_to(page, "Reveal the value of sid")
    page.keyboard.press("Enter")
    page.locator("td.value", has_text=SECRET).wait_for()
    assert page.evaluate(FOCUSED) == "Hide the value of sid"
    page.keyboard.press("Space")
    page.locator("td.value", has_text=SECRET).wait_for(state="detached")
    tab_to(page, "Forget site", "Shift+Tab")
    page.keyboard.press("Enter")
    page.locator("dialog[open]").wait_for()
    assert page.evaluate(FOCUSED) == "Cancel"
    for _ in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "() => document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")
    assert page.evaluate(FOCUSED) == "Forget site"
    assert desk.cookies() == {"sid", "theme"}
