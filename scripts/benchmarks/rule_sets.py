"""What the rules cost by themselves: judging one response and one request, with few rules and with many."""

import time
from collections.abc import Callable

from cookieproxy.core.access import Access
from cookieproxy.core.syntax import CookieString, parse_set_cookie
from cookieproxy.rules.engine import RuleSet
from cookieproxy.rules.facts import Facts

from . import exchanges, inputs
from .programs import LOOPBACK
from .results import Detail, Measurement, ratios
from .run import Run

TIMES = 5_000


def judging(run: Run) -> Measurement:
    """The time of many rules against few, for a response and for a request."""
    few, many = exchanges.rules(inputs.FEW_RULES), exchanges.rules(inputs.MANY_RULES)
    times: dict[tuple[str, int], list[float]] = {}
    for number in range(run.rounds):
        for count, rules in ((inputs.FEW_RULES, few), (inputs.MANY_RULES, many)):
            for what, judge in (("response", _response), ("request", _request)):
                times.setdefault((what, count), []).append(_microseconds(judge, rules, run.times(TIMES)))
        run.tell(f"{number + 1}/{run.rounds} rules: {times['response', inputs.MANY_RULES][-1]:.1f} µs a response")
    numbers = [
        ratios(times[what, inputs.MANY_RULES], times[what, inputs.FEW_RULES]) for what in ("response", "request")
    ]
    return numbers, [
        Detail(f"a {what}, {count:,} rules", {"judge µs": sorted(each)[len(each) // 2]})
        for (what, count), each in times.items()
    ]


def _microseconds(judge: Callable[[RuleSet, Facts], object], rules: RuleSet, times: int) -> float:
    facts = Facts(Access("http", LOOPBACK, b"/page", time.time()), LOOPBACK, exchanges.CLIENT)
    judge(rules, facts)
    begin = time.perf_counter_ns()
    for _ in range(times):
        judge(rules, facts)
    return (time.perf_counter_ns() - begin) / times / 1000


_SAID = [parse_set_cookie(field.encode()) for field in inputs.SET_COOKIES]
_SENT = CookieString(inputs.COOKIE.encode())


def _response(rules: RuleSet, facts: Facts) -> object:
    return rules.for_host(LOOPBACK).on_response(_SAID, facts)


def _request(rules: RuleSet, facts: Facts) -> object:
    return rules.for_host(LOOPBACK).on_request(_SENT, facts, lambda name: None)
