"""Conversations with a known truth give exactly that truth: why each session ended, after how long, what it shows (R21, R32, R39).

How a row is read stands in `rig.truth`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from email.utils import formatdate

import pytest

from rig.sessions import FETCH_WITHOUT_CREDENTIALS, FIREFOX, FONT, LOGIN, PREFLIGHT, START, Talk, an_id, tracked
from rig.truth import Build, Row, mistakes

A, B, C, D, E = (an_id(number) for number in range(1, 6))
CURL = b"curl/8.15.0"
PLAIN: Sequence[tuple[bytes, bytes]] = ()
"""The fields of clients that do not say what a request is for."""
CLASSIC = "browser: classic\n"
OTHER = "https://other.example"

ROWS: dict[str, Row] = {}


def row(*expected: str, **more: object) -> Callable[[Build], Build]:
    """Enters a conversation in the table under its name."""

    def enter(build: Build) -> Build:
        assert build.__name__ not in ROWS
        ROWS[build.__name__] = replace(Row(build, expected), **more)
        return build

    return enter


def deleted(name: str = "sid", path: str = "/") -> str:
    """As PHP deletes a cookie."""
    return f"{name}=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path={path}"


def lasting(identity: str, seconds: int) -> list[str]:
    return [f"sid={identity}; Path=/; Max-Age={seconds}; HttpOnly"]


def someone_else(talk: Talk, at: float) -> None:
    """Somebody goes somewhere else, so that one sees that time has gone by."""
    talk.ask(at, "/", base=OTHER, address="10.9.9.9", agent=FIREFOX)


# -- idle timeouts: what is survived, and what is died of


@row("open - 3", idle=(1199, None))
def twenty_minutes_all_but_a_second_are_survived(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61, 61 + 1199), A)


@row("open - 3", idle=(1439, None))
def so_are_twenty_four(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61, 61 + 1439), A)


@row("timed_out 1262 2", "open - 2", idle=(60, 1201))
def twenty_minutes_and_a_second_are_not_and_the_id_is_replaced(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.ask(61 + 1201, "/account", A, sets=B, to="/login")
    talk.ask(61 + 1202, "/login", B)
    talk.ask(61 + 1203, "/about", B)


@row("timed_out 1262 2", idle=(60, 1201))
def or_it_is_refused(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.refuse(61 + 1201, A)


@row("timed_out 1502 2", idle=(60, 1441))
def or_it_is_refused_by_401_after_twenty_four_minutes(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.ask(61 + 1441, "/api/me", A, status=401)


@row("timed_out 1262 2", idle=(60, 1201))
def or_it_is_deleted_on_the_way_to_the_login(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.ask(61 + 1201, "/account", A, sets=[deleted()], to="/login")


@row("timed_out 1262 2", "open - 1", idle=(60, 1201))
def or_the_page_has_the_form_and_401_and_a_new_id(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.ask(61 + 1201, "/account", A, sets=B, status=401)
    talk.ask(61 + 1210, "/account", B, status=401)


@row("timed_out 4801 3", "open - 1", idle=(1200, 2400))
def a_visitor_who_never_logs_in_gets_a_new_id(talk: Talk) -> None:
    """Nothing but the new id tells it."""
    talk.ask(0, "/", sets=A)
    talk.uses((1, 1201, 2401), A, "/basket")
    talk.ask(2401 + 2400, "/basket", A, sets=B)
    talk.ask(2401 + 2410, "/basket", B)


@row("timed_out 2000 ?", "timed_out 1402 2", "open - 1", idle=(300, 1340))
def two_sessions_show_one_timeout(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 301, 361), A)
    talk.refuse(2000, A)
    talk.login(2040, A, sets=B)
    talk.uses((2041, 2040 + 62), B)
    talk.refuse(2040 + 1402, B)
    talk.login(3500, B, sets=C)
    talk.ask(3501, "/account", C)


@row("timed_out 1950 ?", idle=(99, 1850))
def public_pages_prove_nothing(talk: Talk) -> None:
    """The id had last been proved good 1850 s before it was refused: what anyone is given proves nothing."""
    talk.ask(-50, "/about", address="10.0.0.2")
    talk.login(0, sets=A)
    talk.uses((1, 100), A)
    talk.ask(1100, "/about", A)
    talk.ask(1800, "/about", A)
    talk.refuse(1950, A)


@row("timed_out 1802 ?", idle=(99, 1702))
def a_picture_proves_nothing(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 100), A)
    image = ((b"Sec-Fetch-Site", b"same-origin"), (b"Sec-Fetch-Mode", b"no-cors"), (b"Sec-Fetch-Dest", b"image"))
    talk.ask(1800, "/logo.png", A, fields=image)
    talk.refuse(1802, A)


@row("timed_out 1810 ?", idle=(99, 1710))
def an_error_proves_nothing(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 100), A)
    talk.ask(1800, "/account", A, status=503)
    talk.refuse(1810, A)


@row("timed_out 1262 2", idle=(60, 1201))
def a_dead_id_that_is_sent_again_and_again_died_once(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    for at in (1262, 1270, 1400, 2000, 9000):
        talk.refuse(at, A)


@row("timed_out 1262 2", "open - 1", idle=(60, 1201))
def so_did_one_that_was_replaced_and_is_sent_again_by_another_window(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.ask(1262, "/account", A, sets=B, to="/login")
    talk.refuse(1262.02, A)
    talk.ask(1263, "/login", B)


@row("timed_out 1262 2", idle=(60, 1201))
def the_login_is_known_by_what_was_posted_to_it(talk: Talk) -> None:
    talk.ask(-5, "/eingang")
    talk.ask(0, "/eingang", sets=A, body=LOGIN, to="/konto")
    talk.uses((1, 61), A, "/konto")
    talk.ask(1262, "/konto", A, to="/eingang")


@row("timed_out 1262 2", idle=(60, 1201))
def or_by_what_was_posted_from_it(talk: Talk) -> None:
    talk.ask(-5, "/eingang")
    came = ((b"Referer", b"https://shop.example/eingang"),)
    talk.ask(0, "/pruefen", sets=A, body=LOGIN, to="/konto", fields=came)
    talk.uses((1, 61), A, "/konto")
    talk.ask(1262, "/konto", A, to="/eingang")


@row("timed_out 1262 2", idle=(60, 1201))
def or_on_another_host_of_the_site(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.ask(1262, "/account", A, to="https://login.shop.example/authorize?client_id=7")


# -- what is not an end


@row("open - 5", idle=(1800, None))
def a_redirect_to_somewhere_else_is_no_refusal(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.ask(1861, "/account", A, to="/account/")
    talk.uses((1862, 1900), A)


@row("open - ?")
def nor_is_a_page_that_is_forbidden(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.ask(1861, "/admin", A, status=403)
    talk.uses((1862, 1900), A)


@row("open - ?")
def nor_is_one_page_that_wants_more_than_this_login(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.ask(70, "/admin", A, to="/login?next=/admin")
    talk.uses((80, 90), A)


@row("open - ?")
def nor_is_an_api_that_answers_401_to_everybody(talk: Talk) -> None:
    talk.login(0, sets=A)
    for at in range(1, 3000, 500):
        talk.ask(at, "/account", A)
        talk.ask(at + 1, "/api/beta", A, status=401)
    talk.ask(3000, "/account", A)


@row("open - 4")
def nor_are_requests_without_credentials(talk: Talk) -> None:
    talk.ask(0, "/", sets=A)
    talk.uses((1, 2), A)
    talk.ask(3, "/font.woff2", fields=FONT)
    talk.ask(4, "/api", method="OPTIONS", fields=PREFLIGHT, status=204)
    talk.ask(5, "/api", fields=FETCH_WITHOUT_CREDENTIALS)
    talk.ask(6, "/manifest.json", fields=((b"Sec-Fetch-Mode", b"cors"), (b"Sec-Fetch-Dest", b"manifest")))
    talk.uses((7, 8), A)


@row("open - 3")
def nor_is_a_request_of_a_program_without_any_cookie(talk: Talk) -> None:
    talk.ask(0, "/", sets=A, fields=PLAIN, agent=CURL)
    talk.uses((1, 2), A, fields=PLAIN, agent=CURL)
    talk.ask(3, "/", fields=PLAIN, agent=CURL)
    talk.ask(4, "/", A, fields=PLAIN, agent=CURL)


@row("open - 3", idle=(100, None))
def the_same_id_set_again_is_the_same_session(talk: Talk) -> None:
    talk.ask(0, "/", sets=A)
    for at in (1, 101, 102):
        talk.ask(at, "/", A, sets=A)


@row("open - 3")
def a_deletion_that_misses_the_cookie_ends_nothing(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.ask(2, "/account/x", A, sets=["sid=; Path=/account; Max-Age=0"])
    talk.ask(3, "/account", A)


@row("open - 3")
def a_deletion_of_another_cookie_ends_nothing(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.ask(1, "/account", A, sets=["flash=1; Path=/"])
    talk.ask(2, "/account", cookie=f"sid={A}; flash=1", sets=["flash=; Path=/; Max-Age=0"])
    talk.ask(3, "/account", A)


@row("open - 2", idle=(59, None))
def a_file_may_end_while_it_is_open(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 60), A)
    someone_else(talk, 90_000)


@row("open - 3", idle=(500, None))
def a_file_may_begin_in_its_midst(talk: Talk) -> None:
    talk.uses((0, 500, 600), A)


@row("timed_out 2500 3", "open - 1", idle=(500, 1900))
def and_the_lifetime_counts_from_the_first_use_then(talk: Talk) -> None:
    talk.uses((0, 500, 600), A)
    talk.ask(2500, "/account", A, sets=B, to="/login")
    talk.ask(2501, "/login", B)


# -- rotations


@row("rotated 20 2 ->1", "open - 2")
def a_login_changes_the_id(talk: Talk) -> None:
    talk.ask(0, "/", sets=A)
    talk.ask(10, "/login", A)
    talk.login(20, A, sets=B)
    talk.uses((21, 22), B)


@row("open - 4")
def a_login_that_does_not(talk: Talk) -> None:
    talk.ask(0, "/", sets=A)
    talk.ask(10, "/login", A)
    talk.login(20, A)
    talk.uses((21, 22), A)


@row("rotated 600 7 ->1", "rotated 600 7 ->2", "open - 1", idle=(100, None))
def ids_that_are_changed_now_and_then(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 100, 200, 300, 400, 500), A)
    talk.ask(600, "/account", A, sets=B)
    talk.uses((601, 700, 800, 900, 1000), B)
    talk.ask(1100, "/account", B)
    talk.ask(1200, "/account", B, sets=C)
    talk.ask(1201, "/account", C)


@row("rotated 600 3 ->1", "open - 2")
def a_request_was_on_its_way_while_the_id_changed(talk: Talk) -> None:
    talk.refuse(-10)
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.ask(600, "/account", A, sets=B)
    talk.ask(600.02, "/basket", A, takes=2)
    talk.uses((603, 604), B)


@row("rotated 600 ? ->1", "open - 2")
def the_old_id_is_sent_once_more_and_refused(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.ask(600, "/account", A, sets=B)
    talk.uses((601,), B)
    talk.refuse(602, A)
    talk.ask(603, "/account", B)


@row("rotated 1860 4 ->1", "open - 2", idle=(1800, None))
def it_changes_after_a_long_gap_and_goes_on_being_logged_in(talk: Talk) -> None:
    """A page that leads everybody else to the login is given to the new id at once: nothing ended."""
    talk.refuse(-20, path="/account")
    talk.ask(-10, "/login")
    talk.login(0, sets=A)
    talk.uses((1, 30, 60), A)
    talk.ask(1860, "/account", A, sets=B)
    talk.uses((1861, 1900), B)


@row("rotated 20 1 ->1", "timed_out 2000 2", idle=(100, 1880))
def a_session_that_was_changed_at_the_login_times_out(talk: Talk) -> None:
    talk.ask(0, "/", sets=A)
    talk.login(20, A, sets=B)
    talk.uses((40, 140), B)
    talk.refuse(2020, B)


@row("open - 3")
def a_login_that_fails(talk: Talk) -> None:
    talk.ask(0, "/", sets=A)
    talk.ask(10, "/login", A)
    talk.ask(20, "/login", A, body=LOGIN, to="/login?error=1")
    talk.ask(21, "/login", A)


@row("rotated 40 4 ->1", "open - 1")
def a_login_in_two_steps(talk: Talk) -> None:
    talk.ask(0, "/", sets=A)
    talk.ask(10, "/login", A)
    talk.ask(20, "/login", A, body=LOGIN, to="/code")
    talk.ask(21, "/code", A)
    talk.ask(40, "/code", A, body=b"code=123456", to="/account", sets=B)
    talk.ask(41, "/account", B)


@row("rotated 100 2 ->1", "open - 2")
def a_login_elsewhere(talk: Talk) -> None:
    """At an identity provider, which took its time."""
    talk.ask(0, "/", sets=A)
    talk.ask(10, "/account", A, to="https://id.example/authorize?client_id=7&redirect_uri=https%3A%2F%2Fshop.example")
    talk.ask(100, "/callback?code=4711&state=0815", A, to="/account", sets=B)
    talk.uses((101, 110), B)


@row("rotated 100 3 ->1", "open - 1")
def a_password_that_is_changed(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 2), A)
    talk.ask(100, "/password", A, body=b"password=letmein&new_password=comein", to="/account", sets=B)
    talk.ask(101, "/account", B)


@row("rotated 5 1 ->1", "rotated 300 1 ->2", "rotated 30 1 ->3", "rotated 900 1 ->4", "open - 0")
def a_new_id_with_every_answer(talk: Talk) -> None:
    talk.login(0, sets=A)
    for at, one, other in ((5, A, B), (305, B, C), (335, C, D), (1235, D, E)):
        talk.ask(at, "/account", one, sets=other)


@row("rotated 600 8 ->1", "timed_out 10400 ?", "open - 1")
def the_new_id_times_out_before_it_was_used_much(talk: Talk) -> None:
    """Its end says nothing of the one before."""
    talk.refuse(-10)
    talk.login(0, sets=A)
    talk.uses((1, 100, 200, 300, 400, 500), A)
    talk.ask(590, "/account", A)
    talk.ask(600, "/account", A, sets=B)
    talk.refuse(11_000, B)
    talk.login(11_020, B, sets=C)
    talk.ask(11_021, "/account", C)


@row("timed_out 2280 ?", "open - 1")
def a_stranger_s_id_is_replaced_by_a_server_that_also_rotates(talk: Talk) -> None:
    talk.ask(0, "/", sets=A)
    talk.refuse(30, A)
    talk.refuse(60, A)
    talk.ask(2280, "/account", A, to="/login", sets=B)
    talk.ask(2281, "/login", B)


@row("logout 100 3", "rotated 1360 4 ->2", "open - 1")
def a_stranger_s_id_is_led_to_the_login_as_it_was_before(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 50), A)
    talk.ask(100, "/logout", A, sets=B, to="/")
    talk.refuse(140, B)
    talk.refuse(1440, B, "/orders")
    talk.ask(1442, "/login", B)
    talk.login(1460, B, sets=C)
    talk.ask(1461, "/account", C)


# -- logouts


@row("logout 100 2")
def a_logout_by_a_link(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.delete(100, A)


@row("logout 100 2")
def a_logout_by_a_button(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.delete(100, A, body=b"token=7")


@row("logout 100 2")
def a_logout_with_a_name_of_its_own(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.ask(100, "/auf-wiedersehen", A, sets=[deleted()])


@row("logout 1900 ?")
def a_logout_after_a_long_gap_is_one(talk: Talk) -> None:
    """Whoever asks to leave and is let go has left, as far as anyone can see; his gap bounds nothing from above."""
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.delete(1900, A, body=b"token=7")


@row("logout 100 2", "logout 80 2", "open - 1")
def one_after_the_other(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.delete(100, A)
    talk.login(120, sets=B)
    talk.ask(121, "/account", B)
    talk.delete(200, B)
    talk.login(300, sets=C)
    talk.ask(301, "/account", C)


@row("logout 100 2")
def a_deleted_id_that_is_tried_again_is_refused(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.delete(100, A)
    talk.refuse(110, A)


@row("logout 100 2", "open - 1")
def a_logout_that_gives_a_new_id_at_once(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.ask(100, "/logout", A, sets=B, to="/")
    talk.ask(101, "/", B)


@row("logout 100 2")
def a_late_answer_brings_the_cookie_back(talk: Talk) -> None:
    """To a request that began before the logout and was answered after it; the server knows the id no more."""
    talk.login(0, sets=A)
    talk.ask(99.9, "/slow", A, sets=A, takes=5)
    talk.delete(100, A)
    talk.refuse(110, A)


@row("logout 105 ?")
def a_logout_that_leaves_the_cookie(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.ask(100, "/logout", A, body=b"token=7", to="/")
    talk.ask(101, "/", A)
    talk.refuse(105, A)


@row("logout 1900 ?")
def and_is_tried_much_later(talk: Talk) -> None:
    """Not the gap has ended it, and it bounds nothing."""
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.ask(100, "/logout", A, body=b"token=7", to="/")
    talk.refuse(1900, A)


@row("logout ? ?", "open - 1")
def the_next_login_gives_a_new_one(talk: Talk) -> None:
    """Nobody was refused between: the login shows that the first was over, and no id took over from one in use."""
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.ask(100, "/logout", A, body=b"token=7", to="/")
    talk.ask(101, "/", A)
    talk.login(120, A, sets=B)
    talk.ask(121, "/account", B)


@row("timed_out 2000 4", idle=(99, 1889))
def a_logout_that_did_nothing(talk: Talk) -> None:
    """The id worked after it: what killed it was the gap."""
    talk.refuse(-10)
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.ask(100, "/logout", A, body=b"token=7", to="/")
    talk.uses((110, 111), A)
    talk.refuse(2000, A)


@row("logout 100 ?", "open - 1")
def the_next_login_takes_the_old_id(talk: Talk) -> None:
    """As servers do that take any id: the new session has it too."""
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.ask(90, "/logout", A, body=b"token=7", to="/")
    talk.refuse(100, A)
    talk.login(120, A)
    talk.ask(121, "/account", A)


@row("timed_out 1262 2", "open - 2", idle=(60, 1201))
def after_a_timeout_too(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.refuse(1262, A)
    talk.ask(1263, "/login", A)
    talk.login(1280, A)
    talk.uses((1281, 1290), A)


# -- the cookie's own end


@row("expired 1200 2")
def a_cookie_of_twenty_minutes_ends_after_them(talk: Talk) -> None:
    talk.ask(0, "/", sets=lasting(A, 1200))
    talk.uses((1, 61), A)
    someone_else(talk, 1500)


@row("open - 2")
def and_not_before(talk: Talk) -> None:
    talk.ask(0, "/", sets=lasting(A, 1200))
    talk.uses((1, 61), A)
    someone_else(talk, 1100)


@row("expired 1200 2", "open - 1")
def its_owner_comes_back_without_it(talk: Talk) -> None:
    talk.ask(0, "/", sets=lasting(A, 1200))
    talk.uses((1, 61), A)
    talk.ask(1500, "/", sets=lasting(B, 1200))
    talk.ask(1501, "/", B)


@row("expired 1200 2", "rotated ? 0 ->2", "open - 1")
def in_two_windows_at_once(talk: Talk) -> None:
    """The first answer, to the second request, has an id that is never sent: the other takes its place."""
    talk.ask(0, "/", sets=lasting(A, 1200))
    talk.uses((1, 61), A)
    talk.ask(1500, "/", sets=lasting(C, 1200), takes=0.3)
    talk.ask(1500.01, "/news", sets=lasting(B, 1200), takes=0.2)
    talk.ask(1501, "/", C)


@row("closed 600 2", "open - 0")
def or_before_its_end(talk: Talk) -> None:
    talk.ask(0, "/", sets=lasting(A, 1200))
    talk.uses((1, 61), A)
    talk.ask(600, "/", sets=lasting(B, 1200))


@row("expired 3800 3")
def each_answer_pushes_its_end_out(talk: Talk) -> None:
    talk.ask(0, "/", sets=lasting(A, 1200))
    for at in (1000, 2000, 2600):
        talk.ask(at, "/", A, sets=lasting(A, 1200))
    someone_else(talk, 4000)


@row("expired 1900 4")
def or_only_after_half_of_it(talk: Talk) -> None:
    talk.ask(0, "/", sets=lasting(A, 1200))
    for at in (100, 500, 700, 1200):
        talk.ask(at, "/", A, sets=lasting(A, 1200) if at == 700 else None)
    someone_else(talk, 4000)


@row("timed_out 1261 1", "open - 0", idle=(60, 1201))
def a_session_may_end_long_before_its_cookie(talk: Talk) -> None:
    talk.login(0, sets=lasting(A, 864_000))
    talk.ask(60, "/account", A)
    talk.ask(1261, "/account", A, sets=lasting(B, 864_000), to="/login")


@row("logout 61 2")
def a_cookie_that_has_an_end_is_deleted_before(talk: Talk) -> None:
    talk.ask(0, "/", sets=lasting(A, 1200))
    talk.uses((1,), A)
    talk.delete(61, A)
    someone_else(talk, 4000)


@row("expired 1200 1", "expired 1200 0")
def an_end_by_date(talk: Talk) -> None:
    talk.ask(0, "/", sets=[f"sid={A}; Path=/; Expires={http_date(1200)}"])
    talk.uses((1,), A)
    talk.ask(3000, "/", sets=[f"sid={B}; Path=/; Expires={http_date(4200)}"])
    someone_else(talk, 5000)


def http_date(at: float) -> str:
    return formatdate(START + at, usegmt=True)


@row("logout 61 2")
def a_cookie_that_is_emptied(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.ask(61, "/account/quit", A, sets=["sid=; Path=/"])


# -- thrown out, left behind, refused


@row("evicted 20 20", rules=CLASSIC)
def the_twentieth_other_cookie_throws_it_out(talk: Talk) -> None:
    talk.ask(0, "/", sets=A)
    others: list[str] = []
    for number in range(1, 21):
        given = f"c{number}=1"
        talk.ask(number, "/", cookie="; ".join((f"sid={A}", *others)), sets=[f"{given}; Path=/"])
        others.append(given)
    talk.ask(30, "/", cookie="; ".join(others))


@row("open - 23", rules=CLASSIC)
def a_browser_that_keeps_more_than_it_is_thought_to(talk: Talk) -> None:
    the_twentieth_other_cookie_throws_it_out(talk)
    talk.flows.pop()
    talk.uses((40, 50, 60), A)


@row("open - 3")
def a_client_whose_clock_is_late_sends_what_should_have_ended(talk: Talk) -> None:
    talk.ask(0, "/", sets=lasting(A, 600))
    talk.uses((1, 630, 640), A)


@row("closed 500 2", "open - 1")
def a_browser_was_closed(talk: Talk) -> None:
    talk.ask(0, "/", sets=A)
    talk.uses((1, 61), A)
    talk.ask(500, "/", sets=B)
    talk.ask(501, "/", B)


@row("closed 500 2")
def and_came_back_to_a_page_that_sets_nothing(talk: Talk) -> None:
    talk.ask(0, "/", sets=A)
    talk.uses((1, 61), A)
    talk.ask(500, "/")
    talk.ask(600, "/")


@row("closed 90000 2", "open - 1", idle=(60, None))
def after_a_day_too(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.ask(90_000, "/account", sets=B, to="/login")
    talk.ask(90_001, "/login", B)


@row("closed 500 2", "open - 1")
def it_kept_the_cookies_that_last(talk: Talk) -> None:
    talk.ask(0, "/", sets=[f"sid={A}; Path=/", "lang=en; Path=/; Max-Age=99999"])
    talk.uses((1, 61), A, cookie=f"sid={A}; lang=en", fields=PLAIN)
    talk.ask(500, "/", cookie="lang=en", sets=B, fields=PLAIN)
    talk.ask(501, "/", cookie=f"sid={B}; lang=en", fields=PLAIN)


@row("closed 10 0", "closed 10 0", "closed 10 0", "open - 0")
def a_browser_that_keeps_no_cookies(talk: Talk) -> None:
    for number, identity in enumerate((A, B, C, D)):
        talk.ask(10 * number, "/", sets=identity)


@row("lost 121 2")
def refused_without_a_gap(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.refuse(121, A)


@row("lost 121 2", "open - 1", idle=(60, None))
def replaced_by_a_stranger_s_id_without_a_gap(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.ask(121, "/account", A, sets=B, to="/login")
    talk.ask(122, "/login", B)


@row("lost 1221 20", "lost 321 6")
def a_server_that_began_anew_lost_all_of_them(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.login(900, sets=B, address="10.0.0.2")
    talk.uses(range(60, 1201, 60), A)
    talk.uses(range(930, 1230, 50), B, address="10.0.0.2")
    talk.refuse(1221, A)
    talk.refuse(1221, B, address="10.0.0.2")


@row("timed_out 1801 6", idle=(300, None), rules="sessions: {policy: {shop.example: {absolute: 30m}}}\n")
def too_old_by_the_policy(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses(range(1, 1800, 300), A)
    talk.refuse(1801, A)


@row("timed_out 3601 12", "timed_out 3601 12", idle=(300, None), absolute=(3301, 3601))
def too_old_twice_at_the_same_age(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses(range(1, 3600, 300), A)
    talk.refuse(3601, A)
    talk.login(4000, A, sets=B)
    talk.uses(range(4001, 7600, 300), B)
    talk.refuse(7601, B)


@row("lost 3601 12", "lost 2101 7", idle=(300, None), absolute=(3301, None))
def lost_twice_at_different_ages(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses(range(1, 3600, 300), A)
    talk.refuse(3601, A)
    talk.login(4000, A, sets=B)
    talk.uses(range(4001, 6100, 300), B)
    talk.refuse(6101, B)


# -- several at once


@row("open - 2", "open - 2")
def one_id_at_two_addresses(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 2), A)
    talk.uses((3, 4), A, address="10.0.0.9")


@row("open - 2", "open - 2")
def one_id_in_two_browsers(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.uses((1, 2), A)
    talk.uses((3, 4), A, agent=FIREFOX)


@row("logout 50 3", "timed_out 1450 3", idle=(60, 1381))
def two_people(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.login(10, sets=B, address="10.0.0.2")
    for at in (1, 20):
        talk.ask(at, "/account", A)
    for at in (11, 19, 79):
        talk.ask(at, "/account", B, address="10.0.0.2")
    talk.delete(50, A)
    talk.refuse(1460, B, address="10.0.0.2")


@row("logout 50 2", "open - 3")
def two_hosts_of_a_site(talk: Talk) -> None:
    talk.login(0, sets=A, base="https://www.shop.example")
    talk.login(5, sets=B, base="https://wiki.shop.example")
    talk.ask(6, "/account", A, base="https://www.shop.example")
    talk.uses((7, 8), B, base="https://wiki.shop.example")
    talk.delete(50, A, base="https://www.shop.example")
    talk.ask(60, "/account", B, base="https://wiki.shop.example")


@row("logout 50 4")
def one_cookie_for_all_hosts_of_a_site(talk: Talk) -> None:
    talk.login(0, sets=[f"sid={A}; Path=/; Domain=shop.example"], base="https://www.shop.example")
    talk.ask(6, "/account", A, base="https://www.shop.example")
    talk.uses((7, 8), A, base="https://api.shop.example")
    talk.ask(
        50, "/logout", A, sets=["sid=; Path=/; Domain=shop.example; Max-Age=0"], base="https://www.shop.example", to="/"
    )


def remembered(identity: str) -> str:
    return f"remember_me={identity}; Path=/; Max-Age=2592000; HttpOnly"


@row("closed 500 1", "open - 3", "open - 1")
def a_cookie_that_remembers_and_one_that_does_not(talk: Talk) -> None:
    talk.login(0, sets=[f"sid={A}; Path=/; HttpOnly"])
    talk.ask(1, "/account", A, sets=[remembered(D)])
    talk.ask(500, "/account", cookie=f"remember_me={D}", sets=B)
    talk.ask(501, "/account", cookie=f"sid={B}; remember_me={D}")
    talk.ask(502, "/about", cookie=f"remember_me={D}", fields=FONT)


@row("timed_out 1261 1", "rotated 1260 1 ->3", "open - 1", "open - 1")
def the_one_that_remembers_is_changed_when_it_was_needed(talk: Talk) -> None:
    talk.login(0, sets=[f"sid={A}; Path=/; HttpOnly"])
    talk.ask(1, "/account", A, sets=[remembered(D)])
    talk.ask(1261, "/account", cookie=f"sid={A}; remember_me={D}", sets=[f"sid={B}; Path=/", remembered(E)])
    talk.ask(1262, "/account", cookie=f"sid={B}; remember_me={E}")


@row("open - 4", "open - 1")
def two_windows_of_which_one_keeps_to_itself(talk: Talk) -> None:
    """The private window has other cookies; nothing but the ids tells the two apart."""
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.ask(100, "/", sets=B)
    talk.ask(110, "/account", A)
    talk.ask(120, "/about", B)
    talk.ask(130, "/account", A)


# -- ids in the URL


@row("timed_out 1262 2", idle=(60, 1201), cookie="JSESSIONID")
def java_s_ids_in_paths(talk: Talk) -> None:
    talk.ask(0, "/login", body=LOGIN, to=f"/account;jsessionid={A}")
    talk.uses((1, 61), None, f"/account;jsessionid={A}")
    talk.ask(1262, f"/account;jsessionid={A}", to="/login")


@row("timed_out 1501 3", "open - 1", idle=(59, 1440), cookie="PHPSESSID")
def php_s_ids_in_queries(talk: Talk) -> None:
    talk.uses((0, 1, 60), None, f"/account.php?PHPSESSID={A}")
    talk.ask(1500, f"/account.php?PHPSESSID={A}", to=f"/login.php?PHPSESSID={B}")
    talk.ask(1501, f"/login.php?PHPSESSID={B}")


ASPNET = "lit3py55t21z5v55vlm25s55"


@row("timed_out 1262 3", "open - 0", idle=(60, 1201), cookie="ASP.NET_SessionId")
def asp_net_s_ids_in_paths(talk: Talk) -> None:
    talk.uses((0, 1, 61), None, f"/(S({ASPNET}))/account.aspx")
    talk.ask(1262, f"/(S({ASPNET}))/account.aspx", to="/(S(1it3py55t21z5v55vlm25s56))/login.aspx")


# -- clients that say less


@row("timed_out 1262 2", idle=(60, 1201))
def without_sec_fetch(talk: Talk) -> None:
    talk.login(0, sets=A, fields=PLAIN)
    talk.uses((1, 61), A, fields=PLAIN)
    talk.refuse(1262, A, fields=PLAIN)


@row("rotated 20 1 ->1", "logout 80 2")
def curl_with_its_jar(talk: Talk) -> None:
    talk.ask(0, "/", sets=A, fields=PLAIN, agent=CURL)
    talk.login(20, A, sets=B, fields=PLAIN, agent=CURL)
    talk.ask(30, "/account", B, fields=PLAIN, agent=CURL)
    talk.delete(100, B, fields=PLAIN, agent=CURL)


@row("closed 500 2", "open - 1")
def a_program_that_came_back_with_nothing_and_got_a_new_id(talk: Talk) -> None:
    """It said not what it asked for, but what it was given took the place of what it had."""
    talk.ask(0, "/", sets=A, fields=PLAIN, agent=CURL)
    talk.uses((1, 61), A, fields=PLAIN, agent=CURL)
    talk.ask(500, "/", sets=B, fields=PLAIN, agent=CURL)
    talk.ask(501, "/", B, fields=PLAIN, agent=CURL)


# -- the order of a file


@row("rotated 105 3 ->1", "open - 2")
def an_answer_that_takes_its_time(talk: Talk) -> None:
    talk.login(0, sets=A)
    talk.ask(1, "/account", A)
    talk.ask(100, "/renew", A, sets=B, takes=5)
    talk.ask(102, "/account", A)
    talk.uses((106, 107), B)


@row("timed_out 1962 4", idle=(100, 1761))
def a_request_that_waits_for_news(talk: Talk) -> None:
    """It began while the session was good and ended long after: the session was used when it began."""
    talk.login(0, sets=A)
    talk.uses((1, 100), A)
    talk.ask(200, "/events", A, takes=1750)
    talk.ask(201, "/account", A)
    talk.refuse(1962, A)


# -- what the server should have done


POLICIES = {
    "php": 600 + 1440,
    "aspnet": 600 + 1200,
    "{idle: 24m}": 600 + 1440,
    "{idle: 30s, absolute: 8h}": 1 + 30,
}
"""When a session should end that was used last after 600 seconds, by the words of rules.yaml."""


@pytest.mark.parametrize(("policy", "end"), POLICIES.items(), ids=POLICIES)
def test_a_policy_says_when_it_should_end(policy: str, end: float) -> None:
    """R25: by the last of them it should not have been there any more when it was used again."""
    talk = Talk()
    talk.login(0, sets=A)
    talk.uses((1, 500, 600), A)
    rules = f"sessions: {{policy: {{shop.example: {policy}}}}}\n"
    (session,) = tracked(talk, rules).sessions
    assert session.expected_end == pytest.approx(START + end, abs=1)
    talk.refuse(9000, A)
    (session,) = tracked(talk, rules).sessions
    assert (session.end_cause, session.expected_end) == ("timed_out", pytest.approx(START + end, abs=1))


def test_an_absolute_policy_counts_from_its_beginning() -> None:
    talk = Talk()
    talk.login(0, sets=A)
    talk.uses(range(100, 1700, 100), A)
    for absolute, expected in (("30m", 1800), ("20m", 1200)):
        rules = f"sessions: {{policy: {{shop.example: {{idle: 20m, absolute: {absolute}}}}}}}\n"
        (session,) = tracked(talk, rules).sessions
        assert session.expected_end == pytest.approx(START + expected, abs=1)


@pytest.mark.parametrize("fields", [PLAIN, FONT])
def test_an_id_of_two_clients_is_a_finding(fields: Sequence[tuple[bytes, bytes]]) -> None:
    """R36."""
    for more in ({"address": "10.0.0.9"}, {"agent": FIREFOX}):
        talk = Talk()
        talk.login(0, sets=A)
        talk.ask(1, "/account", A)
        assert "shared-id" not in tracked(talk).codes
        talk.ask(2, "/account", A, fields=fields, **more)
        assert "shared-id" in tracked(talk).codes


RENEWALS = {"sliding": lambda _, __: True, "half-sliding": lambda _, left: left < 600, "fixed": lambda _, __: False}


@pytest.mark.parametrize("renewal", RENEWALS)
def test_how_the_end_of_a_cookie_is_pushed_out(renewal: str) -> None:
    talk = Talk()
    talk.login(0, sets=lasting(A, 1200))
    end = 1200.0
    for at in range(100, 1150, 100):
        renews = RENEWALS[renewal](at, end - at)
        talk.ask(at, "/account", A, sets=lasting(A, 1200) if renews else None)
        end = at + 1200 if renews else end
    someone_else(talk, 9000)
    (session,) = tracked(talk).sessions
    assert session.renewal == renewal
    assert (session.end_cause, session.ended) == ("expired", pytest.approx(START + end, abs=1))


@pytest.mark.parametrize("given", ROWS.values(), ids=ROWS)
def test_the_log_has_what_is_true(given: Row) -> None:
    assert mistakes(given) == []
