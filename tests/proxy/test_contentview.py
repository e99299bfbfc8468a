"""The view `Cookies`, the comments and the commands where people meet them: in mitmweb with a real Chromium, in the console."""

import os
import re

import pytest

from rig import browser
from rig.messages import Answer

RULES = """
rules:
  - {name: harden it, match: {cookie: sid}, set: {httponly: true}}
  - {name: keep it, match: {cookie: kept}, hold: true}
"""


def visit(running, origin):
    """A client that is logged in, with all that a view could show."""
    origin.answers["/login"] = Answer(
        [b"Set-Cookie: sid=topsecret; Path=/", b"Set-Cookie: kept=1", b"Set-Cookie: ad=1; Domain=tracker.example"],
        b"<p>welcome</p>",
    )
    origin.answers["*"] = Answer([b"Set-Cookie: <b>x=1"], b"<p>here</p>")
    running.curl("http://shop.example/login")
    running.curl("http://shop.example/", "-b", "sid=topsecret; mine=1")


@pytest.mark.browser
def test_mitmweb_shows_the_view(proxy, origin, tmp_path):
    running = proxy(rules=RULES, ui="mitmweb")
    visit(running, origin)
    address = running.wait_for_log(r"http://127\.0\.0\.1:\d+/\?token=\w+")[0]
    with browser.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.executable(), args=browser.ARGUMENTS)
        page = chromium.new_page(viewport={"width": 1500, "height": 900})
        page.goto(address)
        page.get_by_text("shop.example/login").first.click()
        page.get_by_text("Response", exact=True).first.click()
        page.get_by_text(re.compile("View:")).first.click()
        page.get_by_text("cookies", exact=True).click()
        page.get_by_text("+ sid=***9; Path=/; HttpOnly").wait_for()
        if folder := os.environ.get("PICTURES"):
            page.screenshot(path=f"{folder}/mitmweb.png")
            page.get_by_text("Comment", exact=True).click()
            page.screenshot(path=f"{folder}/mitmweb-comment.png")
            page.get_by_text("Response", exact=True).first.click()
        said = page.inner_text("body")
        chromium.close()
    assert "domain-mismatch: Its Domain does not cover the host that set it." in said
    assert 'by rule "harden it"' in said
