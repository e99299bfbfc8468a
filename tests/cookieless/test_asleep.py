"""Sessions that only the store has: each that timed out is told once, whoever came back in between (R30, R33)."""

from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.cookieless import asleep
from cookieproxy.cookieless.asleep import Asleep
from cookieproxy.core.events import SessionChange
from rig.jars import NOW

IDLE = 60.0


def change(name: str, last_used: float = NOW) -> SessionChange:
    return SessionChange(last_used, "client", "site.example", name, "https://site.example/", "me", NOW, last_used, None)


def runs_out(session: SessionChange) -> float:
    return session.last_used + IDLE


def over(sleeping: Asleep, at: float, awake: tuple[str, ...] = ()) -> list[str]:
    return [each.session for each in sleeping.drain_over(at, runs_out, lambda digest: digest in awake)]


def test_each_is_told_when_it_has_timed_out_and_once():
    sleeping = Asleep([change("b", NOW + 10), change("a")], runs_out)
    assert over(sleeping, NOW + IDLE) == []
    assert over(sleeping, NOW + IDLE + 1) == ["a"]
    assert over(sleeping, NOW + IDLE + 1) == []
    assert over(sleeping, NOW + IDLE + 11) == ["b"]
    assert len(sleeping) == 0


def test_who_is_awake_is_left_alone_until_it_sleeps_again():
    sleeping = Asleep([change("a")], runs_out)
    assert over(sleeping, NOW + IDLE + 1, awake=("a",)) == []
    sleeping.add(change("a", NOW + 100), runs_out)
    assert over(sleeping, NOW + IDLE + 1) == []
    assert over(sleeping, NOW + 100 + IDLE + 1) == ["a"]


def test_the_last_state_counts_if_one_came_and_went_before_it_timed_out():
    sleeping = Asleep([change("a")], runs_out)
    sleeping.add(change("a", NOW + 30), runs_out)
    assert over(sleeping, NOW + IDLE + 1) == []
    assert over(sleeping, NOW + IDLE + 31) == ["a"]
    assert over(sleeping, NOW + 1_000) == []


def test_other_rules_may_give_them_longer():
    sleeping = Asleep([change("a")], runs_out)
    assert not list(sleeping.drain_over(NOW + IDLE + 1, lambda session: session.last_used + 600, lambda digest: False))
    assert [each.session for each in sleeping.drain_over(NOW + 601, runs_out, lambda digest: False)] == ["a"]


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(asleep, "MOST_ASLEEP", 2)
    sleeping = Asleep([], runs_out)
    for name in "abc":
        sleeping.add(change(name), runs_out)
    assert over(sleeping, NOW + 100) == ["a", "b"]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 200)), max_size=30))
def test_nobody_is_told_early_nor_forgotten(naps: list[tuple[str, int]]) -> None:
    sleeping = Asleep([], runs_out)
    latest: dict[str, float] = {}
    for name, used in naps:
        latest[name] = NOW + used
        sleeping.add(change(name, NOW + used), runs_out)
    told = {}
    for now in range(0, 300, 7):
        for name in over(sleeping, NOW + now):
            assert name not in told
            told[name] = NOW + now
            assert NOW + now - IDLE - 7 <= latest[name] < NOW + now - IDLE
    assert set(told) == set(latest)
