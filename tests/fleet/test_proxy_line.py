"""The PROXY line by itself: the examples of its specification, what is no line, and that reading undoes writing."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.fleet.proxy_line import MOST_OCTETS, NoLine, Said, emit, parse

V4 = b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"
V6 = b"PROXY TCP6 " + b"ffff:" * 7 + b"ffff " + b"ffff:" * 7 + b"ffff 65535 65535\r\n"
UNKNOWN = b"PROXY UNKNOWN " + b"ffff:" * 7 + b"ffff " + b"ffff:" * 7 + b"ffff 65535 65535\r\n"
ADDRESSES = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.ip_addresses(v=4)), st.tuples(st.ip_addresses(v=6), st.ip_addresses(v=6))
)
PORTS = st.integers(0, 65_535)


@pytest.mark.parametrize(
    ("line", "client"),
    [
        pytest.param(V4, ("255.255.255.255", 65_535), id="the longest of IPv4"),
        pytest.param(V6, (":".join(["ffff"] * 8), 65_535), id="the longest of IPv6"),
        pytest.param(UNKNOWN, None, id="the longest there is"),
        pytest.param(b"PROXY UNKNOWN\r\n", None, id="the shortest there is"),
        pytest.param(b"PROXY TCP4 192.0.2.7 198.51.100.1 0 80\r\n", ("192.0.2.7", 0), id="no port"),
        pytest.param(b"PROXY TCP6 2001:DB8::7 ::1 4 80\r\n", ("2001:db8::7", 4), id="IPv6, shortened"),
    ],
)
def test_lines(line: bytes, client: tuple[str, int] | None) -> None:
    assert parse(line) == parse(line + b"GET / HTTP/1.1\r\n") == Said(client, len(line))


@pytest.mark.parametrize("line", [V4, V6, UNKNOWN])
def test_a_line_that_has_not_come_to_its_end(line: bytes) -> None:
    assert len(UNKNOWN) == MOST_OCTETS
    assert {parse(line[:length]) for length in range(len(line))} == {NoLine.UNFINISHED}


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"GET / HTTP/1.1\r\n", NoLine.MISSING),
        (b"\x16\x03\x01\x02", NoLine.MISSING),
        (b"proxy TCP4 192.0.2.7 198.51.100.1 1 80\r\n", NoLine.MISSING),
        (b"PROXYTCP4 192.0.2.7 198.51.100.1 1 80\r\n", NoLine.MISSING),
        (b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c", NoLine.VERSION_2),
        (b"PROXY " + b"x" * 200, NoLine.TOO_LONG),
        (b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n", NoLine.TOO_LONG),
        (b"PROXY \r\n", NoLine.MALFORMED),
        (b"PROXY TCP4\r\n", NoLine.MALFORMED),
        (b"PROXY TCP5 192.0.2.7 198.51.100.1 1 80\r\n", NoLine.MALFORMED),
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n", NoLine.MALFORMED),
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 1 80 1\r\n", NoLine.MALFORMED),
        (b"PROXY TCP4 192.0.2.7  198.51.100.1 1 80\r\n", NoLine.MALFORMED),
        (b"PROXY TCP4 192.0.2.700 198.51.100.1 1 80\r\n", NoLine.MALFORMED),
        (b"PROXY TCP4 192.0.2.7 here 1 80\r\n", NoLine.MALFORMED),
        (b"PROXY TCP4 ::1 ::1 1 80\r\n", NoLine.MALFORMED),
        (b"PROXY TCP6 192.0.2.7 198.51.100.1 1 80\r\n", NoLine.MALFORMED),
        (b"PROXY TCP6 fe80::1%eth0 ::1 1 80\r\n", NoLine.MALFORMED),
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 80\r\n", NoLine.MALFORMED),
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 01 80\r\n", NoLine.MALFORMED),
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 -1 80\r\n", NoLine.MALFORMED),
        (b"PROXY TCP4 \xd9\xa1.0.2.7 198.51.100.1 1 80\r\n", NoLine.MALFORMED),
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 1 80\n\r\n", NoLine.MALFORMED),
    ],
)
def test_no_lines(octets: bytes, why: NoLine) -> None:
    assert parse(octets) is why


@given(ADDRESSES, PORTS, PORTS, st.binary())
def test_what_was_written_is_read(addresses, port, own_port, rest) -> None:
    client = (str(addresses[0]), port)
    line = emit(client, (str(addresses[1]), own_port))
    said = parse(line + rest)
    assert said == Said((str(ip_address(client[0])), port), len(line))


@given(st.binary(max_size=200).map(lambda tail: b"PROXY TCP4 " + tail) | st.binary(max_size=200))
def test_whatever_comes_has_an_answer_that_more_of_it_does_not_change(octets) -> None:
    answers = [parse(octets[:length]) for length in range(len(octets) + 1)]
    final = next((answer for answer in answers if answer is not NoLine.UNFINISHED), None)
    assert final is None or set(answers[answers.index(final) :]) == {final}


def test_two_families_are_no_connection() -> None:
    with pytest.raises(ValueError, match="not of one family"):
        emit(("192.0.2.7", 1), ("::1", 2))
