"""A script for mitmdump beside ours: nobody follows sessions. For measurements of what that costs."""

from cookieproxy.proxy.sessions import SessionWatch


def load(loader: object) -> None:
    """Take the tracker out of the way."""
    SessionWatch.take = lambda *_: None  # type: ignore[method-assign]  # what is measured is its absence
