"""What page scripts do in a real Chromium that takes no cookies: it comes to the same as in one that takes them (R22, R34).

Where the section has no entry every step fails with cookies blocked, and without the section it succeeds with cookies allowed: so
it is the section that carries them.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import pytest
from playwright.sync_api import BrowserContext, Error, Page

from rig import spa
from rig.opened import opened_browser
from rig.origin import Origin
from rig.spa import Step, Way

pytestmark = pytest.mark.browser

PATIENCE_MS = 3_000
CARRIED = re.compile(rb"\(S\(|\bsid=")


class Setting(NamedTuple):
    """A host whose sessions are carried, or not, and how it is visited."""

    carrier: str | None = None
    scheme: str = "http"

    @property
    def host(self) -> str:
        return f"{self.carrier or 'plain'}.example"

    @property
    def rule(self) -> str:
        return f"{{match: {{host: {self.host}}}, mode: uri, carrier: {self.carrier}}}"


PLAIN = Setting()
SETTINGS = {
    "path": Setting("path"),
    "query": Setting("query"),
    "matrix": Setting("matrix"),
    "path over https": Setting("path", "https"),
}
RULES = f"cookieless: [{', '.join(SETTINGS[carrier].rule for carrier in ('path', 'query', 'matrix'))}]\n"


class Tab(NamedTuple):
    """A browser with one tab, and the application it sees: a new tab takes longer than a step."""

    context: BrowserContext
    origin: Origin

    def start(self, setting: Setting) -> Page:
        """The start page, for somebody who was never here."""
        self.context.clear_cookies()
        page = self.context.pages[0]
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{setting.scheme}://{setting.host}/")
        return page

    def outcome(self, setting: Setting, step: Step) -> object:
        """What comes of a step; the browser's error if it does not come to its end."""
        page = self.start(setting)
        try:
            return act(page, step)
        except Error as failure:
            return failure
        finally:
            for popup in self.context.pages[1:]:
                popup.close()


def act(page: Page, step: Step) -> object:
    # A promise that nobody settles would hold the test for ever.
    script = (
        f"() => Promise.race([(async () => {{ {step.script} }})(), "
        f"new Promise((_, failed) => setTimeout(failed, {PATIENCE_MS}, new Error('too late')))])"
    )
    if step.way is Way.RETURNS:
        return page.evaluate(script)
    begin = f"() => {{ setTimeout(async () => {{ {step.script} }}) }}"
    if step.way is Way.OPENS:
        with page.expect_popup() as popup:
            page.evaluate(begin)
        return popup.value.locator("#landed").text_content()
    with page.expect_navigation():
        page.evaluate(begin)
    return page.locator("#landed").text_content()


@pytest.fixture(scope="module")
def tab(
    request: pytest.FixtureRequest, certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tab]:
    """A browser that refuses cookies behind a proxy with the section, or one that takes them behind a proxy without it."""
    refuses: bool = request.param
    rules, place = RULES if refuses else "", tmp_path_factory.mktemp("tab")
    with opened_browser(certificate, confdir, place, rules, cookies_blocked=refuses) as both:
        for setting in (*SETTINGS.values(), PLAIN):
            spa.Application(both.origin, setting.host)
        yield Tab(both.context, both.origin)


refusing, taking = (
    pytest.mark.parametrize("tab", [refuses], ids=[pytest.HIDDEN_PARAM], indirect=True, scope="module")
    for refuses in (True, False)
)
each_step = pytest.mark.parametrize("step", spa.STEPS, ids=lambda step: step.name)


@refusing
@each_step
@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_a_step_without_cookies_comes_to_the_same(tab: Tab, setting: Setting, step: Step) -> None:
    tab.origin.received.clear()
    assert tab.outcome(setting, step) == step.expected
    assert tab.origin.received
    for request in tab.origin.received:
        for said in (request.head, request.body):
            assert CARRIED.search(unquote_to_bytes(said)) is None


@refusing
@each_step
def test_a_step_fails_without_cookies_on_a_host_without_an_entry(tab: Tab, step: Step) -> None:
    assert tab.outcome(PLAIN, step) != step.expected


@taking
@each_step
def test_without_the_section_a_step_succeeds_with_cookies(tab: Tab, step: Step) -> None:
    assert tab.outcome(PLAIN, step) == step.expected
