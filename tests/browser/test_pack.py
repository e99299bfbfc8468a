"""An application that sets more cookies than an old browser keeps lives within its limits once they are packed (R1, R7)."""

import pytest

from rig.browser import devtools_cookies
from rig.messages import Answer

pytestmark = pytest.mark.browser

SIXTY = {f"c{number}": f"value {number}, 50% & more" for number in range(60)}
CLASSIC = "browser: classic\nenforce: true\n"
PACK = CLASSIC + "rules: [{match: {cookie: 'c*'}, pack: jar}]"


def sets(*numbers):
    return Answer([f"Set-Cookie: c{number}={SIXTY[f'c{number}']}; Path=/".encode() for number in numbers])


def received(origin, path):
    """The cookies the application got at its last request for that path."""
    pairs = [pair.partition("=") for pair in origin.cookies_at(path)[-1].decode().split("; ") if pair]
    return {name: value for name, _, value in pairs}


def visit(context, origin):
    """All sixty, twenty at a time; then one is changed and one deleted."""
    page = context.pages[0] if context.pages else context.new_page()
    for start in (0, 20, 40):
        origin.answers[f"/set{start}"] = sets(*range(start, start + 20))
        page.goto(f"http://shop.example/set{start}")
    origin.answers["*"] = Answer([])
    page.goto("http://shop.example/all")
    origin.answers["/change"] = Answer([b"Set-Cookie: c7=changed; Path=/", b"Set-Cookie: c8=; Path=/; Max-Age=0"])
    page.goto("http://shop.example/change")
    page.goto("http://shop.example/changed")


def test_an_application_with_sixty_cookies_works_within_the_limits_of_a_classic_browser(proxy, origin, chromium):
    context = chromium(proxy(rules=PACK))
    visit(context, origin)
    assert received(origin, "/all") == SIXTY
    assert received(origin, "/changed") == {name: value for name, value in SIXTY.items() if name != "c8"} | {
        "c7": "changed"
    }
    cookies = devtools_cookies(context)
    assert {cookie["name"] for cookie in cookies} == {"jar"}
    assert all(len(cookie["name"]) + len(cookie["value"]) <= 4096 for cookie in cookies)


def test_without_the_pack_it_does_not(proxy, origin, chromium):
    context = chromium(proxy(rules=CLASSIC))
    visit(context, origin)
    assert len(received(origin, "/all")) == 20
    assert len(devtools_cookies(context)) <= 20
