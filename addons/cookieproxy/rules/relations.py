"""Whether two rules can be about the same cookie, as far as their conditions tell without any traffic.

Three answers: True (surely, some cookie is matched by both), False (surely not), None (it cannot be told). Only `site`, `host`
and `cookie` are looked at: the other conditions depend on the moment.
"""

from .conditions import Conditions
from .hosts import below
from .patterns import Pattern, is_glob, is_regex


def hosts_overlap(one: Conditions, other: Conditions) -> bool | None:
    """Whether there are hosts on which both can hold."""
    if _all_hosts(one) or _all_hosts(other):
        return True
    samples = [*_sample_hosts(one), *_sample_hosts(other)]
    if any(one.host_holds(host) and other.host_holds(host) for host in samples):
        return True
    return False if _is_plain(one) and _is_plain(other) else None


def names_overlap(one: Pattern | None, other: Pattern | None) -> bool | None:
    """Whether there are names that both match; no pattern is every name."""
    if one is None or other is None:
        return True
    if any(one.matches(name) and other.matches(name) for name in (*_samples(one), *_samples(other))):
        return True
    return False if one.is_exact or other.is_exact else None


def holds_wherever(weaker: Conditions, stronger: Conditions) -> bool:
    """True if the first surely holds wherever the second does: it asks for nothing that the second does not ask for too."""
    return all(getattr(weaker, key) == getattr(stronger, key) for key in weaker.model_fields_set)


def _all_hosts(conditions: Conditions) -> bool:
    return conditions.site is None and (conditions.host is None or conditions.host.is_everything)


def _is_plain(conditions: Conditions) -> bool:
    """True if the samples speak for all hosts of the conditions: whole hosts, domains and `*.domain`."""
    sources = conditions.host.sources if conditions.host is not None else ()
    return not any(is_regex(source) or is_glob(source.removeprefix("*.")) for source in sources)


def _sample_hosts(conditions: Conditions) -> list[str]:
    samples = _samples(conditions.host) if conditions.host is not None else []
    for domain in conditions.site or ():
        samples += [domain, f"www.{domain}"]
    return samples


def _samples(pattern: Pattern) -> list[str]:
    """Texts that the pattern matches; none for a regular expression."""
    return [source.replace("*", "www").replace("?", "w") for source in pattern.sources if not is_regex(source)]


def no_host_at_all(conditions: Conditions) -> bool:
    """True if `site` and `host` contradict each other."""
    if conditions.site is None or conditions.host is None or not conditions.host.is_exact:
        return False
    return not any(below(host, site) for host in conditions.host.exact for site in conditions.site)
