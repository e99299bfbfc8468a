"""Links against the URL algorithm of browsers: what gets an id leads where it led before, whatever a page says of its charset."""

from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import can_ada
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookieproxy.cookieless.carriers import Carrier
from cookieproxy.cookieless.entities import decode
from cookieproxy.cookieless.entry import CarrierKind
from cookieproxy.cookieless.pages import Page, rewrites_of
from cookieproxy.cookieless.scrub import scrub
from cookieproxy.cookieless.urls import Links, inserted

HTML = b"<!DOCTYPE html><title>t</title>"
SESSION = "abcdefghijklmnopqrstuvwx"
HOST = "shop.example"
PIECES = (
    b"/ a b.c . ? # &amp; = - @ x-y ?a=1 #f // \\ .. : ; & %2e %2f evil.example shop.example http: https: //evil.example/ ( ) ~ ! $"
    b" * + , _ javascript: % %61 &#47; &sol; \xe9 ' | [ ] ^ a:b 1 sid= ./ ../ C|/ /. =x //a \t \x0b \0"
).split(b" ")
REFERENCES = st.lists(st.sampled_from((*PIECES, b" ", b"\n")), max_size=7).map(b"".join)
URLS = (
    "http://shop.example/",
    "http://shop.example/d/p",
    "https://shop.example/a/b/c?x=1&y",
    "http://shop.example:8080/d/e/",
    "http://shop.example/d;x/p:q",
    "http://shop.example//b/c",
    "http://shop.example/a'b/c",
)
BASES = (
    None,
    "http://shop.example/other/",
    "https://shop.example/s/t",
    "//evil.example/z",
    "/b/x?q=1",
    "data:text/html,x",
)


class Setting(NamedTuple):
    """What links depend on."""

    kind: CarrierKind
    url: str
    base: str | None
    carries: bool
    xml: bool
    charset: str

    @property
    def carrier(self) -> Carrier:
        return Carrier(self.kind, "sid")

    def links(self, asks_path: bool) -> Links:
        made = Links(
            self.carrier,
            SESSION,
            lambda place: place.host == HOST,
            self.url,
            self.carries,
            charset=self.charset,
            xml=self.xml,
            asks_path=asks_path,
        )
        if self.base is not None:
            made.rebase((can_ada.parse(self.url) + self.base).href, False)
        return made


SETTINGS = st.builds(
    Setting,
    st.sampled_from(list(CarrierKind)),
    st.sampled_from(URLS),
    st.sampled_from(BASES),
    st.booleans(),
    st.booleans(),
    st.sampled_from(("utf-8", "", "windows-1252", "shift_jis")),
)


@settings(max_examples=150, deadline=None)
@given(SETTINGS, st.lists(REFERENCES, min_size=20, max_size=20))
def test_the_quick_way_is_the_slow_way(setting: Setting, references: list[bytes]) -> None:
    quick, slow = setting.links(asks_path=False), setting.links(asks_path=True)
    assert [quick.edits(one) for one in references] == [slow.edits(one) for one in references]


@settings(max_examples=150, deadline=None)
@given(SETTINGS, st.lists(REFERENCES, min_size=20, max_size=20))
def test_what_gets_an_id_leads_home_and_where_it_led_before(setting: Setting, references: list[bytes]) -> None:
    links = setting.links(asks_path=False)
    base = setting.carrier.put(links.url.encode(), SESSION).decode() if links.carries else links.url
    for source in references:
        edits = links.edits(source)
        if not edits:
            continue
        became = can_ada.parse(base) + decode(inserted(source, edits), setting.xml).text.decode("latin-1")
        was = can_ada.parse(links.url) + decode(source, setting.xml).text.decode("latin-1")
        assert became.hostname == HOST
        assert became.protocol == "https:" or (became.protocol == "http:" and setting.url.startswith("http:"))
        taken = setting.carrier.take_from_url(became.href.encode(), lambda value: value == SESSION.encode())
        assert taken.ids
        assert taken.target == was.href.encode()


@pytest.mark.parametrize("kind", list(CarrierKind))
@pytest.mark.parametrize("source", [b"/\x1b(B/evil.example/", b"\x1b(B//evil.example/", b"/\x1b(J/evil.example/"])
def test_shifts_of_another_charset_are_not_decided(kind: CarrierKind, source: bytes) -> None:
    # Chromium takes `<meta charset=iso-2022-jp>` behind 1,024 octets, too (2026-11-27): there it is `//evil.example/`.
    links = Setting(kind, "http://shop.example/d/p", None, False, False, "").links(asks_path=False)
    assert links.edits(source) == ()


SHIFTED = {
    "form": b'<form action="/\x1b(B/evil.example/"><button>x</button></form>',
    "base": b'<base href="/\x1b(B/evil.example/"><a href="/x">x</a>',
    "base in Chinese characters": b'\x1b$B<base href="/">\x1b(B<base href="//evil.example/"><a href="/x">x</a>',
}


@pytest.mark.parametrize("name", SHIFTED)
def test_nothing_is_decided_where_the_charset_may_be_another_one(name: str) -> None:
    links = Setting(CarrierKind.QUERY, "http://shop.example/d/p", None, True, False, "utf-8").links(asks_path=False)
    page = Page(links, rewrites_of((), with_default=True), has_charset=False)
    text = HTML + b"<style>" + b" " * 2_000 + b"</style><meta charset=iso-2022-jp>" + SHIFTED[name]
    assert page.feed(text) + page.close() == text


SPELLED = (
    "?u=%2F(S({id}))%2F",
    "{encoded}",
    "sid%3D{id}",
    "%22{id}%22",
    "/%2F{id}",
    "%0A{id}",
    "a%20{id}%20b",
    "&back=%3Fsid%3D{encoded}",
)


@pytest.mark.parametrize("spelled", SPELLED)
def test_an_id_that_another_client_has_is_taken_out_however_it_is_spelled(spelled: str) -> None:
    one = "abcdefghijklmnopqrstuvw5"
    text = spelled.format(id=one, encoded="".join(f"%{ord(each):02X}" for each in one)).encode()
    rest = scrub(text, (), ("sid",), lambda session_id: session_id == one)
    assert one.encode() not in unquote_to_bytes(rest).lower()
