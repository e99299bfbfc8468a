"""The cookies that a client has after some flows: an empty jar, taken through them in order of time (R10, R38).

As applications see them: what they were sent, and what they set, without the changes of rules. Knows no format.
"""

from collections.abc import Callable, Iterable

from mitmproxy.http import HTTPFlow

from ..config import Config
from ..core.cookie import Cookie
from ..core.profiles import PROFILES
from ..exchange import Browser, RequestSide, ResponseSide
from ..suffixes import load
from . import flows


class FlowsOfSeveralClients(Exception):
    """Cookies of several clients must not be mixed."""


def cookies_in(chosen: Iterable[HTTPFlow], name_of: Callable[[HTTPFlow], str]) -> list[Cookie]:
    """What a client has that saw just these flows. Raises FlowsOfSeveralClients."""
    ordered = sorted(chosen, key=lambda flow: flow.request.timestamp_start)
    names = {name_of(flow) for flow in ordered}
    if len(names) > 1:
        raise FlowsOfSeveralClients(f"These are flows of {len(names)} clients, whose cookies must not be mixed.")
    suffixes, rules = load(), Config.empty().rules
    browser = Browser("", PROFILES["none"], suffixes, enforce=False)
    up, down = RequestSide(rules, suffixes), ResponseSide(rules, suffixes, enforce=False)
    for flow in ordered:
        head = flows.request_head(flow)
        if head is None:
            continue
        asked = up.process(browser, head._replace(fields=flow.request.headers.fields), watch=True)
        if flow.response is not None:
            down.process(browser, asked, flows.response_head(flow), watch=True)
    return list(browser.mirror)
