"""What a value gives away is found through its codings; ids, times and counts are not taken for more; no value is ever said."""

import base64
import json
import random
import time
import uuid
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.sessions.sensitive import Leak, LeakKind, sensitive

VISA = "4111111111111111"


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def jwt(header: object, claims: object, signature: str = "c2lnbmF0dXJl") -> str:
    parts = (base64url(json.dumps(part).encode()) for part in (header, claims))
    return f"{'.'.join(parts)}.{signature}"


def kinds(name: str, value: str) -> list[str]:
    return [leak.kind.value for leak in sensitive(name.encode(), value.encode())]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(VISA, id="by itself"),
        pytest.param("4111 1111 1111 1111", id="as on the card"),
        pytest.param("4111-1111-1111-1111", id="with dashes"),
        pytest.param("4111+1111+1111+1111", id="as in a form"),
        pytest.param("4111%201111%201111%201111", id="percent-encoded"),
        pytest.param("3782 822463 10005", id="American Express"),
        pytest.param("30569309025904", id="Diners Club"),
        pytest.param("6011111111111117", id="Discover"),
        pytest.param("3530111333300000", id="JCB"),
        pytest.param("2223003122003222", id="Mastercard of 2017"),
        pytest.param(f"name=Jo&number={VISA}&cvc=123", id="in a sub-key"),
        pytest.param("name=Jo&card=4222222222222", id="of 13 digits, called a card"),
        pytest.param(f'{{"payment":{{"number":"{VISA}"}}}}', id="in JSON"),
        pytest.param(f'{{"payment":[{VISA}]}}', id="in JSON, as a number"),
        pytest.param(quote(quote(f'{{"number":"{VISA}"}}')), id="in JSON, percent-encoded twice"),
        pytest.param(base64.b64encode(f"number={VISA}".encode()).decode(), id="in base64"),
        pytest.param(f'a:1:{{s:6:"number";s:16:"{VISA}";}}', id="in PHP's own"),
        pytest.param(f"paid with {VISA}, thanks", id="in a sentence"),
    ],
)
def test_a_card_number_is_found(value: str) -> None:
    (leak,) = sensitive(b"basket", value.encode())
    assert (leak.kind, leak.severity) == (LeakKind.CARD, "high")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("4111111111111112", id="wrong check digit"),
        pytest.param("9111111111111111", id="no issuer"),
        pytest.param("0000000000000000", id="zeros"),
        pytest.param("4222222222222", id="13 digits that may be a time"),
        pytest.param("GA1.2.1234567890.1700000000", id="Google Analytics"),
        pytest.param(f"GA1.2.{VISA}.1700000000", id="a client id with a check digit"),
        pytest.param(f"fb.1.1700000000000.{VISA}", id="Facebook's"),
        pytest.param(f"a{VISA}", id="after a letter"),
        pytest.param(f"{VISA}f3", id="before a letter"),
        pytest.param(f"{VISA}123456789", id="in a longer number"),
        pytest.param(f"{VISA}-0001-4abc", id="in a longer id"),
        pytest.param("41111111-1111-1111-1111-111111111111", id="a UUID"),
        pytest.param("4111 1111 1111 1111 2222", id="more groups"),
        pytest.param("41-11111111-111111", id="other groups"),
        pytest.param(f"/img/{VISA}.png", id="a file"),
        pytest.param("1732715000123", id="milliseconds"),
        pytest.param("1732715000123456", id="microseconds"),
        pytest.param("1732715000123456789", id="nanoseconds"),
        pytest.param("20261127101500", id="a date"),
        pytest.param("1920,1080,1920,1040,24,24,1", id="a screen"),
    ],
)
def test_other_numbers_are_no_cards(value: str) -> None:
    assert kinds("x", value) == []


def test_random_ids_give_nothing_away() -> None:
    r = random.Random(5)
    for _ in range(1500):
        octets = r.randbytes(16)
        for value in (
            octets.hex(),
            str(uuid.UUID(bytes=octets)),
            base64url(octets),
            f"s%3A{base64url(octets)}.{octets.hex()}",
        ):
            assert kinds("sid", value) == []


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("jo@example.com", id="as it is"),
        pytest.param("jo%40example.com", id="percent-encoded"),
        pytest.param("jo.doe+tag@mail.example.co.uk", id="with dots and a tag"),
        pytest.param('{"user":{"mail":"jo@example.com"}}', id="in JSON"),
        pytest.param(base64.b64encode(b'{"m":"jo@example.com"}').decode(), id="in base64"),
        pytest.param("id=1&m=jo%2540example.com", id="percent-encoded twice, in a sub-key"),
        pytest.param("Jo <jo@example.com>", id="with a name"),
    ],
)
def test_an_address_is_found(value: str) -> None:
    (leak,) = sensitive(b"x", value.encode())
    assert leak == Leak(LeakKind.EMAIL, "medium", "an e-mail address")


@pytest.mark.parametrize(
    "value",
    ["logo@2x.png", "react@18.2.0", "@jo", "jo@", "jo@localhost", "https://abc123@o1.ingest.example", "a@b@c.example"],
)
def test_other_ats_are_no_addresses(value: str) -> None:
    assert kinds("x", value) == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("password", "hunter2", True),
        ("user_password", "5f4dcc3b5aa765d61d8327deb882cf99", True),
        ("UserPwd", "geheim", True),
        ("login.pass", "geheim", True),
        ("kennwort", "geheim", True),
        ("pin", "4711", True),
        ("secret", "abc123", True),
        ("x", "u=1&password=hunter2", True),
        ("x", '{"login":{"pwd":"hunter2"}}', True),
        ("x", quote('{"login":{"pwd":"hunter2"}}'), True),
        ("password", "", False),
        ("password", "deleted", False),
        ("password", "********", False),
        ("password", "true", False),
        ("password", "1", False),
        ("x", '{"password":null,"hasPassword":"yes sir"}', False),
        ("password_reset", "abcdef", False),
        ("passwordExpiresAt", "1732715000", False),
        ("show_password", "always", False),
        ("passport", "abcdef", False),
        ("compass", "north", False),
        ("pinned", "abcdef", False),
        ("csrf_secret", "abcdef", False),
        ("client_secret_id", "abcdef", False),
    ],
)
def test_a_password_has_a_telling_name(name: str, value: str, found: bool) -> None:
    assert (LeakKind.PASSWORD in [leak.kind for leak in sensitive(name.encode(), value.encode())]) is found


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("user", "jo", True),
        ("userName", "Jo%20Doe", True),
        ("user_name", "Jürgen", True),
        ("x", "login=jo&id=1", True),
        ("user", base64.b64encode(b"jo.doe").decode(), True),
        ("user", "", False),
        ("user", "12345", False),
        ("user", "guest", False),
        ("login", "true", False),
        ("user", "a81b5f6e1f0c4d5e9b1f0a4bd1b8c9aa", False),
        ("user_id_hash", "jo", False),
        ("theme", "dark", False),
    ],
)
def test_a_user_name_has_a_telling_name(name: str, value: str, found: bool) -> None:
    assert (kinds(name, value) == ["user-name"]) is found


@pytest.mark.parametrize(
    ("token", "severity", "said"),
    [
        pytest.param(
            jwt({"alg": "HS256"}, {"sub": "1", "exp": 1_800_000_000}),
            "info",
            "a JSON Web Token signed by HS256, until 2027-01-15 08:00 UTC",
            id="plain",
        ),
        pytest.param(
            "Bearer%20" + jwt({"alg": "RS256"}, {"email": "jo@example.com", "name": "Jo", "nickname": ""}),
            "medium",
            "a JSON Web Token signed by RS256, without an end; readable in it: email, name",
            id="personal",
        ),
        pytest.param(
            jwt({"alg": "ES256"}, {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": "j"}),
            "medium",
            "a JSON Web Token signed by ES256, without an end; readable in it: email",
            id="personal, of .NET",
        ),
        pytest.param(
            jwt({"alg": "HS512"}, {"sub": "jo@example.com"}),
            "medium",
            "a JSON Web Token signed by HS512, without an end; readable in it: sub",
            id="its subject is an address",
        ),
        pytest.param(
            jwt({"alg": "none"}, {"sub": "1", "exp": "soon"}, ""),
            "high",
            "a JSON Web Token without a signature, without an end that can be read",
            id="unsigned",
        ),
        pytest.param(
            jwt({"alg": "my own"}, {"exp": 1e300}),
            "info",
            "a JSON Web Token signed by an unknown algorithm, without an end that can be read",
            id="odd",
        ),
    ],
)
def test_a_token_says_how_it_is_signed_and_when_it_ends(token: str, severity: str, said: str) -> None:
    assert sensitive(b"t", token.encode()) == (Leak(LeakKind.JWT, severity, said),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(jwt({"typ": "JWT"}, {"sub": "1"}), id="no algorithm"),
        pytest.param(jwt(["alg"], {"sub": "1"}), id="no header"),
        pytest.param(jwt({"alg": "HS256"}, "claims"), id="no claims"),
        pytest.param(jwt({"alg": 256}, {}), id="an algorithm that is no text"),
        pytest.param(jwt({"alg": "HS256"}, {})[:-20], id="cut off"),
        pytest.param("eyJhbGciOiJIUzI1NiJ9.!!.x", id="no base64"),
        pytest.param("a.b.c", id="dots"),
        pytest.param("www.shop.example", id="a host"),
    ],
)
def test_what_is_no_token_is_not_called_one(value: str) -> None:
    assert kinds("t", value) == []


def test_several_kinds_are_told_once_each() -> None:
    value = f"mail=jo@example.com&pwd=hunter2&number={VISA}&login=jo&mail2=jo@example.org"
    assert kinds("form", value) == ["card", "email", "password", "user-name"]


SECRETS = (VISA, "hunter2", "jo@example.com", "jodoe")


@pytest.mark.parametrize("encode", [str, quote, lambda text: base64.b64encode(text.encode()).decode()])
def test_no_part_of_a_value_is_said(encode: object) -> None:
    value = encode(f"number={VISA}&pwd=hunter2&mail=jo@example.com&user=jodoe")  # type: ignore[operator]
    leaks = sensitive(b"x", value.encode())
    assert len(leaks) == 4
    assert not [secret for secret in SECRETS for leak in leaks if secret in leak.said]
    token = jwt({"alg": "hunter2"}, {"email": "jo@example.com", "hunter2": VISA, "iss": "jodoe"})
    assert not [secret for secret in SECRETS for leak in sensitive(b"x", token.encode()) if secret in leak.said]


@given(st.binary(max_size=40), st.binary(max_size=300))
def test_no_octets_raise(name: bytes, value: bytes) -> None:
    assert len(sensitive(name, value)) <= len(LeakKind)


CODED = st.recursive(
    st.text('a1%{}[]":,=&@.+/-_ 4', max_size=30),
    lambda inner: st.one_of(
        inner.map(quote),
        inner.map(lambda text: base64.b64encode(text.encode()).decode()),
        inner.map(json.dumps),
        st.lists(inner, max_size=4).map(lambda texts: "&".join(f"a={text}" for text in texts)),
        st.dictionaries(st.sampled_from(["user", "pwd", "card"]), inner, max_size=3).map(json.dumps),
    ),
    max_leaves=8,
)


@given(CODED)
def test_no_coding_raises(value: str) -> None:
    leaks = sensitive(b"pwd", value.encode())
    assert len({leak.kind for leak in leaks}) == len(leaks)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            b"a",
            b"4",
            b"4111 ",
            b"4111111111111111,",
            b"a.",
            b"a@",
            b"a@b.",
            b"eyJ",
            b"[",
            b"[1,",
            b'{"a":',
            b'"',
            b"%25",
            b"a=",
        ),
        *(
            b"a=b&",
            b"a=%22",
            b"1-",
            b"aaaaaaaa.bb.c ",
            b"\xff\x00",
            b"x" * 64 + b"@",
            base64.b64encode(b"a=b&c=d;" * 9),
        ),
    ],
)
def test_hostile_values_take_no_time(piece: bytes) -> None:
    value = piece * (1_000_000 // len(piece))
    started = time.process_time()
    sensitive(b"user", value)
    assert time.process_time() - started < 0.25


def test_only_the_first_octets_are_looked_at() -> None:
    assert kinds("x", "a=" + "b" * 8_000 + "&mail=jo@example.com") == ["email"]
    assert kinds("x", "a=" + "b" * 8_200 + "&mail=jo@example.com") == []
