"""Flows read from a file, put in order of time: a file is in order of completion, and a jar must see things as they happened.

A bounded heap is enough: exchanges overlap with few others. Each flow is taken once, so that reading a file again changes nothing.
"""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from math import isfinite

from mitmproxy.http import HTTPFlow

from .taken_ids import TakenIds

MOST_WAITING = 2_000
"""Events of flows that wait for earlier ones; more are let go in order."""

type Watch = Callable[[HTTPFlow], None]


class SavedFlows:
    """Sorts the requests and responses of saved flows by their times."""

    def __init__(self, on_request: Watch, on_response: Watch) -> None:
        self._on_request = on_request
        self._on_response = on_response
        self._heap: list[tuple[float, int, HTTPFlow, Watch]] = []
        self._pushed = 0
        self._pushed_before = 0
        self._taken = TakenIds()

    def know(self, flow_ids: Iterable[str]) -> None:
        """These were read before."""
        for one in flow_ids:
            self._taken.add(one)

    def add(self, flow: HTTPFlow) -> bool:
        """Take one flow, unless it was read before; earlier events may be handed on. True if it is new."""
        if not self._taken.add(flow.id):
            return False
        start = flow.request.timestamp_start
        if not isfinite(start):
            return True
        self._push(start, flow, self._on_request)
        if flow.response is not None:
            answered = flow.response.timestamp_start
            self._push(max(start, answered) if answered and isfinite(answered) else start, flow, self._on_response)
        while len(self._heap) > MOST_WAITING:
            self._pop()
        return True

    def drain_if_idle(self) -> None:
        """Hand on everything that waits, unless flows came since this was asked last."""
        if self._pushed == self._pushed_before:
            self.drain()
        self._pushed_before = self._pushed

    def drain(self) -> None:
        """Hand on everything that waits."""
        while self._heap:
            self._pop()

    def _push(self, time: float, flow: HTTPFlow, watch: Watch) -> None:
        self._pushed += 1
        heappush(self._heap, (time, self._pushed, flow, watch))

    def _pop(self) -> None:
        _, _, flow, watch = heappop(self._heap)
        watch(flow)
