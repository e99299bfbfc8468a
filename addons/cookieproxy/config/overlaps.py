"""Whether two entries of `cookieless` can hold for one URL, as far as their conditions tell without any traffic.

Exact for whole words, domains and globs. Regular expressions, and different patterns on clients, leave a doubt unless they
are apart for another reason. An `except` separates two entries where it surely holds wherever both of them do.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from ..rules.hosts import below
from ..rules.patterns import Pattern, is_glob, is_regex, pattern_of
from ..rules.relations import hosts_overlap
from .cookieless import Cookieless, LinkConditions

_SCHEMES = frozenset({"http", "https"})
_WILD = re.compile(r"[*?]")


class Verdict(StrEnum):
    """What is known of two entries."""

    APART = "apart"
    DOUBTFUL = "doubtful"
    OVERLAPPING = "overlapping"


class Overlap(NamedTuple):
    """The verdict, and where the two meet."""

    verdict: Verdict
    where: str
    """For a message: `shop.example, path /api/*`."""


class _Reach(NamedTuple):
    """What conditions hold for, with one pattern out of each of their lists."""

    hosts: tuple[str, ...]
    """Patterns that must all hold."""
    paths: tuple[str, ...]
    clients: tuple[str, ...]
    schemes: frozenset[str]


def overlap(one: Cookieless, other: Cookieless) -> Overlap:
    """How far two entries are in each other's way."""
    doubt: Overlap | None = None
    if hosts_overlap(one.match, other.match) is False:
        return Overlap(Verdict.APART, "")
    for reaches in product(_reaches(one.match), _reaches(other.match)):
        meeting = _meeting(*reaches)
        verdict = _verdict(meeting)
        if verdict is Verdict.APART or any(_is_excepted(meeting, entry.except_) for entry in (one, other)):
            continue
        if verdict is Verdict.OVERLAPPING:
            return Overlap(verdict, _described(meeting))
        doubt = doubt or Overlap(verdict, _described(meeting))
    return doubt or Overlap(Verdict.APART, "")


def never_holds(section: Cookieless) -> bool:
    """True if an entry's `except` surely holds wherever its `match` does."""
    return all(_is_excepted(reach, section.except_) for reach in _reaches(section.match))


def meet(patterns: Iterable[str], fold_case: bool = False) -> bool | None:
    """Whether one text is covered by all of these patterns; None if it cannot be told."""
    sources = set(patterns)
    regexes = {source for source in sources if is_regex(source)}
    globs = sources - regexes
    if not _globs_meet(tuple(globs)):
        return False
    if not regexes:
        return True
    words = [source for source in globs if not is_glob(source)]
    if any(not pattern_of([regex], fold_case).matches(word) for regex in regexes for word in words):
        return False
    return None


def covers(wider: str, narrower: str) -> bool:
    """True if the first pattern surely holds for every text that the second holds for."""
    if wider == narrower:
        return True
    if is_regex(wider) or is_regex(narrower):
        return False
    # The narrower glob is read as text: its * stands for anything, so only a * may take it.
    parts = {"*": ".*", "?": "[^*]"}
    expression = "".join(parts.get(character) or re.escape(character) for character in re.sub(r"\*+", "*", wider))
    return re.fullmatch(expression, narrower, re.DOTALL) is not None


def _globs_meet(globs: tuple[str, ...]) -> bool:
    """Whether one text is covered by all of these globs: a walk through them side by side."""
    if _ends_differ(globs):
        return False
    start = (0,) * len(globs)
    seen = {start}
    ahead = [start]
    while ahead:
        positions = ahead.pop()
        if all(position == len(glob) for position, glob in zip(positions, globs, strict=True)):
            return True
        for reached in _next_positions(globs, positions):
            if reached not in seen:
                seen.add(reached)
                ahead.append(reached)
    return False


def _ends_differ(globs: tuple[str, ...]) -> bool:
    """True if what they begin or end with contradicts each other: most of two long lists is apart for this reason."""
    beginnings, ends = zip(*map(_ends, globs), strict=True) if globs else ((), ())
    longest_beginning, longest_end = max(beginnings, key=len, default=""), max(ends, key=len, default="")
    return not (all(map(longest_beginning.startswith, beginnings)) and all(map(longest_end.endswith, ends)))


@lru_cache(maxsize=4096)
def _ends(glob: str) -> tuple[str, str]:
    """What stands before the first wild card and behind the last one."""
    parts = _WILD.split(glob)
    return parts[0], parts[-1]


def _next_positions(globs: tuple[str, ...], positions: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Behind one more star, or behind one more character that all of them allow."""
    at = [glob[position : position + 1] for glob, position in zip(globs, positions, strict=True)]
    for index, character in enumerate(at):
        if character == "*":
            yield (*positions[:index], positions[index] + 1, *positions[index + 1 :])
    literals = {character for character in at if character not in ("*", "?")}
    if "" not in literals and len(literals) <= 1:
        yield tuple(
            position if character == "*" else position + 1 for position, character in zip(positions, at, strict=True)
        )


def _reaches(conditions: LinkConditions) -> Iterator[_Reach]:
    sites: list[str | None] = [None]
    if conditions.site is not None:
        sites = [form for site in conditions.site for form in (site, f"*.{site}")]
    parts = (_sources(conditions.host), sites, _sources(conditions.path), _sources(conditions.client))
    for host, site, path, client in product(*parts):
        yield _Reach(_said(host, site), _said(path), _said(client), conditions.scheme or _SCHEMES)


def _sources(pattern: Pattern | None) -> list[str | None]:
    return [None] if pattern is None else list(pattern.sources)


def _said(*sources: str | None) -> tuple[str, ...]:
    return tuple(source for source in sources if source is not None)


def _meeting(one: _Reach, other: _Reach) -> _Reach:
    """What both hold for."""
    return _Reach(
        one.hosts + other.hosts, one.paths + other.paths, one.clients + other.clients, one.schemes & other.schemes
    )


def _verdict(meeting: _Reach) -> Verdict:
    hosts = meet(meeting.hosts, fold_case=True)
    if hosts is False or not meeting.schemes:
        return Verdict.APART
    answers = (hosts, meet(meeting.paths), meet(meeting.clients))
    if False in answers:
        return Verdict.APART
    different_clients = len(set(meeting.clients)) > 1
    return Verdict.DOUBTFUL if None in answers or different_clients else Verdict.OVERLAPPING


def _is_excepted(meeting: _Reach, excepted: LinkConditions | None) -> bool:
    """True if these conditions surely hold for all of it."""
    if excepted is None or excepted.is_empty:
        return False
    sites = excepted.site
    return (
        (sites is None or any(below(host, site) for host in meeting.hosts if not is_regex(host) for site in sites))
        and _is_covered(meeting.hosts, excepted.host)
        and _is_covered(meeting.paths, excepted.path)
        and _is_covered(meeting.clients, excepted.client)
        and (excepted.scheme is None or meeting.schemes <= excepted.scheme)
    )


def _is_covered(sources: tuple[str, ...], pattern: Pattern | None) -> bool:
    """True if the pattern holds wherever all of the sources do: one that it covers is enough."""
    if pattern is None:
        return True
    return any(covers(wider, source) for wider in pattern.sources for source in (*sources, "*"))


def _described(meeting: _Reach) -> str:
    paths = _narrowest(meeting.paths)
    return (_narrowest(meeting.hosts) or "every site") + (f", path {paths}" if paths else "")


def _narrowest(sources: tuple[str, ...]) -> str:
    """The sources without those that another one makes superfluous."""
    different = list(dict.fromkeys(sources))
    left = [source for source in different if not any(source != other and covers(source, other) for other in different)]
    return " and ".join(left)
