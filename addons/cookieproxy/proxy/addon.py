"""The addon: mitmproxy's hooks, each translating a flow, calling the exchange, and writing back what changed.

Header work happens in `requestheaders` and `responseheaders`, so that it holds for streamed bodies too. Lifecycle hooks are plain
and idempotent: a reloaded script runs them again, and `done` gives back what was taken.
"""

import asyncio
import logging
import time
from pathlib import Path

from mitmproxy import ctx, exceptions, http
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy import mode_specs
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from ..config import ConfigError
from ..core.events import Observation
from ..exchange import Browser, RequestResult
from ..record.protocol import Command, StoreError
from ..suffixes import load as load_suffixes
from . import flows
from .browsers import Browsers
from .dispatch import FastDispatch, settle_garbage, unsettle_garbage
from .notices import Notices
from .options import BASE, DEFAULT_STORE, add_options
from .policy import POLL_SECONDS, Policy, RulesFile, tell_warnings
from .recorder import Recorder
from .saved import SavedFlows

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.2
"""How often what was gathered is handed to the writer."""
MOST_PENDING = 10_000
"""Requests that wait for their response; those that never get one must not fill the memory."""


def _wrong(message: str) -> Exception:
    """The exception by which mitmproxy refuses an option and keeps the old value."""
    return exceptions.OptionsError(message)  # type: ignore[no-untyped-call]  # mitmproxy's __init__ has no types


STORE_KINDS = ("sqlite:", "memory:")


class Cookies:
    """Cookie Proxy in one addon."""

    def __init__(self) -> None:
        self._suffixes = load_suffixes()
        self._notices = Notices()
        self._browsers = Browsers(self._suffixes, self._on_new_browser, self._on_leaving_browser)
        self._pending: dict[str, tuple[Browser, RequestResult]] = {}
        self._policy: Policy | None = None
        self._rules: RulesFile | None = None
        self._recorder: Recorder | None = None
        self._saved = SavedFlows(self._watch_request, self._watch_response)
        self._dispatch = FastDispatch()
        self._ticking: asyncio.Task[None] | None = None
        self._keeps_host: bool | None = None
        """The user's own choice of keep_host_header, while we have it switched on."""
        self._warned = False

    # -- life ----------------------------------------------------------------------------------------------------------

    def load(self, loader: Loader) -> None:
        """Register our options."""
        add_options(loader)

    def configure(self, updated: set[str]) -> None:
        """Follow the options; the first time, wrong ones are ERROR lines, because an exception would be a traceback."""
        first = self._policy is None and self._rules is None
        if "stickycookie" in updated and ctx.options.stickycookie:
            self._refuse("stickycookie keeps cookies of its own: switch it off, or leave out this script.", first)
        if first or "cookies_rules" in updated:
            self._read_rules(first)
        if first or "cookies_store" in updated or "rfile" in updated:
            self._open_store(first)
        if first or "cookies_fast" in updated:
            self._set_fast()
        if "mode" in updated or first:
            self._set_reverse()

    def _refuse(self, message: str, first: bool) -> None:
        if not first:
            raise _wrong(message)
        logger.error(message)

    def _read_rules(self, first: bool) -> None:
        rules = RulesFile(BASE / Path(ctx.options.cookies_rules).expanduser())
        try:
            config = rules.load()
        except ConfigError as error:
            self._refuse_rules([str(mistake) for mistake in error.mistakes], rules, first)
            return
        except OSError as error:
            self._refuse_rules([f"{rules.path}: {error.strerror}. Set cookies_rules to a rules file."], rules, first)
            return
        self._rules = rules
        tell_warnings(config)
        self._follow(Policy(config, self._suffixes))

    def _refuse_rules(self, mistakes: list[str], rules: RulesFile, first: bool) -> None:
        if not first:
            raise _wrong("\n".join(mistakes))
        self._rules = rules
        for mistake in mistakes:
            logger.error(mistake)

    def _follow(self, policy: Policy) -> None:
        self._policy = policy
        self._browsers.follow(policy)
        if self._recorder is not None:
            self._recorder.configure(policy.config)

    def _open_store(self, first: bool) -> None:
        if self._policy is None:
            return
        spec = ctx.options.cookies_store
        if not spec.startswith(STORE_KINDS):
            self._refuse(f'cookies_store: "{spec.partition("://")[0]}" is no store: use sqlite:PATH or memory:.', first)
            return
        if ctx.options.rfile and spec == DEFAULT_STORE:
            spec = "memory:"
        if self._recorder is not None:
            if self._recorder.spec == spec:
                return
            self._recorder.close()
        self._recorder = Recorder(spec, BASE, self._suffixes, self._on_command)
        try:
            self._recorder.open(self._policy.config)
        except StoreError as error:
            if self._policy.config.on_store_failure == "refuse":
                self._refuse(str(error), first)
            else:
                logger.warning(f"{error} Until then traffic passes unrecorded.")

    def _set_fast(self) -> None:
        if not ctx.options.cookies_fast:
            self._dispatch.uninstall()
            unsettle_garbage()
            return
        objection = self._dispatch.install(ctx.master)
        if objection is not None:
            logger.warning(f"cookies_fast: {objection}")

    def _set_reverse(self) -> None:
        """In reverse mode the browser's Host is what cookies are about: mitmproxy must not replace it before we see it."""
        reverse = any(mode.startswith("reverse:") for mode in ctx.options.mode)
        if reverse and self._keeps_host is None:
            self._keeps_host = ctx.options.keep_host_header
            ctx.options.keep_host_header = True
        elif not reverse and self._keeps_host is not None:
            self._give_back_host()

    def _give_back_host(self) -> None:
        if self._keeps_host is not None:
            ctx.options.keep_host_header, self._keeps_host = self._keeps_host, None

    def running(self) -> None:
        """Start what needs the loop."""
        if self._ticking is None:
            self._ticking = asyncio.get_running_loop().create_task(self._tick())
        if ctx.options.cookies_fast:
            settle_garbage()
        self._warn_of_open_door()

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
        if self._recorder is not None:
            self._recorder.close()
            self._recorder = None
        self._dispatch.uninstall()
        unsettle_garbage()
        self._give_back_host()

    async def _tick(self) -> None:
        """Hand over what was gathered, and look whether the rules file was saved."""
        next_look = 0.0
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = time.time()
            try:
                self._saved.drain()
                if self._recorder is not None and self._policy is not None:
                    self._recorder.hand_over()
                    self._recorder.retry(self._policy.config, now)
                if now >= next_look:
                    next_look = now + POLL_SECONDS
                    self._look_at_rules()
            except Exception:  # a bug of ours must not end the ticking: it is logged, and the next tick comes
                logger.exception("Cookie Proxy failed between exchanges")

    def _look_at_rules(self) -> None:
        config = None if self._rules is None else self._rules.reload()
        if config is not None:
            self._follow(Policy(config, self._suffixes))

    # -- clients -------------------------------------------------------------------------------------------------------

    def _on_new_browser(self, browser: Browser) -> None:
        if self._recorder is not None:
            self._recorder.restore(browser)

    def _on_leaving_browser(self, browser: Browser) -> None:
        if self._recorder is not None:
            self._recorder.forget_client(browser)

    def _on_command(self, command: Command) -> None:
        """The command line asks for something; called by the writer thread."""
        if self._recorder is not None and self._recorder.writer is not None:
            self._recorder.writer.finish(command.id, '"this version knows no commands"', ok=False)

    # -- exchanges -----------------------------------------------------------------------------------------------------

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """The way up, before the body."""
        if flow.is_replay or self._policy is None:
            return
        if not flow.live:
            self._saved.add(flow)
            return
        head = flows.request_head(flow)
        if self._keeps_host is False and flows.is_reverse(flow):
            flows.address_upstream(flow)
        if head is None:
            return
        browser = self._browsers.of(flow)
        result = self._policy.requests.process(browser, head, flow)
        self._remember(flow, browser, result)
        if result.cookie is not None:
            flows.write_cookie(flow, result.cookie)
        self._keep(browser, result.observations, head.time, flow)

    def _remember(self, flow: http.HTTPFlow, browser: Browser, result: RequestResult) -> None:
        if len(self._pending) >= MOST_PENDING:
            del self._pending[next(iter(self._pending))]
        self._pending[flow.id] = (browser, result)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """The way down, before the body."""
        if flow.is_replay or self._policy is None or not flow.live:
            return
        pending = self._pending.pop(flow.id, None)
        if pending is None:
            return
        browser, request = pending
        head = flows.response_head(flow)
        result = self._policy.responses.process(browser, request, head, flow)
        if result.set_cookies is not None:
            flows.write_set_cookies(flow, result.set_cookies)
        if result.observations:
            self._keep(browser, result.observations, head.time, flow)

    def response(self, flow: http.HTTPFlow) -> None:
        """A response made by another addon has no `responseheaders`."""
        if flow.id in self._pending:
            self.responseheaders(flow)

    def error(self, flow: http.HTTPFlow) -> None:
        """There will be no response."""
        self._pending.pop(flow.id, None)

    def _keep(self, browser: Browser, observations: list[Observation], now: float, flow: http.HTTPFlow) -> None:
        if observations:
            self._notices.tell(observations, flow)
        if self._recorder is not None:
            self._recorder.seen(browser, now)
            self._recorder.add(browser, observations)

    # -- saved flows ---------------------------------------------------------------------------------------------------

    def _watch_request(self, flow: http.HTTPFlow) -> None:
        head = flows.request_head(flow)
        if head is None or self._policy is None:
            return
        browser = self._browsers.of(flow)
        result = self._policy.requests.process(browser, head, flow, watch=True)
        self._remember(flow, browser, result)
        self._keep_watched(browser, result.observations, head.time)

    def _watch_response(self, flow: http.HTTPFlow) -> None:
        pending = self._pending.pop(flow.id, None)
        if pending is None or self._policy is None or flow.response is None:
            return
        browser, request = pending
        head = flows.response_head(flow)
        result = self._policy.responses.process(browser, request, head, flow, watch=True)
        self._keep_watched(browser, result.observations, head.time)

    def _keep_watched(self, browser: Browser, observations: list[Observation], now: float) -> None:
        self._notices.tell(observations, None)
        if self._recorder is not None:
            self._recorder.seen(browser, now)
            self._recorder.add_watched(browser, observations, now)

    # -- reverse mode --------------------------------------------------------------------------------------------------

    def server_connect(self, data: ServerConnectionHookData) -> None:
        """With keep_host_header on, mitmproxy no longer names the upstream server to its TLS: we do."""
        mode = data.client.proxy_mode
        if self._keeps_host is not False or not isinstance(mode, mode_specs.ReverseMode):
            return
        if data.server.sni is None and mode.scheme in flows.TLS_SCHEMES:
            data.server.sni = mode.address[0]
