"""The cookie that asks: what it says, how it is told from others, and what is remembered of the answers (R3, R15)."""

import gc
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.cookieless import probe
from cookieproxy.cookieless.entry import Entry
from cookieproxy.cookieless.probe import PROBE_COOKIE, Answers, probe_field, split_probe
from cookieproxy.cookieless.tickets import Ticket, Tickets
from cookieproxy.core.syntax import parse_set_cookie
from rig.jars import NOW, SUFFIXES, access, jar_of, judged

ME, SITE, HOST = "10.0.0.1 Chrome/143 3fa9c1", "shop.example", "www.shop.example"
ENTRY = Entry(0, lambda place, client: True, lambda place, client: True)


def session() -> Ticket:
    tickets = Tickets(SUFFIXES, lambda client: jar_of())
    return tickets.issue(ME, "https://shop.example/", HOST, "me", ENTRY, NOW)


@pytest.mark.parametrize(
    ("fields", "kept", "token"),
    [
        ([], [], None),
        ([b"a=1"], [b"a=1"], None),
        ([b"cookieproxy_probe=t"], [], "t"),
        ([b"a=1; cookieproxy_probe=t; b=2"], [b"a=1; b=2"], "t"),
        ([b"cookieproxy_probe=t; b=2"], [b"b=2"], "t"),
        ([b"a=1; cookieproxy_probe=t"], [b"a=1"], "t"),
        ([b"a=1", b"cookieproxy_probe=t"], [b"a=1"], "t"),
        ([b"cookieproxy_probe=t;"], [], "t"),
        ([b"my_cookieproxy_probe=t"], [b"my_cookieproxy_probe=t"], None),
        ([b"a=cookieproxy_probe"], [b"a=cookieproxy_probe"], None),
        ([b'a="x; cookieproxy_probe=t"'], [b'a="x'], 't"'),
        ([b"cookieproxy_probe"], [], ""),
        ([b"cookieproxy_probe=\xff"], [], "\ufffd"),
    ],
)
def test_it_is_told_from_the_others(fields: list[bytes], kept: list[bytes], token: str | None) -> None:
    assert split_probe(fields) == (kept, token)


PAIRS = st.lists(st.sampled_from([b"a=1", b"b=", b"c", b"cookieproxy_probe=t", b"x_cookieproxy_probe=1"]), max_size=6)


@given(st.lists(PAIRS, max_size=4))
def test_no_other_pair_is_lost_and_none_of_it_is_left(fields: list[list[bytes]]) -> None:
    kept, token = split_probe([b"; ".join(pairs) for pairs in fields])
    others = [pair for pairs in fields for pair in pairs if not pair.startswith(PROBE_COOKIE)]
    left = [pair.strip() for field in kept for pair in field.split(b";") if pair.strip()]
    assert left == others
    assert (token is not None) == any(pair.startswith(PROBE_COOKIE) for pairs in fields for pair in pairs)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_browser_stores_it_for_that_host_alone_and_until_it_is_closed(scheme: str) -> None:
    field = probe_field("token", scheme == "https")
    secure = " secure" if scheme == "https" else ""
    line = judged(field, access(f"{scheme}://{HOST}/deep/path"))
    assert line == f"cookieproxy_probe=token {HOST}/{secure} httponly lax"
    assert parse_set_cookie(field).name == PROBE_COOKIE


class TestAnswers:
    """What is remembered."""

    def test_nothing_is_known_of_somebody_new(self) -> None:
        assert Answers().of(ME, SITE) is None
        assert not Answers().came(ME, HOST)

    def test_an_answer_is_news_once(self) -> None:
        answers = Answers()
        assert answers.note(ME, SITE, works=False)
        assert not answers.note(ME, SITE, works=False)
        assert answers.of(ME, SITE) is False
        assert answers.note(ME, SITE, works=True)
        assert answers.of(ME, SITE) is True

    def test_it_is_for_one_client_and_one_site(self) -> None:
        answers = Answers()
        answers.came_back(ME, SITE, HOST, None)
        assert answers.of("somebody else", SITE) is None
        assert answers.of(ME, "other.example") is None
        assert answers.came(ME, HOST)
        assert not answers.came(ME, "api.shop.example"), "a cookie of one host may not go to another"

    def test_a_question_is_asked_with_one_token_until_it_is_answered(self) -> None:
        answers, ticket = Answers(), session()
        token = answers.ask(ticket)
        assert answers.ask(ticket) == token
        assert answers.asked_with(token) is ticket
        assert len(token) >= 20
        answers.came_back(ME, SITE, HOST, ticket)
        assert answers.ask(ticket) != token, "an old answer is no answer to a new question"

    def test_tokens_are_never_the_same_and_not_the_id(self) -> None:
        answers, ticket, other = Answers(), session(), session()
        assert answers.ask(ticket) != answers.ask(other)
        assert ticket.id not in ticket.probe
        assert answers.asked_with("forged") is None

    def test_a_question_keeps_no_session_alive(self) -> None:
        answers, ticket = Answers(), session()
        token, gone = answers.ask(ticket), ref(ticket)
        del ticket
        gc.collect()
        assert gone() is None
        assert answers.asked_with(token) is None

    def test_the_ones_heard_of_least_recently_are_forgotten(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(probe, "MOST_ANSWERS", 3)
        answers = Answers()
        for client in ("a", "b", "c", "a", "d"):
            answers.came_back(client, SITE, HOST, None)
        assert [client for client in "abcd" if answers.of(client, SITE)] == ["a", "c", "d"]
        assert [client for client in "abcd" if answers.came(client, HOST)] == ["a", "c", "d"]
