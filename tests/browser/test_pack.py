"""An application that sets more cookies than an old browser keeps lives within its limits once they are packed (R1, R7).

That without the pack only twenty remain is in test_enforce.
"""

import pytest

from rig.mirror import Watched, setting

pytestmark = pytest.mark.browser

RULES = "browser: classic\nenforce: true\nrules: [{match: {cookie: 'c*'}, pack: jar}]"
SIXTY = {b"c%d" % number: b"value %d, 50%% & more" % number for number in range(60)}


def received(watched: Watched, url: str) -> dict[bytes, bytes]:
    """The cookies the application gets."""
    pairs = [pair.partition(b"=") for pair in watched.cookie_header(url).split(b"; ") if pair]
    return {name: value for name, _, value in pairs}


def names_in(watched: Watched) -> set[str]:
    """What the cookies are called that the browser has."""
    return {cookie["name"] for cookie in watched.browser_cookies()}


def test_an_application_with_sixty_cookies_works_in_a_browser_with_room_for_twenty(watched: Watched) -> None:
    url = "http://portal.example/"
    fields = [b"%b=%b; Path=/" % pair for pair in SIXTY.items()]
    for start in (0, 20, 40):
        watched.visit(setting(url, *fields[start : start + 20]))
    assert received(watched, url) == SIXTY
    watched.visit(setting(url, b"c7=changed; Path=/", b"c8=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"))
    assert received(watched, url) == {name: value for name, value in SIXTY.items() if name != b"c8"} | {
        b"c7": b"changed"
    }
    assert names_in(watched) == {"jar"}


def test_long_cookies_of_several_kinds_need_several_packs_and_lose_nothing(watched: Watched) -> None:
    url = "https://wide.example/"
    kinds = [b"", b"; Secure; HttpOnly", b"; Expires=Wed, 21 Oct 2037 07:28:00 GMT"]
    sixty = {b"c%d" % number: b"%d" % number + b"x" * 150 for number in range(60)}
    fields = [b"%b=%b; Path=/%b" % (*pair, kinds[place % 3]) for place, pair in enumerate(sixty.items())]
    watched.visit(setting(url, *fields))
    assert received(watched, url) == sixty
    assert names_in(watched) == {"jar", "jar.2", "jar.3"}
    assert received(watched, "http://wide.example/") == {
        name: value for place, (name, value) in enumerate(sixty.items()) if place % 3 != 1
    }
    assert all(len(cookie["name"] + cookie["value"]) <= 4096 for cookie in watched.browser_cookies())
