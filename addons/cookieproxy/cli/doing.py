"""Having something done to jars: by the running proxy if there is one, else in its store.

A running proxy has its jars in memory and would not notice what others write, so it is asked through the store's table of commands.
"""

import json
from collections.abc import Callable, Mapping, Sequence

from ..core.events import JarChange, Observation
from ..core.hosts import site_of
from ..exchange import Browser
from ..record.commands import post_and_wait
from ..record.protocol import Reader, Store, StoreError
from ..record.store import open_store
from ..record.values import ValuePolicy
from ..suffixes import load
from .arguments import BASE, Arguments
from .output import Refused
from .stores import opened

ANSWER_SECONDS = 20.0
"""How long the proxy may take; it is asked five times a second."""

type Result = Mapping[str, object]


def do(arguments: Arguments, name: str, words: Mapping[str, object], offline: Callable[[Store], Result]) -> Result:
    """What the running proxy answers to this command; without one what `offline` makes of the store. Raises Refused."""
    with opened(arguments) as reader:
        if reader.holder() is not None:
            return _asked(reader, name, words)
    try:
        store = open_store(arguments.store, BASE)
        try:
            return offline(store)
        finally:
            store.close()
    except StoreError as error:
        raise Refused(str(error)) from error


def _asked(reader: Reader, name: str, words: Mapping[str, object]) -> Result:
    answer = post_and_wait(reader, name, words, ANSWER_SECONDS)
    result = json.loads(answer.result)
    if not isinstance(result, dict):
        raise Refused(f"The proxy's answer to {name} is of another version.")
    if not answer.ok:
        raise Refused(str(result.get("error", "The proxy could not do it.")))
    return result


def keep(store: Store, browser: Browser, observations: Sequence[Observation], now: float) -> None:
    """Write down what was done to a client's jars, all or nothing."""
    changes = [
        JarChange(now, browser.name, kind, None, site_of(key.domain, load()), key, cookie)
        for kind, key, cookie in browser.drain_changes()
    ]
    store.write([*observations, *changes], store.masker(ValuePolicy.DROP))
