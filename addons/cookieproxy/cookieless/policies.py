"""Content-Security-Policy: our inline script and its endpoint allowed, and nothing else (CSP Level 3; R24, R31).

Knows the fetch directives that govern inline scripts and connections, and how a source list answers. Field values come and go as
bytes; octets that need no change stay. A policy that keeps all scripts from running (`sandbox`) is left alone.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

SCRIPT = (b"script-src-elem", b"script-src", b"default-src")
"""What governs inline script elements: the first of these that is there (CSP3 6.8.3)."""
CONNECT = (b"connect-src", b"default-src")
"""What governs connections, likewise."""

_SPACE = b"\t\n\x0c\r "
_DIRECTIVE = re.compile(rb"([^\t\n\x0c\r ]+)(.*)", re.DOTALL)
_NONCE = re.compile(rb"'nonce-([A-Za-z0-9+/_-]+={0,2})'", re.IGNORECASE)
_HASH = re.compile(rb"'sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2}'", re.IGNORECASE)
_SCHEME_SOURCE = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_HOST_SOURCE = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>\*|[^/:\[\]]+|\[[^\]]*\])(?::(?P<port>[0-9]{1,5}|\*))?(?P<path>/.*)?",
    re.IGNORECASE | re.DOTALL,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Directive(NamedTuple):
    """One directive where it stands in a policy."""

    name: bytes
    """In lower case."""
    sources: tuple[bytes, ...]
    piece: int
    """Which of the pieces between semicolons it is."""


def nonce_of(policies: Sequence[bytes]) -> str | None:
    """A nonce with which a script runs under all the policies of these header values that restrict scripts, if there is one."""
    found: list[bytes] | None = None
    for policy in (part for value in policies for part in value.split(b",")):
        governing = _governing(_directives(policy), SCRIPT)
        if governing is None or _allows_inline(governing.sources):
            continue
        nonces = [match[1] for source in governing.sources if (match := _NONCE.fullmatch(source))]
        found = nonces if found is None else [nonce for nonce in found if nonce in nonces]
    return found[0].decode("ascii") if found else None


def extended(policy: bytes, script_hash: str | None, endpoint: str) -> bytes:
    """A header's value in which a script of that hash source may run and connect to that URL; None means it may run as it is.

    The URL's query does not count in a policy. The same holds for `Content-Security-Policy-Report-Only` and for `<meta>`.

    >>> extended(b"script-src 'self'; connect-src 'none'", "'sha256-YQ=='", "http://shop.example/cookies")
    b"script-src 'self' 'sha256-YQ=='; connect-src http://shop.example/cookies"
    """
    return b",".join(_extended_one(one, script_hash, endpoint) for one in policy.split(b","))


def _extended_one(policy: bytes, script_hash: str | None, endpoint: str) -> bytes:
    if _keeps_scripts_out(_directives(policy)):
        return policy
    if script_hash is not None:
        governing = _governing(_directives(policy), SCRIPT)
        source = script_hash.encode("ascii")
        if governing is not None and not _allows_inline(governing.sources) and source not in governing.sources:
            policy = _with_source(policy, governing, source, b"script-src")
    governing = _governing(_directives(policy), CONNECT)
    if governing is not None and not _allows_url(governing.sources, endpoint):
        policy = _with_source(policy, governing, _source_of(endpoint), b"connect-src")
    return policy


# -- reading ---------------------------------------------------------------------------------------------------------------


def _directives(policy: bytes) -> dict[bytes, Directive]:
    """By name; of two with the same name the first counts (CSP3 2.2.1)."""
    found: dict[bytes, Directive] = {}
    for number, piece in enumerate(policy.split(b";")):
        match = _DIRECTIVE.fullmatch(piece.strip(_SPACE))
        # What is not ASCII is no directive, to the browser either.
        if match is not None and piece.isascii():
            name = match[1].lower()
            found.setdefault(name, Directive(name, tuple(_split(match[2])), number))
    return found


def _split(text: bytes) -> list[bytes]:
    """By ASCII white space, which is not what `bytes.split` takes for it: that has the vertical tab, too."""
    return [token for token in re.split(rb"[\t\n\x0c\r ]+", text) if token]


def _governing(directives: dict[bytes, Directive], names: Sequence[bytes]) -> Directive | None:
    return next((directives[name] for name in names if name in directives), None)


def _keeps_scripts_out(directives: dict[bytes, Directive]) -> bool:
    sandbox = directives.get(b"sandbox")
    return sandbox is not None and b"allow-scripts" not in _lowered(sandbox.sources)


def _lowered(sources: Sequence[bytes]) -> set[bytes]:
    return {source.lower() for source in sources}


def _allows_inline(sources: Sequence[bytes]) -> bool:
    """Whether any inline script may run: a nonce, a hash or 'strict-dynamic' makes 'unsafe-inline' void (CSP3 6.7.3.2)."""
    lowered = _lowered(sources)
    if b"'unsafe-inline'" not in lowered or b"'strict-dynamic'" in lowered:
        return False
    return not any(_NONCE.fullmatch(source) or _HASH.fullmatch(source) for source in sources)


# -- matching a URL (CSP3 6.7.2) -------------------------------------------------------------------------------------------


def _allows_url(sources: Sequence[bytes], endpoint: str) -> bool:
    """Whether the endpoint, which is of the page's own origin, matches one of the sources."""
    url = urlsplit(endpoint)
    return any(_matches(source.decode("latin-1"), url) for source in sources)


def _matches(source: str, url: SplitResult) -> bool:
    if source == "*" or source.lower() == "'self'":
        return True
    if scheme := _SCHEME_SOURCE.fullmatch(source):
        return _scheme_matches(scheme[1], url.scheme)
    found = _HOST_SOURCE.fullmatch(source)
    if found is None:
        return False
    return (
        _scheme_matches(found["scheme"] or url.scheme, url.scheme)
        and _host_matches(found["host"].lower(), url.netloc.rpartition("@")[2].lower())
        and _port_matches(found["port"], url)
        and _path_matches(found["path"] or "", url.path)
    )


def _scheme_matches(allowed: str, scheme: str) -> bool:
    """Also the secure counterpart of what is allowed."""
    return allowed.lower() in {scheme, "http" if scheme == "https" else scheme}


def _host_matches(allowed: str, authority: str) -> bool:
    host = re.sub(r":\d*$", "", authority)
    if allowed == "*":
        return True
    return host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed


def _port_matches(allowed: str | None, url: SplitResult) -> bool:
    default = _DEFAULT_PORTS.get(url.scheme)
    port = url.port or default
    if allowed is None:
        return port == default
    return allowed == "*" or int(allowed) == port or (int(allowed), port, url.scheme) == (80, 443, "https")


def _path_matches(allowed: str, path: str) -> bool:
    """A path that ends with a slash allows all below it; both are compared percent-decoded."""
    if allowed in {"", "/"}:
        return True
    wanted, actual = unquote_to_bytes(allowed), unquote_to_bytes(path or "/")
    return actual.startswith(wanted) if allowed.endswith("/") else actual == wanted


# -- writing ---------------------------------------------------------------------------------------------------------------


def _source_of(endpoint: str) -> bytes:
    """The URL as a source: without a query, and without the two characters that divide policies."""
    url = urlsplit(endpoint)
    path = url.path.replace(";", "%3B").replace(",", "%2C")
    return f"{url.scheme}://{url.netloc}{path}".encode("ascii")


def _with_source(policy: bytes, governing: Directive, source: bytes, name: bytes) -> bytes:
    """The policy with one source more in that directive; if it is the fallback, in a new one that says the same otherwise."""
    if governing.name != b"default-src":
        pieces = policy.split(b";")
        pieces[governing.piece] = _added(pieces[governing.piece], governing.sources, source)
        return b";".join(pieces)
    kept = () if _is_none(governing.sources) else governing.sources
    mark = b" " if policy.rstrip(_SPACE).endswith(b";") else b"; "
    body = policy.rstrip(_SPACE)
    return body + mark + b" ".join([name, *kept, source]) + policy[len(body) :]


def _added(piece: bytes, sources: Sequence[bytes], source: bytes) -> bytes:
    body = piece.rstrip(_SPACE)
    tail = piece[len(body) :]
    if _is_none(sources):
        return body[: -len(b"'none'")] + source + tail
    return body + b" " + source + tail


def _is_none(sources: Sequence[bytes]) -> bool:
    """`'none'`, which says nothing beside another source."""
    return [source.lower() for source in sources] == [b"'none'"]
