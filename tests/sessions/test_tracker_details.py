"""Sessions where the first look misleads, and what the tracker may cost in memory (R25, R26, R33, R39)."""

import base64
import json
import random
import tracemalloc

import pytest

from cookieproxy.core.events import HostSeen, SessionSeen
from cookieproxy.sessions.session import BYTES_PER_SESSION
from cookieproxy.sessions.shelf import Shelf
from cookieproxy.sessions.tracker import Tracker
from rig.sessions import FIREFOX, START, Talk, Tracked, an_id, configured, tracked, traffic_of

A, B, C = an_id(1), an_id(2), an_id(3)


def encrypted(number: int) -> str:
    """A session with its content in it, as Laravel writes one."""
    rng = random.Random(number)
    said = {"iv": base64.b64encode(rng.randbytes(16)).decode(), "value": base64.b64encode(rng.randbytes(64)).decode()}
    return base64.b64encode(json.dumps({**said, "mac": f"{rng.getrandbits(256):064x}", "tag": ""}).encode()).decode()


def rows(found: Tracked) -> list[tuple[str, float | None, float | None]]:
    """Cause, lifetime and killing gap of each session, in whole seconds."""
    return [
        (
            seen.end_cause.value,
            None if seen.ended is None else round(seen.ended - seen.started),
            None if seen.killing_gap is None else round(seen.killing_gap),
        )
        for seen in found.sessions
    ]


def test_a_cookie_with_its_content_in_it_is_one_session() -> None:
    talk = Talk(name="laravel_session")
    talk.ask(0, sets=encrypted(0))
    for number in range(1, 6):
        talk.ask(30 * number, "/", encrypted(number - 1), sets=encrypted(number))
    (session,) = tracked(talk).sessions
    assert (session.end_cause, session.requests, session.longest_gap) == ("open", 5, 30)


def test_ids_that_are_replaced_at_each_use_are_rotated() -> None:
    talk = Talk()
    talk.ask(0, sets=an_id(0))
    for number in range(1, 5):
        talk.ask(30 * number, "/", an_id(number - 1), sets=an_id(number))
    found = tracked(talk)
    assert found.causes() == ["rotated"] * 4 + ["open"]
    assert [seen.rotated_to for seen in found.sessions[:-1]] == [seen.id for seen in found.sessions[1:]]
    assert [seen.rotated_from for seen in found.sessions[1:]] == [seen.id for seen in found.sessions[:-1]]


@pytest.mark.parametrize("name", ["sid", "PHPSESSID", "JSESSIONID"])
def test_a_session_that_is_used_in_equal_steps_is_lost(name: str) -> None:
    """R26: the gaps explain nothing, however the exchanges are alike."""
    talk = Talk(name=name)
    talk.login(0, sets=A)
    talk.uses((1, *range(301, 1_502, 300)), A)
    talk.refuse(1_801, A)
    found = tracked(talk)
    assert rows(found) == [("lost", 1_801, None)]
    assert found.codes == ["collected-while-active"]


def test_dead_ids_and_others_are_not_linked() -> None:
    talk = Talk()
    talk.ask(0, sets=A)
    talk.uses((10, 600), A, "/")
    talk.ask(2_000, "/", A, sets=B)
    found = tracked(talk)
    assert rows(found) == [("timed_out", 2_000, 1_400), ("open", None, None)]
    assert [(seen.rotated_from, seen.rotated_to) for seen in found.sessions] == [(None, None)] * 2


def test_a_policy_that_was_overrun_stays_overrun() -> None:
    """R25: when it should have ended, beside that it did not."""
    talk = Talk()
    talk.ask(0, sets=A)
    talk.uses((100, 2_100, 2_200), A, "/")
    (session,) = tracked(talk, "sessions: {policy: {'*.example': aspnet}}").sessions
    assert session.expected_end == START + 1_300


def test_the_same_id_on_two_sites_is_not_shared() -> None:
    one, two = Talk(), Talk("https://other.example")
    one.ask(0, sets=A)
    two.ask(1, sets=A, agent=FIREFOX)
    assert tracked([*one.flows, *two.flows]).codes == []


@pytest.mark.parametrize(("name", "value"), [("PHPSESSID", "a1"), ("sid", "old"), ("my_own", "s1")])
def test_short_ids_under_known_names_are_ids(name: str, value: str) -> None:
    talk = Talk(name=name)
    talk.ask(0, sets=value)
    talk.ask(10, "/", value)
    (session,) = tracked(talk, "sessions: {cookies: [my_own]}").sessions
    assert (session.started, session.requests) == (START + 0.05, 1)


def test_what_seemed_rotated_was_dead_if_the_new_id_has_to_log_in() -> None:
    talk = Talk()
    talk.ask(-5, "/account", to="/login")
    talk.login(0, sets=A)
    talk.uses((1, 61), A)
    talk.ask(700, "/", A, sets=B)
    talk.refuse(701, B)
    talk.login(710, B, C)
    assert rows(tracked(talk))[0] == ("timed_out", 700, 639)


def test_a_tracker_started_anew_goes_on() -> None:
    first = Talk()
    first.ask(-5, "/eingang")
    first.ask(0, "/eingang", sets=A, body=b"user=ann&password=letmein", to="/konto")
    first.uses((1, 601), A, "/konto")
    then = Talk()
    then.ask(2_000, "/konto", A, to="/eingang")
    before, after = traffic_of(configured("")), traffic_of(configured(""))
    for flow in first.flows:
        before.add(flow)
    before.drain()
    told = list(before.sessions.drain())
    sessions = [seen for seen in told if isinstance(seen, SessionSeen)]
    hosts = [seen for seen in told if isinstance(seen, HostSeen)]
    after.sessions._hash = before.sessions._hash
    after.sessions._tracker.load(sessions, [], hosts)
    for flow in then.flows:
        after.add(flow)
    after.drain()
    (ended,) = [seen for seen in after.sessions.drain() if isinstance(seen, SessionSeen)]
    assert (ended.started, ended.end_cause, ended.killing_gap) == (START + 0.05, "timed_out", 1_399)


# -- memory ------------------------------------------------------------------------------------------------------------


def many(number: int) -> Talk:
    talk = Talk()
    for each in range(number):
        client = {"address": f"10.{each >> 16}.{each >> 8 & 255}.{each & 255}"}
        talk.ask(each, sets=an_id(each), **client)
        talk.ask(each + 0.5, "/page", an_id(each), **client)
    return talk


def test_a_session_takes_no_more_memory_than_is_stated() -> None:
    traffic = traffic_of(configured(""))
    flows = many(1_500).flows
    for flow in flows[:1_000]:
        traffic.add(flow)
    traffic.drain()
    tracker = traffic.sessions._tracker
    told = [seen for seen in tracker.drain() if isinstance(seen, SessionSeen)]
    fresh = Tracker(tracker._ledger.hash_id, lambda host: host)
    tracemalloc.start()
    try:
        fresh.load(told, [])
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used / len(told) < BYTES_PER_SESSION


def test_beyond_the_cap_the_one_used_longest_ago_is_let_go_and_counted() -> None:
    traffic = traffic_of(configured(""))
    traffic.sessions._tracker._ledger.shelf._most_open = 20
    for flow in many(50).flows:
        traffic.add(flow)
    traffic.drain()
    shelf: Shelf = traffic.sessions._tracker._ledger.shelf
    assert (len(list(shelf.open)), shelf.let_go) == (20, 30)
    told = [seen for seen in traffic.sessions.drain() if isinstance(seen, SessionSeen)]
    assert {seen.end_cause.value for seen in told} == {"open"}
