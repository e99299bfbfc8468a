"""Ids into request targets and out again: nothing else of a target changes, whatever is in it."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cookieproxy.cookieless.carriers import Carrier, with_pairs
from cookieproxy.cookieless.entry import CarrierKind

ID = "abcdefghijklmnopqrstuvwx"
FORGED = "zzzzzzzzzzzzzzzzzzzzzzzz"
PATH, QUERY, MATRIX = (Carrier(kind, "sid") for kind in CarrierKind)


def is_ours(found: bytes) -> bool:
    return found.lower() == ID.encode()


PUT = [
    (b"/", "/(S({id}))/", "/?sid={id}", "/;sid={id}"), (b"/p", "/(S({id}))/p", "/p?sid={id}", "/p;sid={id}"),
    (b"/p/?", "/(S({id}))/p/?", "/p/?&sid={id}", "/p/;sid={id}?"),
    (b"/p?a=1&b", "/(S({id}))/p?a=1&b", "/p?a=1&b&sid={id}", "/p;sid={id}?a=1&b"),
    (b"/p?a#f?g;h", "/(S({id}))/p?a#f?g;h", "/p?a&sid={id}#f?g;h", "/p;sid={id}?a#f?g;h"),
    (b"/p#f", "/(S({id}))/p#f", "/p?sid={id}#f", "/p;sid={id}#f"),
    (b"//p", "/(S({id}))//p", "//p?sid={id}", "//p;sid={id}"),
    (b"http://u@h:1/p?q", "http://u@h:1/(S({id}))/p?q", "http://u@h:1/p?q&sid={id}", "http://u@h:1/p;sid={id}?q"),
    (b"http://h", "http://h/(S({id}))/", "http://h?sid={id}", "http://h/;sid={id}"),
    (b"http://h?q", "http://h/(S({id}))/?q", "http://h?q&sid={id}", "http://h/;sid={id}?q"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "path", "query", "matrix"), PUT)
def test_each_carrier_has_its_place(url: bytes, path: str, query: str, matrix: str) -> None:
    for carrier, expected in ((PATH, path), (QUERY, query), (MATRIX, matrix)):
        assert carrier.put(url, ID).decode() == expected.replace("{id}", ID)


TAKEN = [
    # carrier, target, what is left, ids
    (PATH, "/(S({id}))/p", "/p", "{id}"),
    (PATH, "/(S({id}))", "/", "{id}"),
    (PATH, "/(S({id}))?q", "/?q", "{id}"),
    (PATH, "/%28S%28{id}%29%29/p", "/p", "{id}"),
    (PATH, "/(s(%28", "/(s(%28", ""),
    (PATH, "/(s({ID}))/p", "/p", "{ID}"),
    (PATH, "/(S({id}))/(S({forged}))/p", "/p", "{id} {forged}"),
    (PATH, "/(S(x))/p", "/p", "x"),
    (PATH, "/(S(x))p", "/(S(x))p", ""),
    (PATH, "/p/(S({id}))/", "/p/(S({id}))/", ""),
    (PATH, "/(X(1)S({id}))/p", "/(X(1)S({id}))/p", ""),
    (PATH, "/(S({id}))/p?sid={id}", "/p", "{id} {id}"),
    (PATH, "/p?sid={forged}", "/p?sid={forged}", ""),
    (PATH, "/(S())/p", "/(S())/p", ""),
    (QUERY, "/p?sid={id}", "/p", "{id}"),
    (QUERY, "/p?s%69d={ID}&a", "/p?a", "{ID}"),
    (QUERY, "/p?sid=%61bcdefghijklmnopqrstuvwx", "/p", "{id}"),
    (QUERY, "/p?a&&sid={id}&", "/p?a&&", "{id}"),
    (QUERY, "/p?sid={id}&sid={forged}&sid=x", "/p?sid=x", "{id} {forged}"),
    (QUERY, "/p?sid={forged}", "/p", "{forged}"),
    (QUERY, "/p?sid={id}x", "/p?sid={id}x", ""),
    (QUERY, "/p?SID={id}&xsid={id}&sid%3D={id}&sid", "/p?SID={id}&xsid={id}&sid%3D={id}&sid", ""),
    (QUERY, "/p;sid={id}?a", "/p;sid={id}?a", ""),
    (QUERY, "*", "*", ""),
    (MATRIX, "/p;sid={id}", "/p", "{id}"),
    (MATRIX, "/p;sid={id}?q", "/p?q", "{id}"),
    (MATRIX, "/p;sid={id}#f", "/p#f", "{id}"),
    (MATRIX, "/p;s%69%64={id};v=1/q", "/p;v=1/q", "{id}"),
    (MATRIX, "/p;%73id={id}/q;sid={forged}", "/p/q", "{id} {forged}"),
    (MATRIX, "/p?;sid={id}", "/p?;sid={id}", ""),
    (MATRIX, "/p;sid=x;Sid={id};xsid={id}", "/p;sid=x;Sid={id};xsid={id}", ""),
    (MATRIX, "/p;sid={id}x", "/p;sid={id}x", ""),
    (MATRIX, "/p;sid={id}?sid={id}", "/p", "{id} {id}"),
]


@pytest.mark.parametrize(("carrier", "target", "left", "ids"), TAKEN)
def test_ids_are_taken_out_of_a_target(carrier: Carrier, target: str, left: str, ids: str) -> None:
    def filled(text: str) -> str:
        return text.replace("{id}", ID).replace("{ID}", ID.upper()).replace("{forged}", FORGED)

    taken = carrier.take(filled(target).encode(), is_ours)
    assert (taken.target.decode(), b" ".join(taken.ids).decode()) == (filled(left), filled(ids))


def test_a_url_keeps_its_authority() -> None:
    for carrier in (PATH, QUERY, MATRIX):
        for url in (b"http://u:p@h:8/p?a", b"HTTPS://h/", b"http://h/#f"):
            taken = carrier.take_from_url(carrier.put(url, ID), is_ours)
            assert taken == (url, (ID.encode(),))
        assert carrier.take_from_url(b"about:blank", is_ours) == (b"about:blank", ())


def test_pairs_go_to_the_end_of_the_query() -> None:
    assert with_pairs(b"http://h/p", [b"a=1", b"b=2"]) == b"http://h/p?a=1&b=2"
    assert with_pairs(b"http://h/p?q#f", [b"a=1"]) == b"http://h/p?q&a=1#f"
    assert with_pairs(b"http://h", [b"a"]) == b"http://h?a"
    assert with_pairs(b"http://h/p", []) == b"http://h/p"


PIECES = [
    b"/", b"?", b"&", b"=", b";", b"#", b"sid", b"s%69d", b"(S(", b"))", b"%28", b"%29", b"x", b".", b"%", b"%3f",
    b"\xff", b"(", b"S", FORGED.encode(), ID[:23].encode(), b"sid=", b";sid=", b"+",
]  # fmt: skip
targets = st.lists(st.sampled_from(PIECES), max_size=12).map(lambda pieces: b"/" + b"".join(pieces))


@settings(deadline=None)
@given(targets, st.sampled_from((PATH, QUERY, MATRIX)))
def test_what_was_put_in_comes_out_and_nothing_else(target: bytes, carrier: Carrier) -> None:
    assume(not carrier.take(target, is_ours).ids)
    taken = carrier.take(carrier.put(target, ID), is_ours)
    assert taken == (target, (ID.encode(),))


@settings(deadline=None)
@given(targets, st.sampled_from((PATH, QUERY, MATRIX)))
def test_taking_twice_is_taking_once(target: bytes, carrier: Carrier) -> None:
    taken = carrier.take(carrier.put(target, ID), is_ours)
    assert carrier.take(taken.target, is_ours) == (taken.target, ())
