"""`scripts/cookies import`: the cookies of another tool's file into a client's jar (R38)."""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import NoReturn

from ..core.cookie import Cookie
from ..core.events import JarKind
from ..core.syntax import wire_text
from ..exchange.forgetting import belongs_to
from ..exchange.importing import as_words, take_in
from ..formats import FORMATS, MOST_BYTES, FormatError, Place, Read, expect
from ..record.filters import Filter
from ..record.listings import ClientRow
from ..record.protocol import Reader, Store
from ..report.stored import stored_browser
from ..report.text import counted
from ..suffixes import host_to_ascii, load
from .arguments import Arguments
from .doing import Result, do, keep
from .output import Refused, remark
from .rulesfile import STDIN
from .stores import opened

PLACES = {"held": "in the held jar: the proxy adds them to the client's requests", "mirror": "in the mirror"}


def run(arguments: Arguments) -> int:
    """Read the file, choose from it, and have it put into the jar."""
    cookies = _wanted(_read(arguments), arguments)
    if not cookies:
        raise Refused(f"There is no cookie in {arguments.file} to be imported.")
    with opened(arguments) as reader:
        row = _client(reader, arguments)
    words = {"client": row.client, "jar": arguments.jar, "cookies": [as_words(cookie) for cookie in cookies]}
    result = do(arguments, "import", words, lambda store: _offline(store, row, cookies, arguments))
    return _tell(result, row.client, arguments)


# -- the file ----------------------------------------------------------------------------------------------------------


def _read(arguments: Arguments) -> tuple[Read, ...]:
    """What the file says; a mistake in it is a line with its place. Raises Refused."""
    data = _octets(arguments.file or STDIN)
    at = None if arguments.site is None else Place("https", arguments.site)
    try:
        chosen = expect(data) if arguments.format is None else FORMATS[arguments.format]
        return chosen.read(data, arguments.now, at, host_to_ascii)
    except FormatError as error:
        _refuse(arguments.file or STDIN, error.lines())


def _refuse(name: str, lines: Iterable[str]) -> NoReturn:
    for line in lines:
        remark(f"{'stdin' if name == STDIN else name}: {line}")
    raise Refused("Nothing was imported.")


def _octets(name: str) -> bytes:
    if name == STDIN:
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        with open(name, "rb") as file:
            return file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        cause = error.strerror if isinstance(error, OSError) else error
        raise Refused(f"{name}: {cause}. Name a file with cookies, or - for standard input.") from error


def _wanted(found: tuple[Read, ...], arguments: Arguments) -> list[Cookie]:
    """Those of the site that have not expired; whatever else is to be said of each is said."""
    cookies = []
    elsewhere = 0
    for one in found:
        name = f"{wire_text(one.cookie.name) or '(nameless)'} ({one.cookie.domain})"
        if arguments.site is not None and not belongs_to(one.cookie, arguments.site):
            elsewhere += 1
            continue
        for said in (*one.notes, *(["it has expired (left out)"] if one.expired else [])):
            remark(f"{one.place}: {name}: {said}")
        if not one.expired:
            cookies.append(one.cookie)
    if elsewhere:
        remark(f"{counted(elsewhere, 'cookie')} of other sites left out.")
    return cookies


# -- the jar -----------------------------------------------------------------------------------------------------------


def _client(reader: Reader, arguments: Arguments) -> ClientRow:
    """The one client that was meant. Raises Refused."""
    rows = reader.questions.clients(Filter(client=arguments.client))
    if not rows:
        raise Refused(
            f"No client fits --client '{arguments.client}': send a request through the proxy with it first; "
            "scripts/cookies clients lists those that were seen."
        )
    if len(rows) > 1:
        for row in rows:
            remark(f"  --client '{row.client}'")
        raise Refused(f"{len(rows)} clients fit --client '{arguments.client}': name one of them.")
    return rows[0]


def _offline(store: Store, row: ClientRow, cookies: list[Cookie], arguments: Arguments) -> Result:
    browser = stored_browser(store, row)
    imported, observations = take_in(browser, JarKind(arguments.jar or "held"), cookies, arguments.now, load())
    keep(store, browser, observations, arguments.now)
    return asdict(imported)


def _tell(result: Result, client: str, arguments: Arguments) -> int:
    """What was done; exit code 1 if that was nothing."""
    stored, replaced, refused = (result[name] for name in ("stored", "replaced", "refused"))
    assert isinstance(stored, int)
    assert isinstance(replaced, int)
    assert isinstance(refused, list | tuple)
    for each in refused:
        remark(f"{each['cookie'] or '(nameless)'} ({each['domain']}): {each['why']} (left out)")
    if not stored + replaced:
        raise Refused("Nothing was imported.")
    others = f", {replaced} of them in the place of another" if replaced else ""
    print(f"{counted(stored + replaced, 'cookie')}{others} {PLACES[arguments.jar or 'held']}, for {client}")
    return 0
