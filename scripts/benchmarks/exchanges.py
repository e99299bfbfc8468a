"""The traffic of the benchmarks without a network: requests and responses put through the exchange, as the proxy does."""

import time
from collections.abc import Iterator

from cookieproxy.config import parse_config
from cookieproxy.core.events import JarChange, Observation
from cookieproxy.core.profiles import CHROME
from cookieproxy.exchange import Browser, RequestHead, RequestSide, ResponseHead, ResponseSide
from cookieproxy.rules.engine import RuleSet
from cookieproxy.suffixes import load as load_suffixes

from . import inputs
from .programs import LOOPBACK

CLIENT = "127.0.0.1 Chrome/140 3fa9c1"
REQUEST_FIELDS = (
    (b"Host", f"{LOOPBACK}:8000".encode()),
    (b"User-Agent", inputs.USER_AGENT.encode()),
    (b"Cookie", inputs.COOKIE.encode()),
)
RESPONSE_FIELDS = (
    (b"Content-Type", b"text/html"),
    *((b"Set-Cookie", field.encode()) for field in inputs.SET_COOKIES),
)
TICK = 200
"""Exchanges after which the changes of the jar are gathered."""


def rules(count: int) -> RuleSet:
    """So many rules, read from text as the proxy reads them."""
    return parse_config(inputs.rules_yaml(count).encode(), "rules.yaml").rules


def observations(exchanges: int) -> Iterator[list[Observation]]:
    """What the recorder is given, exchange by exchange, changed jars now and then included."""
    suffixes, rule_set = load_suffixes(), rules(inputs.FEW_RULES)
    up, down = RequestSide(rule_set, suffixes), ResponseSide(rule_set, suffixes, enforce=False)
    browser = Browser(CLIENT, CHROME, suffixes, enforce=False)
    now = time.time()
    for number in range(exchanges):
        now += 0.001
        flow = f"{number:08x}-0000-4000-8000-000000000000"
        request = up.process(browser, RequestHead("http", LOOPBACK, "GET", b"/page", REQUEST_FIELDS, now, flow))
        response = down.process(browser, request, ResponseHead(200, RESPONSE_FIELDS, now))
        seen = request.observations + response.observations
        if number % TICK == 0:
            seen += [
                JarChange(now, CLIENT, kind, None, LOOPBACK, key, cookie)
                for kind, key, cookie in browser.drain_changes()
            ]
        yield seen
