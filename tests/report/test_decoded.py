"""What values say once they are decoded (R7, R19): cleanly or not at all, and within bounds."""

import base64
import json
import time
import zlib
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.report.decoded import MOST_SHOWN, MOST_STEPS, decodings


def b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


SIGNATURE = "c2lnbmF0dXJlc2lnbmF0dXJl"
SIGNED = b64((1_800_000_000).to_bytes(4))
WHEN = "(signed 2027-01-15 08:00:00 UTC)"
HEX = "0123456789abcdef0123456789abcdef01234567"
PACKED = "." + b64(zlib.compress(json.dumps({"cart": [1] * 40}).encode()))
BOMB = "." + b64(zlib.compress(b'{"a": "' + b"0" * 10_000_000 + b'"}', 9))
ENVELOPE = base64.b64encode(
    json.dumps({"_rails": {"message": b64(b'{"id":7}'), "exp": None, "pur": "cookie.who"}}).encode()
)
PHP_SESSION = 'user|s:4:"Zo\u00eb";n|i:5;ok|b:1;none|N;cart|a:2:{i:0;s:1:"a";i:1;d:0.5;}'

JWT = "eyJhbGciOiJub25lIn0.eyJ1c2VyIjoiYSJ9.c2ln"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param("a%20b", "percent: a b", id="percent"),
        pytest.param("a%zz", "", id="not percent"),
        pytest.param("%ff%fe", "", id="percent, but no text"),
        pytest.param("%1b%5b", "", id="percent, but controls"),
        pytest.param('{"a": 1}', 'JSON: {"a":1}', id="JSON"),
        pytest.param("{broken", "", id="not JSON"),
        pytest.param("%7B%22a%22%3A%201%7D", 'percent: {"a": 1} → JSON: {"a":1}', id="JSON within percent"),
        pytest.param("aGVsbG8gd29ybGQ=", "base64: hello world", id="base64"),
        pytest.param("aGVsbG8gd29ybGQ", "base64: hello world", id="base64 without padding"),
        pytest.param("d0c5a1b2e3f4", "", id="hexadecimal is no base64"),
        pytest.param("userName=patrick&lastVisit=1", "sub-keys: userName=patrick lastVisit=1", id="sub-keys"),
        pytest.param("a=b", "", id="one sub-key is just a value"),
        pytest.param(JWT, 'JWT, not verified: {"alg":"none"} {"user":"a"}', id="JWT"),
        pytest.param("eyJhbGciOiJub25lIn0.x.y", "", id="broken JWT"),
        pytest.param(
            f"{b64(b'{"id": 1}')}.{SIGNED}.{SIGNATURE}", f'Flask, not verified: {{"id":1}} {WHEN}', id="Flask"
        ),
        pytest.param(
            f"{PACKED}.{SIGNED}.{SIGNATURE}",
            f'Flask, not verified: {{"cart":[{",".join("1" * 40)}]}} {WHEN}',
            id="Flask, compressed",
        ),
        pytest.param(f"{BOMB}.{SIGNED}.{SIGNATURE}", "", id="Flask, a bomb"),
        pytest.param(f"{PACKED[:-6]}.{SIGNED}.{SIGNATURE}", "", id="Flask, cut off"),
        pytest.param(f"{b64(b'{}')}.AAAAAA.{SIGNATURE}", "", id="not signed at any time"),
        pytest.param(
            f"{PACKED}:1xocE4:{SIGNATURE}",
            f'Django, not verified: {{"cart":[{",".join("1" * 40)}]}} {WHEN}',
            id="Django",
        ),
        pytest.param(
            f"{ENVELOPE.decode()}--{HEX}",
            'Rails, not verified: {"id":7} (pur: cookie.who)',
            id="Rails, in an envelope",
        ),
        pytest.param(
            f"WzEsMl0%3D--{HEX}",
            f"percent: WzEsMl0=--{HEX} → Rails, not verified: [1,2]",
            id="Rails, percent-encoded",
        ),
        pytest.param(f"{b64(b'[1, 2]')}--{HEX}", "Rails, not verified: [1,2]", id="Rails"),
        pytest.param(f"{b64(b'4711 and more')}--{HEX}", "Rails, not verified: 4711 and more", id="Rails, text"),
        pytest.param(f"{b64(bytes([4, 8, 123, 0]))}--{HEX}", "", id="Rails, Ruby's Marshal"),
        pytest.param('a:1:{s:4:"user";s:3:"ann";}', 'PHP: {"user":"ann"}', id="PHP"),
        pytest.param("a:2:{i:0;i:-5;i:1;a:0:{}}", "PHP: [-5,[]]", id="PHP, a list"),
        pytest.param(
            'O:4:"User":2:{s:2:"id";i:7;s:7:"\0*\0name";s:1:"x";}',
            'PHP: {"class":"User","properties":{"id":7,"* name":"x"}}',
            id="PHP, an object",
        ),
        pytest.param(
            PHP_SESSION, 'PHP: {"user":"Zoë","n":5,"ok":true,"none":null,"cart":["a","0.5"]}', id="PHP, a session"
        ),
        pytest.param('a:1:{s:9:"user";s:3:"ann";}', "", id="PHP, a wrong length"),
        pytest.param('a:1:{s:4:"user";s:3:"ann";}x', "", id="PHP, with a tail"),
        pytest.param("a:1:{i:0;" * 100 + "}" * 100, "", id="PHP, too deep"),
        pytest.param("a:999999999:{i:0;i:0;", "", id="PHP, too many"),
        pytest.param("[" * 15_000, "", id="JSON, too deep"),
        pytest.param("9" * 16_000, "", id="a long number"),
        pytest.param("plain", "", id="nothing"),
        pytest.param("", "", id="empty"),
    ],
)
def test_decodings(value: str, said: str) -> None:
    assert decodings(value) == said


def test_no_step_is_longer_than_one_can_read() -> None:
    assert len(decodings(json.dumps(["x" * 10_000]))) < MOST_SHOWN + 20


@pytest.mark.parametrize(
    "text", ["%25" * 5000, "a=1&" * 4000 + "a=1", "=" * 16_000, "-" * 16_000 + "--", "s:1:" * 4000]
)
def test_hostile_values_cost_little(text: str) -> None:
    begun = time.process_time()
    decodings(text)
    assert time.process_time() - begun < 1


PHP_TEXT = st.from_regex(r"([aOsibdN][:;]|[0-9]{1,3}:|[\"{};|]|s:1:\"x\";){0,30}", fullmatch=True)


@given(st.text(max_size=200) | PHP_TEXT | st.from_regex(r"[\[{%=&A-Za-z0-9+/.]{0,80}"))
def test_no_text_breaks_decoding(value: str) -> None:
    assert len(decodings(value).split(" → ")) <= MOST_STEPS + value.count(" → ")


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=40))
def test_percent_encoding_is_undone(text: str) -> None:
    assert decodings(f"{quote(text)}%20").startswith(f"percent: {text} ")
