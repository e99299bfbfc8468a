"""Cookie dates: what each browser reads, and what we write (RFC 6265bis 5.1.1; R6)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.core.dates import format_imf_fixdate, parse_chrome, parse_curl, parse_firefox, parse_rfc

PARSERS = {"rfc": parse_rfc, "chrome": parse_chrome, "firefox": parse_firefox, "curl": parse_curl}


def seconds(moment: str | None) -> float | None:
    """Unix seconds of `2027-03-01 10:11:12`, UTC."""
    return None if moment is None else datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize("browser", PARSERS)
@pytest.mark.parametrize(
    "text",
    [
        "Mon, 01 Mar 2027 10:11:12 GMT",
        "Monday, 01-Mar-27 10:11:12 GMT",
        "Mon Mar  1 10:11:12 2027",
        "Mon, 01-Mar-2027 10:11:12 GMT",
        "01 Mar 2027 10:11:12",
        "10:11:12 1 MAR 2027",
        "mon, 1 mar 2027 10:11:12 gmt",
    ],
)
def test_every_browser_reads_the_three_formats_of_http_and_their_kin(browser: str, text: str) -> None:
    assert PARSERS[browser](text.encode()) == seconds("2027-03-01 10:11:12")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("1 March 2027 1:2:3", "2027-03-01 01:02:03", id="single digits, whole month"),
        pytest.param("1 marvellous 2027 1:2:3", "2027-03-01 01:02:03", id="three letters make a month"),
        pytest.param("2027 Mar 1 1:2:3", "2027-03-01 01:02:03", id="the year first"),
        pytest.param("1;Mar<2027@1:2:3", "2027-03-01 01:02:03", id="delimiters %x3B-40"),
        pytest.param("1[Mar`2027~1:2:3", "2027-03-01 01:02:03", id="delimiters %x5B-60, %x7B-7E"),
        pytest.param('\t"1\'Mar/2027.1:2:3"', "2027-03-01 01:02:03", id="delimiters %x09, %x20-2F"),
        pytest.param("1\x0bMar 2027 1:2:3", None, id="%x0B is no delimiter"),
        pytest.param("1x Marx 2027x 1:2:3x", "2027-03-01 01:02:03", id="trailing letters"),
        pytest.param("1:Mar 2027 1:2:3", None, id="a day with a colon hides the month"),
        pytest.param("1: Mar 2027 1:2:3:4", "2027-03-01 01:02:03", id="trailing colons"),
        pytest.param("1 Mar 2027 1:2:345", None, id="three digits of seconds"),
        pytest.param("1 Mar 2027 001:2:3", None, id="three digits of hours"),
        pytest.param("001 Mar 27 1:2:3", "2001-03-27 01:02:03", id="three digits are a year"),
        pytest.param("1 Mar 20270 1:2:3", None, id="five digits are no year"),
        pytest.param("1 Mar 2 1:2:3", None, id="one digit is no year"),
        pytest.param("1 Mar 00 1:2:3", "2000-03-01 01:02:03", id="year 00"),
        pytest.param("1 Mar 69 1:2:3", "2069-03-01 01:02:03", id="year 69"),
        pytest.param("1 Mar 70 1:2:3", "1970-03-01 01:02:03", id="year 70"),
        pytest.param("1 Mar 99 1:2:3", "1999-03-01 01:02:03", id="year 99"),
        pytest.param("1 Mar 099 1:2:3", "1999-03-01 01:02:03", id="year 099"),
        pytest.param("1 Mar 100 1:2:3", None, id="year 100"),
        pytest.param("31 Dec 1600 23:59:59", None, id="before 1601"),
        pytest.param("1 Jan 1601 0:0:0", "1601-01-01 00:00:00", id="1601"),
        pytest.param("31 Dec 9999 23:59:59", "9999-12-31 23:59:59", id="the end of 9999"),
        pytest.param("0 Mar 2027 1:2:3", None, id="day 0"),
        pytest.param("32 Mar 2027 1:2:3", None, id="day 32"),
        pytest.param("30 Feb 2027 1:2:3", None, id="30 February"),
        pytest.param("29 Feb 2027 1:2:3", None, id="29 February, no leap year"),
        pytest.param("29 Feb 2028 1:2:3", "2028-02-29 01:02:03", id="29 February, leap year"),
        pytest.param("29 Feb 2100 1:2:3", None, id="2100 has no leap day"),
        pytest.param("1 Mar 2027 24:0:0", None, id="hour 24"),
        pytest.param("1 Mar 2027 23:60:0", None, id="minute 60"),
        pytest.param("1 Mar 2027 23:59:60", None, id="second 60"),
        pytest.param("1 Mar 2027 1:2:3 4:5:6", "2027-03-01 01:02:03", id="the first time counts"),
        pytest.param("1 Mar Apr 2027 1:2:3", "2027-03-01 01:02:03", id="the first month counts"),
        pytest.param("1 Mar 2027 2028 1:2:3", "2027-03-01 01:02:03", id="the first year counts"),
        pytest.param("1 2 Mar 1:2:3", None, id="a second day is no year"),
        pytest.param("1 27 Mar 1:2:3", "2027-03-01 01:02:03", id="a second number of two digits is the year"),
        pytest.param("1 Mar 2027 1:2:3 PST", "2027-03-01 01:02:03", id="zones do not count"),
        pytest.param("1 Mar 2027 1:2:3 +0300", "2027-03-01 01:02:03", id="offsets do not count"),
        pytest.param("1 Mar 2027 1:2", None, id="no seconds"),
        pytest.param("1 Mar 2027", None, id="no time"),
        pytest.param("Mar 2027 1:2:3", None, id="no day"),
        pytest.param("1 2027 1:2:3", None, id="no month"),
        pytest.param("", None, id="empty"),
        pytest.param("0", None, id="zero"),
        pytest.param("session", None, id="a word"),
    ],
)
def test_the_rfc_reads(text: str, moment: str | None) -> None:
    assert parse_rfc(text.encode()) == seconds(moment)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("1 Mar 2027 10:11:12.5", "2027-03-01 10:11:12", id="a fraction is another token"),
        pytest.param("1 Mar 2027 010:11:12", "2027-03-01 10:11:12", id="leading zeros of the time"),
        pytest.param("1 Mar 2027 10:1:1am", None, id="letters after the time"),
        pytest.param("1 Mar 2027 10:11:123", None, id="second 123"),
        pytest.param("1 Mar 2027 10:11:12:13", None, id="four numbers"),
        pytest.param("1 Mar 2027 10:11", None, id="no seconds"),
        pytest.param("1 Mar 2027 10:11 10:11:12", "2027-03-01 10:11:12", id="what is no time is skipped"),
        pytest.param("25:00:00 10:11:12 1 Mar 2027", None, id="a first time that cannot be voids the date"),
        pytest.param("4294967295:1:1 10:11:12 1 Mar 2027", None, id="32 bits are a number"),
        pytest.param("4294967296:1:1 10:11:12 1 Mar 2027", "2027-03-01 10:11:12", id="more are none"),
        pytest.param("1x 2 Mar 2027 10:11:12", "2027-03-02 10:11:12", id="letters after a number hide it"),
        pytest.param("1 Mar 2027x 10:11:12", None, id="letters after the year"),
        pytest.param("1 Mar x2027 10:11:12", None, id="letters before the year"),
        pytest.param("1 Mar 02027 10:11:12", "2027-03-01 10:11:12", id="five digits are a year"),
        pytest.param("1 Mar 002027 10:11:12", None, id="six are none"),
        pytest.param("1 Mar 3000000 2027 10:11:12", "2027-03-01 10:11:12", id="too long a number is skipped"),
        pytest.param("001 Mar 2027 10:11:12", None, id="three digits are a year, and no day is left"),
        pytest.param("1 Mar 0 10:11:12", "2000-03-01 10:11:12", id="one digit is a year"),
        pytest.param("1 Mar 1601 10:11:12", "1601-03-01 10:11:12", id="1601"),
        pytest.param("1 Mar 100 10:11:12", "0100-03-01 10:11:12", id="the year 100"),
        pytest.param("30 Feb 2027 10:11:12", None, id="30 February"),
        pytest.param("0 Apr 2027 10:11:12", None, id="day 0"),
        pytest.param("1 Mar 2027 10:11:60", None, id="second 60"),
        pytest.param("1 Mar 2027 10:11:12 PST", "2027-03-01 10:11:12", id="zones do not count"),
        pytest.param("1 foo marx 2027 10:11:12", "2027-03-01 10:11:12", id="words are skipped, three letters suffice"),
        pytest.param("20 Mar 2027é 10:11:12", None, id="not ASCII"),
    ],
)
def test_chrome_reads(text: str, moment: str | None) -> None:
    """Each row tried in Chromium 156, as were 8,000 random ones."""
    assert parse_chrome(text.encode()) == seconds(moment)


def test_chrome_and_curl_read_years_of_five_digits() -> None:
    assert parse_chrome(b"1 Jan 10000 0:0:0") == parse_curl(b"1 Jan 10000") == 253402300800.0
    assert parse_chrome(b"31 Dec 99999 23:59:59") == 3093527980799.0


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("1 Mar 2027", "2027-03-01 00:00:00", id="no time"),
        pytest.param("1 Mar 2027 10:11", "2027-03-01 10:10:12", id="no seconds"),
        pytest.param("1 Mar 2027 10:11:", "2027-03-01 10:10:12", id="a colon and no seconds"),
        pytest.param("1 Mar 2027 10:11:123", "2027-03-01 00:00:00", id="three digits of seconds are no time"),
        pytest.param("1 Mar 2027 10:111", "2027-03-01 00:00:00", id="three digits of minutes are no time"),
        pytest.param("1 Mar 2027 123:11", "2027-03-01 00:00:00", id="three digits of hours are no time"),
        pytest.param("1 Mar 2027 10:05pm", "2027-03-01 22:06:04", id="pm"),
        pytest.param("1 Mar 2027 10:05 \t PM", "2027-03-01 22:04:44", id="PM after space"),
        pytest.param("1 Mar 2027 12:05pm", "2027-03-01 12:06:04", id="12 pm"),
        pytest.param("1 Mar 2027 12:05am", "2027-03-01 00:05:49", id="12 am"),
        pytest.param("1 Mar 2027 10:05am", "2027-03-01 10:05:49", id="am"),
        pytest.param("1 Mar 2027 13:05pm", "2027-03-01 13:06:04", id="pm after 12"),
        pytest.param("1 Mar 2027 10:11:12 PST", "2027-03-01 18:11:12", id="PST"),
        pytest.param("1 Mar 2027 10:11:12 PDT", "2027-03-01 17:11:12", id="PDT"),
        pytest.param("1 Mar 2027 10:11:12 NST", "2027-03-01 13:41:12", id="NST"),
        pytest.param("1 Mar 2027 10:11:12 BST", "2027-03-01 09:11:12", id="BST"),
        pytest.param("1 Mar 2027 10:11:12 UT", "2027-03-01 10:11:12", id="UT"),
        pytest.param("1 Mar 2027 10:11:12 CET", "2027-03-01 10:11:12", id="a zone it does not know"),
        pytest.param("1 Mar 2027 10:11:12 +0300", "2027-03-01 07:11:12", id="+0300"),
        pytest.param("1 Mar 2027 10:11:12 -0330", "2027-03-01 13:41:12", id="-0330"),
        pytest.param("1 Mar 2027 10:11:12 GMT+3", "2027-03-01 07:11:12", id="GMT+3"),
        pytest.param("1 Mar 2027 10:11:12 +03", "2027-03-01 07:11:12", id="+03"),
        pytest.param("1 Mar 2027 10:11:12 +030", "2027-03-01 10:11:12", id="an offset of three digits is none"),
        pytest.param("1 Mar 2027 10:11:12 PST+0300", "2027-03-01 18:11:12", id="no offset after a zone"),
        pytest.param("1 Mar 2027 10:11:12 +0100 +0300", "2027-03-01 09:11:12", id="the first offset counts"),
        pytest.param("6/16/27", "2027-06-16 00:00:00", id="month, day, year"),
        pytest.param("16/6/27", "2027-06-16 00:00:00", id="day, month, year"),
        pytest.param("6-16-2027 1:2", "2027-06-16 01:01:12", id="with dashes, year of four digits"),
        pytest.param("95-06-05", "1995-06-05 00:00:00", id="year, month, day"),
        pytest.param("00/1/2", "2000-01-02 00:00:00", id="year 00"),
        pytest.param("1995-06-22", None, id="not ISO 8601"),
        pytest.param("13/13/27", None, id="no month at all"),
        pytest.param("6/16/270", None, id="a year of three digits"),
        pytest.param("Mar 6/16/27 2027", "2027-03-27 00:00:00", id="after a month's name no numeric date"),
        pytest.param("30-AUG-1966", "1966-08-30 00:00:00", id="a dash after the month"),
        pytest.param("06-Nov-94 8:49", "1994-11-06 08:48:12", id="two digits of year"),
        pytest.param("1 Mar 69", "2069-03-01 00:00:00", id="year 69"),
        pytest.param("1 Mar 70", "1970-03-01 00:00:00", id="year 70"),
        pytest.param("32 Mar 1", "2032-03-01 00:00:00", id="32 is a year"),
        pytest.param("1 Mar 02027", "2027-03-01 00:00:00", id="five digits are a year"),
        pytest.param("1 Mar 32768", None, id="a year past 16 bits"),
        pytest.param("1 Mar 202", None, id="three digits are nothing"),
        pytest.param("1st Mar 2 2027", "2027-03-02 00:00:00", id="letters after a number hide it"),
        pytest.param("30 Feb 2027", "2027-03-02 00:00:00", id="30 February carries on"),
        pytest.param("0 Mar 2027", "2027-02-28 00:00:00", id="day 0 is the day before"),
        pytest.param("31 Dec 2027 24:00:00", "2028-01-01 00:00:00", id="hour 24 carries on"),
        pytest.param("13/0/27", "2026-12-13 00:00:00", id="month 0 is the December before"),
        pytest.param("1 Mar 2027 1:2:3 4:5:6", "2027-03-01 01:02:03", id="the first time counts"),
        pytest.param("(1)[Mar];2027,10:11", "2027-03-01 10:10:12", id="brackets, semicolons and commas delimit"),
        pytest.param("1_Mar_2027", None, id="underscores do not"),
        pytest.param("", None, id="empty"),
        pytest.param("-", None, id="a dash"),
        pytest.param("x " * 1001 + "1 Mar 2027", None, id="a thousand words are enough"),
    ],
)
def test_firefox_reads(text: str, moment: str | None) -> None:
    """Each row tried with libnspr4 4.35, as were 200,000 random ones; it makes seconds of what follows the minutes."""
    assert parse_firefox(text.encode()) == seconds(moment)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("1 Mar 2027", "2027-03-01 00:00:00", id="no time"),
        pytest.param("2027 Mar 1 10:11", "2027-03-01 10:11:00", id="no seconds"),
        pytest.param("20270301 10:11:12 -0700", "2027-03-01 17:11:12", id="eight digits"),
        pytest.param("20270001", None, id="eight digits, month 0"),
        pytest.param("20271301", None, id="eight digits, month 13"),
        pytest.param("123456789 Mar 1", None, id="nine digits"),
        pytest.param("GMT 10:11:12 01-Mar-27 Monday", "2027-03-01 10:11:12", id="backwards"),
        pytest.param("27 1 Mar", "2001-03-27 00:00:00", id="the first number below 32 is the day"),
        pytest.param("94 6 Nov 08:49:37", "1994-11-06 08:49:37", id="else it is the year"),
        pytest.param("1 Mar 70", "2070-03-01 00:00:00", id="year 70"),
        pytest.param("1 Mar 71", "1971-03-01 00:00:00", id="year 71"),
        pytest.param("2027.Mar.1", "2027-03-01 00:00:00", id="dots"),
        pytest.param("Sun/Mar/1/27/GMT", "2027-03-01 00:00:00", id="slashes"),
        pytest.param("1 Mar 2027 10:11:12 CET", "2027-03-01 09:11:12", id="CET"),
        pytest.param("1 Mar 2027 10:11:12 PST", "2027-03-01 18:11:12", id="PST"),
        pytest.param("1 Mar 2027 10:11:12 Z", "2027-03-01 10:11:12", id="Z"),
        pytest.param("1 Mar 2027 10:11:12 A", "2027-03-01 11:11:12", id="a military letter"),
        pytest.param("1 Mar 2027 10:11:12 +0200", "2027-03-01 08:11:12", id="+0200"),
        pytest.param("1 Mar 2027 10:11:12 +1500", None, id="no offset is that large, and the year is known"),
        pytest.param("1 Mar 2027 10:11:12 XYZ", None, id="an unknown word"),
        pytest.param("1 March 2027", None, id="only three letters of a month"),
        pytest.param("Mond, 1 Mar 2027", None, id="part of a day's name"),
        pytest.param("1 Mar 2027 10:11:12 GMT 5", None, id="a sixth part must mean something"),
        pytest.param("Mon, 1 Mar 2027 10:11:12 GMT junk", "2027-03-01 10:11:12", id="a seventh part is not read"),
        pytest.param("30 Feb 2027", "2027-03-02 00:00:00", id="30 February carries on"),
        pytest.param("32 Mar 2027", None, id="32 is a year, and 2027 a second one"),
        pytest.param("1 Mar 1582", None, id="before the calendar"),
        pytest.param(
            "1 Jan 1970 00:00:00", "1970-01-01 00:00:01", id="the epoch is a second later, zero means session"
        ),
        pytest.param("31 Dec 1969 23:59:59", None, id="before the epoch: a session cookie"),
        pytest.param("1" + " " * 70 + "Mar 2027", "2027-03-01 00:00:00", id="79 octets"),
        pytest.param("1" + " " * 71 + "Mar 2027", None, id="80 octets"),
        pytest.param("", None, id="empty"),
    ],
)
def test_curl_reads(text: str, moment: str | None) -> None:
    """Each row tried with curl 7.88.1, as were 12,000 random ones; nine digits and 80 octets are refused by newer ones."""
    assert parse_curl(text.encode()) == seconds(moment)


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (784111777.0, b"Sun, 06 Nov 1994 08:49:37 GMT"),
        (0.0, b"Thu, 01 Jan 1970 00:00:00 GMT"),
        (0.9, b"Thu, 01 Jan 1970 00:00:00 GMT"),
        (-0.1, b"Wed, 31 Dec 1969 23:59:59 GMT"),
        (-62135596800.0, b"Mon, 01 Jan 0001 00:00:00 GMT"),
        (253402300799.9, b"Fri, 31 Dec 9999 23:59:59 GMT"),
        (1e18, b"Fri, 31 Dec 9999 23:59:59 GMT"),
        (float("inf"), b"Fri, 31 Dec 9999 23:59:59 GMT"),
        (float("-inf"), b"Mon, 01 Jan 0001 00:00:00 GMT"),
    ],
)
def test_imf_fixdate_is_written(time: float, text: bytes) -> None:
    assert format_imf_fixdate(time) == text


FIRST_OF_1601 = -11_644_473_600
END_OF_9999 = 253_402_300_799


@given(st.integers(min_value=FIRST_OF_1601, max_value=END_OF_9999))
def test_what_is_written_is_read_back_by_all_but_curl(time: int) -> None:
    text = format_imf_fixdate(time)
    assert parse_rfc(text) == parse_chrome(text) == parse_firefox(text) == time


@given(st.integers(min_value=1, max_value=END_OF_9999))
def test_what_is_written_is_read_back_by_curl_from_1970_on(time: int) -> None:
    assert parse_curl(format_imf_fixdate(time)) == time


NUMBERS = ["1", "01", "31", "32", "99", "2027", "99999", "4294967296", "20270301", "6/16/27", "-1", "+0300"]
WORDS = ["Mar", "December", "GMT", "PST", "x", "é", "1:2:3", "23:59:60", "12:30pm"]
pieces = st.sampled_from(NUMBERS + WORDS)
separators = st.sampled_from([" ", ", ", "-", "/", "\t", ":", ""])


@given(
    st.one_of(
        st.binary(max_size=100),
        st.lists(st.tuples(pieces, separators)).map(lambda t: "".join(map("".join, t)).encode()),
    )
)
def test_no_value_raises(value: bytes) -> None:
    for parse in PARSERS.values():
        time = parse(value)
        assert time is None or time == time // 1


@given(st.permutations(["1", "Mar", "2027", "10:11:12"]), st.text("\t !/;@[`{~", min_size=1, max_size=3))
def test_order_and_delimiters_do_not_matter_to_the_rfc(parts: list[str], delimiters: str) -> None:
    assert parse_rfc(delimiters.join(parts).encode()) == seconds("2027-03-01 10:11:12")
