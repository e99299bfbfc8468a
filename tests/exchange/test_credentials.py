"""Whether a browser takes the cookies of a response at all, by what its request said (Fetch 4.8; R3).

The rows are what Chromium 156 was seen to send and to do; tests/browser has the same with a real one.
"""

import pytest

from rig.conversation import OWN_NAVIGATION, SAME_ORIGIN_FETCH, Conversation, Headers, fetch

SHOP = "https://shop.example/"
CHROMIUM = ((b"Sec-CH-UA", b'"Not:A-Brand";v="8", "Chromium";v="156"'),)
OLD_CHROMIUM = ((b"Sec-CH-UA", b'"Not:A-Brand";v="8", "Chromium";v="110"'),)
ORIGIN = ((b"Origin", b"https://page.example"), (b"Referer", b"https://page.example/"))
PREFLIGHT = ((b"Access-Control-Request-Method", b"PUT"), *ORIGIN)

type Row = tuple[Headers, str, bytes | None]


def storage_access(value: bytes) -> Headers:
    return ((b"Sec-Fetch-Storage-Access", value),)


IGNORED, STORED, BLOCKED = "ignored no-credentials", "stored", "ignored third-party-blocked"
CROSS_CORS, SAME_SITE_CORS = fetch("cross-site", "cors", "empty"), fetch("same-site", "cors", "empty")
CROSS_IMAGE = (*fetch("cross-site", "no-cors", "image"), *ORIGIN)

REQUESTS = [
    pytest.param((*CROSS_CORS, *PREFLIGHT), "OPTIONS", None, IGNORED, id="preflight"),
    pytest.param(PREFLIGHT, "OPTIONS", None, IGNORED, id="preflight without metadata"),
    pytest.param(ORIGIN, "OPTIONS", b"known=1", STORED, id="OPTIONS of its own"),
    pytest.param(OWN_NAVIGATION, "GET", None, STORED, id="navigation after all was cleared"),
    pytest.param(SAME_ORIGIN_FETCH, "GET", None, STORED, id="fetch of the same origin after all was cleared"),
    pytest.param(fetch("same-site", "no-cors", "image"), "GET", None, STORED, id="image after all was cleared"),
    pytest.param(SAME_SITE_CORS, "GET", None, IGNORED, id="fetch beyond the origin"),
    pytest.param(SAME_SITE_CORS, "GET", b"known=1", STORED, id="fetch beyond the origin with credentials"),
    pytest.param(fetch("same-origin", "cors", "manifest"), "GET", None, IGNORED, id="manifest"),
    pytest.param(fetch("same-origin", "cors", "font"), "GET", b"known=1", STORED, id="font"),
    pytest.param((*CROSS_IMAGE, *storage_access(b"none")), "GET", None, BLOCKED, id="third party, blocked"),
    pytest.param((*CROSS_IMAGE, *storage_access(b"inactive")), "GET", None, BLOCKED, id="third party, not yet"),
    pytest.param((*CROSS_IMAGE, *storage_access(b"active")), "GET", b"known=1", STORED, id="third party, allowed"),
    pytest.param((*CROSS_CORS, *CHROMIUM, *ORIGIN), "GET", None, IGNORED, id="third party, anonymous"),
    pytest.param((*CROSS_CORS, *OLD_CHROMIUM, *ORIGIN), "GET", None, IGNORED, id="third party, none came"),
    pytest.param((*CROSS_CORS, *OLD_CHROMIUM, *ORIGIN), "GET", b"known=1", STORED, id="third party, some came"),
]


@pytest.mark.parametrize(("headers", "method", "cookie", "outcome"), REQUESTS)
def test_what_is_stored_of_a_response(headers: Headers, method: str, cookie: bytes | None, outcome: str) -> None:
    talk = Conversation()
    talk.answer(SHOP, b"known=1; SameSite=None; Secure", headers=OWN_NAVIGATION)
    asked = talk.request(SHOP, *(() if cookie is None else (cookie,)), headers=headers, method=method)
    told = talk.response(asked, b"new=1; SameSite=None; Secure")
    assert told.outcomes() == [f"new {outcome}"]
    assert told.fields == [b"new=1; SameSite=None; Secure"]


def test_nothing_that_could_have_come_proves_nothing() -> None:
    talk = Conversation()
    talk.answer(SHOP, b"strict=1; SameSite=Strict", b"deep=1; Path=/x", headers=OWN_NAVIGATION)
    told = talk.answer(SHOP, b"new=1; SameSite=None; Secure", headers=(*CROSS_CORS, *OLD_CHROMIUM))
    assert told.outcomes() == ["new stored"]


def test_a_browser_that_blocks_third_parties_takes_partitioned_cookies() -> None:
    talk = Conversation()
    headers = (*CROSS_IMAGE, *storage_access(b"none"))
    told = talk.answer(SHOP, b"p=1; SameSite=None; Secure; Partitioned", b"o=1; SameSite=None; Secure", headers=headers)
    assert told.outcomes() == ["p stored", f"o {BLOCKED}"]


def test_cookies_that_came_prove_that_the_request_was_same_site() -> None:
    talk = Conversation()
    talk.answer(SHOP, b"lax=1; SameSite=Lax", headers=OWN_NAVIGATION)
    redirected = fetch("cross-site", "no-cors", "image")
    told = talk.answer(SHOP, b"new=1; SameSite=Lax", headers=redirected)
    assert told.outcomes() == ["new ignored same-site-lax"]
    told = talk.answer(SHOP, b"new=1; SameSite=Lax", cookie=b"lax=1", headers=redirected)
    assert told.outcomes() == ["new stored"]


DATES = [
    pytest.param([b"Wed, 21 Oct 2037 07:28:00 GMT"], 0, id="as it should be"),
    pytest.param([b"Wed, 21 Oct 2037 07:28:00 +0300"], -3 * 3600, id="another zone"),
    pytest.param([b"soon"], None, id="no date"),
    pytest.param([b"Wed, 21 Oct 2037 07:28:00 GMT", b"Wed, 21 Oct 2037 09:28:00 GMT"], 0, id="the first of two"),
]


@pytest.mark.parametrize(("dates", "ahead"), DATES)
def test_expires_is_judged_by_the_servers_date(dates: list[bytes], ahead: int | None) -> None:
    talk = Conversation()
    asked = talk.request(SHOP)
    headers = [(b"Date", date) for date in dates]
    talk.response(asked, b"a=1; Expires=Wed, 21 Oct 2037 08:28:00 GMT", headers=headers)
    [cookie] = talk.client.mirror
    expected = talk.time + 3600 - (ahead or 0)
    if ahead is None:
        expected = talk.time + 400 * 86_400
    assert cookie.expiry_time == pytest.approx(expected)
