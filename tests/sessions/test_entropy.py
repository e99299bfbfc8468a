"""Ids of real frameworks are never weak, however often one looks; ids that can be guessed are found, and why is said."""

import base64
import hashlib
import random
import time as clock
import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.sessions.entropy import (
    Estimate,
    Problem,
    ProblemKind,
    Samples,
    id_likeness,
    in_words,
    looks_like_id,
    upper_bound_bits,
    weakness,
)

START = 1_795_000_000.0
LOOKS = (1, 2, 3, 5, 10, 20, 50, 100)
DIGITS_36 = "0123456789abcdefghijklmnopqrstuvwxyz"

type Generator = Callable[[random.Random, int, float], str]


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def base36(number: int) -> str:
    return (base36(number // 36) if number >= 36 else "") + DIGITS_36[number % 36]


def uuid7(r: random.Random, time: float) -> str:
    digits = f"{int(time * 1000):012x}7{r.randbytes(10).hex()[1:4]}8{r.randbytes(10).hex()[:15]}"
    return str(uuid.UUID(digits))


def uuid1(time: float) -> str:
    ticks = int(time * 1e7) + 0x01B21DD213814000
    return str(
        uuid.UUID(fields=(ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 | 0x1000, 0x9B, 0x33, 0x123456789AB))
    )


def express(r: random.Random) -> str:
    return (
        f"s%3A{base64url(r.randbytes(24))}.{base64.b64encode(r.randbytes(32)).decode().rstrip('=').replace('/', '%2F')}"
    )


STRONG: dict[str, Generator] = {
    "PHP": lambda r, i, t: "".join(r.choices(DIGITS_36[:32], k=26)),
    "PHP, six bits a character": lambda r, i, t: base64url(r.randbytes(24)).replace("_", ","),
    "32 hexadecimal digits": lambda r, i, t: r.randbytes(16).hex(),
    "64 bits in hexadecimal": lambda r, i, t: r.randbytes(8).hex(),
    "64 bits in base64url": lambda r, i, t: base64url(r.randbytes(8)),
    "Tomcat with its node": lambda r, i, t: f"{r.randbytes(16).hex().upper()}.node1",
    "ASP.NET": lambda r, i, t: "".join(r.choices("abcdefghijklmnopqrstuvwxyz012345", k=24)),
    "express": lambda r, i, t: express(r),
    "128 bits in base64url": lambda r, i, t: base64url(r.randbytes(16)),
    "UUID 4": lambda r, i, t: str(uuid.UUID(bytes=r.randbytes(16), version=4)),
    "UUID 7": lambda r, i, t: uuid7(r, t),
    "WebLogic": lambda r, i, t: f"{''.join(r.choices(DIGITS_36, k=40))}!-1563272!NONE",
    "24 decimal digits": lambda r, i, t: f"{r.randrange(10**24):024d}",
    "the time and much more": lambda r, i, t: f"{int(t)}-{r.randbytes(12).hex()}",
    "a prefix and much more": lambda r, i, t: f"sess-eu-{r.randbytes(12).hex()}",
}

WEAK: dict[str, tuple[Generator, int, str]] = {
    "a counter": (lambda r, i, t: str(1000 + i), 1, "it counts up by 1 "),
    "a counter, downwards": (lambda r, i, t: str(900_000 - 3 * i), 1, "it counts down by 3 "),
    "a counter with zeros and a name": (lambda r, i, t: f"sess-{i:010d}", 3, "it counts up by 1 "),
    "a counter in hexadecimal": (lambda r, i, t: f"{0xABC0000000 + i:016x}", 3, "it counts up by 1 "),
    "a counter in base36": (lambda r, i, t: base36(10**12 + 7 * i), 1, "it counts up by 7 "),
    "a counter that others use, too": (
        lambda r, i, t: str(10**20 + 9 * i + r.randrange(5)),
        5,
        "it counts up by at most ",
    ),
    "a counter in base64": (lambda r, i, t: base64.b64encode(str(5000 + i).encode()).decode(), 1, "it counts up by 1 "),
    "a counter behind a node": (lambda r, i, t: f"{20_000 + i}.web3", 1, "it counts up by 1 "),
    "the second": (lambda r, i, t: str(int(t)), 1, "it is the time of issue in seconds"),
    "the millisecond": (lambda r, i, t: str(int(t * 1000)), 1, "it is the time of issue in milliseconds"),
    "the microsecond in hexadecimal": (
        lambda r, i, t: f"{int(t * 1e6):x}",
        2,
        "it is the time of issue in microseconds",
    ),
    "the millisecond in base36": (lambda r, i, t: base36(int(t * 1000)), 1, "it is the time of issue in milliseconds"),
    "PHP's uniqid": (
        lambda r, i, t: f"{int(t):08x}{int(t * 1e6) % 10**6:05x}",
        3,
        "a part of it is the time of issue in seconds, at most 20 bits left",
    ),
    "the date": (
        lambda r, i, t: clock.strftime("%Y%m%d%H%M%S", clock.gmtime(t)) + f"{r.randrange(1000):03d}",
        3,
        "seconds",
    ),
    "an hour wrong": (
        lambda r, i, t: f"x{int(t) + 3600}y{r.randrange(10**6):06d}",
        3,
        "a part of it is the time of issue",
    ),
    "ObjectId": (lambda r, i, t: f"{int(t):08x}a1b2c3d4e5{0x123456 + i:06x}", 3, "it counts up by 1 "),
    "UUID 1": (lambda r, i, t: uuid1(t), 1, "it is a UUID made of the time and the machine, at most 3"),
    "MD5 of a counter": (
        lambda r, i, t: hashlib.md5(str(i).encode()).hexdigest(),
        1,
        "it is the MD5 of a small number",
    ),
    "SHA-1 of a counter": (
        lambda r, i, t: hashlib.sha1(str(i).encode()).hexdigest(),
        1,
        "it is the SHA-1 of a small number",
    ),
    "MD5 of the second": (
        lambda r, i, t: hashlib.md5(str(int(t)).encode()).hexdigest(),
        1,
        "it is the MD5 of the second of issue",
    ),
    "MD5 in base64": (
        lambda r, i, t: base64url(hashlib.md5(str(i).encode()).digest()),
        1,
        "it is the MD5 of a small number",
    ),
    "four characters": (lambda r, i, t: "".join(r.choices(DIGITS_36, k=4)), 1, "bits by "),
    "nine digits": (lambda r, i, t: str(r.randrange(10**9)), 1, "bits by "),
    "few digits behind a long prefix": (
        lambda r, i, t: f"abcdef0123456789abcdef{r.randrange(10**4):04d}",
        3,
        "13 bits by ",
    ),
    "few digits in the middle": (
        lambda r, i, t: f"deadbeefdeadbeef{r.randrange(10**6):06d}deadbeefdeadbeef",
        3,
        "bits by ",
    ),
    "one character again and again": (lambda r, i, t: DIGITS_36[i % 36] * 32, 1, "0 bits"),
    "three characters again and again": (lambda r, i, t: "".join(r.choices(DIGITS_36, k=3)) * 12, 1, "16 bits"),
    "each character twice": (lambda r, i, t: "".join(2 * c for c in r.choices(DIGITS_36[:16], k=12)), 50, "follow"),
    "few different characters": (lambda r, i, t: "".join(r.choices("ab", weights=(9, 1), k=60)), 20, "bits by "),
}


def seen(generator: Generator, seed: int, most: int = 100) -> dict[int, Estimate]:
    """The estimates after so many samples each."""
    r, samples, time, found = random.Random(seed), Samples(), START, {}
    for i in range(most):
        time += r.expovariate(1 / 20)
        samples.add(generator(r, i, time).encode(), time + 0.1 * r.random())
        if i + 1 in LOOKS and (estimate := samples.estimate()) is not None:
            found[i + 1] = estimate
    return found


@pytest.mark.parametrize("name", STRONG)
def test_random_ids_are_never_weak(name: str) -> None:
    for seed in range(8):
        assert {n: said for n, estimate in seen(STRONG[name], seed).items() if (said := weakness(estimate))} == {}


@pytest.mark.parametrize("name", STRONG)
def test_the_tests_of_bits_and_positions_let_random_ids_pass(name: str) -> None:
    time_in_it = {"UUID 7", "the time and much more"}
    for seed in range(100, 104):
        problems = {problem.kind for estimate in seen(STRONG[name], seed).values() for problem in estimate.problems}
        assert problems <= ({ProblemKind.TIME} if name in time_in_it else set())


@pytest.mark.parametrize("name", WEAK)
def test_ids_that_can_be_guessed_are_found(name: str) -> None:
    generator, from_samples, said = WEAK[name]
    for seed in range(4):
        found = {n: weakness(estimate) for n, estimate in seen(generator, seed).items() if n >= from_samples}
        assert None not in found.values(), found
        assert said in str(found[100])


def test_low_bits_of_a_linear_congruential_generator_are_found() -> None:
    state = 1

    def generate(r: random.Random, i: int, t: float) -> str:
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return f"{state:016x}"

    found = seen(generate, 1)[100]
    assert [problem.kind for problem in found.problems] == [ProblemKind.BITS]
    assert (
        weakness(found)
        == "6 of its bits follow from earlier ids, at most 58 bits left (100 samples, too few to show less)"
    )


def test_characters_near_the_one_before_are_found() -> None:
    def generate(r: random.Random, i: int, t: float) -> str:
        digits = [r.randrange(16)]
        for _ in range(23):
            digits.append((digits[-1] + r.choice((-1, 1))) % 16)
        return "".join(DIGITS_36[digit] for digit in digits)

    found = seen(generate, 1)[100]
    assert found.problems[0].kind is ProblemKind.DEPENDENT
    assert 20 < found.bits < 35  # 4 + 23 * 1
    assert "23 of its characters follow from others, " in str(weakness(found))


def biased(weights: tuple[int, int]) -> Generator:
    return lambda r, i, t: f"{int(''.join(r.choices('01', weights=weights, k=128)), 2):032x}"


def sticky(r: random.Random, i: int, t: float) -> str:
    """Every bit is like the one before it, three times in five."""
    bits = [r.random() < 0.5]
    for _ in range(127):
        bits.append(bits[-1] ^ (r.random() < 0.4))
    return f"{int(''.join(map(str, map(int, bits))), 2):032x}"


@pytest.mark.parametrize(
    ("generator", "said"),
    [
        pytest.param(biased((10, 9)), "% of its bits are set", id="monobit"),
        pytest.param(sticky, "its bits change too seldom", id="runs"),
        pytest.param(sticky, "some groups of four bits", id="poker"),
    ],
)
def test_bits_that_are_not_random_are_told(generator: Generator, said: str) -> None:
    assert said in in_words(seen(generator, 1)[100]) or said in in_words(seen(generator, 2)[100])


@pytest.mark.parametrize(
    ("value", "bits"),
    [
        pytest.param(b"12345678", 26.6, id="digits"),
        pytest.param(b"0123456789abcdef", 64.0, id="hexadecimal"),
        pytest.param(b"0F1E2D3C4B5A69788796A5B4C3D2E1F0", 128.0, id="hexadecimal, capitals"),
        pytest.param(b"o1fn3v9cqo3m7bqmb5a4ih5p6u", 130.0, id="PHP"),
        pytest.param(b"lbjjzfr0vhs2y1cm3wqx5nkd", 120.0, id="ASP.NET"),
        pytest.param(b"dQw4w9WgXcQ", 65.5, id="base62"),
        pytest.param(b"k3J_x9-QmZ7pL2vR8tYwBg", 132.0, id="base64url"),
        pytest.param(b"k3J+x9/QmZ7pL2vR8tYwBg==", 132.0, id="base64 without its padding"),
        pytest.param(b"k3J%2Bx9%2FQmZ7pL2vR8tYwBg%3D%3D", 132.0, id="base64, percent-encoded"),
        pytest.param(b"a81b5f6e-1f0c-4d5e-9b1f-0a4bd1b8c9aa", 122.0, id="UUID 4"),
        pytest.param(b"01a1eee7-6175-7f1f-815a-65800d92be1d", 74.0, id="UUID 7"),
        pytest.param(b"d034e334-e356-11f1-9b33-1234567890ab", 37.3, id="UUID 1"),
        pytest.param(b"a81b5f6e1f0c4d5e.node1", 64.0, id="with a node"),
        pytest.param(b"a81b5f6e1f0c4d5e!-123456!NONE", 64.0, id="with WebLogic's servers"),
        pytest.param(b"s:a81b5f6e1f0c4d5e.L0qS7EfJy2FgIabcdefghijkl", 64.0, id="with a signature"),
        pytest.param(b"s%3Aa81b5f6e1f0c4d5e.L0qS7EfJy2FgI%2Fbcdefghijkl", 64.0, id="with a signature, percent-encoded"),
        pytest.param(b"a" * 40, 0.0, id="one character"),
        pytest.param(b"ab" * 20, 8.0, id="two characters"),
        pytest.param(b"", 0.0, id="nothing"),
        pytest.param(b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", None, id="JWT"),
        pytest.param(b".eJyrVspOrVSyUkpKLFKqBQAvhgWp.ZVxq8Q.2yF9dSeoF1kS0f8s1k3m5n7p9qA", None, id="Flask"),
        pytest.param(b"e30:1r2AbC:2yF9dSeoF1kS0f8s1k3m5n7p9qA", None, id="Django"),
        pytest.param(b"BAh7BkkiD3Nlc3Npb25faWQGOgZFVA==--" + b"0a" * 20, None, id="Rails"),
        pytest.param(b"%7B%22id%22%3A1%7D", None, id="JSON"),
    ],
)
def test_the_upper_bound_of_one_id(value: bytes, bits: float | None) -> None:
    assert upper_bound_bits(value) == (None if bits is None else pytest.approx(bits, abs=0.05))


@given(st.binary(max_size=64))
def test_a_bound_never_exceeds_the_length(value: bytes) -> None:
    bits = upper_bound_bits(value)
    assert bits is None or 0 <= bits <= max(8 * len(value), 0)


@given(st.lists(st.tuples(st.binary(max_size=40), st.floats(0, 4e9)), max_size=30))
def test_whatever_is_issued_is_estimated(issued: list[tuple[bytes, float]]) -> None:
    samples = Samples()
    for value, time in issued:
        samples.add(value, time)
    estimate = samples.estimate()
    assert samples.seen == len(issued)
    if estimate is not None:
        assert 0 <= estimate.bits <= 8 * 40 + 64
        assert estimate.samples <= len(issued)


@given(st.lists(st.text("0123456789abcdef-", min_size=1, max_size=20), min_size=20, max_size=130), st.floats(1e9, 2e9))
def test_whatever_looks_like_an_id_is_estimated(ids: list[str], time: float) -> None:
    samples = Samples()
    for i, id_ in enumerate(ids):
        samples.add(id_.encode(), time + i)
    estimate = samples.estimate()
    assert estimate is not None
    assert "bits" in in_words(estimate) or estimate.problems


def test_signed_content_is_no_id() -> None:
    samples = Samples()
    for i in range(30):
        samples.add(b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dX%02d" % i, START + i)
    assert samples.estimate() is None
    assert Samples().estimate() is None


def test_an_id_that_is_issued_again_is_one_sample() -> None:
    samples = Samples()
    for _ in range(30):
        samples.add(b"0123456789abcdef", START)
    estimate = samples.estimate()
    assert estimate is not None
    assert (samples.seen, estimate.samples) == (30, 1)


def test_an_id_counts_with_its_first_issue() -> None:
    samples = Samples()
    for i in (0, 1, 2, 0, 3, 1, 4):
        samples.add(b"%d" % (1_000_000 + i), START + i)
    estimate = samples.estimate()
    assert estimate is not None
    assert weakness(estimate) == "it counts up by 1 (5 samples)"


def test_only_the_latest_ids_are_kept() -> None:
    samples = Samples()
    r = random.Random(1)
    for i in range(1200):
        samples.add(str(i).encode() if i < 700 else r.randbytes(16).hex().encode(), START + i)
    estimate = samples.estimate()
    assert estimate is not None
    assert (samples.seen, estimate.samples, weakness(estimate)) == (1200, 500, None)


def test_many_long_ids_take_no_time() -> None:
    r, samples = random.Random(1), Samples()
    for i in range(500):
        samples.add(base64url(r.randbytes(600)).encode(), START + i)
    started = clock.process_time()
    estimate = samples.estimate()
    assert clock.process_time() - started < 0.5
    assert estimate is not None
    assert estimate.bits == 6 * 512


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (Estimate(31.02, 1, True), "at most 31 bits by its length and characters (1 sample)"),
        (Estimate(40.7, 50, False), "about 41 bits by estimate (50 samples)"),
        (Estimate(40.98, 50, False, limited=True), "about 41 bits by estimate (50 samples, too few to show less)"),
        (
            Estimate(0.0, 5, False, (Problem(ProblemKind.COUNTER, "it counts up by 1"),)),
            "it counts up by 1 (5 samples)",
        ),
        (
            Estimate(0.0, 5, False, (Problem(ProblemKind.TIME, "it is T"),)),
            "it is T, nothing left to guess (5 samples)",
        ),
        (Estimate(63.8, 50, False), "about 63 bits by estimate (50 samples)"),
        (Estimate(64.0, 5, True), None),
    ],
)
def test_a_weakness_is_a_sentence(estimate: Estimate, said: str | None) -> None:
    assert weakness(estimate) == said


@pytest.mark.parametrize("name", sorted(STRONG.keys() - {"24 decimal digits", "64 bits in base64url"}))
def test_ids_look_like_ids(name: str) -> None:
    r = random.Random(7)
    unlike = sum(not looks_like_id(STRONG[name](r, i, START + i).encode()) for i in range(1000))
    assert unlike <= 5


@pytest.mark.parametrize(
    "value",
    [
        *(b"", b"1", b"true", b"dark", b"en-US", b"de_DE.UTF-8", b"Europe/Berlin", b"America/New_York", b"1732715000"),
        *(
            b"2026-11-27",
            b"2026-11-27T10:00:00Z",
            b"1732715000123",
            b'{"a":1}',
            b"%7B%22a%22%3A1%7D",
            b"accepted%20all",
        ),
        *(
            b"GA1.2.123456789.1700000000",
            b"fb.1.1700000000000.1098115397",
            b"https%3A%2F%2Fexample.com",
            b"/products/list",
        ),
        *(b"accepted_all_cookies", b"HomepageVariantB2", b"theme-dark-high-contrast", b"acceptedallcookies2024"),
        *(b"a" * 32, b"00000000000000000000", b"width=1920&height=1080", b"hello world and more", b"\xff" * 30),
        *(b"UTM_Campaign_Spring2024", b"eyJhIjoxLCJiIjoyfQ", b"deleted", b"analytics,marketing,functional"),
    ],
)
def test_words_numbers_dates_and_texts_do_not_look_like_ids(value: bytes) -> None:
    assert not looks_like_id(value)


@given(st.binary(max_size=100))
def test_likeness_is_from_0_to_1(value: bytes) -> None:
    assert 0 <= id_likeness(value) <= 1
