"""`scripts/cookies export`: a client's cookies in the format of another tool (R10, R38)."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from ..core.cookie import Cookie, CookieKey
from ..core.events import JarKind
from ..core.syntax import wire_text
from ..exchange.forgetting import belongs_to
from ..formats import FORMATS, Format, Written
from ..record.filters import Filter
from ..record.private import write_private
from ..record.protocol import Reader
from ..report.text import counted
from ..rules.packs import PACKED
from ..rules.patterns import glob_to_regex
from ..rules.sealing import Keyring
from .arguments import Arguments
from .output import Refused, remark
from .stores import nothing, opened

DEFAULT_FORMAT = "netscape"
JARS = {"mirror": (JarKind.MIRROR,), "held": (JarKind.HELD,), None: (JarKind.MIRROR, JarKind.HELD)}


def run(arguments: Arguments) -> int:
    """Write the cookies, and say what the format cannot."""
    with opened(arguments) as reader:
        client, cookies = _chosen(reader, arguments)
    chosen = _format(arguments)
    written = chosen.write(cookies, arguments.now)
    _put(written, arguments)
    _remark(written, cookies, chosen)
    remark(
        f"{counted(len(cookies), 'cookie')} of {client} with their values: whoever has them is logged in as that client."
    )
    return 0


def _chosen(reader: Reader, arguments: Arguments) -> tuple[str, list[Cookie]]:
    """The one client that has such cookies, and these. Raises Refused if none has, or several have."""
    wanted = Filter(arguments.site, arguments.client, arguments.cookie)
    found = [(row.client, list(_cookies_of(reader, row.client, arguments))) for row in reader.questions.clients(wanted)]
    found = [(client, cookies) for client, cookies in found if cookies]
    if not found:
        raise Refused(f"{nothing(arguments, 'cookies')} Cookies of sessions in URLs are not exported.")
    if len(found) > 1:
        for client, cookies in found:
            remark(f"  --client '{client}'   {counted(len(cookies), 'cookie')}")
        raise Refused(f"{len(found)} clients have such cookies, which must not be mixed: name one of them.")
    return found[0]


def _cookies_of(reader: Reader, client: str, arguments: Arguments) -> Iterator[Cookie]:
    """What goes to applications: the browser's cookies, but of one identity the one that the proxy holds."""
    chosen: dict[CookieKey, Cookie] = {}
    for kind in JARS[arguments.jar]:
        for jar, session, cookie in reader.load_jars(client):
            if jar is kind and session is None and _is_wanted(cookie, arguments):
                chosen[cookie.key] = cookie
    yield from chosen.values()


def _is_wanted(cookie: Cookie, arguments: Arguments) -> bool:
    if cookie.expiry_time is not None and cookie.expiry_time <= arguments.now:
        return False
    if arguments.site is not None and not belongs_to(cookie, arguments.site):
        return False
    pattern = arguments.cookie
    return pattern is None or re.search(glob_to_regex(pattern), wire_text(cookie.name), re.DOTALL) is not None


def _format(arguments: Arguments) -> Format:
    """The one named; else the only one with the file's ending."""
    if arguments.format is not None:
        return FORMATS[arguments.format]
    ending = Path(arguments.output or "").suffix.removeprefix(".").lower()
    fitting = [one for one in FORMATS.values() if ending in one.endings]
    return fitting[0] if len(fitting) == 1 else FORMATS[DEFAULT_FORMAT]


def _put(written: Written, arguments: Arguments) -> None:
    if arguments.output is None or arguments.output == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(written.data)
        return
    try:
        write_private(Path(arguments.output), written.data)
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else error
        raise Refused(f"{arguments.output}: {cause}. Nothing was written.") from error


def _remark(written: Written, cookies: list[Cookie], chosen: Format) -> None:
    """One line for each thing that the file does not say, or not as one may think."""
    for cookie in cookies:
        if (said := _of_a_rule(cookie)) is not None:
            remark(f"{wire_text(cookie.name)} ({cookie.domain}): {said}")
    for loss in written.losses:
        remark(str(loss) if not loss.left_out else f"{loss} (left out)")
    for note in written.notes:
        remark(str(note))
    if chosen.hint:
        remark(f"{chosen.name}: {chosen.hint}")


def _of_a_rule(cookie: Cookie) -> str | None:
    """What the browser has is not what the application knows."""
    if cookie.value.startswith(Keyring.prefix):
        return "a rule sealed its value: without this proxy no application understands it"
    if cookie.made_from is None:
        return None
    if cookie.made_from == PACKED:
        return "a rule packs several cookies in it: without this proxy no application understands it"
    return f"a rule made its name: without this proxy the application knows it as {wire_text(cookie.made_from)}"
