"""One log for many processes."""

import asyncio
import io
from pathlib import Path

import pytest

from cookieproxy.fleet import voices
from cookieproxy.fleet.voices import Voices

RULES = Path("/etc/rules.yaml")
MISTAKE = "[00:01:02.003] /etc/rules.yaml:3:1: a value is missing here"


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


async def test_every_line_says_whose_it_is(out: io.StringIO) -> None:
    both = Voices(2, RULES, out)
    stream = asyncio.StreamReader()
    stream.feed_data(b"one\ntw")
    stream.feed_data(b"o \xff\nthree")
    stream.feed_eof()
    await both.listen("w1", stream)
    both.hear("w2", "127.0.0.1:4: GET http://x/rules.yaml")
    both.hear("w1", "127.0.0.1:4: GET http://x/rules.yaml")
    assert out.getvalue().splitlines() == [
        "w1      | one",
        "w1      | two \ufffd",
        "w1      | three",
        "w2      | 127.0.0.1:4: GET http://x/rules.yaml",
        "w1      | 127.0.0.1:4: GET http://x/rules.yaml",
    ]


async def test_what_all_say_of_the_rules_is_said_once(out: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voices, "SETTLE_SECONDS", 0.01)
    both = Voices(2, RULES, out)
    for name in ("w1", "w2"):
        both.hear(name, MISTAKE)
    await asyncio.sleep(0.05)
    assert out.getvalue() == f"workers | {MISTAKE}\n"
    both.hear("w2", MISTAKE)
    await asyncio.sleep(0.05)
    assert "All workers but w1 said so: /etc/rules.yaml:3:1: a value is missing here" in out.getvalue()


async def test_one_that_starts_speaks_for_itself(out: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voices, "SETTLE_SECONDS", 0.01)
    both = Voices(2, RULES, out)
    both.is_up = "w1".__eq__
    both.hear("w2", MISTAKE)
    await asyncio.sleep(0.05)
    assert out.getvalue() == f"w2      | {MISTAKE}\n"
    both.hear("w1", MISTAKE)
    await asyncio.sleep(0.05)
    assert out.getvalue().splitlines()[1:] == [f"workers | {MISTAKE}"], "the other is not up, and not missed"
