"""Which hosts a cookie is for: the Domain attribute held against the host that said it (RFC 6265bis 5.6.3, 5.7 steps 7 to 10; R8).

Public suffixes are a parameter. Does not know paths.
"""

from typing import NamedTuple

from .habits import DomainHabit
from .hosts import Suffixes, domain_match, is_ip_address
from .outcome import IgnoreReason


class Scope(NamedTuple):
    """A cookie's domain and whether it is for that host alone."""

    domain: str
    host_only: bool


def scope_of(said: bytes, host: str, habit: DomainHabit, suffixes: Suffixes) -> Scope | IgnoreReason:
    """The scope that a Domain attribute (empty if there is none) gives a cookie of this canonical host."""
    if host.endswith(".."):
        return IgnoreReason.DOMAIN_INVALID
    if not said:
        return Scope(host, True)
    domain = _domain_said(said, habit, suffixes)
    if isinstance(domain, IgnoreReason):
        return domain
    if not domain:
        return Scope(host, True)
    if is_ip_address(host):
        if habit is DomainHabit.FIREFOX and said.startswith(b"."):
            return IgnoreReason.DOMAIN_MISMATCH
        return Scope(domain, habit is not DomainHabit.RFC) if domain == host else IgnoreReason.DOMAIN_MISMATCH
    if suffixes.public_suffix(domain) == domain:
        return Scope(host, habit is not DomainHabit.CURL) if domain == host else IgnoreReason.PUBLIC_SUFFIX
    return Scope(domain, False) if domain_match(host, domain) else IgnoreReason.DOMAIN_MISMATCH


def _domain_said(said: bytes, habit: DomainHabit, suffixes: Suffixes) -> str | IgnoreReason:
    """The Domain attribute as a host; empty if it says nothing after all."""
    bare = said.removeprefix(b".")
    if b"%" in bare or (not bare and habit in _REFUSE_A_DOT):
        return IgnoreReason.DOMAIN_INVALID
    if bare.isascii():
        return bare.decode("ascii").lower()
    if habit is DomainHabit.CHROME:
        return suffixes.to_ascii(bare.decode("utf-8", "replace")) or IgnoreReason.DOMAIN_INVALID
    return IgnoreReason.DOMAIN_NOT_ASCII


_REFUSE_A_DOT = frozenset((DomainHabit.CHROME, DomainHabit.FIREFOX))
