"""A large fleet simulated: that it holds what it must, and how evenly consistent hashing spreads its clients.

The ring is HAProxy's `hash-type consistent`: a server of weight 100 has 1,600 places on it, and a client belongs to the next.
"""

import random
import time
from bisect import bisect
from collections import Counter
from hashlib import blake2b

from .fleet_simulation import Broken, in_memory
from .programs import CannotMeasure
from .results import Detail, Measurement
from .run import Run

PROXIES = 40
CLIENTS = 20_000
EXCHANGES = 400_000
PLACES = 1_600
SEED = 20_261_128


class Ring:
    """Which server a client meets, of those that are up."""

    def __init__(self, servers: int, places: int = PLACES) -> None:
        self._points = sorted(
            (_hash(f"{server} {place}"), server) for server in range(servers) for place in range(places)
        )
        self._hashes = [point for point, _ in self._points]

    def of(self, client: str, down: frozenset[int] = frozenset()) -> int:
        """The first server on the ring behind the client that is not down."""
        place = bisect(self._hashes, _hash(client))
        while (server := self._points[place % len(self._points)][1]) in down:
            place += 1
        return server


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def simulate(proxies: int, clients: int, exchanges: int, seed: int) -> Detail:
    """Everything at random, most of it traffic. Raises Broken."""
    chance = random.Random(seed)
    fleet, database = in_memory(proxies)
    ring, down = Ring(proxies, 100), frozenset[int]()
    begin = time.process_time()
    for step in range(exchanges):
        what = chance.random()
        place = chance.randrange(proxies)
        if what < 0.000_5:
            fleet.kill(place)
        elif what < 0.001:
            if fleet.proxies[place].is_cut_off:
                fleet.reconnect(place, is_behind=chance.random() < 0.5)
            else:
                fleet.cut_off(place)
        elif what < 0.01 and fleet.proxies[place].is_behind:
            fleet.proxies[place].hear()
        elif what < 0.001_2:
            fleet.drain(place)
        elif what < 0.001_25 or (fleet.is_down and what < 0.01):
            fleet.outage(not fleet.is_down)
        elif what < 0.002:
            down = frozenset(chance.sample(range(proxies), chance.randrange(3)))  # for the balancer
        client = f"10.{step % 7}.{chance.randrange(clients)} Chrome/156"
        if chance.random() < 0.02:
            fleet.moves += 1
        else:
            place = ring.of(client, down)
        fleet.exchange(client, place, chance.choices(("", "before", "after"), (1000, 1, 1))[0])
    used = time.process_time() - begin
    told = {
        "exchanges": float(fleet.exchanges), "moves": float(fleet.moves), "kills": float(fleet.kills),
        "cut off": float(fleet.cut_offs), "taken by force": float(fleet.taken),
        "written under a new claim": float(fleet.rewritten), "transactions": float(database.transactions),
        "µs an exchange": used / exchanges * 1e6,
    }  # fmt: skip
    fleet.close()
    return Detail("simulation", told)


def evenness(servers: int, clients: int, lost: int = 0) -> float:
    """The load of the busiest server against the mean, where every client asks as much; `lost` servers are down."""
    ring, down = Ring(servers), frozenset(range(lost))
    loads = Counter(ring.of(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", down) for number in range(clients))
    return max(loads.values()) * (servers - lost) / clients


def simulation(run: Run) -> Measurement:
    """How evenly clients are spread, with all servers and with one in eight down. Raises CannotMeasure if anything is lost."""
    try:
        told = [
            simulate(PROXIES, CLIENTS, run.times(EXCHANGES), SEED + number) for number in range(run.rounds)
        ]  # fmt: skip
    except Broken as error:
        raise CannotMeasure(f"the simulation found that {error}") from error
    clients = run.times(CLIENTS * 5)
    return [(evenness(PROXIES, clients),), (evenness(PROXIES, clients, PROXIES // 8),)], told[-1:]
