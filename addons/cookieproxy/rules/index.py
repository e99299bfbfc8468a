"""Which rules can apply on a host, without trying them one by one.

Whole hosts and domains (`site`, `*.domain`) are looked up in tables; only patterns of other kinds are tried, once a
host. What is found in the tables is a superset: the rule's own conditions have the last word.
"""

from collections.abc import Iterable, Iterator

from .patterns import Pattern, is_glob, is_regex
from .plans import ReadyRule


class HostIndex:
    """The rules of a file by host."""

    def __init__(self, rules: Iterable[ReadyRule]) -> None:
        self._whole: dict[str, list[ReadyRule]] = {}
        self._below: dict[str, list[ReadyRule]] = {}
        self._tried: list[ReadyRule] = []
        for rule in rules:
            self._enter(rule)

    def rules_on(self, host: str) -> tuple[ReadyRule, ...]:
        """The rules that can apply on this host, in the order of the file."""
        found = {rule.index: rule for rule in self._candidates(host)}
        return tuple(found[index] for index in sorted(found) if found[index].host_holds(host))

    def _candidates(self, host: str) -> Iterator[ReadyRule]:
        yield from self._tried
        yield from self._whole.get(host, ())
        for domain in domains_of(host):
            yield from self._below.get(domain, ())

    def _enter(self, rule: ReadyRule) -> None:
        match = rule.rule.match
        if match.host is not None and (keys := _keys(match.host)) is not None:
            self._file(rule, *keys)
        elif match.site is not None:
            self._file(rule, (), match.site)
        else:
            self._tried.append(rule)

    def _file(self, rule: ReadyRule, whole: Iterable[str], below: Iterable[str]) -> None:
        for host in whole:
            self._whole.setdefault(host, []).append(rule)
        for domain in below:
            self._below.setdefault(domain, []).append(rule)


def domains_of(host: str) -> Iterator[str]:
    """The host and every domain above it: a.b.c, b.c, c."""
    yield host
    start = host.find(".") + 1
    while start:
        yield host[start:]
        start = host.find(".", start) + 1


def _keys(pattern: Pattern) -> tuple[list[str], list[str]] | None:
    """The whole hosts and the domains that a pattern is about; None if it is of another kind."""
    below = []
    for source in pattern.sources:
        if is_regex(source) or is_glob(source):
            domain = source.removeprefix("*.").lower()
            if domain == source.lower() or is_glob(domain):
                return None
            below.append(domain)
    return list(pattern.exact), below
