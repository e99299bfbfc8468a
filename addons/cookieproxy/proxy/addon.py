"""The addon: mitmproxy's hooks, each guarding, translating, and calling what does the work.

Header work happens in `requestheaders` and `responseheaders`, so that it holds for streamed bodies too. Lifecycle hooks are plain
and idempotent: a reloaded script runs them again, and `done` gives back what was taken.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

from mitmproxy import connection, ctx, exceptions, http, tls
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from ..config import Config, ConfigError
from ..core.events import Observation, SessionSeen
from ..dashboard.live import RULES, Hub
from ..exchange import Browser
from ..fleet.orders import ALONE, Orders
from ..record.protocol import StoreError
from ..record.tally import Tally
from ..suffixes import load as load_suffixes
from . import flows
from .dashboard import Dashboard
from .fast import Fast, settle_garbage
from .inside import RunningProxy
from .keys import KeyFile, KeysError
from .notices import Notices
from .options import BASE, DEFAULT_STORE, add_options, path_of, store_objection, take_given_values
from .policy import LOOK_SECONDS, Policy, RulesFile, tell_warnings
from .recorder import Recorder
from .refusal import Refusals
from .reverse import BrowsersHost
from .rewriting import rewrite_whole
from .saved_traffic import SavedTraffic
from .storage import SPILL_FOLDER
from .store_commands import StoreCommands
from .traffic import LiveTraffic, Traffic

logger = logging.getLogger(__name__)

SHED_SECONDS = 5.0
"""Between two looks at the memory of all jars."""
BREATH_FLOWS = 4
"""While a file of flows is read nothing else on the loop runs: after so many it may. Each line in the log wakes the loop by an
octet in a pipe that holds some 270, and a signal that finds it full is lost."""


class Households(NamedTuple):
    """Whoever has clients in memory (`custody`)."""

    each: tuple[Traffic, ...]

    def let_go(self, client: str) -> None:
        """Hand over what changed of a client, and forget it."""
        for one in self.each:
            one.let_go(client)

    def disown(self, client: str) -> None:
        """Forget a client and all that changed."""
        for one in self.each:
            one.disown(client)

    def tell_again(self, since: float) -> None:
        """What was told since then (Unix seconds) may be lost with the store's machine."""
        for one in self.each:
            one.tell_again(since)

    def welcome(self, sessions: Sequence[SessionSeen]) -> None:
        """A client has come with these sessions of applications: they go on in what passes now, or in what is read."""
        reading = [one for one in self.each[1:] if one.recorder is not None]
        (reading or self.each)[0].sessions.welcome(sessions)


def _wrong(message: str) -> Exception:
    """The exception by which mitmproxy refuses an option and keeps the old value."""
    return exceptions.OptionsError(message)  # type: ignore[no-untyped-call]  # mitmproxy's __init__ has no types


class Loaded(Protocol):
    """What has commands for mitmproxy, and something to do when it is loaded."""

    def load(self, loader: Loader) -> None:
        """Make known what the commands need."""


class Cookies:
    """Cookie Proxy in one addon."""

    def __init__(self, orders: Orders = ALONE) -> None:
        self._suffixes = load_suffixes()
        notices = Notices()
        self._live = LiveTraffic(self._suffixes, notices)
        self._saved = SavedTraffic(self._suffixes, notices)
        self.commands = StoreCommands(self._live, self._suffixes)
        self._mitmproxys_commands: Loaded | None = None
        self._household = Households((self._live, self._saved))
        self._policy: Policy | None = None
        self._rules: RulesFile | None = None
        self._keys: KeyFile | None = None
        self._recorder: Recorder | None = None
        self._refusals = Refusals()
        self._browsers_host = BrowsersHost()
        self._fast = Fast()
        self._hub = Hub()
        self._tally = Tally(time.time())
        self._dashboard = Dashboard(RunningProxy(self, self._tally), self._hub, orders)
        self._ticking: asyncio.Task[None] | None = None
        self._read_flows = 0
        self._next_shed = 0.0
        self._warned = False

    @property
    def config(self) -> Config | None:
        """What is in force; None while there are no good rules yet."""
        return None if self._policy is None else self._policy.config

    @property
    def live(self) -> LiveTraffic:
        """What passes through the proxy now."""
        return self._live

    @property
    def recorder(self) -> Recorder | None:
        """What records, if anything does."""
        return self._recorder

    # -- options -------------------------------------------------------------------------------------------------------

    def load(self, loader: Loader) -> None:
        """Register our options."""
        add_options(loader)
        objection = take_given_values()
        if objection is not None:
            logger.error(objection)
        if self._mitmproxys_commands is not None:
            self._mitmproxys_commands.load(loader)
            loader.master.commands.collect_commands(self._mitmproxys_commands)

    def commanded_by(self, commands: Loaded) -> None:
        """Loads these commands with itself: as an addon of their own they would be asked about every event, for nothing."""
        self._mitmproxys_commands = commands

    def configure(self, updated: set[str]) -> None:
        """Follow the options; the first time, wrong ones are ERROR lines, because an exception would be a traceback."""
        first = self._policy is None and self._rules is None
        if "stickycookie" in updated and ctx.options.stickycookie:
            self._refuse(["stickycookie keeps cookies of its own: switch it off, or leave out this script."], first)
        if first or "cookies_rules" in updated:
            self._read_rules(first)
        if first or "cookies_store" in updated or "rfile" in updated:
            self._open_store(first)
        if first or "cookies_fast" in updated:
            self._set_fast()
        if "cookies_dashboard" in updated:
            self._set_dashboard(first)
        if first or "mode" in updated:
            self._browsers_host.follow_options()

    def _refuse(self, mistakes: list[str], first: bool) -> None:
        if not first:
            raise _wrong("\n".join(mistakes))
        for mistake in mistakes:
            logger.error(mistake)

    def _read_rules(self, first: bool) -> None:
        rules = RulesFile(path_of(ctx.options.cookies_rules))
        if first:
            self._rules = rules
        try:
            config = rules.load()
        except ConfigError as error:
            self._refuse([str(mistake) for mistake in error.mistakes], first)
            return
        keys = KeyFile(rules.path.parent)
        try:
            sealer = keys.load(config.rules.seals)
        except KeysError as error:
            self._refuse([str(error)], first)
            return
        self._rules, self._keys = rules, keys
        tell_warnings(config)
        self._follow(Policy(config, self._suffixes, sealer))

    def _follow(self, policy: Policy) -> None:
        self._policy = policy
        self._live.follow(policy)
        self._saved.follow(policy)
        if self._recorder is not None:
            self._recorder.configure(policy.config)

    def _open_store(self, first: bool) -> None:
        if self._policy is None:
            return
        spec = ctx.options.cookies_store
        objection = store_objection(spec)
        if objection is not None:
            self._refuse([objection], first)
            return
        reading = bool(ctx.options.rfile)
        only_reading = reading and not ctx.options.server
        if only_reading and spec == DEFAULT_STORE:
            spec = "memory:"
        if self._recorder is not None:
            if self._recorder.storage.spec == spec:
                return
            self._recorder.close()
        cookieless = self._live.cookieless
        recorder = Recorder(
            spec,
            BASE,
            self._suffixes,
            self._everyone,
            self.commands.put,
            only_reading,
            self._everyones_sessions,
            path_of(ctx.options.cookies_rules).parent / SPILL_FOLDER,
        )
        if recorder.elsewhere is not None:
            recorder.elsewhere.household = self._household
        recorder.hub, recorder.tally = self._hub, self._tally
        self._recorder = self._live.recorder = cookieless.keeper.recorder = recorder
        self._saved.recorder = recorder if only_reading or (reading and spec != DEFAULT_STORE) else None
        try:
            recorder.open(self._policy.config)
        except StoreError as error:
            if not first or self._policy.config.on_store_failure == "refuse":
                self._refuse([str(error)], first)
            else:
                logger.warning(f"{error} Until then traffic passes unrecorded.")
        cookieless.end_stale()

    def _everyone(self) -> Iterable[Browser]:
        """The clients in memory whose jars are in the store."""
        saved = () if self._saved.recorder is None else self._saved.browsers
        return chain(saved, self._live.browsers)

    def _everyones_sessions(self) -> Iterable[Observation]:
        """The sessions in memory, those whose id is in the URL and those of applications, and what is wrong with them."""
        saved = () if self._saved.recorder is None else self._saved.sessions.everything()
        return chain(self._live.cookieless.keeper.everything(), self._live.sessions.everything(), saved)

    def _set_fast(self) -> None:
        if not ctx.options.cookies_fast:
            self._fast.switch_off()
            return
        for objection in self._fast.switch_on(ctx.master):
            logger.warning(f"cookies_fast: {objection}")
        if self._ticking is not None:
            settle_garbage()

    def _set_dashboard(self, first: bool) -> None:
        objection = self._dashboard.objection(ctx.options.cookies_dashboard)
        if objection is not None:
            self._refuse([objection], first)
            return
        self._dashboard.follow_options(self._ticking is not None)

    # -- life ----------------------------------------------------------------------------------------------------------

    def running(self) -> None:
        """Start what needs the loop."""
        if self._ticking is None:
            self._ticking = asyncio.get_running_loop().create_task(self._tick())
        if ctx.options.cookies_fast:
            settle_garbage()
        self._warn_of_open_door()
        self._dashboard.start()

    def _warn_of_open_door(self) -> None:
        if self._warned or ctx.options.listen_host or not ctx.options.server or ctx.options.rfile:
            return
        self._warned = True
        logger.warning("The proxy listens on all interfaces; --listen-host 127.0.0.1 keeps it to this machine.")

    def done(self) -> None:
        """Give back everything; what was seen is in the store afterwards."""
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None
        self._saved.drain()
        self._saved.sessions.finish()
        self._live.sessions.gather()
        if self._recorder is not None:
            self._live.cookieless.keeper.gather()
            self._recorder.close()
            self._recorder = self._live.recorder = self._saved.recorder = self._live.cookieless.keeper.recorder = None
        self._dashboard.stop()
        self._fast.switch_off()
        self._browsers_host.give_back()

    async def _tick(self) -> None:
        """Hand over what was gathered, look after the store, and look whether the rules file was saved."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for work in (self._saved.drain_if_idle, self._look_after_store, self.commands.carry_out):
                self._do(work)
            await self._look_at_rules()

    @staticmethod
    def _do(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # a bug of ours must not end the ticking: it is logged, and the next tick comes
            logger.exception("Cookie Proxy failed between exchanges")

    def _look_after_store(self) -> None:
        if self._recorder is not None and self._policy is not None:
            self._live.cookieless.tick()
            self._live.sessions.tick()
            self._saved.sessions.gather()
            self._recorder.hand_over()
            now = time.monotonic()
            self._recorder.storage.look_after(self._policy.config, now)
            if now >= self._next_shed:
                self._next_shed = now + SHED_SECONDS
                self._live.shed()
                self._saved.shed()

    async def _look_at_rules(self) -> None:
        """Read them in a thread: a file of thousands of rules takes longer than traffic should wait."""
        rules = self._rules
        if rules is None or not rules.is_saved(time.monotonic()):
            if self._policy is not None and self._keys is not None and self._keys.is_saved():
                self._follow_with_keys(self._policy.config, self._keys)
            return
        try:
            config = await asyncio.to_thread(rules.reload)
        except Exception:  # a bug of ours must not end the ticking
            logger.exception("Cookie Proxy failed to read its rules")
            return
        self._hub.tell_changed(RULES)
        if config is not None and rules is self._rules:
            self._follow_with_keys(config, self._keys or KeyFile(rules.path.parent))
        if self._recorder is None:  # the script was loaded anew while the rules were broken
            self._open_store(first=True)

    def _follow_with_keys(self, config: Config, keys: KeyFile) -> None:
        """The rules or the keys were saved while the proxy runs."""
        try:
            sealer = keys.load(config.rules.seals)
        except KeysError as error:
            logger.warning(f"{error} The last good rules and keys stay in force.")
            return
        self._keys = keys
        self._follow(Policy(config, self._suffixes, sealer))

    # -- exchanges -----------------------------------------------------------------------------------------------------

    def requestheaders(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """The way up, before the body."""
        if flow.is_replay == "request" or (flow.live and self._dashboard.takes(flow)) or self._policy is None:
            return None
        if not flow.live:
            self._saved.add(flow)
            return self._breath()
        head = flows.request_head(flow)
        self._browsers_host.address_upstream(flow)
        if flow.response is None and not self._refusals.refuse(flow, self._policy.config, self._recorder) and head:
            return self._live.request(flow, head)
        return None

    def _breath(self) -> Awaitable[None] | None:
        """Now and then something to wait for, which lets the loop do what else there is."""
        self._read_flows += 1
        return None if self._read_flows % BREATH_FLOWS else asyncio.sleep(0)

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """The way up, with the body."""
        if flow.live and flow.is_replay != "request" and not self._dashboard.is_ours(flow):
            return self._live.body(flow)
        return None

    def responseheaders(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """The way down, before the body."""
        if flow.live and flow.is_replay != "request" and not self._dashboard.answers(flow):
            return self._live.response(flow)
        return None

    def response(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """A response made by another addon may have had no `responseheaders`, and does not stream."""
        if self._live.is_awaited(flow) and (kept := self.responseheaders(flow)) is not None:
            return _then(kept, lambda: _rewrite_whole(flow))
        _rewrite_whole(flow)
        return None

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """A message over a WebSocket."""
        self._live.message(flow)

    def error(self, flow: http.HTTPFlow) -> None:
        """There will be no response."""
        self._live.forget(flow)

    def http_connect(self, flow: http.HTTPFlow) -> None:
        """A client wants a tunnel."""
        self._dashboard.connects(flow)

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        """A client begins TLS."""
        self._dashboard.greets(data)

    def client_connected(self, client: connection.Client) -> None:
        """A client has connected to the proxy."""
        self._fast.client_connected(client)

    def server_connect(self, data: ServerConnectionHookData) -> None:
        """A connection to an application is about to be made."""
        self._browsers_host.name_upstream(data)

    def server_connected(self, data: ServerConnectionHookData) -> None:
        """A connection to an application is made."""
        self._dashboard.server_connected(data)

    def server_disconnected(self, data: ServerConnectionHookData) -> None:
        """It has ended."""
        self._dashboard.server_disconnected(data)


def _rewrite_whole(flow: http.HTTPFlow) -> None:
    if flow.live and flow.response is not None:
        rewrite_whole(flow.response)


async def _then(first: Awaitable[None], then: Callable[[], None]) -> None:
    await first
    then()
