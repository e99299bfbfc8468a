"""What page scripts do in a real Chromium that takes no cookies: it comes to the same as in one that takes them (R22, R34).

Without the section every step fails with cookies blocked and succeeds with cookies allowed, so the section carries them.
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
    """A browser and a proxy."""

    carrier: str | None
    cookies_blocked: bool = True
    scheme: str = "http"

    @property
    def rules(self) -> str:
        if self.carrier is None:
            return ""
        return f"cookieless: [{{match: {{host: {spa.HOST}}}, mode: uri, carrier: {self.carrier}}}]\n"


CARRIED_SETTINGS = {
    "path": Setting("path"),
    "query": Setting("query"),
    "matrix": Setting("matrix"),
    "path over https": Setting("path", scheme="https"),
}
BLOCKED, ALLOWED = Setting(None), Setting(None, cookies_blocked=False)


class Opened(NamedTuple):
    """The browser of one setting, and the application it sees."""

    setting: Setting
    context: BrowserContext
    origin: Origin

    def start(self) -> Page:
        """The start page, for somebody who was never here."""
        self.context.clear_cookies()
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{self.setting.scheme}://{spa.HOST}/")
        return page

    def outcome(self, step: Step) -> object:
        """What comes of a step; the browser's error if it does not come to its end."""
        page = self.start()
        try:
            return act(page, step)
        except Error as failure:
            return failure
        finally:
            page.close()


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
        text = popup.value.locator("#landed").text_content()
        popup.value.close()
        return text
    with page.expect_navigation():
        page.evaluate(begin)
    return page.locator("#landed").text_content()


@pytest.fixture(scope="module")
def opened(
    request: pytest.FixtureRequest, certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opened]:
    """The browser of a setting, for all steps."""
    setting: Setting = request.param
    place = tmp_path_factory.mktemp("opened")
    with opened_browser(certificate, confdir, place, setting.rules, setting.cookies_blocked) as both:
        spa.Application(both.origin)
        yield Opened(setting, both.context, both.origin)


def for_each(**settings: Setting) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("opened", settings.values(), ids=settings, indirect=True, scope="module")


each_step = pytest.mark.parametrize("step", spa.STEPS, ids=lambda step: step.name)


@for_each(**CARRIED_SETTINGS)
@each_step
def test_a_step_without_cookies_comes_to_the_same(opened: Opened, step: Step) -> None:
    opened.origin.received.clear()
    assert opened.outcome(step) == step.expected
    assert opened.origin.received
    for request in opened.origin.received:
        for said in (request.head, request.body):
            assert CARRIED.search(unquote_to_bytes(said)) is None


@for_each(allowed=ALLOWED)
@each_step
def test_without_the_section_a_step_succeeds_with_cookies(opened: Opened, step: Step) -> None:
    assert opened.outcome(step) == step.expected


@for_each(blocked=BLOCKED)
@each_step
def test_without_the_section_a_step_fails_without_cookies(opened: Opened, step: Step) -> None:
    assert opened.outcome(step) != step.expected
