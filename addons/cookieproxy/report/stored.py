"""A client as the store has it, with its jars, for who looks at them or changes them while no proxy has them in memory."""

from ..core.profiles import PROFILES
from ..exchange import Browser
from ..record.listings import ClientRow
from ..record.protocol import Reader
from ..suffixes import load


def stored_browser(store: Reader, row: ClientRow) -> Browser:
    """A client with its jars as the store has them."""
    browser = Browser(
        row.client, PROFILES.get(row.profile, PROFILES["none"]), load(), True, row.address, row.user_agent
    )
    for kind, session, cookie in store.load_jars(row.client):
        if session is None:
            browser.restore(kind, cookie)
    for _ in browser.drain_changes():
        pass  # it is in the store already
    return browser
