"""The store that a listing asks, and what the listing is narrowed to."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..record.filters import Filter
from ..record.protocol import Reader, StoreError
from ..record.store import open_reader, without_password
from .arguments import BASE, Arguments
from .output import Refused

NARROWING = {
    "site": "--site",
    "client": "--client",
    "cookie": "--cookie",
    "since": "--since",
    "kinds": "--event",
    "limit": "--limit",
    "jar": "--jar",
    "moment": "--at",
    "severity": "--severity",
    "codes": "--code",
}
"""Arguments that narrow a listing down, as options."""


@contextmanager
def opened(arguments: Arguments) -> Iterator[Reader]:
    """The store of `--store`, closed afterwards. Whatever fails with it is one line with its remedy."""
    try:
        reader = open_reader(arguments.store, BASE)
        try:
            yield reader
        finally:
            reader.close()
    except StoreError as error:
        raise Refused(str(error)) from error


def wanted(arguments: Arguments) -> Filter:
    """What the options narrow the listing to."""
    return Filter(arguments.site, arguments.client, arguments.cookie, arguments.since)


def nothing(arguments: Arguments, what: str, although: str | None = None) -> str:
    """Why a listing may be empty, and what to do; `although` says what it means if there was traffic."""
    given = [option for name, option in NARROWING.items() if getattr(arguments, name, None) is not None]
    if given:
        return f"No {what} fit {' and '.join(given)}; without that there may be some."
    if although is not None:
        return f"No {what} in {without_password(arguments.store)}: {although}"
    return (
        f"No {what} in {without_password(arguments.store)}: run scripts/proxy and send traffic through 127.0.0.1:8080."
    )
