"""Hosts as rules.yaml names them: `site` (a domain and all below it) and `host` (a pattern), both without port.

Names beyond ASCII become A-labels by the host-to-ASCII that the surroundings give; without it they are mistakes.
"""

import re
from typing import Annotated

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from .fields import Surroundings, text
from .patterns import PATTERN_SCHEMA, Pattern, is_glob, is_regex, one_pattern, pattern_of, sources_of
from .problems import refuse, shown

_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]")
_GLOB = re.compile(r"[a-z0-9_.*?:\[\]-]+")
_PORT = re.compile(r":[0-9]+\Z")


def _host_text(value: object, context: Surroundings | None) -> str:
    """A host or glob in lower case and A-labels; what cannot be part of a host is a mistake."""
    host = text(value).lower()
    if "://" in host or "/" in host:
        refuse(f"{shown(host)} is not a host: leave out the scheme and the path")
    if not host.isascii():
        host = _to_ascii(host, context)
    if _PORT.search(host) and "[" not in host and host.count(":") == 1:
        refuse(f'{shown(host)}: hosts are written without port, "{_PORT.sub("", host)}"')
    if host.count(":") > 1 and "[" not in host:
        refuse(f'{shown(host)}: IPv6 addresses are written in brackets, "[{host}]"')
    return host


def _to_ascii(host: str, context: Surroundings | None) -> str:
    labels = [label if label.isascii() else _label_to_ascii(label, host, context) for label in host.split(".")]
    return ".".join(labels)


def _label_to_ascii(label: str, host: str, context: Surroundings | None) -> str:
    if is_glob(label):
        refuse(f"{shown(host)}: a wild card cannot stand in a part of a host that is not ASCII")
    converted = context.to_ascii(label) if context is not None and context.to_ascii is not None else None
    if converted is None:
        refuse(f"{shown(host)} is not a host")
    return converted


def domain(value: object, context: Surroundings | None) -> str:
    """One domain, canonical, without a leading dot."""
    said = _host_text(value, context).removeprefix(".")
    if is_regex(said) or is_glob(said):
        refuse(f"{shown(said)}: site takes a domain, which covers all hosts below it; for patterns use host")
    if not _DOMAIN.fullmatch(said):
        refuse(f"{shown(said)} is not a domain")
    return said


def _host_source(value: object, context: Surroundings | None) -> str:
    if is_regex(text(value)):
        return one_pattern(value)
    host = _host_text(value, context)
    if not _GLOB.fullmatch(host):
        refuse(f"{shown(host)} is not a host")
    return host


def _domains(value: object, info: ValidationInfo) -> tuple[str, ...]:
    return tuple(sources_of(value, info, lambda item: domain(item, info.context)))


def _host_pattern(value: object, info: ValidationInfo) -> Pattern:
    return pattern_of(sources_of(value, info, lambda item: _host_source(item, info.context)), fold_case=True)


def below(host: str, site: str) -> bool:
    """True if the host is that domain or lies below it."""
    return host == site or (host.endswith(site) and host[-len(site) - 1] == ".")


Domains = Annotated[tuple[str, ...], PlainValidator(_domains), WithJsonSchema(PATTERN_SCHEMA)]
"""Domains, each with all hosts below it."""
HostPattern = Annotated[Pattern, PlainValidator(_host_pattern), WithJsonSchema(PATTERN_SCHEMA)]
"""A pattern on hosts: case does not count."""
