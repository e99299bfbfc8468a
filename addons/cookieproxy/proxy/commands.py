"""mitmproxy's commands of ours, for its console, mitmweb's command bar and other addons (R10, R11, R19, R38).

Each translates what mitmproxy knows (flows, paths, choices) and calls what does the work. Tables are of text, made harmless, with
a row of titles first; values are masked everywhere but in exports.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import mitmproxy.types
from mitmproxy import contentviews, ctx, exceptions, flow, http
from mitmproxy.addonmanager import Loader

from ..config import Config
from ..core.cookie import Cookie, SameSite
from ..core.events import JarKind
from ..core.profiles import PROFILES
from ..core.syntax import wire_text
from ..exchange.explain import Explanation, Question, explain
from ..formats import FORMATS, place_of
from ..record.private import write_private
from ..record.protocol import StoreError
from ..report.text import expiry, printable
from ..suffixes import host_to_ascii, load
from . import flows
from .addon import Cookies
from .command_types import FLOWS, Suggestion, argument, choice, named, register
from .contentview import CookiesContentview, cells_of
from .flow_jar import FlowsOfSeveralClients, cookies_in
from .names import namer
from .store_commands import summary

TITLES = ["client", "jar", "name", "value", "domain", "path", "flags", "expires"]
EXPLAINED = ["cookie", "where", "outcome", "why"]
EVERY = "every browser"
NOTHING = [["nothing"]]
"""The console cannot show a table without rows."""


def _wrong(message: str) -> Exception:
    """The exception by which a command says what is wrong with what it was given."""
    return exceptions.CommandError(message)


class CookieCommands:
    """The commands `cookies.…`, and the content view."""

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies

    def load(self, loader: Loader) -> None:
        """Make the view and the arguments' type known."""
        register()
        contentviews.add(CookiesContentview())

    # -- what can be named ---------------------------------------------------------------------------------------------

    @named("cookies.formats")
    def formats(self) -> Sequence[str]:
        """The formats in which cookies can be exported."""
        return list(FORMATS)

    @named("cookies.clients")
    def clients(self) -> Sequence[str]:
        """The clients that were seen, by their names."""
        return sorted({browser.name for browser in self._cookies.commands.every_client()})

    @named("cookies.sites")
    def sites(self) -> Sequence[str]:
        """The hosts and domains that clients in memory have cookies of."""
        return sorted(self._cookies.commands.sites())

    # -- jars ----------------------------------------------------------------------------------------------------------

    @named("cookies.jar")
    @argument("client", Suggestion("cookies.clients"))
    @argument("site", Suggestion("cookies.sites"))
    def jar(self, client: str = "*", site: str = "") -> mitmproxy.types.Data:
        """The cookies that clients hold (mirror), and that the proxy holds for them (held), without values. A client is a
        pattern such as "* Chrome*"; a site is that host and all below it."""
        rows = list(self._listed(client, site))
        return _data([TITLES, *rows] if rows else NOTHING)

    def _listed(self, client: str, site: str) -> Iterator[list[str]]:
        now = time.time()
        for browser in self._cookies.commands.every_client(client, site or None):
            for kind, cookies in ((JarKind.MIRROR, browser.mirror), (JarKind.HELD, browser.held)):
                for cookie in sorted(cookies, key=lambda each: (each.domain, each.path, each.name)):
                    if _is_of(cookie, site, now):
                        yield [browser.name, kind.value, *_cells(cookie, now)]

    @named("cookies.forget")
    @argument("site", Suggestion("cookies.sites"))
    @argument("client", Suggestion("cookies.clients"))
    def forget(self, site: str, client: str = "*") -> str:
        """Make clients forget every cookie of a site: what the proxy holds at once, and what browsers hold with the next
        responses that may delete it."""
        place = place_of(site, host_to_ascii)
        if place is None:
            raise _wrong(f"{printable(site)} is no host: write it like shop.example")
        try:
            return summary(self._cookies.commands.forget_everywhere(place.host, client))
        except StoreError as error:
            raise _wrong(str(error)) from error

    # -- flows ---------------------------------------------------------------------------------------------------------

    @named("cookies.export")
    @argument("format", choice("cookies.formats"))
    def export(self, selected: Sequence[flow.Flow], format: str, path: mitmproxy.types.Path) -> str:
        """Write the cookies that a client has after these flows to a file, in the format of another tool. It has their
        values: whoever has the file is logged in as that client."""
        try:
            cookies = cookies_in(_http(selected), namer(self._config().clients))
        except FlowsOfSeveralClients as error:
            raise _wrong(str(error)) from error
        if not cookies:
            raise _wrong("There are no cookies in these flows.")
        written = FORMATS[format].write(cookies, time.time())
        try:
            write_private(Path(path), written.data)
        except (OSError, ValueError) as error:
            cause = error.strerror if isinstance(error, OSError) else error
            raise _wrong(f"{path}: {cause}. Nothing was written.") from error
        lost = "".join(f"\n{printable(str(loss))}" for loss in written.losses)
        count = "1 cookie" if len(cookies) == 1 else f"{len(cookies)} cookies"
        return f"{count} with their values to {path}: whoever has it is logged in as that client.{lost}"

    @named("cookies.explain")
    @argument("flows_or_url", Suggestion(fixed=FLOWS))
    def explain(self, flows_or_url: str, *given: str) -> mitmproxy.types.Data:
        """What became of the cookies of flows, and what each browser makes of them and why: @focus, or any selection of
        flows. Or a URL and Set-Cookie fields that it might answer with."""
        rows = list(self._explained_url(flows_or_url, given) if given else self._explained_flows(flows_or_url))
        return _data([EXPLAINED, *rows] if rows else NOTHING)

    def _explained_url(self, url: str, given: Iterable[str]) -> Iterator[list[str]]:
        place = place_of(url, host_to_ascii)
        if place is None:
            raise _wrong(f"{printable(url)} is no http or https URL")
        fields = tuple(field.encode("utf-8", "surrogateescape") for field in given)
        question = Question(place.scheme, place.host, place.path, fields, time.time())
        return self._answers(question)

    def _explained_flows(self, selection: str) -> Iterator[list[str]]:
        for each in _http(ctx.master.commands.call_strings("view.flows.resolve", [selection])):
            for side in ("request", "response"):
                yield from ([name, f"this {side}", event, why] for name, event, why in cells_of(each, side))
            question = _question(each)
            if question is not None and question.given:
                yield from self._answers(question)

    def _config(self) -> Config:
        config = self._cookies.config
        if config is None:
            raise _wrong("There are no good rules yet: the log says what is wrong with them.")
        return config

    def _answers(self, question: Question) -> Iterator[list[str]]:
        config = self._config()
        agreeing: dict[tuple[int, str, str, str], list[str]] = {}
        for name, profile in PROFILES.items():
            for index, each in enumerate(explain(question, config.rules, profile, load())):
                agreeing.setdefault((index, _named(each), each.ending.value, _why(each)), []).append(name)
        for (_, cookie, outcome, why), browsers in sorted(agreeing.items(), key=lambda said: said[0][0]):
            yield [cookie, ", ".join(browsers) if len(browsers) < len(PROFILES) else EVERY, outcome, why]


def _http(chosen: Iterable[flow.Flow]) -> list[http.HTTPFlow]:
    return [each for each in chosen if isinstance(each, http.HTTPFlow)]


def _question(answered: http.HTTPFlow) -> Question | None:
    """What a browser was asked by this response."""
    head = flows.request_head(answered)
    if head is None or answered.response is None:
        return None
    fields = {name.lower(): value for name, value in head.fields}
    cross_site = fields.get(b"sec-fetch-site") == b"cross-site"
    given = tuple(value for name, value in flows.response_head(answered).fields if name.lower() == b"set-cookie")
    caused_by = wire_text(fields.get(b"referer", b"")) if cross_site else ""
    return Question(head.scheme, head.host, head.path.partition(b"?")[0], given, head.time, caused_by or None)


def _data(rows: Sequence[Sequence[str]]) -> mitmproxy.types.Data:
    """Rows of one length each, as mitmproxy shows tables."""
    return [list(row) for row in rows]  # type: ignore[return-value]  # Data is a name for such lists, not a class of them


def _is_of(cookie: Cookie, site: str, now: float) -> bool:
    if cookie.expiry_time is not None and cookie.expiry_time <= now:
        return False
    return not site or cookie.domain == site or cookie.domain.endswith(f".{site}")


def _cells(cookie: Cookie, now: float) -> list[str]:
    said = (
        ("Secure", cookie.secure_only),
        ("HttpOnly", cookie.http_only),
        (f"SameSite={cookie.same_site.value.capitalize()}", cookie.same_site is not SameSite.DEFAULT),
        ("Partitioned", cookie.partition is not None),
        ("adopted", cookie.adopted),
    )
    return [
        printable(wire_text(cookie.name)) or "(nameless)",
        f"***{len(cookie.value)}",
        cookie.domain if cookie.host_only else f".{cookie.domain}",
        printable(wire_text(cookie.path)),
        " ".join(word for word, holds in said if holds),
        expiry(cookie.expiry_time, now),
    ]


def _named(each: Explanation) -> str:
    source = each.before if each.before is not None else each.after or b""
    return printable(wire_text(source.partition(b";")[0].partition(b"=")[0].strip())) or "(nameless)"


def _why(each: Explanation) -> str:
    parts = [f"{each.reason}: {each.sentence}" if each.reason else each.sentence or ""]
    if each.rules:
        parts.append(f"changed by {', '.join(map(printable, each.rules))}")
    return " ".join(part for part in parts if part)
