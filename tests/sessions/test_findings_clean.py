"""Sites that do everything right: nothing at all is found, whoever visits them."""

from collections.abc import Callable
from typing import Any

import pytest
from mitmproxy.http import HTTPFlow

from rig.sessions import CHROME, LOGIN, NAVIGATION, Talk, an_id, tracked

A, B, C, D, E = (an_id(number) for number in range(1, 6))
CSRF = an_id(60)
GOOD = "; Path=/; Secure; HttpOnly; SameSite=Lax"
FETCH = ((b"Sec-Fetch-Site", b"same-origin"), (b"Sec-Fetch-Mode", b"cors"), (b"Sec-Fetch-Dest", b"empty"))
BARE_FETCH = ((b"Sec-Fetch-Site", b"cross-site"), (b"Sec-Fetch-Mode", b"cors"), (b"Sec-Fetch-Dest", b"empty"))
IMAGE = ((b"Sec-Fetch-Site", b"same-origin"), (b"Sec-Fetch-Mode", b"no-cors"), (b"Sec-Fetch-Dest", b"image"))
JSON = ((b"Content-Type", b"application/json"),)
KINDS: dict[str, dict[str, Any]] = {
    "a browser": {"fields": NAVIGATION, "agent": CHROME},
    "an old browser": {"fields": ((b"Accept", b"text/html"),), "agent": CHROME},
    "a program": {"fields": ((b"Accept", b"*/*"),), "agent": b"curl/8.15.0"},
    "nobody in particular": {"fields": (), "agent": b"test"},
}


class Said(Talk):
    """A talk by one kind of client."""

    kind: dict[str, Any]

    def ask(self, at: float, path: str = "/", sid: str | None = None, **more: Any) -> HTTPFlow:
        return super().ask(at, path, sid, **{**self.kind, **more})


SITES: list[Callable[[Said], None]] = []


def site(build: Callable[[Said], None]) -> Callable[[Said], None]:
    SITES.append(build)
    return build


@site
def login_and_logout(talk: Said) -> None:
    talk.name = "__Host-sid"
    talk.ask(0, "/", sets=A)
    talk.ask(2, "/login", A)
    talk.login(5, A, B)
    talk.uses((6, 7, 60, 600), B)
    talk.ask(700, "/logout", B, method="POST", to="/", sets=[f"__Host-sid=; Max-Age=0{GOOD}"])
    talk.ask(701, "/")
    talk.refuse(702)


@site
def a_new_guest_after_the_logout(talk: Said) -> None:
    talk.ask(0, "/", sets=A)
    talk.login(5, A, B)
    talk.uses((6, 7, 60, 600), B)
    talk.ask(700, "/logout", B, to="/logged-out", sets=C)
    talk.ask(701, "/logged-out", C)
    talk.ask(702, "/", C)
    talk.ask(703, "/logged-out", C)


@site
def a_wrong_password_first(talk: Said) -> None:
    talk.ask(0, "/login", sets=A)
    talk.ask(5, "/login", A, body=LOGIN)
    talk.ask(9, "/login", A, body=LOGIN, to="/login?error=1")
    talk.ask(10, "/login?error=1", A)
    talk.login(15, A, B)
    talk.uses((16, 20), B)


@site
def consent_and_counters(talk: Said) -> None:
    own = f"csrftoken={CSRF}; lang=de; cookie_consent=all; _ga=GA1.1.123456789.1700000000; _ga_X1Y2=GS1.1.17.1.0.1.0"
    talk.ask(
        0,
        "/",
        sets=[
            f"csrftoken={CSRF}; Path=/; Secure; SameSite=Lax; Max-Age=31449600",
            "lang=de; Path=/; Max-Age=31536000; Secure; SameSite=Lax",
            "cookie_consent=all; Path=/; Max-Age=15552000; Secure; SameSite=Lax",
        ],
    )
    talk.ask(2, "/login", cookie=own)
    talk.login(5, cookie=own, sets=[f"sessionid={A}; Max-Age=1209600{GOOD}"])
    talk.ask(6, "/", cookie=f"{own}; sessionid={A}")
    talk.ask(
        9, "/orders", cookie=f"{own}; sessionid={A}", sets=["lang=en; Path=/; Max-Age=31536000; Secure; SameSite=Lax"]
    )
    deletion = "sessionid=; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/"
    talk.ask(20, "/logout", cookie=f"{own}; sessionid={A}".replace("de", "en"), method="POST", to="/", sets=[deletion])
    talk.ask(21, "/", cookie=own.replace("de", "en"))


@site
def by_another_site(talk: Said) -> None:
    app, idp = "https://app.example", "https://idp.other.example"
    state = f"oauth_state={C}{GOOD}; Max-Age=600"
    talk.ask(0, "/", to="/login", base=app)
    talk.ask(1, "/login", to=f"{idp}/authorize?client_id=x&state={C}&nonce={D}", sets=[state], base=app)
    talk.ask(
        2,
        f"/authorize?client_id=x&state={C}",
        base=idp,
        sets=[f"idp_session={A}; Path=/; Secure; HttpOnly; SameSite=None"],
    )
    callback = f"/callback?code={D}&state={C}&session_state={E}"
    talk.login(
        5, cookie=f"idp_session={A}", base=idp, sets=[f"idp_session={B}; Path=/; Secure; HttpOnly; SameSite=None"]
    )
    talk.ask(
        6,
        callback,
        cookie=f"oauth_state={C}",
        base=app,
        to="/",
        sets=[f"app_session={E}{GOOD}", f"oauth_state=; Max-Age=0{GOOD}"],
    )
    talk.ask(7, "/", cookie=f"app_session={E}", base=app)
    talk.ask(
        70, "/logout", cookie=f"app_session={E}", base=app, to=f"{idp}/logout", sets=[f"app_session=; Max-Age=0{GOOD}"]
    )
    talk.ask(
        71,
        "/logout",
        cookie=f"idp_session={B}",
        base=idp,
        to=app,
        sets=["idp_session=; Max-Age=0; Path=/; Secure; SameSite=None"],
    )


@site
def one_page_and_an_interface(talk: Said) -> None:
    fetch: dict[str, Any] = {"fields": FETCH, "says": JSON} if talk.kind["fields"] == NAVIGATION else {"says": JSON}
    talk.ask(0, "/")
    talk.ask(0.2, "/logo.svg", fields=IMAGE)
    talk.ask(1, "/api/me", status=401, **fetch)
    talk.ask(5, "/api/login", body=b'{"email":"ann@shop.example","password":"letmein"}', sets=A, **fetch)
    for second in range(6, 20):
        talk.ask(second, f"/api/items?page={second}", A, **fetch)
        talk.ask(second + 0.1, f"/img/{second}.png", A, fields=IMAGE)
    talk.ask(20, "/font", base="https://cdn.shop.example", fields=BARE_FETCH)
    talk.ask(21, "/api/items/3", A, method="DELETE", status=204, **fetch)
    talk.ask(22, "/api/token/refresh", A, method="POST", body=b"{}", **fetch)
    talk.ask(30, "/api/logout", A, method="POST", status=204, sets=[f"sid=; Max-Age=0{GOOD}"], **fetch)
    talk.ask(31, "/api/me", status=401, **fetch)


@site
def many_requests_before_the_first_answer(talk: Said) -> None:
    for number in range(8):
        talk.ask(0.01 * number, f"/part/{number}", sets=an_id(100 + number), takes=0.5)
    talk.uses((2, 3, 4), an_id(107), "/part/0")


@site
def already_there(talk: Said) -> None:
    """The recording began late."""
    talk.ask(0, "/", A)
    talk.ask(1, "/login", A)
    talk.login(5, A, B)
    talk.uses((6, 7), B)
    talk.delete(9, B)


@site
def signed_in_for_long(talk: Said) -> None:
    talk.ask(0, "/account", A)
    talk.uses((1, 2, 3), A)
    talk.delete(9, A)


@site
def a_basket_of_a_guest(talk: Said) -> None:
    basket = f"basket_id={C}"
    talk.ask(0, "/", sets=[f"{basket}; Max-Age=2592000; Path=/; Secure; SameSite=Lax", f"sid={A}{GOOD}"])
    talk.ask(1, "/", cookie=f"{basket}; sid={A}")
    talk.login(5, cookie=f"{basket}; sid={A}", sets=B)
    talk.ask(6, "/account", cookie=f"{basket}; sid={B}")
    talk.delete(9, cookie=f"{basket}; sid={B}")
    talk.ask(10, "/", cookie=basket)


@site
def wordpress(talk: Said) -> None:
    hashed = an_id(9)
    logged_in, sec = f"wordpress_logged_in_{hashed}", f"wordpress_sec_{hashed}"
    value = "ann%7C1800172800%7Cq9JY2mJ0kR8n%7C" + an_id(70) + an_id(71)
    talk.ask(
        0, "/wp-login.php", sets=["wordpress_test_cookie=WP%20Cookie%20check; Path=/; Secure; HttpOnly; SameSite=Lax"]
    )
    talk.ask(
        5,
        "/wp-login.php",
        cookie="wordpress_test_cookie=WP%20Cookie%20check",
        body=b"log=ann&pwd=letmein&testcookie=1",
        to="/wp-admin/",
        sets=[f"{sec}={value}; Path=/wp-admin; Secure; HttpOnly; SameSite=Lax", f"{logged_in}={value}{GOOD}"],
    )
    test = "wordpress_test_cookie=WP%20Cookie%20check"
    talk.ask(6, "/wp-admin/", cookie=f"{sec}={value}; {test}; {logged_in}={value}")
    deletions = [
        f"{each}=%20; Max-Age=0; Path={path}; Secure"
        for each, path in ((sec, "/wp-admin"), (logged_in, "/"), (logged_in, "/wp"))
    ]
    talk.ask(
        9,
        "/wp-login.php?action=logout&_wpnonce=1f2e3d",
        cookie=f"{test}; {logged_in}={value}",
        to="/wp-login.php?loggedout=true",
        sets=deletions,
    )
    talk.ask(10, "/wp-login.php?loggedout=true", cookie=test)


@site
def a_value_that_changes_with_every_answer(talk: Said) -> None:
    """As Laravel's and Rails' do."""
    values = ["eyJpdiI6I" + an_id(200 + number) + an_id(300 + number) + "In0%3D" for number in range(12)]
    talk.name = "laravel_session"
    talk.ask(0, "/", sets=values[0])
    for number in range(1, 6):
        talk.ask(number, "/", values[number - 1], sets=values[number])
    talk.login(6, values[5], values[6])
    for number in range(7, 11):
        talk.ask(number, "/home", values[number - 1], sets=values[number])
    talk.ask(12, "/logout", values[10], method="POST", to="/", sets=values[11])
    talk.ask(13, "/", values[11])


@site
def aspnet_core(talk: Said) -> None:
    correlation, nonce = ".AspNetCore.Correlation.q1w2e3r4t5", ".AspNetCore.OpenIdConnect.Nonce.CfDJ8abcdef"
    none = "; Path=/signin-oidc; Secure; HttpOnly; SameSite=None"
    value = "CfDJ8" + an_id(80) + an_id(81)
    talk.ask(
        0,
        "/",
        to="https://idp.other.example/authorize?x=1",
        sets=[f"{correlation}=N; Max-Age=900{none}", f"{nonce}=N; Max-Age=900{none}"],
    )
    talk.ask(
        5,
        "/signin-oidc",
        cookie=f"{correlation}=N; {nonce}=N",
        method="POST",
        body=b"code=abc&state=def",
        to="/",
        sets=[f"{correlation}=; Max-Age=0{none}", f"{nonce}=; Max-Age=0{none}", f".AspNetCore.Cookies={value}{GOOD}"],
    )
    talk.ask(6, "/", cookie=f".AspNetCore.Cookies={value}")
    talk.ask(
        7,
        "/",
        cookie=f".AspNetCore.Cookies={value}",
        sets=[f".AspNetCore.Antiforgery.abcdefgh=CfDJ8{an_id(82)}; Path=/; HttpOnly; SameSite=Strict; Secure"],
    )


@site
def a_cookie_whose_end_is_pushed_out(talk: Said) -> None:
    talk.flags = GOOD + "; Max-Age=1200"
    talk.login(0, None, A)
    for second in range(60, 6_000, 300):
        talk.ask(second, "/account", A, sets=A)
    talk.ask(9_000, "/account", to="/login")
    talk.login(9_005, None, B)
    talk.ask(9_006, "/account", B)


@site
def too_long_without_a_request(talk: Said) -> None:
    talk.login(0, None, A)
    talk.uses((1, 60, 120, 600), A)
    talk.ask(2_500, "/account", A, to="/login", sets=[f"sid=; Max-Age=0{GOOD}"])
    talk.login(2_510, None, B)
    talk.ask(2_511, "/account", B)


@site
def several_people(talk: Said) -> None:
    for number in range(4):
        more = {"address": f"10.0.0.{number}"}
        talk.ask(number, "/", sets=an_id(400 + number), **more)
        talk.login(10 + number, an_id(400 + number), an_id(500 + number), **more)
        talk.ask(20 + number, "/account", an_id(500 + number), **more)
        talk.delete(30 + number, an_id(500 + number), **more)


@site
def a_password_that_is_changed(talk: Said) -> None:
    talk.login(0, None, A)
    talk.ask(1, "/settings/password", A)
    talk.ask(9, "/settings/password", A, body=b"old_password=a&new_password=b", to="/settings")
    talk.ask(10, "/settings", A)


@site
def clocks_that_nearly_agree(talk: Said) -> None:
    for second in (1, 5, 9):
        talk.ask(second, "/", says=[(b"Date", f"Fri, 15 Jan 2027 08:00:{second + 3:02} GMT".encode())])


@site
def cached_pictures(talk: Said) -> None:
    talk.ask(0, "/", sets=A)
    talk.ask(1, "/a.png", A, fields=IMAGE, says=[(b"Date", b"Fri, 01 Jan 2027 08:00:00 GMT"), (b"Age", b"1234567")])
    talk.ask(2, "/b.css", base="https://cdn.example", fields=IMAGE, says=[(b"Date", b"Fri, 01 Jan 2027 08:00:00 GMT")])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("build", SITES, ids=lambda build: build.__name__.replace("_", " "))
def test_nothing_is_found(build: Callable[[Said], None], kind: str) -> None:
    talk = Said()
    talk.kind = KINDS[kind]
    build(talk)
    found = tracked(talk, "browser: auto\n").findings
    assert [(each.code, each.cookie, each.evidence[-1].said) for each in found] == []


def test_the_sites_have_sessions() -> None:
    """Otherwise it would be easy to find nothing."""
    for build in SITES[:17]:
        talk = Said()
        talk.kind = KINDS["a browser"]
        build(talk)
        assert tracked(talk).sessions, build.__name__
