"""Pages that run programs, in a real Chromium without cookies: what ours must not change for theirs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rig.messages import Answer
from rig.opened import Opened, opened_browser

RULES = "cookieless: [{match: {host: scripted.example}, mode: uri, carrier: query}]"
ID = re.compile(rb"(?:\(s\(|sid=)([a-z0-5]{24})", re.IGNORECASE)
HTML = b"<!DOCTYPE html><title>t</title>"


@pytest.fixture(scope="module")
def opened(certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened_browser(certificate, confdir, tmp_path_factory.mktemp("opened"), RULES) as both:
        yield both


def what_it_says(opened: Opened, script: bytes, scheme: str = "http") -> str:
    """The title that a page's script gives it; what is said on its console is a failure."""
    opened.origin.answers.clear()
    opened.origin.answers["/"] = Answer([], HTML + b"<body><script>" + script + b"</script>", close=True)
    opened.origin.answers["*"] = Answer([], b"<b>Alice</b>", close=True)
    page = opened.context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{scheme}://scripted.example/")
    try:
        page.wait_for_function("document.title !== 't'", timeout=2_000)
        return page.title()
    finally:
        page.close()
        assert not said


FETCHED = {
    "fetch": b"fetch('/who').then(answer => answer.text()).then(text => { document.title = text })",
    "XMLHttpRequest": b"const r = new XMLHttpRequest(); r.open('GET', '/who');"
    b" r.onload = () => { document.title = r.responseText }; r.send()",
}


@pytest.mark.browser
@pytest.mark.parametrize("way", FETCHED)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_piece_of_html_that_a_page_fetches_stays_as_it_is(opened: Opened, way: str, scheme: str) -> None:
    assert what_it_says(opened, FETCHED[way], scheme) == "<b>Alice</b>"


@pytest.mark.browser
def test_a_page_may_change_the_prototype_of_everything(opened: Opened) -> None:
    script = b"Object.prototype.get = function () { return 1 }; fetch(new Request('/who'))"
    assert what_it_says(opened, script + b".then(answer => { document.title = 's' + answer.status })") == "s200"


@pytest.mark.browser
@pytest.mark.xfail(reason="a Proxy of a function says that it has no name", strict=True)
def test_a_function_says_the_same_of_itself(opened: Opened) -> None:
    assert what_it_says(opened, b"document.title = fetch.toString()") == "function fetch() { [native code] }"


@pytest.mark.browser
def test_names_of_elements_hide_nothing_from_the_script(opened: Opened) -> None:
    script = (
        b"document.body.innerHTML = '<form name=cookie></form><img name=createElement><img name=querySelectorAll>';"
        b"fetch('/who').then(() => { history.pushState(0, '', '/z'); document.title = location.pathname })"
    )
    assert what_it_says(opened, script) == "/z"
    assert not any(ID.search(request.target.encode()) for request in opened.origin.received)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_images_of_a_first_page_come_with_its_session(opened: Opened, scheme: str) -> None:
    opened.origin.answers.clear()
    opened.origin.received.clear()
    images = b"".join(b"<img src=/%d.png>" % number for number in range(8))
    opened.origin.answers["/first"] = Answer([b"Set-Cookie: sid=1; Path=/"], HTML + images, close=True)
    opened.origin.answers["*"] = Answer([b"Set-Cookie: sid=2; Path=/", b"Content-Type: image/png"], b"", close=True)
    page = opened.context.new_page()
    page.goto(f"{scheme}://scripted.example/first")
    page.close()
    came = [request.all(b"cookie") for request in opened.origin.received if request.target.endswith(".png")]
    assert len(came) == 8
    assert all(came), "each comes in the session of the page, which is one of the two by then"
