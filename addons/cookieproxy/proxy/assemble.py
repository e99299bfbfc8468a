"""Puts the addons together: what `addons/cookies.py` hands to mitmproxy."""

from .addon import Cookies
from .commands import CookieCommands


def assemble() -> list[object]:
    """The addons of Cookie Proxy, in the order of their work."""
    cookies = Cookies()
    return [cookies, CookieCommands(cookies)]
