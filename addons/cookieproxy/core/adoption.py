"""What a cookie that nobody saw being set may turn out to be (R9): the same as a sibling host's, or as one that is set now.

Judges pairs of cookies. Its guess until then, host-only and Path=/, is made by `jar`.
"""

from collections.abc import Iterable
from itertools import takewhile

from .cookie import Cookie
from .hosts import Suffixes, domain_match, is_ip_address


def sibling_among(namesakes: Iterable[Cookie], value: bytes, host: str, suffixes: Suffixes) -> Cookie | None:
    """The adopted cookie of another host of the site that has this value, and so is the same one."""
    if is_ip_address(host) or suffixes.registrable_domain(host) is None:
        return None
    for cookie in namesakes:
        if cookie.adopted and cookie.value == value and cookie.domain != host:
            return cookie
    return None


def may_be_one(adopted: Cookie, cookie: Cookie) -> bool:
    """Whether an adopted cookie may be this one of the same name, by the hosts that it was seen going to."""
    if adopted.domain == cookie.domain:
        return adopted.host_only or not cookie.host_only
    if cookie.host_only:
        return False
    return domain_match(adopted.domain, cookie.domain) or (
        not adopted.host_only and domain_match(cookie.domain, adopted.domain)
    )


def shared_domain(one: str, other: str) -> str:
    """The longest domain that both hosts are or are under.

    >>> shared_domain("a.www.shop.example", "a.api.shop.example")
    'shop.example'
    """
    labels = zip(reversed(one.split(".")), reversed(other.split(".")), strict=False)
    shared = [label for label, _ in takewhile(lambda pair: pair[0] == pair[1], labels)]
    return ".".join(reversed(shared))
