"""Clients that move between proxies which are killed, cut off and drained, and a store that goes and comes back (R30, R40).

What must hold is said, and looked at, in the benchmarks' simulation; here Hypothesis looks for a way to break it.
"""

import random
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from cookieproxy.record.leases import Leases
from cookieproxy.record.store import open_store

sys.path.append(str(Path(__file__).parents[2] / "scripts"))

# They lie beside the script that runs them.
from benchmarks import fleet_load
from benchmarks.fleet_simulation import Broken, Fleet, ModelLeases, Proxy, in_memory

if TYPE_CHECKING:
    from rig.postgres import Server

PROXIES, CLIENTS = 3, 3
PLACES = st.integers(0, PROXIES - 1)


class Moves(RuleBasedStateMachine):
    """Anything that can happen to a small fleet."""

    def __init__(self) -> None:
        super().__init__()
        self.fleet, _ = in_memory(PROXIES)

    @rule(client=st.sampled_from("abc"), place=PLACES, dies=st.sampled_from(("", "", "", "before", "after")))
    def exchange(self, client: str, place: int, dies: str) -> None:
        self.fleet.exchange(client, place, dies)

    @rule(place=PLACES)
    def kill(self, place: int) -> None:
        self.fleet.kill(place)

    @rule(place=PLACES)
    def drain(self, place: int) -> None:
        self.fleet.drain(place)

    @rule(place=PLACES)
    def cut_off(self, place: int) -> None:
        self.fleet.cut_off(place)

    @rule(place=PLACES, is_behind=st.booleans())
    def reconnect(self, place: int, is_behind: bool) -> None:
        self.fleet.reconnect(place, is_behind)

    @rule(place=PLACES)
    def hear(self, place: int) -> None:
        self.fleet.proxies[place].hear()

    @rule(is_down=st.booleans())
    def outage(self, is_down: bool) -> None:
        self.fleet.outage(is_down)

    def teardown(self) -> None:
        self.fleet.close()


TestMoves = Moves.TestCase
TestMoves.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_fleet_at_random() -> None:
    assert fleet_load.simulate(12, 300, 6_000, 7).numbers["exchanges"] > 4_000


def late(fleet: Fleet) -> None:
    """A proxy that was cut off writes what it has when another has had the client, and died."""
    fleet.exchange("a", 0)
    fleet.cut_off(0)
    fleet.exchange("a", 0)
    fleet.exchange("a", 1)
    fleet.reconnect(0)
    fleet.kill(1)
    fleet.exchange("a", 2)


def test_what_was_cut_off_changes_nothing() -> None:
    late(in_memory(PROXIES)[0])


def test_the_simulation_notices_a_store_without_fences(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet, _ = in_memory(PROXIES)
    monkeypatch.setattr(ModelLeases, "lost", lambda *_: frozenset())
    with pytest.raises(Broken, match=r"^a is"):
        late(fleet)


def test_the_simulation_notices_a_client_in_two_memories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Proxy, "give_away", lambda proxy, client: proxy.fences.pop(client, None))
    with pytest.raises(Broken, match="two proxies"):
        fleet_load.simulate(12, 100, 10_000, 1)


def test_clients_are_spread_evenly() -> None:
    assert fleet_load.evenness(8, 10_000) < 1.15
    assert fleet_load.evenness(8, 10_000, lost=1) < 1.2


def test_a_small_fleet_over_the_database(postgres: "Server", postgres_spec: str) -> None:
    """The same exchanges, kills and drains with the leases that PostgreSQL keeps."""
    chance = random.Random(1)
    with ExitStack() as opened:
        opened.enter_context(closing(open_store(postgres_spec, Path("/"))))
        postgres.empty(postgres_spec)

        def make_leases(_: int) -> Leases:
            store = opened.enter_context(closing(open_store(postgres_spec, Path("/"))))
            assert store.leases is not None
            return store.leases

        fleet = Fleet(PROXIES, make_leases, lambda _: None)
        for _ in range(300):
            what, place = chance.random(), chance.randrange(PROXIES)
            if what < 0.01:
                fleet.kill(place)
            elif what < 0.02:
                fleet.drain(place)
            fleet.exchange(f"client {chance.randrange(CLIENTS)}", place, chance.choices(("", "after"), (50, 1))[0])
        assert fleet.exchanges > 200
        fleet.close()
