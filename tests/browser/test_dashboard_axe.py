"""axe-core finds nothing wrong with any page of the dashboard: with much to show and with nothing, wide and narrow, light and dark.

axe-core comes from npm when the tests run, or from the file that $AXE names.
"""

import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from rig import browser, dashboard
from rig.dashboard import FIREFOX, THEMES, WIDTHS, Tab, client_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.skipif(browser.executable() is None, reason="there is no Chromium on this machine"),
]

AXE = "axe-core@4.14"
NPM_SECONDS = 30
RUN = """async (rules) => {
    const {violations} = await axe.run(document, {resultTypes: ["violations"], ...(rules && {runOnly: rules})});
    return violations.flatMap(({id, nodes}) => nodes.map(({html, failureSummary: why}) => [id, why, html.slice(0, 300)])); }"""
COLOURS = ["color-contrast", "link-in-text-block"]
"""What may be otherwise in another theme."""
PAGES = {"now": "", "jars": "jars", "sessions": "sessions", "findings": "findings", "rules": "rules", "setup": "setup"}


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Its source."""
    if "AXE" in os.environ:
        return Path(os.environ["AXE"]).read_text()
    if shutil.which("npm") is None:
        pytest.skip("axe-core comes from npm, and there is no npm on this machine")
    place = tmp_path_factory.mktemp("axe")
    command = ["npm", "pack", AXE, "--silent", "--prefer-offline", "--fetch-retries=0"]
    try:
        subprocess.run(command, cwd=place, env=dict(os.environ), capture_output=True, timeout=NPM_SECONDS, check=True)
    except (subprocess.SubprocessError, OSError):
        pytest.skip(f"npm could not fetch {AXE}")
    with tarfile.open(next(place.glob("*.tgz"))) as packed:
        return packed.extractfile("package/axe.min.js").read().decode()


@pytest.fixture(scope="module")
def tabs(
    axe: str, certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Tab]]:
    """One at a proxy with much to show, one at a proxy that nobody has used; both with axe in them."""
    with ExitStack() as stack:
        full = stack.enter_context(dashboard.filled(certificate, confdir, tmp_path_factory.mktemp("full")))
        empty = stack.enter_context(dashboard.fresh(certificate, confdir, tmp_path_factory.mktemp("empty")))
        running = stack.enter_context(dashboard.chromium())
        made = {}
        for name, pair in (("full", full), ("empty", empty)):
            made[name] = Tab(dashboard.behind(running, pair.proxy, bypass_csp=True))
            made[name].page.add_init_script(axe)
        made["full"].client = client_of(full, FIREFOX)
        yield made


def finds_nothing(page: Page) -> bool:
    """At both widths; all rules in one theme, those about colours in the other."""
    for size in WIDTHS.values():
        page.set_viewport_size(size)
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            assert page.evaluate(RUN, None if theme == "light" else COLOURS) == [], (size, theme)
    return True


@pytest.mark.parametrize("state", ["full", "empty"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on(tabs: dict[str, Tab], name: str, state: str) -> None:
    assert finds_nothing(tabs[state].open(PAGES[name], name))


def opened_site(tab: Tab) -> Page:
    page = tab.open("jars?" + urlencode({"client": tab.client, "site": "shop.example"}), "jars")
    page.get_by_role("button", name="Reveal the value of sid").first.click()
    page.get_by_label("What if it were").first.select_option("ie6")
    page.locator(".whatif").wait_for()
    return page


def one_cookie(tab: Tab) -> Page:
    return tab.open("cookie?" + urlencode({"client": tab.client, "site": "shop.example", "name": "sid"}), "cookie")


def opened_event(tab: Tab) -> Page:
    page = tab.open("", "now")
    page.locator(".grid .body .row:visible").first.click()
    page.locator(".pane .detail").wait_for()
    return page


def keys(tab: Tab) -> Page:
    page = tab.open("", "now")
    page.keyboard.press("?")
    page.locator("dialog[open]").wait_for()
    return page


def export(tab: Tab) -> Page:
    page = tab.open("jars", "jars")
    page.locator("section.card > header button").first.click()
    page.locator("dialog[open] select").wait_for()
    return page


def tried(tab: Tab) -> Page:
    page = tab.open("rules", "rules")
    page.get_by_role("button", name="Example").click()
    page.get_by_role("button", name="Try it").click()
    page.locator(".tried").first.wait_for()
    return page


def login(tab: Tab) -> Page:
    tab.page.goto(tab.base + "login")
    tab.page.get_by_label("Token").wait_for()
    return tab.page


@pytest.mark.parametrize("show", [opened_site, one_cookie, opened_event, keys, export, tried, login])
def test_axe_finds_nothing_in_what_opens(tabs: dict[str, Tab], show: Callable[[Tab], Page]) -> None:
    assert finds_nothing(show(tabs["full"]))


def test_axe_finds_what_is_wrong(tabs: dict[str, Tab]) -> None:
    page = tabs["empty"].open("setup", "setup", anew=True)
    page.emulate_media(color_scheme="light")
    page.evaluate("""() => { const wrong = document.createElement("input");
        document.querySelector("h1").style.color = "#aaa";
        document.querySelector("main").append(wrong); }""")
    assert {found[0] for found in page.evaluate(RUN)} == {"label", "color-contrast"}
    assert {found[0] for found in page.evaluate(RUN, COLOURS)} == {"color-contrast"}
    page.goto("about:blank")
