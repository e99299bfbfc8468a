"""Puts the addons together: what `addons/cookies.py` hands to mitmproxy."""

from .addon import Cookies


def assemble() -> list[object]:
    """The addons of Cookie Proxy, in the order of their work."""
    return [Cookies()]
