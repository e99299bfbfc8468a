"""Attributes that contradict each other, or the promise in a cookie's name, or the connection (RFC 6265bis 5.4 and 5.7; R14)."""

from collections.abc import Iterator, Sequence
from typing import Any

from ..core.hosts import is_loopback
from .actions import Add, Rename, Set
from .patterns import Pattern, is_regex
from .plans import ReadyRule
from .problems import Problem, warning
from .relations import holds_wherever

_SECURE_PREFIXES = ("__secure-", "__host-", "__http-")
_HOST_PREFIX = "__host-"


def promises(rule: ReadyRule, rules: Sequence[ReadyRule]) -> Iterator[Problem]:
    """What is doubtful about the attributes that a rule writes, each with its path below the rule."""
    for action in rule.actions:
        if isinstance(action, Set):
            yield from _of_set(rule, action, rules)
        elif isinstance(action, Add) and action.said.to == "response":
            yield from _of_add(action)
        elif isinstance(action, Rename):
            yield from _of_rename(rule, action, rules)


def _of_set(rule: ReadyRule, action: Set, rules: Sequence[ReadyRule]) -> Iterator[Problem]:
    said = action.said
    if (said.samesite == "none" or said.partitioned) and not _has_secure(rule, rules):
        if said.samesite == "none":
            yield warning(("set", "samesite"), "browsers refuse SameSite=None without Secure: add secure: true")
        if said.partitioned:
            yield warning(("set", "partitioned"), "browsers refuse Partitioned without Secure: add secure: true")
    if said.secure and rule.rule.match.scheme == frozenset({"http"}) and not _is_local(rule):
        yield warning(("set", "secure"), "browsers refuse Secure cookies that come over http")
    for name in _names(rule):
        yield from _kept("set", name, {key: getattr(said, key) for key in said.order})


def _kept(section: str, name: str, written: dict[str, Any]) -> Iterator[Problem]:
    """What is written against the promise in a name."""
    if name.startswith(_HOST_PREFIX) and isinstance(written.get("domain"), str):
        yield warning((section, "domain"), "browsers refuse a __Host- cookie with a Domain")
    if name.startswith(_HOST_PREFIX) and written.get("path", "/") != "/":
        yield warning((section, "path"), "browsers refuse a __Host- cookie with another Path than /")
    if name.startswith(_SECURE_PREFIXES) and written.get("secure") is False:
        yield warning((section, "secure"), "browsers refuse a cookie of this name without Secure")


def _of_rename(rule: ReadyRule, action: Rename, rules: Sequence[ReadyRule]) -> Iterator[Problem]:
    name = action.template.lower()
    if name.startswith(_SECURE_PREFIXES) and not _has_secure(rule, rules):
        yield warning(("rename",), "browsers refuse a cookie of this name without Secure: add set: {secure: true}")
    if not name.startswith(_HOST_PREFIX):
        return
    if not _says(rule, rules, "domain", False):
        yield warning(("rename",), "browsers refuse a __Host- cookie with a Domain: add set: {domain: false}")
    if not _says(rule, rules, "path", "/"):
        yield warning(("rename",), "browsers refuse a __Host- cookie without Path=/: add set: {path: /}")


def _of_add(action: Add) -> Iterator[Problem]:
    written = dict(action.said.attributes)
    name = action.said.name.lower()
    if written.get("samesite") == "none" and not written.get("secure"):
        yield warning(("add", "samesite"), "browsers refuse SameSite=None without Secure: add secure: true")
    if name.startswith(_SECURE_PREFIXES) and not written.get("secure"):
        yield warning(("add", "name"), "browsers refuse a cookie of this name without Secure: add secure: true")
    if name.startswith(_HOST_PREFIX) and "path" not in written:
        yield warning(("add", "name"), "browsers refuse a __Host- cookie without Path=/: add path: /")
    yield from _kept("add", name, {key: value for key, value in written.items() if key != "secure"})


def _has_secure(rule: ReadyRule, rules: Sequence[ReadyRule]) -> bool:
    return _says(rule, rules, "secure", True)


def _says(rule: ReadyRule, rules: Sequence[ReadyRule], key: str, value: Any) -> bool:
    """True if this rule or another one for all its cookies sets the attribute so, or the rule asks for it."""
    own = _set_of(rule)
    if own is not None and key in own.order:
        return bool(getattr(own, key) == value)
    has = rule.rule.match.has
    wanted = getattr(has, key) if has is not None else None
    if wanted == value or (isinstance(wanted, Pattern) and wanted.sources == (value,)):
        return True
    return any(_sets_for_all_of(other, rule, key, value) for other in rules if other.index != rule.index)


def _sets_for_all_of(other: ReadyRule, rule: ReadyRule, key: str, value: Any) -> bool:
    said = _set_of(other)
    if said is None or other.observe or other.rule.except_ is not None or getattr(said, key) != value:
        return False
    return holds_wherever(other.rule.match, rule.rule.match)


def _set_of(rule: ReadyRule) -> Any:
    return next((action.said for action in rule.actions if isinstance(action, Set)), None)


def _names(rule: ReadyRule) -> list[str]:
    """What is known of the names towards the browser, in lower case."""
    renames = [action.template.lower() for action in rule.actions if isinstance(action, Rename)]
    cookie = rule.rule.match.cookie
    if renames or cookie is None:
        return renames
    return [source.lower() for source in cookie.sources if not is_regex(source)]


def _is_local(rule: ReadyRule) -> bool:
    host = rule.rule.match.host
    return host is not None and host.is_exact and all(is_loopback(name) for name in host.exact)
