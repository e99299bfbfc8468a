"""What a listing is narrowed to (`--site`, `--client`, `--cookie`, `--since`), as conditions in SQL.

Patterns are those of rules.yaml: `*` and `?`, nothing else is special, and case counts.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

type Query = Callable[[str, Sequence[object]], list[Any]]
"""Runs a SELECT and gives all its rows."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a listing is narrowed to; None narrows nothing."""

    site: str | None = None
    """This domain and all below it."""
    client: str | None = None
    """A glob over clients."""
    cookie: str | None = None
    """A glob over names."""
    since: float | None = None
    """Unix seconds."""


NO_FILTER = Filter()


class Where:
    """Conditions that all hold, and the values for their placeholders."""

    def __init__(self) -> None:
        self.conditions: list[str] = ["true"]
        self.values: list[object] = []

    def add(self, condition: str, *values: object) -> None:
        """One more condition."""
        self.conditions.append(condition)
        self.values.extend(values)

    @property
    def sql(self) -> str:
        """The WHERE clause."""
        return " WHERE " + " AND ".join(self.conditions)


def is_pattern(text: str) -> bool:
    """Whether a name has a `*` or `?` in it."""
    return "*" in text or "?" in text


def glob(pattern: str) -> str:
    """Our pattern for SQL's GLOB, which also knows `[…]`."""
    return pattern.replace("[", "[[]")


def below(site: str) -> tuple[str, str]:
    """The site itself and a GLOB for all hosts below it."""
    return site, "*." + glob(site)


def where_client(where: Where, wanted: Filter) -> None:
    """Narrow a table with a column `client` of word numbers."""
    if wanted.client is not None:
        where.add("client IN (SELECT id FROM words WHERE word GLOB ?)", glob(wanted.client))


def where_site(where: Where, wanted: Filter) -> None:
    """Narrow a table with columns `site` and `host` of word numbers."""
    if wanted.site is not None:
        words = "(SELECT id FROM words WHERE word = ? OR word GLOB ?)"
        where.add(f"(site IN {words} OR host IN {words})", *below(wanted.site), *below(wanted.site))


def where_cookie(where: Where, wanted: Filter, column: str) -> None:
    """Narrow by a column of names, which are text or bytes."""
    if wanted.cookie is None:
        return
    if is_pattern(wanted.cookie):
        where.add(f"shown({column}) GLOB ?", glob(wanted.cookie))
    else:
        where.add(f"shown({column}) = ?", wanted.cookie)


def where_since(where: Where, wanted: Filter, column: str) -> None:
    """Narrow by a column of times."""
    if wanted.since is not None:
        where.add(f"{column} >= ?", wanted.since)


def longest_part(pattern: str) -> str:
    """What every name that fits must hold, as JSON has it: a quick look before the pairs are taken apart."""
    part = max(pattern.replace("?", "*").split("*"), key=len)
    return json.dumps(part, ensure_ascii=False)[1:-1]
