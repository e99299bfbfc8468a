"""curl's arguments: `-b 'a=1; b=2' 'https://shop.example/'`, one line a host (R38).

Written so that a shell or `xargs curl` takes them. A cookie of a domain and its subdomains goes on the lines of the hosts below it
that have cookies too, or on one for the domain itself. Read: whole curl commands, as browsers copy them too (`-H 'Cookie: …'`,
`--cookie`, `$'…'`, continued lines); what else they say is passed over. Domain and path are guessed then as for a Cookie header.
"""

import re
from collections.abc import Iterator, Sequence

from ..core.cookie import Cookie
from ..core.hosts import domain_match, is_loopback
from ..core.syntax import join_fields
from .format import Content, Format
from .header import add_pairs, cookie_string, refuses
from .hosts import place_of
from .narrow import PAIR, Says
from .reading import Reading, Source
from .shell import Command, Unclosed, commands, quote
from .values import Field, Loss, Place, Read, Written, loss

_TAKE_VALUE = frozenset(b"AbcCdDeEFHKmoPQrtTuUwxXyYz")
"""Of curl's short options, those with an argument."""
_FLAGS = frozenset(
    b"""--anyauth --basic --compressed --compressed-ssh --digest --fail --fail-early --fail-with-body --false-start
    --get --globoff --head --http0.9 --http1.0 --http1.1 --http2 --http2-prior-knowledge --http3 --http3-only
    --ignore-content-length --include --insecure --ipv4 --ipv6 --junk-session-cookies --list-only --location
    --location-trusted --negotiate --next --no-alpn --no-buffer --no-keepalive --no-progress-meter --no-sessionid
    --ntlm --parallel --path-as-is --post301 --post302 --post303 --progress-bar --proxy-insecure --raw
    --remote-header-name --remote-name --remote-name-all --remote-time --show-error --show-headers --silent --ssl
    --ssl-reqd --styled-output --tcp-fastopen --tcp-nodelay --tlsv1 --tlsv1.0 --tlsv1.1 --tlsv1.2 --tlsv1.3
    --tr-encoding --trace-time --use-ascii --verbose --xattr""".split()
)
"""Of curl's long options, those without one; what begins with --no- has none either."""
_OPENINGS = (b"curl ", b"-b ", b"--cookie ", b"-H ", b"--header ")
_CURL = re.compile(rb"(^|[/\\])curl(\.exe)?\Z", re.IGNORECASE)
_COOKIE = re.compile(rb"cookie[ \t]*:", re.IGNORECASE)


def recognises(content: Content) -> bool:
    """A command that begins as curl's do."""
    return (content.first_line.removesuffix(b"\\") + b" ").startswith(_OPENINGS)


def read(source: Source) -> tuple[Read, ...]:
    """The cookies of every command, guessed to be those of its URL's host."""
    reading = Reading(source)
    try:
        for command in commands(source.data):
            _read_command(command, reading)
    except Unclosed as error:
        reading.mistake(f"line {error.line}", "a quotation mark is not closed", "copy the command whole")
    return reading.finish()


def write(cookies: Sequence[Cookie], now: float) -> Written:
    """One line a host."""
    lines: dict[str, list[Cookie]] = {}
    losses: list[Loss] = []
    hosts_of = _Hosts(cookies)
    for cookie in cookies:
        hosts = [cookie.domain] if cookie.host_only else hosts_of.below(cookie.domain)
        for host in hosts:
            lines.setdefault(host, []).append(cookie)
        losses += _lost_scope(cookie, hosts)
    return Written(b"".join([_line(host, of_host) for host, of_host in lines.items()]), tuple(losses))


class _Hosts:
    """The hosts that get a line of their own."""

    def __init__(self, cookies: Sequence[Cookie]) -> None:
        domains = {cookie.domain: None for cookie in cookies}
        own = {cookie.domain for cookie in cookies if cookie.host_only}
        parents = {domain[at + 1 :] for domain in domains for at, char in enumerate(domain) if char == "."}
        self._hosts = [domain for domain in domains if domain in own or domain not in parents]

    def below(self, domain: str) -> list[str]:
        """Those that a cookie of this domain goes to, perhaps the domain itself."""
        return [host for host in self._hosts if domain_match(host, domain)] or [domain]


def _lost_scope(cookie: Cookie, hosts: Sequence[str]) -> list[Loss]:
    if cookie.host_only:
        return []
    losses = [loss(cookie, Field.HOST_ONLY, "the format cannot say that subdomains get it too")]
    if hosts != [cookie.domain]:
        losses.append(loss(cookie, Field.DOMAIN, f"it is written for {', '.join(hosts)}"))
    return losses


def _line(host: str, cookies: Sequence[Cookie]) -> bytes:
    string = cookie_string(cookies)
    argument = b"-H " + quote(b"Cookie: " + string) if _names_file(string) else b"-b " + quote(string)
    plain = is_loopback(host) and not any(cookie.secure_only for cookie in cookies)
    return argument + b" " + quote(f"{'http' if plain else 'https'}://{host}/".encode()) + b"\n"


def _names_file(argument: bytes) -> bool:
    """Whether curl takes the argument of -b for the name of a file to read cookies from (tried with 7.88)."""
    return b"=" not in argument or argument.startswith(b"@")


def _read_command(command: Command, reading: Reading) -> None:
    place = f"line {command.line}"
    for words in _simple_commands(command.words):
        if words and words[0].startswith(b"-"):
            _read_arguments(words, place, reading)
        elif words and _CURL.search(words[0]):
            _read_arguments(words[1:], place, reading)
        elif words:
            reading.mistake(place, "this is no curl command", "leave only curl commands, or their arguments")


def _simple_commands(words: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Those that `&` and `&&` divide, each without what its output goes through."""
    one: list[bytes] = []
    for word in [*words, b"&"]:
        if word in (b"&", b"&&"):
            yield one[: one.index(b"|")] if b"|" in one else one
            one = []
        else:
            one.append(word)


def _read_arguments(words: Sequence[bytes], place: str, reading: Reading) -> None:
    strings: list[bytes] = []
    urls: list[bytes] = []
    for option, argument in _options(words):
        field = _COOKIE.match(argument) if option in (b"-H", b"--header") else None
        if field is not None:
            strings.append(argument[field.end() :])
        elif option in (b"-b", b"--cookie") and argument and not _names_file(argument):
            strings.append(argument)
        elif option in (b"-b", b"--cookie") and argument:
            reading.mistake(place, "its -b names a file of cookies", "import that file instead")
        elif option in (b"", b"--url"):
            urls.append(argument)
    if strings:
        for at in _places(urls, place, reading):
            add_pairs(reading, join_fields(strings), place, at)


def _options(words: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Options with their arguments; a URL is an argument without an option."""
    waiting = b""
    for word in words:
        if waiting:
            yield waiting, word
            waiting = b""
        elif word.startswith(b"--"):
            waiting = b"" if word in _FLAGS or word.startswith(b"--no-") else word
        elif word.startswith(b"-"):
            option, argument = _short(word)
            waiting = b"" if argument else option
            if argument:
                yield option, argument
        else:
            yield b"", word


def _short(word: bytes) -> tuple[bytes, bytes]:
    """Of a word like `-sSba=1` the option that takes an argument, and the argument if the word has it."""
    for at, letter in enumerate(word):
        if letter in _TAKE_VALUE:
            return b"-" + word[at : at + 1], word[at + 1 :]
    return b"", b""


def _places(urls: Sequence[bytes], place: str, reading: Reading) -> list[Place | None]:
    """Where the cookies go: each host once, or what the reader was given if there is no URL."""
    places = [place_of(url.decode("utf-8", "replace"), reading.source.to_ascii) for url in urls]
    if None in places:
        reading.mistake(place, "it has an argument that is no URL", "write the URL whole, as https://host/path")
    found = {one.host: one for one in places if one is not None}
    return list(found.values()) if urls else [reading.source.at]


FORMAT = Format(
    "curl",
    "curl's arguments",
    ("sh", "txt"),
    Says(PAIR | {Field.DOMAIN, Field.HOST_ONLY}, octets=True, refuses=refuses),
    recognises,
    write,
    read,
    hint="curl sends them to that host alone whatever their path; without a URL, import needs a site",
)
