"""Words by which logins, logouts, private pages, ids in URLs and cookies of sessions are recognised, and their neighbours."""

import pytest

from cookieproxy.sessions.logins import (
    has_password,
    is_logout_for_sure,
    looks_like_login,
    looks_like_logout,
    looks_private,
    looks_public,
    takes_logins,
)
from cookieproxy.sessions.names import Kind, kind_of, may_be_id
from cookieproxy.sessions.urls import ids_in

ID = b"0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        *(
            (path, True)
            for path in (
                b"/login",
                b"/user/signin",
                b"/Account/LogOn",
                b"/auth",
                b"/oauth2/authorize",
                b"/wp-login.php",
            )
        ),
        *((path, True) for path in (b"/anmelden", b"/sessions/new", b"/login/", b"/log-in?next=/")),
        *(
            (path, False)
            for path in (b"/logout", b"/catalog_info", b"/dialog-online", b"/blogindex", b"/login.css", b"/logged-out")
        ),
        *((path, False) for path in (b"/author/ann", b"/signing-ceremony", b"/", b"/logout/success")),
    ],
)
def test_login_pages(path: bytes, expected: bool) -> None:
    assert looks_like_login(path) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        *(
            (path, True)
            for path in (b"/login", b"/user/login", b"/login.php", b"/api/sessions", b"/doLogin", b"/j_security_check")
        ),
        *(
            (path, False)
            for path in (b"/login/reset", b"/login/otp/send", b"/logout", b"/search", b"/api/auth/refresh")
        ),
    ],
)
def test_where_logins_are_posted_to(path: bytes, expected: bool) -> None:
    assert takes_logins(path) is expected


@pytest.mark.parametrize(
    ("target", "may", "does"),
    [
        *(
            (target, True, True)
            for target in (b"/logout", b"/user/sign-out", b"/logoff.aspx", b"/abmelden", b"/api/logout")
        ),
        *(
            (target, True, True)
            for target in (b"/index.php?action=logout", b"/wp-login.php?action=logout&_wpnonce=1", b"/?logout")
        ),
        *(
            (target, True, True)
            for target in (b"/oidc/end_session", b"/session/destroy", b"/?q=user/logout", b"/x?logout=1")
        ),
        *((target, True, False) for target in (b"/leave", b"/app/exit", b"/token/revoke", b"/disconnect?id=7")),
        *(
            (target, False, False)
            for target in (b"/login", b"/logged-out", b"/logout-success", b"/img/logout.png", b"/js/signout.js")
        ),
        *(
            (target, False, False)
            for target in (b"/catalog-outlet", b"/login?next=/logout", b"/x?logout=0", b"/blogoffers", b"/about")
        ),
    ],
)
def test_logouts(target: bytes, may: bool, does: bool) -> None:
    assert looks_like_logout(target) is may
    assert is_logout_for_sure(target) is does


def test_programs_log_out_by_deleting() -> None:
    assert is_logout_for_sure(b"/api/session", "DELETE")
    assert is_logout_for_sure(b"/auth/sessions/current", "DELETE")
    assert not looks_like_logout(b"/api/session")
    assert not looks_like_logout(b"/api/items/3", "DELETE")


@pytest.mark.parametrize(
    "path", [b"/account", b"/my/orders", b"/admin/users", b"/api/me", b"/user/profile.php", b"/mein-konto"]
)
def test_private_pages(path: bytes) -> None:
    assert looks_private(path)


@pytest.mark.parametrize(
    "path", [b"/", b"/about", b"/mystery", b"/media/1", b"/account/login", b"/theme", b"/products/42"]
)
def test_pages_that_may_be_for_everybody(path: bytes) -> None:
    assert not looks_private(path)


@pytest.mark.parametrize("path", [b"/", b"/index.php", b"/about", b"/blog/42", b"/products/42", b"/help.html"])
def test_pages_that_are_for_everybody(path: bytes) -> None:
    assert looks_public(path)


@pytest.mark.parametrize("path", [b"/x", b"/mystery", b"/account/help", b"/admin/products"])
def test_pages_that_may_be_for_nobody_else(path: bytes) -> None:
    assert not looks_public(path)


@pytest.mark.parametrize(
    "body",
    [
        b"user=ann&password=x",
        b"log=ann&pwd=x",
        b"j_password=x",
        b'{"password": "x"}',
        b"user[password]=x",
        b"u=a&pw=b",
        b"pass=x",
    ],
)
def test_passwords_in_bodies(body: bytes) -> None:
    assert has_password(body)


@pytest.mark.parametrize(
    "body", [b"user=ann&password=", b"q=password", b'{"token": "x"}', b"compass=north", b"", b"passenger=2"]
)
def test_no_passwords_in_bodies(body: bytes) -> None:
    assert not has_password(body)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(
            (name, Kind.KNOWN)
            for name in (b"sid", b"PHPSESSID", b"__Host-sid", b"session", b"app_session", b"connect.sid")
        ),
        *(
            (name, Kind.KNOWN)
            for name in (b"ASPSESSIONIDABCDEFGH", b".AspNetCore.Cookies", b".AspNetCore.Identity.Application")
        ),
        *(
            (name, Kind.NEVER)
            for name in (b"csrftoken", b"XSRF-TOKEN", b"_ga", b"lang", b"cookie_consent", b"ai_session", b"")
        ),
        *(
            (name, Kind.NEVER)
            for name in (b"_hjSession_1", b".AspNetCore.Antiforgery.abc", b".AspNetCore.Correlation.xyz")
        ),
        *((name, Kind.UNSURE) for name in (b"device_id", b"cart_id", b"myapp", b".AspNetCore.Culture")),
    ],
)
def test_names(name: bytes, kind: Kind) -> None:
    assert kind_of(name) is kind


@pytest.mark.parametrize(
    ("value", "expected"),
    [(ID, True), (b"1001", True), (b"true", False), (b"Anonymous", False), (b"abc", True), (b"", False)],
)
def test_values_that_are_no_ids_under_any_name(value: bytes, expected: bool) -> None:
    assert may_be_id(value) is expected


@pytest.mark.parametrize(
    ("target", "names"),
    [
        (b"/home;jsessionid=" + ID, [b"jsessionid"]),
        (b"/?PHPSESSID=" + ID + b"&a=b", [b"PHPSESSID"]),
        (b"/(S(lit3py55t21z5v55vlm25s55))/a.aspx", [b"ASP.NET_SessionId"]),
        (b"/app?sid=" + ID, [b"sid"]),
        (b"/app?sid=overview", []),
        (b"/socket.io/?EIO=4&sid=" + ID, []),
        (b"/paid?session_id=cs_live_" + ID, []),
        (b"/callback?session_state=" + ID, []),
        (b"/#jsessionid=" + ID, []),
    ],
)
def test_ids_in_urls(target: bytes, names: list[bytes]) -> None:
    assert [found.name for found in ids_in(target)] == names
