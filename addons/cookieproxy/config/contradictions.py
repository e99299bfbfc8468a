"""What is wrong or doubtful in one entry of `cookieless` that is well-formed: keys that contradict each other.

Knows nothing of the other entries; see `overlaps`.
"""

from collections.abc import Iterator

from ..cookieless.entry import CarrierKind, Mode
from ..rules.problems import Problem, mistake, shown, warning
from ..rules.relations import no_host_at_all
from ..rules.units import spelled_duration
from .cookieless import Cookieless
from .overlaps import never_holds


def contradictions(section: Cookieless) -> Iterator[Problem]:
    """Mistakes and warnings, each with its path below the entry."""
    yield from _names(section)
    yield from _timeouts(section)
    yield from _modes(section)
    yield from _links(section)
    yield from _reach(section)
    if section.bind == ("user-agent",):
        yield warning(("bind",), "anybody with the same browser may use a leaked link: add address")


def _names(section: Cookieless) -> Iterator[Problem]:
    name = section.parameter
    if name not in section.add:
        return
    if section.says("parameter"):
        yield mistake(("parameter",), f"{shown(name)} is a name in add too: one of them needs another name")
        return
    message = f"{shown(name)} is the name of the id's parameter: choose another one, or say another parameter"
    yield mistake(("add", name), message, at_key=True)


def _timeouts(section: Cookieless) -> Iterator[Problem]:
    idle, absolute = section.idle_timeout, section.absolute_timeout
    if idle <= absolute:
        return
    if section.says("idle_timeout"):
        unless_said = "" if section.says("absolute_timeout") else " unless said"
        yield mistake(
            ("idle_timeout",),
            f"longer than absolute_timeout, which is {spelled_duration(absolute)}{unless_said}: "
            "shorten it, or say a longer absolute_timeout",
        )
        return
    yield mistake(
        ("absolute_timeout",),
        f"shorter than idle_timeout, which is {spelled_duration(idle)} unless said: say a shorter idle_timeout too",
    )


def _modes(section: Cookieless) -> Iterator[Problem]:
    """Keys that do nothing in this mode."""
    if section.devices is not None and section.mode is not Mode.DEVICE:
        yield warning(("devices",), "devices does nothing unless mode is device", at_key=True)
    if section.mode is Mode.COOKIES:
        put = {
            "carrier": section.says("carrier"),
            "rewrite": section.says("rewrite") and section.rewrite,
            "add": section.add,
            "script": section.script,
        }
        for key in (key for key, is_put in put.items() if is_put):
            message = (
                f'"{key}" does nothing in mode cookies, which puts nothing into URLs: leave it out, or say mode: auto'
            )
            yield mistake((key,), message, at_key=True)
    if section.mode is Mode.DEVICE and section.script:
        yield warning(("script",), "devices without cookies seldom run scripts: leave it out unless yours do")


def _links(section: Cookieless) -> Iterator[Problem]:
    if section.rewrite or section.mode is Mode.COOKIES:
        return
    if section.carrier is CarrierKind.PATH:
        yield warning(
            ("rewrite",), "only links relative to their page will carry the id, none that begins with / or a scheme"
        )
        return
    yield mistake(
        ("rewrite",), f"no link would carry the id with carrier: {section.carrier}: add default, or say carrier: path"
    )


def _reach(section: Cookieless) -> Iterator[Problem]:
    """Entries for everything, and for nothing."""
    match = section.match
    is_everywhere = match.site is None and (match.host is None or match.host.is_everything)
    if is_everywhere and section.mode in (Mode.URI, Mode.AUTO):
        yield warning(
            ("match",), "every site of the web gets ids in its URLs: name yours with site or host", at_key=True
        )
    if no_host_at_all(match):
        yield warning(("match", "host"), "the entry never applies: no such host lies below site")
    elif never_holds(section):
        yield warning(("except",), "the entry never applies: except holds wherever match does", at_key=True)
