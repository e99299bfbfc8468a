"""A few cookies kept the simple way, for clients that are compared with those that keep none.

Knows Domain, Path, Secure, Max-Age and Expires. Does not know limits, prefixes or SameSite; and is not the jar under test.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import can_ada


@dataclass(frozen=True, slots=True)
class Kept:
    """A cookie with its scope; `domain` begins with a dot if hosts below get it, too."""

    name: str
    domain: str
    path: str
    secure: bool
    value: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.name, self.domain, self.path

    def goes_to(self, url: Any) -> bool:
        """Whether a request for that URL has it."""
        host = "." + url.hostname
        fits = host.endswith(self.domain) if self.domain.startswith(".") else url.hostname == self.domain
        below = self.path if self.path.endswith("/") else self.path + "/"
        return fits and (url.pathname + "/").startswith(below) and (not self.secure or url.protocol == "https:")


class Basket:
    """The cookies of one client."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], Kept] = {}

    def take(self, url: str, fields: Iterable[bytes]) -> None:
        """Keep, replace or drop what a response from that URL sets."""
        for field in fields:
            said, *rest = [part.strip() for part in field.decode("latin-1").split(";")]
            attributes = {
                name.strip().lower(): value.strip() for name, _, value in (part.partition("=") for part in rest)
            }
            kept = _scoped(can_ada.parse(url), said, attributes)
            self._kept.pop(kept.key, None)
            if not _is_over(attributes):
                self._kept[kept.key] = kept

    def header(self, url: str) -> str:
        """The Cookie field of a request for that URL; empty if there is none."""
        target = can_ada.parse(url)
        fitting = [kept for kept in self._kept.values() if kept.goes_to(target)]
        return "; ".join(f"{kept.name}={kept.value}" for kept in sorted(fitting, key=lambda kept: -len(kept.path)))


def _scoped(url: Any, said: str, attributes: dict[str, str]) -> Kept:
    name, _, value = said.partition("=")
    domain = attributes.get("domain", "").lstrip(".").lower()
    path = attributes.get("path", "")
    default_path = url.pathname.rpartition("/")[0] or "/"
    return Kept(
        name,
        f".{domain}" if domain else url.hostname,
        path if path.startswith("/") else default_path,
        "secure" in attributes,
        value,
    )


def _is_over(attributes: dict[str, str]) -> bool:
    if attributes.get("max-age", "").lstrip("-").isdigit():
        return int(attributes["max-age"]) <= 0
    try:
        return parsedate_to_datetime(attributes["expires"]).timestamp() <= time.time()
    except (KeyError, ValueError, TypeError):
        return False
