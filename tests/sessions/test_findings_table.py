"""Every finding beside its nearest innocent neighbour: one thing differs, and with it all that is found (R2, R3, R8, R11 … R36).

A case is a conversation with a flag that says whether the one thing is wrong. It is told by a browser that says what it navigates
to, and by a program that says nothing; what is found must be the same, and nothing else is found.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from mitmproxy.http import HTTPFlow

from cookieproxy.sessions.catalogue import CODES
from rig.sessions import CHROME, LOGIN, NAVIGATION, Talk, an_id, tracked

A, B, C, D = (an_id(number) for number in range(1, 5))
CURL = b"curl/8.15.0"
KINDS: dict[str, dict[str, Any]] = {
    "a browser": {"fields": NAVIGATION, "agent": CHROME},
    "a program": {"fields": ((b"Accept", b"*/*"),), "agent": CURL},
}
GOOD = "; Path=/; Secure; HttpOnly; SameSite=Lax"
HTTP = "http://shop.example"
WWW = "https://www.shop.example"
OTHER_CLIENT = "10.0.0.2"


@dataclass
class Said(Talk):
    """A talk by one kind of client."""

    kind: dict[str, Any] = field(default_factory=lambda: KINDS["a browser"])

    def ask(self, at: float, path: str = "/", sid: str | None = None, **more: Any) -> HTTPFlow:
        return super().ask(at, path, sid, **{**self.kind, **more})


type Build = Callable[[Said, bool], None]


@dataclass(frozen=True)
class Case:
    """One conversation, and what is found in it if the one thing is wrong, and if it is not."""

    build: Build
    codes: tuple[str, ...]
    innocent: tuple[str, ...] = ()
    rules: str = "browser: chrome\n"


CASES: list[Case] = []


def case(*codes: str, **more: Any) -> Callable[[Build], Build]:
    """Enters a conversation in the table."""

    def enter(build: Build) -> Build:
        CASES.append(Case(build, tuple(sorted(codes)), **more))
        return build

    return enter


def name(row: Case) -> str:
    return f"{row.codes[0]}: {row.build.__name__.replace('_', ' ')}"


# -- attributes --------------------------------------------------------------------------------------------------------


@case("missing-secure")
def without_secure(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=[f"sid={A}; Path=/; HttpOnly; SameSite=Lax" + ("" if wrong else "; Secure")])
    talk.ask(1, "/", A)


@case("missing-secure")
def set_again_without(talk: Said, wrong: bool) -> None:
    talk.flags = "; Path=/; HttpOnly; SameSite=Lax" + ("" if wrong else "; SECURE")
    talk.ask(0, sets=A)
    for second in range(1, 5):
        talk.ask(second, "/", A, sets=A)


@case("missing-httponly")
def without_httponly(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=[f"sid={A}; Path=/; Secure; SameSite=Lax" + ("" if wrong else "; HttpOnly")])
    talk.ask(1, "/", A)


@case(*["missing-httponly"] * 6)
def in_every_name(talk: Said, wrong: bool) -> None:
    flags = "; Path=/; Secure; SameSite=Strict" + ("" if wrong else "; HttpOnly")
    for second, known in enumerate(("PHPSESSID", "JSESSIONID", "sessionid", "session", "__Host-sid", "connect.sid")):
        talk.ask(second, sets=[f"{known}={an_id(second)}{flags}"], base=f"https://{second}.example")


@case("missing-samesite")
def without_samesite(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=[f"sid={A}; Path=/; Secure; HttpOnly" + ("" if wrong else "; SameSite=None")])
    talk.ask(1, "/", A)


@case("missing-samesite")
def with_an_unknown_samesite(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=[f"sid={A}; Path=/; Secure; HttpOnly; SameSite=" + ("loose" if wrong else "strict")])


@case("missing-secure", "missing-httponly", "missing-samesite")
def without_anything(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=[f"{'sid' if wrong else 'theme'}={A if wrong else 'dark'}"])
    talk.ask(1, "/", cookie=f"sid={A}" if wrong else "theme=dark")


@case("plain-http")
def over_http(talk: Said, wrong: bool) -> None:
    base, flags = (HTTP, "") if wrong else ("https://shop.example", "; Secure")
    talk.ask(0, sets=[f"sid={A}; Path=/; HttpOnly; SameSite=Lax{flags}"], base=base)
    talk.ask(1, "/", A, base=base)


@case("plain-http")
def a_good_cookie_sent_over_http(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(1, "/", A)
    talk.ask(2, "/", A if wrong else None, base=HTTP)
    talk.ask(3, "/", A)


@case("plain-http")
def seen_for_the_first_time_over_http(talk: Said, wrong: bool) -> None:
    talk.ask(0, "/", cookie=f"JSESSIONID={A}", base=HTTP if wrong else "https://shop.example")


@case("plain-http")
def over_http_in_vain(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(1, "/", A)
    talk.ask(
        2,
        "/",
        base=HTTP,
        sets=[f"{'sid' if wrong else 'theme'}={B if wrong else 'dark'}; Path=/; HttpOnly; SameSite=Lax"],
    )


@case("scope-wide")
def for_the_whole_domain(talk: Said, wrong: bool) -> None:
    domain = "shop.example" if wrong else "www.shop.example"
    talk.ask(0, sets=[f"sid={A}; Domain={domain}{GOOD}"], base=WWW)
    talk.ask(1, "/", A, base=WWW)


@case("attribute-downgrade")
def set_again_without_httponly(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(1, "/", A, sets=[f"sid={A}; Path=/; Secure; SameSite=Lax" + ("" if wrong else "; HttpOnly")])
    talk.ask(2, "/", A)


@case("attribute-downgrade")
def a_new_id_without_secure(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.login(1, A, sets=[f"sid={B}; Path=/; HttpOnly; SameSite=Lax" + ("" if wrong else "; Secure")])
    talk.ask(2, "/account", B)


@case("attribute-downgrade")
def by_the_path_that_is_its_default(talk: Said, wrong: bool) -> None:
    talk.ask(0, "/", sets=A)
    talk.ask(1, "/login", A, sets=[f"sid={A}; Secure" if wrong else f"sid={A}; Secure; HttpOnly; SameSite=Lax"])


@case("attribute-downgrade")
def of_any_cookie(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=["lang=de; Path=/; Secure; SameSite=Lax"])
    talk.ask(
        1, cookie="lang=de", sets=["lang=en; Path=/; Secure" if wrong else "lang=en; Path=/; Secure; SameSite=Lax"]
    )
    talk.ask(2, cookie="lang=en")


@case("attribute-downgrade")
def a_deletion_needs_no_flags(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=["cart=4711; Path=/; Secure; SameSite=Lax"])
    talk.ask(1, cookie="cart=4711", sets=["cart=4712; Path=/" if wrong else "cart=; Path=/"])


@case("duplicate-name")
def of_two_paths(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=[f"cart=1111; Path=/{GOOD[8:]}"])
    talk.ask(1, "/shop/", cookie="cart=1111", sets=[f"cart=2222; Path=/shop{GOOD[8:]}"])
    talk.ask(2, "/shop/" if wrong else "/", cookie="cart=2222; cart=1111" if wrong else "cart=1111")


# -- paths -------------------------------------------------------------------------------------------------------------


@case("path-case")
def a_link_in_another_case(talk: Said, wrong: bool) -> None:
    talk.flags = "; Path=/App; Secure; HttpOnly; SameSite=Lax"
    talk.ask(0, "/App/", sets=A)
    talk.ask(1, "/App/one", A)
    talk.ask(2, "/app/two" if wrong else "/apple/two")


@case("path-case")
def unless_it_leads_to_the_right_one(talk: Said, wrong: bool) -> None:
    talk.flags = "; Path=/App; Secure; HttpOnly; SameSite=Lax"
    talk.ask(0, "/App/", sets=A)
    talk.ask(1, "/App/one", A)
    talk.ask(2, "/app/one", to="/login" if wrong else "/App/one")


@case("path-case")
def unless_there_is_no_such_page(talk: Said, wrong: bool) -> None:
    talk.flags = "; Path=/App; Secure; HttpOnly; SameSite=Lax"
    talk.ask(0, "/App/", sets=A)
    talk.ask(1, "/App/one", A)
    talk.ask(2, "/app/one", status=200 if wrong else 404)


# -- logins ------------------------------------------------------------------------------------------------------------


@case("not-rotated")
def the_same_id_after_a_login(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.login(5, A, None if wrong else B)
    talk.ask(6, "/account", A if wrong else B)


@case("not-rotated")
def the_same_id_set_again(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.login(5, A, A if wrong else B)
    talk.ask(6, "/account", A if wrong else B)


@case("not-rotated")
def a_login_that_a_page_answers(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(5, "/login", A, body=LOGIN)
    talk.ask(6, "/account", A, **({} if wrong else {"to": "/login"}))


@case("not-rotated")
def a_login_of_a_program(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(5, "/api/v1/users", A, body=b'{"user":"ann","password":"x"}', status=204 if wrong else 401)
    talk.ask(6, "/", A)


@case("not-rotated")
def a_login_of_which_only_the_address_tells(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(5, "/user/login", A, method="POST", to="/" if wrong else "/user/login?error=1")
    talk.ask(6, "/", A)


@case("not-rotated")
def unless_another_cookie_is_the_session(talk: Said, wrong: bool) -> None:
    mine = "" if wrong else f"; auth_token={C}"
    talk.ask(0, sets=A)
    talk.login(5, A, sets=None if wrong else [f"auth_token={C}{GOOD}"])
    talk.ask(6, "/account", cookie=f"sid={A}{mine}")


@case("not-rotated")
def what_is_remembered_is_no_session(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    remember = f"remember_token={C}; Max-Age=1000{GOOD}"
    talk.login(5, A, sets=[remember] if wrong else [remember, f"sid={B}{GOOD}"])
    talk.ask(6, "/account", cookie=f"sid={A if wrong else B}; remember_token={C}")


@case("not-rotated")
def a_basket_may_stay(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=[f"sid={A}{GOOD}", f"basket={C}; Path=/; Secure; HttpOnly; SameSite=Lax"])
    talk.login(5, cookie=f"sid={A}; basket={C}", sets=None if wrong else B)
    talk.ask(6, "/account", cookie=f"sid={A if wrong else B}; basket={C}")


@case("fixation", "not-rotated")
def an_id_that_nobody_issued(talk: Said, wrong: bool) -> None:
    talk.ask(0, "/login", A)
    talk.login(5, A, None if wrong else B)
    talk.ask(6, "/account", A if wrong else B)


@case("fixation", "not-rotated", innocent=("not-rotated",))
def an_id_that_was_not_the_first(talk: Said, wrong: bool) -> None:
    talk.ask(0, "/", sets=None if wrong else A)
    talk.login(5, A)
    talk.ask(6, "/account", A)


@case("fixation")
def in_place_of_its_own(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(1, "/", A)
    talk.ask(5, "/", B, sets=None if wrong else C)
    talk.ask(6, "/", B if wrong else C)


@case("fixation")
def after_it_came_without(talk: Said, wrong: bool) -> None:
    talk.name = "PHPSESSID"
    talk.ask(0, "/", sets=None if wrong else A)
    talk.ask(5, "/", A)
    talk.ask(6, "/", A)


@case("fixation")
def what_was_there_before_is_no_evidence(talk: Said, wrong: bool) -> None:
    talk.name = "PHPSESSID"
    talk.ask(0, "/", None if wrong else A)
    talk.ask(5, "/", A)


@case("fixation")
def nor_what_may_have_another_path(talk: Said, wrong: bool) -> None:
    talk.name = "PHPSESSID"
    talk.ask(0, "/app/" if wrong else "/")
    talk.ask(5, "/app/", A)


@case("fixation")
def two_browsers_that_look_like_one(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(1, "/", A)
    talk.ask(5, "/", B)
    talk.ask(6, "/", B if wrong else A)
    talk.ask(7, "/", B)


@case("fixation", "id-in-url", innocent=("id-in-url",))
def set_from_the_url(talk: Said, wrong: bool) -> None:
    talk.name = "JSESSIONID"
    talk.ask(0, f"/;jsessionid={A}", sets=A if wrong else B)
    talk.ask(5, "/", A if wrong else B)


@case("fixation", "id-in-url", innocent=("id-in-url",))
def set_from_the_query(talk: Said, wrong: bool) -> None:
    talk.name = "PHPSESSID"
    if not wrong:
        talk.ask(0, "/", sets=A)
    talk.ask(4, f"/?PHPSESSID={A}", None, sets=A)
    talk.ask(5, "/", A)


@case("fixation", "id-in-url", innocent=("id-in-url",))
def taken_from_the_url(talk: Said, wrong: bool) -> None:
    talk.name = "PHPSESSID"
    talk.ask(0, "/", sets=B)
    talk.ask(1, "/", B)
    talk.ask(4, f"/?PHPSESSID={A if wrong else B}")
    talk.ask(5, f"/?PHPSESSID={A if wrong else B}")


# -- logouts -----------------------------------------------------------------------------------------------------------


@case("logout-incomplete")
def a_logout_that_leaves_the_cookie(talk: Said, wrong: bool) -> None:
    talk.login(0, None, A)
    talk.ask(1, "/account", A)
    talk.ask(5, "/logout", A, method="POST", to="/", sets=None if wrong else ["sid=; Path=/; Max-Age=0"])


@case("logout-incomplete")
def a_logout_that_a_page_answers(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(1, "/", A)
    talk.ask(5, "/logout", A, sets=None if wrong else ["sid=deleted; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"])


@case("logout-incomplete")
def a_logout_with_a_new_id(talk: Said, wrong: bool) -> None:
    talk.login(0, None, A)
    talk.ask(1, "/account", A)
    talk.ask(5, "/logout", A, method="POST", to="/", sets=None if wrong else B)
    talk.ask(6, "/", A if wrong else B)


@case("logout-incomplete")
def a_logout_at_once(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(5, "/logout", A, method="POST", status=200 if wrong else 403)


@case("logout-incomplete")
def by_a_query(talk: Said, wrong: bool) -> None:
    talk.ask(0, "/index.php", sets=A)
    talk.ask(1, "/index.php?action=view", A)
    talk.ask(5, "/index.php?action=" + ("logout" if wrong else "list&next=logout.php"), A, to="/")


@case("logout-incomplete")
def by_a_method(talk: Said, wrong: bool) -> None:
    talk.login(0, None, A)
    talk.ask(1, "/account", A)
    talk.ask(5, "/api/session" if wrong else "/api/basket", A, method="DELETE", status=204)


@case("logout-incomplete")
def a_page_that_asks_first(talk: Said, wrong: bool) -> None:
    talk.login(0, None, A)
    talk.ask(1, "/account", A)
    talk.ask(5, "/logout", A)
    talk.ask(6, "/logout", A, method="POST", to="/", sets=None if wrong else ["sid=; Path=/; Max-Age=0"])


@case("logout-incomplete")
def what_is_not_a_logout(talk: Said, wrong: bool) -> None:
    talk.login(0, None, A)
    for second, path in enumerate(("/account", "/images/logout.svg", "/logged-out", "/leave?from=monday"), 1):
        talk.ask(second, path, A)
    talk.ask(6, "/signout" if wrong else "/sign-up", A)


@case("logout-incomplete")
def what_may_stay(talk: Said, wrong: bool) -> None:
    basket = f"basket={C}"
    talk.ask(0, sets=[f"sid={A}{GOOD}", f"{basket}{GOOD}"])
    talk.ask(1, cookie=f"sid={A}; {basket}")
    talk.ask(5, "/logout", cookie=f"sid={A}; {basket}", sets=None if wrong else ["sid=; Path=/; Max-Age=0"])


@case("alive-after-logout")
def an_id_that_is_good_after_its_logout(talk: Said, wrong: bool) -> None:
    talk.login(0, None, A)
    talk.ask(1, "/basket", A)
    talk.delete(5, A)
    talk.ask(9, "/basket", A, **({} if wrong else {"to": "/login"}))


@case("alive-after-logout")
def a_private_page_that_is_new(talk: Said, wrong: bool) -> None:
    talk.login(0, None, A)
    talk.delete(5, A)
    talk.ask(9, "/my/orders" if wrong else "/imprint", A)


@case("alive-after-logout")
def a_page_for_everybody(talk: Said, wrong: bool) -> None:
    talk.ask(0, "/basket" if not wrong else "/")
    talk.login(1, None, A)
    talk.ask(2, "/basket", A)
    talk.delete(5, A)
    talk.ask(9, "/basket", A)


@case("alive-after-logout", "logout-incomplete", innocent=("logout-incomplete",))
def a_logout_that_does_nothing(talk: Said, wrong: bool) -> None:
    talk.login(0, None, A)
    page = "/account" if wrong else "/"
    talk.ask(1, page, A)
    talk.ask(5, "/logout", A, method="POST", to="/")
    talk.ask(6, page, A)


@case("alive-after-logout", "shared-id", innocent=("shared-id",))
def a_stolen_id(talk: Said, wrong: bool) -> None:
    talk.login(0, None, A)
    talk.ask(1, "/account", A)
    talk.delete(5, A)
    talk.ask(9, "/account", A, address=OTHER_CLIENT, status=200 if wrong else 401)


@case("deletion-misses")
def by_its_path(talk: Said, wrong: bool) -> None:
    talk.flags = "; Path=/app; Secure; HttpOnly; SameSite=Lax"
    talk.ask(0, "/app/", sets=A)
    talk.ask(1, "/app/one", A)
    talk.ask(5, "/app/logout", A, sets=[f"sid=; Path={'/' if wrong else '/app'}; Max-Age=0"], to="/")


@case("deletion-misses", "scope-wide", innocent=("scope-wide",))
def by_its_domain(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=[f"sid={A}; Domain=shop.example{GOOD}"], base=WWW)
    talk.ask(1, "/", A, base=WWW)
    domain = "" if wrong else "; Domain=shop.example"
    talk.ask(5, "/logout", A, sets=[f"sid=; Path=/; Max-Age=0{domain}"], to="/", base=WWW)


@case("deletion-misses")
def by_its_prefix(talk: Said, wrong: bool) -> None:
    talk.name = "__Host-sid"
    talk.login(0, None, A)
    talk.ask(1, "/account", A)
    talk.ask(5, "/logout", A, sets=["__Host-sid=; Path=/; Max-Age=0" + ("" if wrong else "; Secure")], to="/")


@case("deletion-misses")
def in_several_scopes(talk: Said, wrong: bool) -> None:
    talk.flags = "; Path=/app; Secure; HttpOnly; SameSite=Lax"
    talk.ask(0, "/app/", sets=A)
    talk.ask(1, "/app/one", A)
    scopes = ["/", "/old"] if wrong else ["/", "/app", "/old"]
    talk.ask(5, "/app/logout", A, sets=[f"sid=; Path={path}; Max-Age=0" for path in scopes], to="/")


@case("deletion-misses")
def though_it_did_not_come(talk: Said, wrong: bool) -> None:
    talk.flags = f"; Path={'/app' if wrong else '/'}; Secure; HttpOnly; SameSite=Lax"
    talk.ask(0, "/app/", sets=A)
    talk.ask(1, "/app/one", A)
    talk.ask(5, "/logout", None if wrong else A, sets=["sid=; Path=/; Max-Age=0"], to="/")


@case("deletion-misses")
def of_what_is_no_session(talk: Said, wrong: bool) -> None:
    talk.ask(0, "/app/", sets=["cart=4711; Path=/app; Secure"])
    talk.ask(1, "/app/one", cookie="cart=4711")
    talk.ask(5, "/app/two", cookie="cart=4711", sets=[f"cart=; Path={'/' if wrong else '/app'}; Max-Age=0"])


@case("deletion-misses")
def unless_nobody_knows_its_scope(talk: Said, wrong: bool) -> None:
    talk.ask(0, "/app/", sets=["cart=4711; Secure"] if wrong else None)
    talk.ask(1, "/app/one", cookie="cart=4711")
    talk.ask(5, "/app/two", cookie="cart=4711", sets=["cart=; Path=/other; Max-Age=0"])


@case("resurrection")
def a_late_answer(talk: Said, wrong: bool) -> None:
    talk.login(0, None, A)
    talk.ask(1, "/account", A)
    talk.ask(10, "/slow", A, takes=5, sets=A if wrong else None)
    talk.delete(11, A)
    talk.ask(20, "/account", A if wrong else None)


@case("resurrection")
def a_late_answer_after_a_new_id(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(1, "/", A)
    talk.ask(10, "/slow", A, takes=5, sets=A if wrong else ["seen=yes; Path=/; Secure; SameSite=Lax"])
    talk.login(11, A, B)
    talk.ask(12, "/account", B)


@case("resurrection")
def unless_it_came_in_time(talk: Said, wrong: bool) -> None:
    talk.login(0, None, A)
    talk.ask(1, "/account", A)
    talk.ask(10, "/slow", A, takes=5 if wrong else 0.5, sets=A)
    talk.delete(11, A)


# -- sessions that are lost --------------------------------------------------------------------------------------------


@case("churn")
def none_comes_back(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(5, sets=B)
    talk.ask(10, sid=None if wrong else B, sets=C if wrong else None)


@case("churn", innocent=("refused-by-client", "refused-by-client"))
def because_cookies_are_refused(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=[f"sid={A}{GOOD}", "lang=de; Path=/; Secure; SameSite=Lax"])
    talk.ask(5, sets=[f"sid={B}{GOOD}"] if wrong else None)
    talk.ask(10, sets=[f"sid={C}{GOOD}"] if wrong else None)
    talk.ask(15, sets=[f"sid={D}{GOOD}"] if wrong else None)


@case("churn")
def all_at_once(talk: Said, wrong: bool) -> None:
    for number in range(6):
        talk.ask(number * (5 if wrong else 0.01), f"/part/{number}", sets=an_id(100 + number))
    talk.ask(60, "/", an_id(105))


@case("churn")
def by_its_path_that_does_not_cover(talk: Said, wrong: bool) -> None:
    talk.flags = f"; Path={'/App' if wrong else '/'}; Secure; HttpOnly; SameSite=Lax"
    talk.ask(0, "/start", sets=A)
    for number in range(1, 4):
        talk.ask(5 * number, "/start", None if wrong else A, sets=an_id(200 + number) if wrong else None)


@case("churn")
def by_its_domain_that_is_not_the_hosts(talk: Said, wrong: bool) -> None:
    domain = "; Domain=other.example" if wrong else ""
    for number in range(3):
        field = [f"sid={an_id(300 + number)}{domain}{GOOD}"] if wrong or not number else None
        talk.ask(5 * number, "/", None if wrong or not number else an_id(300), sets=field)


@case("churn", innocent=("id-in-url", "refused-by-client"))
def those_that_come_in_the_url(talk: Said, wrong: bool) -> None:
    talk.name = "JSESSIONID"
    for number in range(4):
        talk.ask(5 * number, "/", sets=an_id(number))
        talk.ask(5 * number + 2, "/page" + ("" if wrong else f";jsessionid={an_id(number)}"))


@case("churn")
def secure_over_http(talk: Said, wrong: bool) -> None:
    for number in range(4):
        talk.ask(5 * number, "/", base=HTTP, sets=[f"{'sid' if wrong else 'csrftoken'}={an_id(number)}{GOOD}"])


@case("collected-while-active")
def lost_in_use(talk: Said, wrong: bool) -> None:
    talk.login(0, None, A)
    talk.uses((1, 300, 310, 320, 330), A)
    talk.refuse(340 if wrong else 3_000, A)


@case("cookie-outlives-session")
def a_cookie_of_two_weeks(talk: Said, wrong: bool) -> None:
    talk.flags = GOOD + ("; Max-Age=1209600" if wrong else "; Max-Age=9000")
    talk.login(0, None, A)
    talk.ask(1, "/account", A)
    talk.refuse(3_700, A)


# -- where ids go ------------------------------------------------------------------------------------------------------


@case("shared-id")
def from_another_address(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(1, "/", A)
    talk.ask(5, "/", A if wrong else B, address=OTHER_CLIENT)


@case("shared-id")
def from_another_browser(talk: Said, wrong: bool) -> None:
    talk.name = "myapp"
    talk.ask(0, sets=A)
    talk.ask(1, "/", A)
    talk.ask(5, "/", A, agent=b"Lynx/2.9" if wrong else talk.kind["agent"])


@case("shared-id")
def from_a_cache(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(5, sets=A if wrong else B, address=OTHER_CLIENT)


@case("id-in-url")
def after_a_semicolon(talk: Said, wrong: bool) -> None:
    talk.name = "JSESSIONID"
    talk.ask(0, "/", sets=A)
    talk.ask(1, f"/home;{'jsessionid' if wrong else 'version'}={A if wrong else B}", A)


@case("id-in-url")
def in_a_query(talk: Said, wrong: bool) -> None:
    talk.ask(0, f"/list?{'PHPSESSID' if wrong else 'page'}={B}&n=1")


@case("id-in-url")
def in_the_path_of_aspnet(talk: Said, wrong: bool) -> None:
    talk.ask(0, "/shop/(S(lit3py55t21z5v55vlm25s55))/list.aspx" if wrong else "/shop/(S)/list.aspx")


@case("id-in-url")
def the_cookies_own_value(talk: Said, wrong: bool) -> None:
    talk.ask(0, "/", sets=A)
    talk.ask(1, f"/download?key={A if wrong else B}", A)


@case("id-in-url")
def where_a_redirect_leads(talk: Said, wrong: bool) -> None:
    talk.name = "JSESSIONID"
    talk.ask(0, "/", sets=A, to="/home" + (f";jsessionid={A}" if wrong else ""))


@case("id-in-url")
def what_only_looks_like_one(talk: Said, wrong: bool) -> None:
    talk.ask(0, f"/socket.io/?EIO=4&transport=polling&sid={A[:20]}")
    talk.ask(1, "/paid?session_id=cs_test_a1b2c3d4e5f6a7b8c9d0")
    talk.ask(2, "/search?sid=overview")
    talk.ask(3, f"/callback?code={A}&state={B}&session_state={C}")
    talk.ask(4, f"/app?sid={D}" if wrong else "/app")


@case("id-in-referer")
def to_another_site(talk: Said, wrong: bool) -> None:
    page = f"https://shop.example/?PHPSESSID={A}".encode()
    there = "https://cdn.example" if wrong else "https://img.shop.example"
    talk.ask(0, "/lib", base=there, fields=(*talk.kind["fields"], (b"Referer", page)))


@case("id-in-referer", "id-in-url", innocent=("id-in-url",))
def an_id_that_is_known(talk: Said, wrong: bool) -> None:
    talk.ask(0, "/", sets=A)
    talk.ask(1, f"/page?key={A}", A)
    page = f"https://shop.example/page?key={A if wrong else B}".encode()
    talk.ask(2, "/", base="https://other.example", fields=(*talk.kind["fields"], (b"Referer", page)))


# -- values ------------------------------------------------------------------------------------------------------------


@case("sensitive-value")
def an_address(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=[f"contact={'ann%40shop.example' if wrong else 'ann-shop-example'}; Path=/; Secure"])


@case("sensitive-value")
def a_card(talk: Said, wrong: bool) -> None:
    talk.ask(0, cookie=f"card={'4111111111111111' if wrong else '4111111111111112'}")


@case("weak-id")
def ids_that_count(talk: Said, wrong: bool) -> None:
    for number in range(8):
        sid = f"{100_000_000_000 + number}" if wrong else an_id(number)
        talk.ask(number, sets=sid, address=f"10.0.0.{number}")


@case("weak-id")
def an_id_of_a_few_characters(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A[:10] if wrong else A)


@case("weak-id")
def what_is_signed_is_no_id(talk: Said, wrong: bool) -> None:
    talk.name = "session"
    signed = "eyJfZnJlc2giOmZhbHNlLCJ1IjoxfQ.aGVsbG8.fE9bV3ZkzqQ0yI3v1dJcZ0XkT5c"
    talk.ask(0, sets="1f3a9" if wrong else signed)


# -- limits and clocks -------------------------------------------------------------------------------------------------


@case("near-eviction", rules="browser: classic\n")
def nearly_all_that_a_browser_keeps(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(1, "/", A, sets=[f"c{number}=1; Path=/" for number in range(17 if wrong else 16)])


@case("near-eviction", rules="browser: classic\n")
def unless_others_have_to_leave_first(talk: Said, wrong: bool) -> None:
    fields = [f"c{number}=1; Path=/" for number in range(17)]
    mine = [f"sid={A}{GOOD}"]
    talk.ask(0, sets=[*mine, *fields] if wrong else [*fields, *mine])


@case("near-eviction")
def in_a_browser_of_today(talk: Said, wrong: bool) -> None:
    secure = "; Secure" if wrong else ""
    talk.flags = "; Path=/shop; Secure; HttpOnly; SameSite=Lax"
    talk.ask(0, "/shop", sets=A)
    talk.ask(1, "/shop", A)
    for part in range(17):
        talk.ask(100 + part, f"/{part}", sets=[f"c{part}-{n}=1; Path=/{part}{secure}" for n in range(10)])


@case("near-eviction", rules="browser: classic\n")
def thrown_out(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=A)
    talk.ask(1, "/", A)
    count = 25 if wrong else 5
    talk.ask(2, "/", A, sets=[f"c{number}=1; Path=/" for number in range(count)])


@case("header-too-large")
def a_header_of_four_thousand(talk: Said, wrong: bool) -> None:
    talk.ask(0, cookie="state=" + "v" * (4_100 if wrong else 4_000))


@case("lifetime-long")
def more_than_thirteen_months(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=[f"pref=dark; Path=/; Secure; Max-Age={397 * 86_400 if wrong else 396 * 86_400}"])


@case("lifetime-long")
def until_a_date(talk: Said, wrong: bool) -> None:
    year = 2029 if wrong else 2028
    talk.ask(0, sets=[f"pref=dark; Path=/; Secure; Expires=Tue, 15 Feb {year} 08:00:00 GMT"])


@case("lifetime-long")
def deletions_and_session_cookies_never(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=["a=1; Path=/; Secure", "b=1; Path=/; Secure; Max-Age=60"])
    deletion = "b=; Path=/; Secure; Max-Age=0; Expires=Tue, 15 Feb 2038 08:00:00 GMT"
    talk.ask(1, cookie="a=1; b=1", sets=["b=2; Path=/; Secure; Max-Age=99999999" if wrong else deletion])


@case("refused-by-client")
def what_never_comes_back(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=["lang=de; Path=/; Secure"])
    talk.ask(5, "/")
    talk.ask(6, "/", cookie=None if wrong else "lang=de")
    talk.ask(7, "/", cookie=None if wrong else "lang=de")


@case("refused-by-client")
def unless_it_has_another_path(talk: Said, wrong: bool) -> None:
    talk.ask(0, sets=[f"lang=de; Path={'/' if wrong else '/app'}; Secure"])
    for second in (5, 6, 7):
        talk.ask(second, "/")


@case("clock-skew")
def half_a_minute(talk: Said, wrong: bool) -> None:
    seconds = 31 if wrong else 29
    talk.ask(0, says=[(b"Date", f"Fri, 15 Jan 2027 08:00:{seconds:02} GMT".encode())])


@case("clock-skew")
def of_a_page(talk: Said, wrong: bool) -> None:
    fields = talk.kind["fields"] if wrong else ((b"Sec-Fetch-Dest", b"image"), (b"Sec-Fetch-Mode", b"no-cors"))
    talk.ask(0, "/logo", fields=fields, says=[(b"Date", b"Fri, 15 Jan 2027 07:00:00 GMT")])


# -- the table ---------------------------------------------------------------------------------------------------------


def told(row: Case, kind: str, wrong: bool) -> list[str]:
    talk = Said(kind=KINDS[kind])
    row.build(talk, wrong)
    return tracked(talk, row.rules).codes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("row", CASES, ids=name)
def test_it_is_found_and_nothing_else(row: Case, kind: str) -> None:
    assert told(row, kind, wrong=True) == list(row.codes)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("row", CASES, ids=name)
def test_its_innocent_neighbour_is_not(row: Case, kind: str) -> None:
    assert told(row, kind, wrong=False) == list(row.innocent)


def test_every_finding_has_its_case() -> None:
    assert set(CODES) == {code for row in CASES for code in row.codes}
