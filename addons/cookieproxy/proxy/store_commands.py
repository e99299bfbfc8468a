"""What the command line has a running proxy do: forget a site's cookies, take cookies into a jar (R11, R38).

Commands come through the store's table, handed over by its writer thread, and are carried out on the event loop at the next tick.
Clients that are not in memory are taken out of the store for it and put back. On a store that is shared whoever takes a command
does it for all: a client that is in another process' memory is claimed for it, as if it had come here, and that process finds
what was done when the client appears there again. Answers are JSON: what was done, or `error`.
"""

import asyncio
import json
import logging
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..core.cookie import Cookie
from ..core.events import JarKind, Observation
from ..core.hosts import Suffixes
from ..exchange import Browser
from ..exchange.forgetting import Forgotten, forget
from ..exchange.importing import Imported, of_words, take_in
from ..record.filters import Filter
from ..record.jars import StoredCookie
from ..record.listings import ClientRow
from ..record.protocol import Command, StoreError
from ..rules.patterns import glob_to_regex
from .recorder import Recorder
from .traffic import LiveTraffic
from .visiting import Visits, browser_of, glob_of

logger = logging.getLogger(__name__)

type Arguments = Mapping[str, object]


class WrongCommand(Exception):
    """A command that cannot be carried out: why, and what to do about it."""


class NotHere(Exception):
    """The client is not in this memory: the store has to be asked."""


ELSEWHERE = object()
"""In the place of what came of a command: nothing yet."""


class StoreCommands:
    """Carries out what was asked for, on jars in memory and in the store."""

    def __init__(self, live: LiveTraffic, suffixes: Suffixes) -> None:
        self._live = live
        self._suffixes = suffixes
        self._waiting: deque[Command] = deque()
        self._going_on: set[asyncio.Future[Any]] = set()
        self._does: dict[str, Callable[[Arguments], object]] = {"forget": self._forget, "import": self._import}

    # -- from the command line -----------------------------------------------------------------------------------------

    def put(self, command: Command) -> None:
        """Take a command; called by the writer thread."""
        self._waiting.append(command)

    def carry_out(self) -> None:
        """Do what waits, and answer."""
        while self._waiting:
            command = self._waiting.popleft()
            if self._visits is None:
                result, ok = self._answered(command)
                self._finish(command, result, ok)
            else:
                self._going_on.add(task := asyncio.ensure_future(self._carry_out_everywhere(command, self._visits)))
                task.add_done_callback(self._going_on.discard)

    def _finish(self, command: Command, result: object, ok: bool) -> None:
        recorder = self._live.recorder
        if recorder is not None and recorder.writer is not None:
            recorder.writer.finish(command.id, json.dumps(result), ok)

    @property
    def _visits(self) -> Visits | None:
        """The clients that others may have; None where nobody else writes into the store."""
        recorder = self._live.recorder
        if recorder is None or recorder.elsewhere is None or recorder.custody is None:
            return None
        return Visits(recorder, recorder.elsewhere, self._live, self._suffixes)

    async def _carry_out_everywhere(self, command: Command, visits: Visits) -> None:
        """The same with the clients that are not in this memory."""
        result, ok = self._answered(command)
        try:
            if ok and command.name == "forget":
                arguments = json.loads(command.args)
                told = await self._forget_elsewhere(visits, str(arguments["site"]), arguments.get("client"))
                result = {"clients": [*_listed(result), *(each._asdict() for each in told)]}
            elif command.name == "import" and result is ELSEWHERE:
                result = await self._import_elsewhere(visits, json.loads(command.args))
        except (WrongCommand, StoreError) as error:
            result, ok = {"error": str(error)}, False
        except Exception:  # a bug of ours: logged, and whoever waits for the answer gets one
            logger.exception(f"Cookie Proxy failed at the command {command.name}")
            result, ok = {"error": "The proxy failed at it; its log says how."}, False
        self._finish(command, result, ok)

    async def _forget_elsewhere(self, visits: Visits, site: str, client: str | None) -> list[Forgotten]:
        return [each for each in await visits.each(site, client, self._forgetting(site)) if each.mirror or each.held]

    def _forgetting(self, site: str) -> Callable[[Browser, Sequence[StoredCookie]], Forgotten]:
        now = time.time()

        def forgetting(browser: Browser, stored: Sequence[StoredCookie]) -> Forgotten:
            forgotten, observations = forget(browser, site, now, self._suffixes)
            self._record(browser, observations)
            return forgotten._replace(
                held=forgotten.held + self._live.cookieless.keeper.forget(browser.name, site, now, stored)
            )

        return forgetting

    async def _import_elsewhere(self, visits: Visits, arguments: Arguments) -> object:
        client, words = str(arguments["client"]), arguments["cookies"]
        assert isinstance(words, list), "the first look found that it is"
        cookies, jar = [of_words(each) for each in words], JarKind(str(arguments["jar"]))

        def importing(browser: Browser, _: Sequence[StoredCookie]) -> Imported:
            imported, observations = take_in(browser, jar, cookies, time.time(), self._suffixes)
            self._record(browser, observations)
            return imported

        for imported in await visits.each(None, client, importing, is_name=True):
            return asdict(imported)
        raise WrongCommand(_no_client(client))

    def _record(self, browser: Browser, observations: Sequence[Observation]) -> None:
        if self._live.recorder is not None:
            self._live.recorder.add(browser, observations)

    def _answered(self, command: Command) -> tuple[object, bool]:
        does = self._does.get(command.name)
        if does is None:
            return {"error": f"This proxy knows no command {command.name}: it is of another version."}, False
        try:
            return does(json.loads(command.args)), True
        except NotHere:
            return ELSEWHERE, True
        except (WrongCommand, StoreError) as error:
            return {"error": str(error)}, False
        except Exception:  # a bug of ours: logged, and whoever waits for the answer gets one
            logger.exception(f"Cookie Proxy failed at the command {command.name}")
            return {"error": "The proxy failed at it; its log says how."}, False

    def _forget(self, arguments: Arguments) -> object:
        client = arguments.get("client")
        told = self.forget(str(arguments["site"]), None if client is None else str(client))
        return {"clients": [each._asdict() for each in told]}

    def _import(self, arguments: Arguments) -> object:
        words = arguments["cookies"]
        if not isinstance(words, list):
            raise WrongCommand("The cookies are no list.")
        jar = JarKind(str(arguments["jar"]))
        return asdict(self.take_in(str(arguments["client"]), jar, [of_words(each) for each in words]))

    # -- from anywhere on the loop -------------------------------------------------------------------------------------

    def forget(self, site: str, client: str | None = None) -> list[Forgotten]:
        """Make clients forget all cookies of a host and below; `client` is a glob. Those that had some. Raises StoreError.

        On a store that is shared those in this memory: `forget_everywhere` has the others follow.
        """
        now = time.time()
        told = []
        for browser, leave in self._clients(site, client):
            forgotten, observations = forget(browser, site, now, self._suffixes)
            if self._live.recorder is not None:
                self._live.recorder.add(browser, observations)
            leave()
            for_sessions = self._live.cookieless.keeper.forget(browser.name, site, now)
            told.append(forgotten._replace(held=forgotten.held + for_sessions))
        return [each for each in told if each.mirror or each.held]

    def take_in(self, client: str, jar: JarKind, cookies: Sequence[Cookie]) -> Imported:
        """Put cookies into a jar of the client of that name. Raises WrongCommand if there is none, StoreError."""
        for browser, leave in self._clients(None, glob_of(client)):
            if browser.name != client:
                leave()
                continue
            imported, observations = take_in(browser, jar, cookies, time.time(), self._suffixes)
            if self._live.recorder is not None:
                self._live.recorder.add(browser, observations)
            leave()
            return imported
        if self._visits is not None:
            raise NotHere
        raise WrongCommand(_no_client(client))

    def forget_everywhere(self, site: str, client: str | None = None) -> list[Forgotten]:
        """The same; on a store that is shared other processes' clients follow by themselves, a moment later."""
        told = self.forget(site, client)
        if (visits := self._visits) is not None:
            self._going_on.add(task := asyncio.ensure_future(self._forget_elsewhere(visits, site, client)))
            task.add_done_callback(self._going_on.discard)
        return told

    def every_client(self, client: str = "*", site: str | None = None) -> Iterator[Browser]:
        """Each client that fits the glob, those that are in the store only with something of the site. Raises StoreError."""
        for browser, leave in self._clients(site, client):
            yield browser
            leave()
        if (visits := self._visits) is not None:
            yield from visits.seen_from_here(site, client)

    def sites(self) -> set[str]:
        """The hosts and domains that clients in memory have cookies of."""
        return {
            cookie.domain for browser in self._live.browsers for jar in (browser.mirror, browser.held) for cookie in jar
        }

    def _clients(self, site: str | None, client: str | None) -> Iterator[tuple[Browser, Callable[[], None]]]:
        """Each client in memory, and each that has something of the site in the store; with what is to be called after it."""
        fits = re.compile(glob_to_regex(client or "*"))
        known = {browser.name: browser for browser in self._live.browsers}
        for browser in known.values():
            if fits.search(browser.name):
                yield browser, _nothing
        recorder = self._live.recorder
        if recorder is None or recorder.store is None or self._visits is not None:
            return
        recorder.hand_over()
        for row in recorder.store.questions.clients(Filter(site=site, client=client)):
            if row.client not in known:
                yield self._taken_out(row, recorder)

    def _taken_out(self, row: ClientRow, recorder: Recorder) -> tuple[Browser, Callable[[], None]]:
        browser = browser_of(row, self._suffixes)
        recorder.restore(browser)
        return browser, lambda: recorder.forget_client(browser)


def _no_client(client: str) -> str:
    return f"There is no client {client!r}: scripts/cookies clients lists those that were seen."


def _listed(result: object) -> list[object]:
    return result["clients"] if isinstance(result, dict) else []


def summary(told: Iterable[Forgotten]) -> str:
    """What came of it in a line for people."""
    told = list(told)
    if not told:
        return "There was nothing of that site to forget."
    mirror, held = sum(each.mirror for each in told), sum(each.held for each in told)
    clients = "1 client" if len(told) == 1 else f"{len(told)} clients"
    return f"{clients}: {mirror} in the browser, to be deleted by the next responses of their hosts; {held} held, gone now."


def _nothing() -> None:
    """A client in memory stays there."""
