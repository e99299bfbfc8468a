"""The JSON formats as Chromium, Playwright and tough-cookie take them, and theirs as we take them (R38)."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cookieproxy.core.cookie import Cookie, Priority, SameSite
from cookieproxy.formats import FORMATS, Read, expect
from rig.jars import NOW, text
from rig.messages import Answer
from rig.origin import Origin

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SOON = time.time() // 1 + 86_400.25
"""Tomorrow by the browser's own clock, which counts here."""

COOKIES = (
    Cookie(b"sid", b"abc", "shop.example", b"/", NOW, NOW, 1, http_only=True),
    Cookie(b"wide", b'"a b"', "shop.example", b"/app", NOW, NOW, 2, SOON, False, True, same_site=SameSite.STRICT),
    Cookie(b"gr\xc3\xbc\xc3\x9f", b"\xe6\x97\xa5", "www.shop.example", b"/", NOW, NOW, 3, same_site=SameSite.LAX),
    Cookie(b"", b"nameless", "shop.example", b"/", NOW, NOW, 4, same_site=SameSite.LAX),
    Cookie(b"six", b"1", "[::1]", b"/", NOW, NOW, 5, same_site=SameSite.LAX),
    Cookie(
        b"part", b"1", "shop.example", b"/", NOW, NOW, 6, SOON, True, True, True, SameSite.NONE, "https://top.example"
    ),
    Cookie(b"high", b"1", "shop.example", b"/", NOW, NOW, 7, same_site=SameSite.LAX, priority=Priority.HIGH),
)


def lines(read: tuple[Read, ...]) -> list[str]:
    return sorted(text(one.cookie) for one in read)


def expected(**changed: str) -> list[str]:
    """The cookies as lines; some read otherwise, by name."""
    return sorted(changed.get(cookie.name.decode(), text(cookie)) for cookie in COOKIES)


# -- Chromium --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(origin: Origin) -> Iterator["Browser"]:
    """A Chromium that finds shop.example at the origin, and no other host."""
    from playwright.sync_api import sync_playwright

    from rig import browser as rig

    if rig.executable() is None:
        pytest.skip("there is no Chromium on this machine")
    origin.answers["*"] = Answer(body=b"<title>shop</title>")
    rules = f"MAP shop.example:80 127.0.0.1:{origin.http_port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        arguments = [*rig.ARGUMENTS, f"--host-resolver-rules={rules}"]
        started = playwright.chromium.launch(executable_path=rig.executable(), args=arguments)
        yield started
        started.close()


@pytest.mark.browser
def test_playwright_takes_a_storage_state_and_gives_it_back(browser: "Browser", origin: Origin) -> None:
    """Playwright says Lax of a cookie that says nothing, and has no priorities."""
    of = FORMATS["storagestate"]
    context = browser.new_context(storage_state=json.loads(of.write(COOKIES, NOW).data))
    data = json.dumps(context.storage_state()).encode()
    assert expect(data) is of
    back = of.read(data, NOW)
    assert lines(back) == expected(sid="sid=abc shop.example/ httponly lax", high="high=1 shop.example/ lax")
    context.new_page().goto("http://shop.example/")
    assert origin.cookies_at("/") == [b"sid=abc; nameless; high=1"]


@pytest.mark.browser
def test_devtools_takes_its_cookies_and_gives_them_back(browser: "Browser") -> None:
    of = FORMATS["chrome"]
    context = browser.new_context()
    session = context.new_cdp_session(context.new_page())
    session.send("Network.setCookies", {"cookies": json.loads(of.write(COOKIES, NOW).data)})
    answer: dict[str, Any] = session.send("Network.getAllCookies")
    for data in (json.dumps(answer).encode(), json.dumps(answer["cookies"]).encode()):
        assert expect(data) is of
        assert lines(of.read(data, NOW)) == expected()


@pytest.mark.browser
def test_playwrights_list_of_cookies_is_read(browser: "Browser") -> None:
    context = browser.new_context(storage_state=json.loads(FORMATS["storagestate"].write(COOKIES[:3], NOW).data))
    data = json.dumps(context.cookies()).encode()
    assert expect(data) is FORMATS["chrome"]
    assert {one.cookie.name for one in FORMATS["chrome"].read(data, NOW)} == {cookie.name for cookie in COOKIES[:3]}


# -- tough-cookie ----------------------------------------------------------------------------------------------------------

INTO_A_JAR = """
const { CookieJar } = require('tough-cookie');
const jar = CookieJar.deserializeSync(require('fs').readFileSync(0, 'utf8'));
const sent = process.argv.slice(1).map(url => jar.getCookieStringSync(url));
console.log(JSON.stringify({ sent, back: jar.toJSON() }));
"""
FROM_RESPONSES = """
const { CookieJar } = require('tough-cookie');
const jar = new CookieJar();
for (const field of process.argv.slice(2)) jar.setCookieSync(field, process.argv[1], { loose: true });
console.log(JSON.stringify(jar));
"""


@pytest.fixture(scope="session")
def tough_cookie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which Node.js finds tough-cookie, from npm; about a second."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("there is no npm on this machine, so tough-cookie cannot be installed")
    directory = tmp_path_factory.mktemp("tough")
    install = ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--fetch-retries=0", "--fetch-timeout=10000"]
    try:
        done = subprocess.run([*install, "tough-cookie@6"], cwd=directory, capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not install tough-cookie within a minute")
    if done.returncode != 0:
        pytest.skip("npm could not install tough-cookie")
    return directory


def node(directory: Path, script: str, *arguments: str, stdin: bytes = b"") -> bytes:
    command = ["node", "-e", script, *arguments]
    done = subprocess.run(command, cwd=directory, input=stdin, capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_tough_cookie_takes_a_jar_and_gives_it_back(tough_cookie: Path) -> None:
    of = FORMATS["tough"]
    written = of.write(COOKIES, NOW)
    urls = ["http://shop.example/", "https://sub.shop.example/app", "http://www.shop.example/", "http://[::1]/"]
    said = json.loads(node(tough_cookie, INTO_A_JAR, *urls, stdin=written.data))
    assert said["sent"] == ["sid=abc; nameless; high=1", 'wide="a b"', "grüß=日", "six=1"]
    data = json.dumps(said["back"]).encode()
    assert expect(data) is of
    assert lines(of.read(data, NOW)) == expected(part=text(COOKIES[5]).replace(" under https://top.example", ""))


def test_tough_cookies_own_jar_is_read(tough_cookie: Path) -> None:
    fields = (
        "sid=1; HttpOnly; Priority=High",
        "bare",
        "wide=2; Domain=shop.example; Secure; SameSite=None",
        "age=3; Max-Age=9",
    )
    data = node(tough_cookie, FROM_RESPONSES, "https://www.shop.example/in/page", *fields)
    assert expect(data) is FORMATS["tough"]
    read = FORMATS["tough"].read(data, NOW)
    age = next(one.cookie for one in read if one.cookie.name == b"age")
    assert age.expiry_time == pytest.approx(age.last_access_time + 9)
    age.expiry_time = None
    assert lines(read) == [
        "=bare www.shop.example/in",
        "age=3 www.shop.example/in",
        "sid=1 www.shop.example/in httponly high",
        "wide=2 .shop.example/in secure none",
    ]
