"""The visitor without cookies is a fair stand-in for a browser: what it reads, what it sends, where it goes."""

import zlib
from collections.abc import Callable
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.clients import RawAnswer
from rig.forms import Button, Entry, Upload, encode_multipart, encode_urlencoded
from rig.markup import attributes_of, read_markup
from rig.messages import Answer, Received
from rig.origin import Origin
from rig.page import NOWHERE, Page, resolve
from rig.process import Proxy
from rig.referrer import policy_of, referer
from rig.visitor import Request, Visitor, redirected

HOME = "http://shop.example"


@pytest.fixture
def visitor(proxy: Callable[..., Proxy]) -> Visitor:
    return Visitor(proxy(options={"cookies_store": "memory:"}).port)


def page_of(source: str, url: str = f"{HOME}/dir/page?q#f", *lines: bytes) -> Page:
    head = b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Type: text/html; charset=utf-8", *lines, b"", b""])
    return Page(url, RawAnswer(head, source.encode()))


START_TAGS = {
    "the first of two": ('<a href="1" HREF="2">', {"href": "1"}),
    "no quotes": ("<a href=/a/b?c=d>", {"href": "/a/b?c=d"}),
    "single quotes": ("<a href='a\"b'>", {"href": 'a"b'}),
    "none": ("<input checked disabled=''>", {"checked": "", "disabled": ""}),
    "references": ('<a href="?a=1&amp;b=2&#61;&#x3D;">', {"href": "?a=1&b=2=="}),
    "no reference before an equals sign": ('<a href="?a=1&copy=2&lang=de">', {"href": "?a=1&copy=2&lang=de"}),
    "no reference before a letter": ('<a href="?a&notit;&copycat">', {"href": "?a&notit;&copycat"}),
    "one without semicolon": ('<a title="&copy 2001">', {"title": "© 2001"}),
    "a slash at the end": ("<img src=a.png />", {"src": "a.png"}),
}


@pytest.mark.parametrize(("tag", "attributes"), START_TAGS.values(), ids=START_TAGS)
def test_attributes_are_read_as_a_browser_reads_them(tag: str, attributes: dict[str, str]) -> None:
    assert attributes_of(tag) == attributes
    assert attributes_of(f"<x data-b=1 {tag[tag.index(' ') + 1 :]}")["data-b"] == "1"


def test_a_page_is_read() -> None:
    page = read_markup(
        "<title>A &amp; B</title><base href=/x/><base href=/y/><script>'<a href=no>'</script><img src=i.png>"
        "<p>one</p><p>t<b>w</b>o <a href=1>to <i>some</i>\nwhere</a> <a name=x>no link</a><!-- <a href=2>no</a> -->"
        "<link rel='shortcut icon' href=f.ico><meta http-equiv=Refresh content='3; url=next'>"
    )
    assert (page.title, page.base, page.refresh) == ("A & B", "/x/", "3; url=next")
    assert page.text == "one two to some where no link"
    assert [(link.text, link.href) for link in page.links] == [("to some where", "1")]
    assert page.parts == ["i.png", "f.ico"]


FORM = """
<form id=one action=go><input name=text value='a&quot;b'><input type=hidden name=token value=t><input name=off disabled>
<input type=checkbox name=ticked checked><input type=checkbox name=box value=v><input type=radio name=r value=1>
<input type=radio name=r value=2 checked><select name=s><option>first<option value=2nd>second</select>
<select name=m multiple><option value=a>A</option><option value=b>B</option></select><textarea name=t>
&lt;b> <b>
</textarea><input type=file name=f><fieldset disabled><input name=never value=1></fieldset>
<input type=submit name=b1 value=Go formaction=/elsewhere><button name=b2 value=Send formmethod=post>x</button>
<input type=reset name=reset><input value=nameless></form><input name=outside form=one value=o>
"""


def test_an_untouched_form_sends_what_it_came_with() -> None:
    form = page_of(FORM).form("text")
    assert form.entries({}, None) == [
        ("text", 'a"b'),
        ("token", "t"),
        ("ticked", "on"),
        ("r", "2"),
        ("s", "first"),
        ("t", "<b> <b>\n"),
        ("f", Upload("", b"")),
        ("outside", "o"),
    ]


def test_a_filled_in_form_sends_that() -> None:
    form = page_of(FORM).form("text")
    filled = {"text": "x", "ticked": False, "box": True, "r": "1", "s": "second", "m": ["a", "b"], "t": "y"}
    entries = form.entries(filled, form.button("b2"))
    assert [entry for entry in entries if entry.name not in {"f", "token", "outside"}] == [
        *(("text", "x"), ("box", "v"), ("r", "1"), ("s", "2nd"), ("m", "a"), ("m", "b"), ("t", "y"), ("b2", "Send"))
    ]


@pytest.mark.parametrize("values", [{"nothing": "x"}, {"off": "x"}, {"s": "third"}, {"text": True}])
def test_nobody_fills_in_what_cannot_be_filled_in(values: dict[str, str]) -> None:
    with pytest.raises(LookupError):
        page_of(FORM).form("text").entries(values, None)


def test_a_picture_tells_where_it_was_clicked() -> None:
    assert Button({"name": "go"}, image=True).entries == [("go.x", "0"), ("go.y", "0")]


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8")))))
def test_what_is_encoded_is_read_again(pairs: list[tuple[str, str]]) -> None:
    written = encode_urlencoded([Entry(*pair) for pair in pairs]).decode("ascii")
    read = parse_qsl(written, keep_blank_values=True)
    assert [tuple(part.replace("\r\n", "\n") for part in pair) for pair in read] == [
        tuple(part.replace("\r\n", "\n").replace("\r", "\n") for part in pair) for pair in pairs
    ]


def test_files_are_sent_in_parts() -> None:
    body, content_type = encode_multipart([Entry("a", "1\n2"), Entry('f"', Upload('x"y', b"\0\n", "image/png"))])
    boundary = content_type.partition(b"boundary=")[2]
    assert body.split(b"--" + boundary) == [
        b"",
        b'\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n2\r\n',
        b'\r\nContent-Disposition: form-data; name="f%22"; filename="x%22y"\r\nContent-Type: image/png\r\n\r\n\0\n\r\n',
        b"--\r\n",
    ]


REFERENCES = {
    "/a/../b?c": f"{HOME}/b?c",
    "x": f"{HOME}/dir/x",
    "?y": f"{HOME}/dir/page?y",
    "\\\\evil.example": "http://evil.example/",
    "/\\evil.example/": "http://evil.example/",
    " /t\nab ": f"{HOME}/tab",
    "//other.example": "http://other.example/",
    "HTTP://Shop.Example:80/": f"{HOME}/",
    "http://[": None,
}


@pytest.mark.parametrize(("reference", "target"), REFERENCES.items())
def test_references_lead_where_they_lead_in_a_browser(reference: str, target: str | None) -> None:
    assert resolve(f"{HOME}/dir/page?q#f", reference) == target


SECURE, OTHER = "https://shop.example/a?b", "https://other.example/"
REFERERS = [
    ("", f"{HOME}/p?q#f", f"{HOME}/x", f"{HOME}/p?q"),
    ("", f"{HOME}/p", "http://other.example/", f"{HOME}/"),
    ("", SECURE, OTHER, "https://shop.example/"),
    ("", SECURE, f"{HOME}/", None),
    ("", "http://me:secret@shop.example/p", f"{HOME}/x", f"{HOME}/p"),
    ("no-referrer", SECURE, SECURE, None),
    ("same-origin", SECURE, OTHER, None),
    ("same-origin", SECURE, SECURE, SECURE),
    ("origin", SECURE, f"{HOME}/", "https://shop.example/"),
    ("strict-origin", SECURE, SECURE, "https://shop.example/"),
    ("unsafe-url", SECURE, f"{HOME}/", SECURE),
    ("no-referrer-when-downgrade", SECURE, OTHER, SECURE),
    ("no-referrer-when-downgrade", SECURE, f"{HOME}/", None),
    ("origin-when-cross-origin", SECURE, f"{HOME}/", "https://shop.example/"),
    ("unknown, same-origin, odd", SECURE, OTHER, None),
    ("", NOWHERE, OTHER, None),
]


@pytest.mark.parametrize(("policy", "page", "target", "expected"), REFERERS)
def test_the_referer_follows_the_policy(policy: str, page: str, target: str, expected: str | None) -> None:
    assert referer(policy_of(policy), page, target) == expected


def test_the_policy_is_the_one_said_last() -> None:
    page = page_of("<meta name=referrer content=origin>", HOME, b"Referrer-Policy: no-referrer")
    assert page.policy == "origin"
    assert page_of("", HOME, b"Referrer-Policy: no-referrer").policy == "no-referrer"


REFRESHES = {
    "0;url=next": f"{HOME}/dir/next",
    "0; URL='a b'": f"{HOME}/dir/a%20b",
    "5 ;  /x": f"{HOME}/x",
    "0, url = ?a=1;b": f"{HOME}/dir/page?a=1;b",
    "3": f"{HOME}/dir/page?q#f",
}


@pytest.mark.parametrize(("said", "target"), REFRESHES.items())
def test_a_refresh_leads_on(said: str, target: str) -> None:
    assert page_of(f'<meta http-equiv=refresh content="{said}">').refresh == target
    assert page_of("", f"{HOME}/dir/page?q#f", b"Refresh: " + said.encode()).refresh == target


def redirect(status: int, location: bytes, method: str = "POST", comes_from: str = f"{HOME}/") -> Request | None:
    answer = RawAnswer(b"HTTP/1.1 %d Go\r\nLocation: %b\r\n\r\n" % (status, location), b"")
    return redirected(Request(f"{HOME}/a#frag", method, b"text/x", b"body", comes_from), answer)


@pytest.mark.parametrize("status", [301, 302, 303])
def test_redirects_become_get(status: int) -> None:
    assert redirect(status, b"/b") == Request(f"{HOME}/b#frag", comes_from=f"{HOME}/")


@pytest.mark.parametrize("status", [307, 308])
def test_redirects_keep_the_method(status: int) -> None:
    assert redirect(status, b"/b#new") == Request(f"{HOME}/b#new", "POST", b"text/x", b"body", f"{HOME}/")


def test_redirects_that_are_none() -> None:
    assert redirect(304, b"/b") is None


def test_redirects_over_a_third_origin_hide_where_they_began() -> None:
    following = redirect(307, b"http://other.example/", comes_from="http://start.example/")
    assert following
    assert following.is_tainted


def echo(request: Received) -> Answer:
    return Answer([b"Content-Type: text/plain"], f"{request.method} {request.target} ".encode() + request.body)


def test_a_visit_goes_through_links_forms_and_redirects(visitor: Visitor, origin: Origin) -> None:
    origin.answers["/"] = Answer([b"Set-Cookie: a=1"], b"<a href=go#part>Go &amp; see</a>")
    origin.answers["/go"] = Answer([b"Location: /form"], status=302)
    origin.answers["/form"] = Answer([b"Set-Cookie: b=2"], b"<form method=post action=do><input name=x></form>")
    origin.answers["/do"] = Answer([b"Location: /done"], status=307)
    origin.answers["/done"] = echo
    visitor.visit(f"{HOME}/")
    assert visitor.click("Go & see").url == f"{HOME}/form#part"
    assert visitor.submit({"x": "ä 1"}).text == "POST /done x=%C3%A4+1"
    assert visitor.set_cookies == [b"a=1", b"b=2"]
    assert [one.request.url for one in visitor.exchanges] == [
        f"{HOME}/{path}" for path in ("", "go#part", "form#part", "do", "done")
    ]
    assert origin.cookies_at("/done") == [b""]
    [done] = origin.at("/done")
    assert (done.all(b"referer"), done.all(b"origin")) == ([f"{HOME}/form".encode()], [HOME.encode()])
    assert origin.at("/")[0].all(b"referer") == []


def test_a_get_form_replaces_the_query(visitor: Visitor, origin: Origin) -> None:
    origin.answers["/"] = Answer(
        body=b"<form action='/s?old=1#f'><input name=q><button name=b value=1>x</button></form>"
    )
    origin.answers["/s"] = echo
    visitor.visit(f"{HOME}/")
    assert visitor.submit({"q": "a&b"}).text == "GET /s?q=a%26b&b=1 "


def test_an_empty_action_is_the_page_itself(visitor: Visitor, origin: Origin) -> None:
    origin.answers["/p"] = Answer(body=b"<base href=/elsewhere/><form method=post><input name=q></form>")
    visitor.visit(f"{HOME}/p?a=1")
    visitor.submit({"q": "x"})
    assert [(one.method, one.target, one.body) for one in origin.received[1:]] == [("POST", "/p?a=1", b"q=x")]


def test_cookies_are_kept_on_demand(visitor: Visitor, origin: Origin) -> None:
    origin.answers["/"] = Answer([b"Set-Cookie: a=1; Path=/x", b"Set-Cookie: b=2; Domain=shop.example; Max-Age=9"])
    origin.answers["/x"] = Answer([b"Set-Cookie: b=; Domain=shop.example; Path=/; Max-Age=0"])
    keeper = Visitor(visitor.port, keep_cookies=True)
    for url in (f"{HOME}/", f"{HOME}/x", f"{HOME}/x/y", "http://other.example/x", "https://www.shop.example/z"):
        keeper.visit(url)
    assert origin.cookies_at("/x") == [b"a=1; b=2", b""]
    assert origin.cookies_at("/x/y") == [b"a=1"]
    assert origin.cookies_at("/z") == [b""]


def test_parts_of_a_page_are_fetched_on_demand(visitor: Visitor, origin: Origin) -> None:
    origin.answers["/"] = Answer(body=b"<img src=i.png><img src='data:,x'><script src=//cdn.example/s.js></script>")
    origin.answers["/i.png"] = Answer([b"Location: /j.png"], status=302)
    curious = Visitor(visitor.port, with_parts=True, user_agent="Curious/1", source="127.0.0.9")
    curious.visit(f"{HOME}/")
    assert [one.host + one.target for one in origin.received] == [
        *("shop.example/", "shop.example/i.png", "shop.example/j.png", "cdn.example/s.js")
    ]
    assert {one.all(b"user-agent")[0] for one in origin.received} == {b"Curious/1"}


def test_a_loop_ends(visitor: Visitor, origin: Origin) -> None:
    origin.answers["/"] = Answer([b"Location: /"], status=302)
    with pytest.raises(AssertionError, match="more than 20 redirects"):
        visitor.visit(f"{HOME}/")
    assert len(origin.received) == 21


def test_a_refresh_is_followed_and_codings_are_undone(visitor: Visitor, origin: Origin) -> None:
    origin.answers["/"] = Answer(body=b"<meta http-equiv=refresh content='0;url=/next'>")
    packed = zlib.compress("<p>schön</p>".encode("latin-1"), wbits=31)
    origin.answers["/next"] = Answer(
        [b"Content-Encoding: gzip", b"Content-Type: text/html; charset=iso-8859-1"], packed
    )
    page = visitor.visit("https://shop.example/")
    assert (page.url, page.text) == ("https://shop.example/next", "schön")
    assert origin.at("/next")[0].all(b"referer") == [b"https://shop.example/"]
