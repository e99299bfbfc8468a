"""What holds for every format and any cookie: written and read again it is the same but for its losses (R38)."""

from collections.abc import Callable
from copy import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cookieproxy.core.cookie import Cookie, Priority, SameSite
from cookieproxy.core.hosts import domain_match
from cookieproxy.formats import FORMATS, Field, Format, FormatError, Loss, Place, Read, expect, recognise
from cookieproxy.formats.faults import fault_of
from cookieproxy.formats.format import Content
from rig.jars import NOW

READ = [one for one in FORMATS.values() if one.is_read]
EVERY = list(FORMATS.values())
NAMES_NO_HOST = {"header"}
SLOW = [HealthCheck.too_slow]

ATTRIBUTES: dict[Field, Callable[[Cookie], object]] = {
    Field.NAME: lambda c: c.name,
    Field.VALUE: lambda c: c.value,
    Field.DOMAIN: lambda c: c.domain,
    Field.PATH: lambda c: c.path,
    Field.HOST_ONLY: lambda c: c.host_only,
    Field.EXPIRES: lambda c: c.expiry_time,
    Field.SECURE: lambda c: c.secure_only,
    Field.HTTP_ONLY: lambda c: c.http_only,
    Field.SAME_SITE: lambda c: c.same_site,
    Field.PARTITION_KEY: lambda c: c.partition,
    Field.PRIORITY: lambda c: c.priority,
}

CONTROLS = {*range(0x00, 0x09), *range(0x0A, 0x20), 0x7F}


def octets(without: str, most: int = 12) -> st.SearchStrategy[bytes]:
    """Any bytes but control characters and these."""
    allowed = [byte for byte in range(256) if byte not in CONTROLS | set(without.encode())]
    common = [byte for byte in b"abz09_-\"\\'\t ,=+@" if byte in allowed]
    some = st.lists(st.sampled_from(common) | st.sampled_from(allowed), max_size=most).map(bytes)
    letters = st.text("aé日\u00a0\u2028x1", max_size=4).map(str.encode)
    return (some | letters).map(lambda said: said.strip(b" \t"))


def labels() -> st.SearchStrategy[str]:
    return st.from_regex(r"[a-z_][a-z0-9_-]{0,5}", fullmatch=True)


hosts = (
    st.sampled_from(
        ["shop.example", "www.shop.example", "a.www.shop.example", "localhost", "127.0.0.1", "[::1]", "shop.example."]
    )
    | st.sampled_from(
        ["[2001:db8::1]", "xn--bcher-kva.example", "a'b.example", "a;b.example", "printer.local", "0x.example"]
    )
    | st.lists(labels(), min_size=1, max_size=3).map(".".join)
)
expiries = st.none() | st.one_of(
    st.integers(-10, 2**40).map(float),
    st.floats(min_value=-1e3, max_value=4e9),
    st.integers(0, 4 * 10**12).map(lambda ms: ms / 1000),
    st.sampled_from([0.0, -1.0, 0.5, 1.0, NOW, NOW + 0.25, 253402300799.0, 253402300799.9, 9.3e18, float("inf")]),
)


@st.composite
def cookies(draw: st.DrawFn) -> Cookie:
    """A cookie as some browser could hold it."""
    name, value = draw(octets("=;")), draw(octets(";") | st.just(b'"a; b"'))
    return Cookie(
        name,
        value if name or value else b"v",
        draw(hosts),
        b"/" + draw(octets(";")),
        NOW - 5,
        NOW - 2.5,
        1,
        expiry_time=draw(expiries),
        host_only=draw(st.booleans()),
        secure_only=draw(st.booleans()),
        http_only=draw(st.booleans()),
        same_site=draw(st.sampled_from(SameSite)),
        partition=draw(st.sampled_from([None, "https://top.example", "https://shop.example"])),
        priority=draw(st.sampled_from(Priority)),
    )


def differences(one: Cookie, other: Cookie) -> set[Field]:
    return {field for field, get in ATTRIBUTES.items() if get(one) != get(other)}


def is_left_out(of: Format, cookie: Cookie) -> bool:
    return any(loss.left_out for loss in of.write([cookie], NOW).losses)


def refusal(read: Callable[[], object]) -> FormatError | None:
    try:
        read()
    except FormatError as error:
        return error
    return None


def written_and_read(of: Format, cookie: Cookie) -> tuple[Read | None, tuple[Loss, ...]]:
    """What comes back of one cookie, and what was said to be lost."""
    written = of.write([cookie], NOW)
    back = of.read(written.data, NOW, Place("https", cookie.domain))
    assert len(back) == (0 if any(loss.left_out for loss in written.losses) else 1)
    return (back[0] if back else None), written.losses


@pytest.mark.parametrize("of", READ, ids=lambda of: of.name)
@given(cookie=cookies())
@settings(max_examples=60, suppress_health_check=SLOW)
def test_what_comes_back_differs_exactly_by_the_losses(of: Format, cookie: Cookie) -> None:
    before = copy(cookie)
    back, losses = written_and_read(of, cookie)
    assert differences(cookie, before) == set(), "writing changes no cookie"
    assert all(loss.domain == cookie.domain and loss.why for loss in losses)
    if back is None:
        assert [loss.left_out for loss in losses] == [True]
        return
    lost = [loss.field for loss in losses]
    assert len(lost) == len(set(lost)), "each loss is told once"
    told = set(lost) - ({Field.DOMAIN} if of.name in NAMES_NO_HOST else set())
    assert differences(cookie, back.cookie) == told
    if cookie.expiry_time is not None and back.cookie.expiry_time is not None:
        assert back.cookie.expiry_time <= max(cookie.expiry_time, 1.0), "no cookie lives longer than it should"
    assert back.expired == (back.cookie.expiry_time is not None and back.cookie.expiry_time <= NOW)


@pytest.mark.parametrize("of", [of for of in READ if of.name != "curl"], ids=lambda of: of.name)
@given(said=st.lists(cookies(), max_size=5))
@settings(max_examples=15, suppress_health_check=SLOW)
def test_many_cookies_come_back_in_their_order(of: Format, said: list[Cookie]) -> None:
    if of.name == "har":  # which has a place for each host, and knows each cookie once
        said = list({cookie.key._replace(partition=None): cookie for cookie in said}.values())
        said.sort(key=lambda cookie: cookie.domain)
    carried = [cookie for cookie in said if not is_left_out(of, cookie)]
    back = of.read(of.write(said, NOW).data, NOW, Place("https", "shop.example"))
    assert [(one.cookie.name, one.cookie.value) for one in back] == [(cookie.name, cookie.value) for cookie in carried]
    assert [one.cookie.sequence for one in back] == list(range(1, len(back) + 1))


@given(said=st.lists(cookies(), min_size=1, max_size=5))
@settings(max_examples=15, suppress_health_check=SLOW)
def test_curl_gets_each_cookie_at_a_host_it_goes_to(said: list[Cookie]) -> None:
    of = FORMATS["curl"]
    written = of.write(said, NOW)
    back = of.read(written.data, NOW)
    for cookie in said:
        if is_left_out(of, cookie):
            continue
        there = {
            one.cookie.domain for one in back if (one.cookie.name, one.cookie.value) == (cookie.name, cookie.value)
        }
        assert any(
            host == cookie.domain or (not cookie.host_only and domain_match(host, cookie.domain)) for host in there
        )


@pytest.mark.parametrize("of", EVERY, ids=lambda of: of.name)
@given(said=st.lists(cookies(), min_size=1, max_size=3))
@settings(max_examples=15, suppress_health_check=SLOW)
def test_what_a_format_writes_only_it_recognises(of: Format, said: list[Cookie]) -> None:
    written = of.write(said, NOW)
    content = Content(written.data)
    told = [one.name for one in EVERY if one.recognises(content)]
    assert told in ([of.name], [])
    if any(not is_left_out(of, cookie) for cookie in said):  # an empty list says nothing
        assert told == [of.name]
        assert recognise(written.data) is of


@pytest.mark.parametrize("of", EVERY, ids=lambda of: of.name)
@given(
    cookie=st.builds(
        Cookie,
        *[st.binary(max_size=8)] * 2,
        st.just("shop.example"),
        st.binary(max_size=4),
        *[st.just(NOW)] * 2,
        st.just(1),
    ),
    expiry=st.none() | st.floats(),
)
@settings(max_examples=25, suppress_health_check=SLOW)
def test_writing_never_raises_and_is_never_silent(of: Format, cookie: Cookie, expiry: float | None) -> None:
    cookie.expiry_time = expiry
    written = of.write([cookie], NOW)
    if of.is_read:
        back = of.read(written.data, NOW, Place("https", "shop.example"))
        assert len(back) == (0 if any(loss.left_out for loss in written.losses) else 1)


SECRET = "s3cret"
SAMPLE = Cookie(b"sid", b's3cret" c', "shop.example", b"/app", NOW, NOW, 1, NOW + 9.5, False, True, True, SameSite.LAX)
SAMPLES = {of.name: of.write([SAMPLE, SAMPLE], NOW).data for of in EVERY}
PIECES = b"""{ } [ ] , : " \\ NaN Infinity -1 0 1e999 null true "\\ud800" \xff \x00 = ; \t \r \n ' $' # .""".split(b" ")


@st.composite
def broken(draw: st.DrawFn, sample: bytes) -> bytes:
    """A file with a few bytes cut out and others put in."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(sample)))
        end = draw(st.integers(start, min(len(sample), start + 30)))
        sample = sample[:start] + draw(st.sampled_from(PIECES) | st.binary(max_size=4)) + sample[end:]
    return sample


@pytest.mark.parametrize("of", READ, ids=lambda of: of.name)
@given(data=st.data(), with_place=st.booleans())
@settings(max_examples=50, suppress_health_check=SLOW)
def test_no_bytes_make_reading_raise_anything_but_a_format_error(
    of: Format, data: st.DataObject, with_place: bool
) -> None:
    file = data.draw(broken(SAMPLES[of.name]) | st.binary(max_size=40) | st.sampled_from(list(SAMPLES.values())))
    place = Place("https", "shop.example") if with_place else None
    error = refusal(lambda: of.read(file, NOW, place))
    if error is None:
        for one in of.read(file, NOW, place):
            assert fault_of(one.cookie.name, one.cookie.value, one.cookie.path) is None, "what is read is sound"
        return
    assert error.format == of.name
    assert all(mistake.message and mistake.remedy for mistake in error.mistakes)
    assert SECRET not in str(error)


@given(data=st.data())
@settings(max_examples=100, suppress_health_check=SLOW)
def test_no_bytes_make_recognising_raise(data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(list(SAMPLES.values())).flatmap(broken) | st.binary())
    error = refusal(lambda: expect(file))
    assert (error is None) == (recognise(file) is not None)
    assert error is None or error.remedy
