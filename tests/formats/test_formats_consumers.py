"""The files as the programs take them that have these formats, and theirs as we take them (R38): curl, wget, Python.

Nothing leaves the machine: host names lead to the rig's server on loopback.
"""

import shutil
import subprocess
from email.message import Message
from http.cookiejar import DefaultCookiePolicy, FileCookieJar, LWPCookieJar, MozillaCookieJar
from pathlib import Path
from urllib.request import Request

import pytest

from cookieproxy.core.cookie import Cookie, Priority, SameSite
from cookieproxy.formats import FORMATS, Read, expect
from rig.clients import free_port
from rig.jars import NOW, text
from rig.messages import Answer
from rig.origin import Origin

LATER = 3_900_000_000.0
"""The year 2093."""

SECONDS = 30


def cookie(pair: bytes, domain: str = ".shop.example", path: bytes = b"/", **more: object) -> Cookie:
    """A cookie of a domain and its subdomains if there is a leading dot, else of one host."""
    name, _, value = pair.partition(b"=")
    host = domain.removeprefix(".")
    said = Cookie(name, value, host, path, NOW, NOW, 1, LATER, host == domain)
    for attribute, of in more.items():
        setattr(said, attribute, of)
    return said


COOKIES = (
    cookie(b"sid=abc-123", "shop.example"),
    cookie(b"theme=dark=blue", same_site=SameSite.LAX),
    cookie(b'quoted="a\' \\ b"'),
    cookie(b"umlaut=gr\xc3\xbc\xc3\x9fe"),
    cookie(b"empty="),
    cookie(b"session=1", expiry_time=None),
    cookie(b"deep=1", path=b"/app"),
    cookie(b"other=1", "other.example"),
    cookie(b"safe=1", secure_only=True, priority=Priority.HIGH),
    cookie(b"hidden=1", http_only=True),
)
AT_SHOP = {
    b"sid=abc-123",
    b"theme=dark=blue",
    b'quoted="a\' \\ b"',
    b"umlaut=gr\xc3\xbc\xc3\x9fe",
    b"empty=",
    b"session=1",
    b"hidden=1",
}
"""What goes to http://shop.example/."""


def exported(name: str, tmp_path: Path, *cookies: Cookie) -> Path:
    path = tmp_path / f"cookies.{name}"
    path.write_bytes(FORMATS[name].write(cookies or COOKIES, NOW).data)
    return path


def pairs(cookie_string: bytes) -> set[bytes]:
    return {pair.strip() for pair in cookie_string.split(b";") if pair.strip()}


def last_cookies(origin: Origin) -> set[bytes]:
    """What came with the last request."""
    return pairs(b"; ".join(origin.received[-1].all(b"cookie")))


def lines(read: tuple[Read, ...]) -> list[str]:
    """The cookies without the time until they expire, which depends on when the test runs."""
    return sorted(" ".join(word for word in text(one.cookie).split() if word[0] not in "+-") for one in read)


# -- curl ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def curl(origin: Origin):
    """Runs curl, for which every host name leads to the origin."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl on this machine")
    origin.answers["*"] = Answer()

    def run(*arguments: str | Path, stdin: bytes = b"", before: tuple[str, ...] = ()) -> bytes:
        to_origin = {80: origin.http_port, 443: origin.https_port}.items()
        wires = [word for asked, port in to_origin for word in ("--connect-to", f":{asked}:127.0.0.1:{port}")]
        options = ["-q", "-sSk", "--noproxy", "*", *wires]
        command = [*before, "curl", *options, *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        pytest.param("http://shop.example/", AT_SHOP, id="a host"),
        pytest.param("http://shop.example/app/x", AT_SHOP | {b"deep=1"}, id="a path"),
        pytest.param("https://shop.example/", AT_SHOP | {b"safe=1"}, id="https"),
        pytest.param("http://www.shop.example/", AT_SHOP - {b"sid=abc-123"}, id="a subdomain"),
        pytest.param("http://other.example/", {b"other=1"}, id="another host"),
        pytest.param("http://sub.other.example/", set(), id="below another host"),
    ],
)
def test_curl_sends_what_is_in_a_netscape_file(
    curl, origin: Origin, tmp_path: Path, url: str, sent: set[bytes]
) -> None:
    curl("-b", exported("netscape", tmp_path), url)
    assert last_cookies(origin) == sent


def test_curl_sends_bytes_and_ipv6_hosts_cookies(curl, origin: Origin, tmp_path: Path) -> None:
    file = exported("netscape", tmp_path, cookie(b"old=\xe9t\xe9"), cookie(b"six=1", "[::1]"))
    curl("-b", file, "http://shop.example/")
    assert last_cookies(origin) == {b"old=\xe9t\xe9"}
    curl("-b", file, "http://[::1]/")
    assert last_cookies(origin) == {b"six=1"}


SET_COOKIES = [
    b"Set-Cookie: sid=1; Path=/; HttpOnly; SameSite=Lax",
    b'Set-Cookie: wide="a b"; Domain=shop.example; Secure; Max-Age=100',
    b"Set-Cookie: empty=; Path=/app; Max-Age=100",
]
THEIR_COOKIES = [
    "empty= www.shop.example/app",
    "sid=1 www.shop.example/ httponly",
    'wide="a b" .shop.example/in/ secure',
]


def test_curls_own_file_is_read(curl, origin: Origin, tmp_path: Path) -> None:
    origin.answers["*"] = Answer(SET_COOKIES)
    curl("-c", tmp_path / "jar", "https://www.shop.example/in/page")
    data = (tmp_path / "jar").read_bytes()
    assert expect(data) is FORMATS["netscape"]
    assert lines(FORMATS["netscape"].read(data, NOW)) == THEIR_COOKIES


def test_a_header_file_is_what_curl_takes_with_h(curl, origin: Origin, tmp_path: Path) -> None:
    curl("-H", f"@{exported('header', tmp_path, *COOKIES[:6])}", "http://shop.example/")
    assert last_cookies(origin) == AT_SHOP - {b"hidden=1"}


@pytest.mark.parametrize(
    "pair",
    [
        b"sid=abc",
        b"a='$(id),",
        b'a=$(id) `id` $HOME * \\ " %s !!',
        b"=nameless",
        b"a=\xe9",
        b"-o=x",
        b"@file=x",
    ],
)
@pytest.mark.parametrize("how", ["shell", "xargs"])
def test_curl_gets_arguments_through_a_shell_and_through_xargs(curl, origin: Origin, pair: bytes, how: str) -> None:
    written = FORMATS["curl"].write([cookie(pair, "shop.example")], NOW)
    script = '"$@" ' + written.data.decode("utf-8", "surrogateescape")
    before = ("sh", "-c", script, "sh") if how == "shell" else ("xargs",)
    curl(stdin=written.data, before=before)
    assert origin.received[-1].host == "shop.example"
    assert last_cookies(origin) == {pair.removeprefix(b"=")}


# -- wget ------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def wget_program() -> str:
    """wget, installed from Debian's packages if it is missing and may be."""
    if shutil.which("wget") is None and shutil.which("apt-get") is not None:
        install = ["apt-get", "-qq", "-y", "--no-install-recommends", "install", "wget"]
        subprocess.run(install, capture_output=True, timeout=120, check=False)
    return shutil.which("wget") or pytest.skip("there is no wget on this machine, and it could not be installed")


@pytest.fixture
def wget(wget_program: str, origin: Origin):
    """Runs wget, which asks the origin for every host as if it were its proxy."""
    origin.answers["*"] = Answer()

    def run(*arguments: str | Path) -> None:
        proxy = ["-e", f"http_proxy=http://127.0.0.1:{origin.http_port}/", "--no-config", "-q", "-O", "/dev/null"]
        subprocess.run([wget_program, *proxy, *arguments], timeout=SECONDS, check=True, capture_output=True)

    return run


def test_wget_sends_what_is_in_a_netscape_file_but_what_is_httponly(wget, origin: Origin, tmp_path: Path) -> None:
    file = exported("netscape", tmp_path)
    wget("--load-cookies", file, "http://shop.example/")
    assert last_cookies(origin) - {b"hidden=1"} == AT_SHOP - {b"hidden=1"}
    wget("--load-cookies", file, "http://www.shop.example/app/")
    assert last_cookies(origin) - {b"hidden=1"} == (AT_SHOP | {b"deep=1"}) - {b"sid=abc-123", b"hidden=1"}


def test_wgets_own_file_is_read_without_its_ports(wget, origin: Origin, tmp_path: Path) -> None:
    port = free_port()
    origin.answers["*"] = Answer([SET_COOKIES[0], b"Set-Cookie: wide=1; Domain=shop.example"])
    wget("--keep-session-cookies", "--save-cookies", tmp_path / "jar", f"http://www.shop.example:{port}/in/page")
    data = (tmp_path / "jar").read_bytes()
    assert f"www.shop.example:{port}\t".encode() in data
    assert expect(data) is FORMATS["netscape"]
    read = FORMATS["netscape"].read(data, NOW)
    assert lines(read) == ["sid=1 www.shop.example/", "wide=1 .shop.example/in/"]
    assert [one.notes for one in read if one.cookie.name == b"sid"] == [
        ("its port is left out: cookies do not know ports",)
    ]


# -- Python ----------------------------------------------------------------------------------------------------------------

PYTHON = {"netscape": MozillaCookieJar, "lwp": LWPCookieJar}
STRICT = DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain)
"""Without it Python sends a host's own cookies to its subdomains too."""


def sent_by_python(jar: FileCookieJar, url: str) -> set[bytes]:
    request = Request(url)
    jar.add_cookie_header(request)
    return pairs(request.get_header("Cookie", "").encode())


@pytest.mark.parametrize("name", PYTHON)
def test_python_sends_what_is_in_the_file(name: str, tmp_path: Path) -> None:
    """All of it, but for session cookies of a Netscape file: Python takes the 0 that curl needs there for long ago."""
    jar = PYTHON[name](exported(name, tmp_path), policy=STRICT)
    jar.load(ignore_discard=True)
    at_shop = AT_SHOP - ({b"session=1"} if name == "netscape" else set())
    assert sent_by_python(jar, "http://shop.example/") == at_shop
    assert sent_by_python(jar, "http://www.shop.example/app/x") == (at_shop | {b"deep=1"}) - {b"sid=abc-123"}
    assert sent_by_python(jar, "https://shop.example/") == at_shop | {b"safe=1"}
    assert sent_by_python(jar, "http://other.example/") == {b"other=1"}


def test_python_knows_a_nameless_cookie_from_an_lwp_file(tmp_path: Path) -> None:
    jar = LWPCookieJar(exported("lwp", tmp_path, cookie(b"=bare", "shop.example")))
    jar.load()
    assert sent_by_python(jar, "http://shop.example/") == {b"bare"}


class Response:
    """What a cookie jar of Python's wants to see of a response."""

    def __init__(self, *fields: bytes) -> None:
        self._head = Message()
        for field in fields:
            self._head["Set-Cookie"] = field.removeprefix(b"Set-Cookie: ").decode()

    def info(self) -> Message:
        return self._head


@pytest.mark.parametrize(
    ("name", "sid"),
    [
        pytest.param("netscape", "sid=1 www.shop.example/", id="netscape"),
        pytest.param("lwp", "sid=1 www.shop.example/ httponly lax", id="lwp"),
    ],
)
def test_pythons_own_file_is_read(name: str, sid: str, tmp_path: Path) -> None:
    jar = PYTHON[name](tmp_path / "jar")
    jar.extract_cookies(Response(*SET_COOKIES), Request("https://www.shop.example/in/page"))
    jar.save(ignore_discard=True)
    data = (tmp_path / "jar").read_bytes()
    assert expect(data) is FORMATS[name]
    read = FORMATS[name].read(data, NOW)
    assert lines(read) == [THEIR_COOKIES[0], sid, 'wide="a b" .shop.example/in secure']
