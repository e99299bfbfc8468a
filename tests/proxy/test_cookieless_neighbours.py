"""Sites with sessions in the URL and everybody else: other sites, other clients, other tabs, old applications.

What is said to one who asks with an id of somebody else, what becomes of sites that have nothing to do with all this, and how long
others have to wait.
"""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import can_ada
import pytest

from rig.clients import RawAnswer
from rig.messages import Answer, Received
from rig.origin import Origin
from rig.shared import Pair, shared_pair

RULES = """
cookieless:
  - {match: {host: path.example}, mode: uri, carrier: path, script: false}
  - {match: {host: query.example}, mode: uri, carrier: query, script: false}
  - {match: {host: scripted.example}, mode: uri, carrier: query}
  - {match: {host: auto.example}, mode: auto, carrier: query, script: false}
  - {match: {host: house.example}, mode: auto, carrier: query, script: false, bind: [address]}
"""
ID = re.compile(rb"(?:\(s\(|sid=)([a-z0-5]{24})", re.IGNORECASE)
HTML = b"<!DOCTYPE html><title>t</title>"
PAGE = HTML + b'<a href="/x">x</a>'
AGENT = b"User-Agent: Mozilla/5.0 Somebody/1"
NAVIGATION = (b"Sec-Fetch-Mode: navigate", b"Sec-Fetch-Dest: document", b"Sec-Fetch-Site: none", b"Accept: text/html")
PICTURE = (b"Sec-Fetch-Mode: no-cors", b"Sec-Fetch-Dest: image", b"Sec-Fetch-Site: same-origin", b"Accept: image/png")
ANONYMOUS, LOGGED_IN = b"anonymous%08d", b"loggedin12345678"


def is_open(reason: str) -> pytest.MarkDecorator:
    """What still works for an attacker, or does not work for a visitor."""
    return pytest.mark.xfail(reason=reason, strict=True)


@pytest.fixture(scope="module")
def pair(certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with shared_pair(certificate, confdir, tmp_path_factory.mktemp("pair"), RULES) as both:
        yield both


@pytest.fixture
def site(pair: Pair) -> Pair:
    """The same, with an application that says the same page everywhere."""
    pair.origin.answers.clear()
    pair.origin.received.clear()
    pair.origin.answers["*"] = Answer([], PAGE, close=True)
    return pair


def send(site: Pair, url: str, *lines: bytes, method: str = "GET", body: bytes = b"") -> RawAnswer:
    """One request with exactly these lines."""
    length = (b"Content-Length: %d" % len(body),) if body else ()
    head = [f"{method} {url} HTTP/1.1".encode(), b"Host: " + url.split("/")[2].encode(), AGENT, *lines, *length]
    return site.proxy.raw(b"\r\n".join([*head, b"", b""]) + body)[0]


def id_in(answer: RawAnswer) -> str:
    found = ID.search(answer.head + answer.body)
    assert found is not None, answer
    return found[1].decode()


def begun(site: Pair, host: str = "path.example") -> str:
    """The id of a session that just began."""
    return id_in(send(site, f"http://{host}/", *NAVIGATION))


def cookies_that_came(site: Pair) -> bytes:
    return b"; ".join(site.origin.received[-1].all(b"cookie"))


# -- sent round --------------------------------------------------------------------------------------------------------

ODD_TARGETS = [
    "/{id}",
    "//evil.example/{id}",
    "/%2f{id}",
    "/\\evil.example/{id}",
    "/?u={half}{id}{rest}",
    "/{upper}",
    "/{encoded}",
    "/x%25{id}",
    "/a#{id}",
    "/.//evil.example/?sid={id}",
    "/(S({id}))//evil.example/",
    "/;sid={id}/@evil.example",
]


@pytest.mark.parametrize("target", ODD_TARGETS)
@pytest.mark.parametrize("authority", ["other.example", "other.example:8080"])
def test_one_is_sent_round_to_the_same_site_and_once(site: Pair, target: str, authority: str) -> None:
    one = begun(site)
    encoded = "".join(f"%{ord(each):02x}" for each in one)
    said = target.format(id=one, half=one[:12], rest=one[12:], upper=one.upper(), encoded=encoded)
    answer = send(site, f"http://{authority}{said}", *NAVIGATION)
    assert answer.status == 307
    (location,) = answer.all(b"location")
    assert can_ada.parse(location.decode()).origin == f"http://{authority}"
    assert one.encode() not in location.lower()
    assert answer.all(b"referrer-policy") == [b"no-referrer"]
    assert answer.all(b"cache-control") == [b"no-store"]
    assert send(site, location.decode(), *NAVIGATION).status == 200


def test_everybody_is_sent_round_every_time(site: Pair) -> None:
    url = f"http://other.example/{begun(site)}"
    assert [send(site, url, *NAVIGATION).status for _ in range(3)] == [307] * 3


@pytest.mark.parametrize("line", [b"Cookie: last=%b", b"X-Last: %b"])
def test_an_id_in_another_field_sends_nobody_round(site: Pair, line: bytes) -> None:
    # It would be there again the next time, and the time after that.
    one = begun(site).encode()
    assert send(site, "http://other.example/", *NAVIGATION, line % one).status == 200
    assert one not in site.origin.received[-1].head


def test_a_browser_is_sent_round_for_its_referrer(site: Pair) -> None:
    referrer = f"Referer: http://path.example/(S({begun(site)}))/".encode()
    assert send(site, "http://other.example/", *NAVIGATION, referrer).status == 307


def test_another_entry_is_another_site(site: Pair) -> None:
    one = begun(site, "path.example")
    answers = [
        send(site, f"http://query.example/(S({one}))/x", *NAVIGATION),
        send(site, "http://query.example/x", *NAVIGATION, f"Referer: http://path.example/(S({one}))/".encode()),
    ]
    assert [answer.status for answer in answers] == [307, 307]


def test_a_form_that_is_sent_round_arrives_without_ids(site: Pair) -> None:
    one = begun(site)
    said = (*NAVIGATION, b"Content-Type: application/x-www-form-urlencoded")
    answer = send(site, f"http://other.example/{one}", *said, method="POST", body=b"back=" + one.encode())
    assert answer.status == 307
    send(site, answer.all(b"location")[0].decode(), *said, method="POST", body=b"back=" + one.encode())
    assert site.origin.received[-1].method == "POST"
    assert one.encode() not in site.origin.received[-1].body


def test_one_is_sent_round_over_http2(site: Pair) -> None:
    answer = site.proxy.curl(f"https://other.example/{begun(site)}?a=b", "--http2", "-H", "Sec-Fetch-Mode: navigate")
    assert answer.status == 307
    assert answer.all(b"location") == [b"https://other.example/?a=b"]


def test_answers_of_our_own_do_not_stumble_over_streaming(
    certificate: Path, confdir: Path, tmp_path: Path, origin: Origin
) -> None:
    with shared_pair(certificate, confdir, tmp_path, RULES, {"stream_large_bodies": "1k"}) as other:
        other.origin.answers["*"] = Answer([], PAGE, close=True)
        one = begun(other)
        assert send(other, f"http://other.example/{one}", *NAVIGATION).status == 307
        assert send(other, f"http://auto.example/?sid={one}", *NAVIGATION, b"Cookie: a=b").status == 302
        assert send(other, f"http://other.example/{one}", b"Accept: image/png").status == 200
        assert other.origin.received[-1].target == "/"


# -- what is none of ours ----------------------------------------------------------------------------------------------


LOOKS = b"507f1f77bcf86cd799439011"
"""A document's name in MongoDB has the shape of an id, and many others have."""


def test_what_only_looks_like_an_id_passes_unchanged(site: Pair) -> None:
    begun(site)
    said = (
        b"Cookie: a=%b; b=/(S(%b))/" % (LOOKS, LOOKS),
        b"Referer: http://other.example/(S(%b))/?sid=%b" % (LOOKS, LOOKS),
    )
    looks = LOOKS.decode()
    target = f"/(S({looks}))/;sid={looks}?sid={looks}&a={looks.upper()}"
    send(
        site,
        f"http://other.example{target}",
        *NAVIGATION,
        *said,
        b"Content-Type: text/plain",
        method="POST",
        body=LOOKS,
    )
    received = site.origin.received[-1]
    assert (received.target, received.body) == (target, LOOKS)
    assert all(line in received.head for line in said)


@pytest.mark.parametrize("body", [b"sid=%b&x=1", b"x=1&sid=%b"])
def test_a_field_that_only_looks_like_ours_stays_in_forms_to_other_sites(site: Pair, body: bytes) -> None:
    form = b"Content-Type: application/x-www-form-urlencoded"
    send(site, "http://other.example/", *NAVIGATION, form, method="POST", body=body % LOOKS)
    assert site.origin.received[-1].body == body % LOOKS


def test_a_body_full_of_ids_holds_nobody_up(site: Pair) -> None:
    ids = " ".join(begun(site) for _ in range(24)).encode()
    body = (ids + b" ") * (1_000_000 // len(ids))
    sender = threading.Thread(
        target=send,
        args=(site, "http://other.example/", b"Content-Type: text/plain"),
        kwargs={"method": "POST", "body": body},
    )
    longest = 0.0
    sender.start()
    while sender.is_alive():
        before = time.perf_counter()
        send(site, "http://plain.example/")
        longest = max(longest, time.perf_counter() - before)
    sender.join()
    assert not ID.search(b"sid=" + site.origin.at("/")[-1].body[:24])
    assert longest < 1.0


# -- sessions ----------------------------------------------------------------------------------------------------------


def picture_that_begins_a_session(request: Received) -> Answer:
    given = [] if request.all(b"cookie") else [b"Set-Cookie: PHPSESSID=abcdefabcdef0001; Path=/"]
    return Answer([*given, b"Content-Type: image/png"], b"x", close=True)


@pytest.mark.parametrize("host", ["query.example", "scripted.example"])
def test_a_picture_that_begins_the_session_of_the_application_does_not_lose_it(site: Pair, host: str) -> None:
    site.origin.answers["/captcha"] = picture_that_begins_a_session
    page = f"http://{host}/?sid={begun(site, host)}"
    send(site, f"http://{host}/captcha", *PICTURE, b"Referer: " + page.encode())
    send(site, page, *NAVIGATION)
    assert cookies_that_came(site) == b"PHPSESSID=abcdefabcdef0001"


class Jar:
    """The cookies of a browser that keeps them; of paths and times it knows nothing."""

    def __init__(self, site: Pair, *held: bytes) -> None:
        self._site = site
        self._cookies = dict(one.split(b"=", 1) for one in held)

    def take(self, answer: RawAnswer) -> RawAnswer:
        for said in answer.all(b"set-cookie"):
            name, _, value = said.partition(b";")[0].partition(b"=")
            self._cookies[name] = value
        return answer

    def visit(self, url: str, **more: str) -> RawAnswer:
        """Navigate there, and to where that leads."""
        line = b"Cookie: " + b"; ".join(b"%b=%b" % pair for pair in self._cookies.items())
        answer = self.take(send(self._site, url, *NAVIGATION, line, **more))
        return self.visit(answer.all(b"location")[0].decode()) if answer.status == 302 else answer

    def __getitem__(self, name: bytes) -> bytes:
        return self._cookies[name]


def application(request: Received) -> Answer:
    """It begins a session for everybody who has none."""
    cookies = b"; ".join(request.all(b"cookie"))
    if request.path == "/login":
        return Answer([b"Set-Cookie: sid=" + LOGGED_IN + b"; Path=/"], PAGE, close=True)
    given = [] if b"sid=" in cookies else [b"Set-Cookie: sid=" + ANONYMOUS % next(NUMBERS) + b"; Path=/"]
    return Answer(given, PAGE, close=True)


NUMBERS = iter(range(1, 1_000))


def test_a_second_tab_logs_nobody_out(site: Pair) -> None:
    site.origin.answers["*"] = application
    first, second = (send(site, "http://auto.example/", *NAVIGATION) for _ in range(2))
    jar = Jar(site)
    jar.take(first)
    jar.take(second)
    jar.visit(f"http://auto.example/login?sid={id_in(first)}")
    jar.visit("http://auto.example/x")
    jar.visit(f"http://auto.example/x?sid={id_in(second)}")
    assert jar[b"sid"] == LOGGED_IN


def test_a_link_with_the_id_of_a_housemate_changes_no_cookie(site: Pair) -> None:
    site.origin.answers["*"] = application
    of_attacker = begun(site, "house.example")
    jar = Jar(site, b"sid=victims-very-own1")
    jar.visit(f"http://house.example/x?sid={of_attacker}")
    assert jar[b"sid"] == b"victims-very-own1"
    assert cookies_that_came(site) == b"sid=victims-very-own1"


def test_somebody_alike_who_has_cookies_takes_none_from_the_parts_of_a_page(site: Pair) -> None:
    site.origin.answers["*"] = application
    page = f"http://auto.example/x?sid={begun(site, 'auto.example')}"
    send(site, page, *NAVIGATION)
    held = cookies_that_came(site)
    assert held.startswith(b"sid=anonymous")
    send(site, "http://auto.example/", *NAVIGATION, b"Cookie: other=1")
    answer = send(site, "http://auto.example/picture", *PICTURE, b"Referer: " + page.encode())
    assert cookies_that_came(site) == held
    assert answer.all(b"set-cookie") == []


@is_open("an id that is due goes to whoever asks first; without our script nobody else can be told")
def test_who_knew_the_id_before_a_login_by_script_gets_nothing_of_it(site: Pair) -> None:
    site.origin.answers["/login"] = Answer(
        [b"Set-Cookie: sid=" + LOGGED_IN + b"; Path=/", b"Content-Type: application/json"], b"{}", close=True
    )
    one = begun(site, "query.example")
    send(site, f"http://query.example/x?sid={one}", *NAVIGATION)
    by_script = (b"Accept: application/json", b"Sec-Fetch-Dest: empty", b"Sec-Fetch-Site: same-origin")
    send(site, f"http://query.example/login?sid={one}", *by_script, method="POST", body=b"{}")
    answer = send(site, f"http://query.example/poll?sid={one}", *NAVIGATION)
    assert LOGGED_IN not in cookies_that_came(site) or id_in(answer) == one


@is_open("what was held for the first tab is not given to the browser that is asked in the second")
def test_the_form_of_the_first_tab_finds_the_cookie_that_came_with_it(site: Pair) -> None:
    site.origin.answers["*"] = lambda request: Answer(
        [b"Set-Cookie: csrf=%d; Path=/" % next(NUMBERS)], PAGE, close=True
    )
    first, second = (send(site, "http://auto.example/", *NAVIGATION) for _ in range(2))
    held = b"csrf=%d" % (next(NUMBERS) - 2)
    jar = Jar(site)
    jar.take(first)
    jar.take(second)
    jar.visit(f"http://auto.example/login?sid={id_in(first)}", method="POST")
    assert held in cookies_that_came(site)


@pytest.mark.parametrize(
    ("name", "starts", "arrives"),
    [(b"cart=1", "before", True), (b"cart=1", "after", False), (b"sid=fromlongago12345", "before", False)],
)
def test_a_cookie_of_a_request_on_its_way_outlives_a_renewal(
    site: Pair, name: bytes, starts: str, arrives: bool
) -> None:
    arrived, goes_on = threading.Event(), threading.Event()

    def slow(request: Received) -> Answer:
        arrived.set()
        goes_on.wait(10)
        return Answer([b"Set-Cookie: " + name + b"; Path=/", b"Content-Type: application/json"], b"{}", close=True)

    site.origin.answers |= {"/slow": slow, "/login": application}
    old = begun(site, "scripted.example")
    by_script = (b"Sec-Fetch-Dest: empty", b"Sec-Fetch-Site: same-origin")
    sender = threading.Thread(target=send, args=(site, f"http://scripted.example/slow?sid={old}", *by_script))
    if starts == "before":
        sender.start()
        assert arrived.wait(10)
    new = id_in(send(site, f"http://scripted.example/login?sid={old}", *NAVIGATION, method="POST"))
    goes_on.set()
    if starts == "after":
        sender.start()
    sender.join()
    assert new != old
    send(site, f"http://scripted.example/?sid={new}", *NAVIGATION)
    assert (name in cookies_that_came(site)) is arrives


# -- framing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [b"", b"Content-Length: %d\r\n" % len(PAGE)])
def test_a_page_of_an_old_application_has_a_framing_that_browsers_read(site: Pair, length: bytes) -> None:
    site.origin.answers["/old"] = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n" + length + b"\r\n" + PAGE
    answer = send(site, "http://path.example/old", *NAVIGATION)
    assert ID.search(answer.body)
    assert answer.head.startswith(b"HTTP/1.1 ") or not answer.all(b"transfer-encoding")


@is_open("bodies of pages stream, so that mitmproxy's own options find none")
def test_options_that_change_bodies_change_pages_with_ids_too(certificate: Path, confdir: Path, tmp_path: Path) -> None:
    with shared_pair(certificate, confdir, tmp_path, RULES, {"modify_body": ["/~s/x/replaced"]}) as other:
        other.origin.answers["*"] = Answer([], HTML + b"x", close=True)
        assert b"replaced" in send(other, "http://path.example/", *NAVIGATION).body


def test_many_pages_that_wait_cost_little_and_hold_nobody_up(site: Pair) -> None:
    goes_on = threading.Event()

    def slowly() -> Iterator[bytes]:
        yield PAGE + b"<a title='" + b"x" * 60_000
        goes_on.wait(30)
        yield b"' href='/y'>y</a>"

    site.origin.answers["/slow"] = lambda request: Answer([], slowly(), close=True)
    before = resident_kilobytes(site)
    request = b"GET http://path.example/slow HTTP/1.1\r\nHost: path.example\r\n\r\n"
    with ExitStack() as stack:
        stack.callback(goes_on.set)
        for _ in range(100):
            reader = stack.enter_context(socket.create_connection(("127.0.0.1", site.proxy.port)))
            reader.sendall(request)
            assert reader.recv(65_536).startswith(b"HTTP/1.1 200")
        at = time.perf_counter()
        send(site, "http://other.example/")
        assert time.perf_counter() - at < 1
        assert (resident_kilobytes(site) - before) / 100 < 1_024


def resident_kilobytes(site: Pair) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{site.proxy.pid}/status").read_text())
    assert found is not None
    return int(found[1])
