"""What one exchange tells of logins, refusals and pages, before any session is looked at."""

from collections.abc import Mapping
from typing import NamedTuple

from .exchanges import Exchange, Issue
from .knowledge import HostKnowledge, Knowledge
from .logins import (
    REFUSING,
    is_login_host,
    is_logout_for_sure,
    looks_like_login,
    looks_like_logout,
    path_led_to,
    returns_from_login,
    takes_logins,
)
from .routine import page_of


class Refusal(NamedTuple):
    """How a server showed that it does not know a client."""

    said: str
    """For people."""
    is_sure: bool
    """False if it only led to another host, as it may do with those whom it knows."""


class Facts(NamedTuple):
    """What was made out of one exchange."""

    exchange: Exchange
    host: HostKnowledge
    issues: Mapping[bytes, Issue]
    refusal: Refusal | None
    is_login: bool
    """True if it brought a password."""
    login_worked: bool | None
    """None if the response does not say."""
    number: int
    """The page, as it is remembered."""
    is_login_page: bool
    is_logout: bool
    """True if it may have been asked for by the address; `/leave` and `/exit` may be other things."""

    @property
    def is_logout_by_name(self) -> bool:
        """True if it was asked for a logout and nothing else."""
        return self.is_logout and is_logout_for_sure(self.exchange.target, self.exchange.method)

    @property
    def is_for_everybody(self) -> bool:
        """True if the page says nothing about who asks."""
        return not self.host.is_protected(self.number) and (self.is_login_page or self.host.is_public(self.number))

    @property
    def was_for_strangers(self) -> bool:
        """True if the page was given to somebody who was not logged in, and refused to nobody before."""
        return self.host.is_public(self.number) and not self.host.is_protected(self.number)

    @property
    def is_page_given(self) -> bool:
        """True if a page, or the answer to a program, was given as it was asked for."""
        return self.exchange.is_page and self.exchange.status < 300 and self.refusal is None


def facts_of(exchange: Exchange, host: HostKnowledge, knowledge: Knowledge, issues: Mapping[bytes, Issue]) -> Facts:
    """What an exchange tells."""
    page = page_of(exchange.target)
    is_logout = looks_like_logout(exchange.target, exchange.method)
    is_login = not is_logout and _is_login(exchange, page.path)
    is_login_page = host.is_login(page.path) or looks_like_login(page.path)
    refusal = _refusal(exchange, page.path, host, knowledge, is_login_page or is_logout)
    worked = _login_worked(exchange, host) if is_login else False
    return Facts(exchange, host, issues, refusal, is_login, worked, page.number, is_login_page, is_logout)


def _is_login(exchange: Exchange, path: bytes) -> bool:
    """By a password or an identity provider; where logins are posted to, also by an answer that leads on within the site."""
    if not exchange.sends:
        return exchange.is_redirect and returns_from_login(exchange.target)
    if exchange.has_password():
        return True
    if not exchange.is_redirect or exchange.method == "DELETE" or not takes_logins(path):
        return False
    return path_led_to(exchange.location, exchange.host, path)[0] == exchange.host


def _refusal(
    exchange: Exchange, asked: bytes, host: HostKnowledge, knowledge: Knowledge, is_about_login: bool
) -> Refusal | None:
    if exchange.status in REFUSING:
        return Refusal(f"Refused with {exchange.status}", True)
    if not exchange.is_redirect or is_about_login:
        return None
    there, path = path_led_to(exchange.location, exchange.host, asked)
    if there == exchange.host:
        is_refused = path != asked and (host.is_login(path) or looks_like_login(path))
        return Refusal("Redirected to the login page", True) if is_refused else None
    if knowledge.of(there).is_login(path) or looks_like_login(path) or is_login_host(there):
        return Refusal(f"Redirected to the login at {there}", False)
    return None


def _login_worked(exchange: Exchange, host: HostKnowledge) -> bool | None:
    """By a redirect to elsewhere or a program's answer; a page says nothing for sure."""
    if not exchange.is_good:
        return False
    if exchange.is_redirect:
        there, path = path_led_to(exchange.location, exchange.host, exchange.path)
        return there != exchange.host or not (path == exchange.path or looks_like_login(path) or host.is_login(path))
    return True if exchange.is_json or exchange.status == 204 else None
