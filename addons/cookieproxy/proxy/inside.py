"""What the dashboard is given of the running proxy (`dashboard.inside`): looked up each time, because options and rules change."""

from collections.abc import Iterable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

from mitmproxy import ctx

from .. import VERSION
from ..config import Config, parse_config
from ..core.hosts import Suffixes
from ..core.profiles import Profile
from ..dashboard.inside import CannotDo, Listener, Queue, Setup
from ..exchange import Browser
from ..formats import place_of
from ..record.protocol import Reader, Store, StoreError
from ..record.store import file_of, open_reader, without_password
from ..record.tally import Tally
from ..suffixes import host_to_ascii, load
from .options import BASE, path_of
from .policy import compile_filter
from .recorder import Recorder
from .store_commands import StoreCommands, summary
from .traffic import LiveTraffic

FLUSH_SECONDS = 0.5
AUTHORITY = "mitmproxy-ca-cert.pem"


class Holder(Protocol):
    """The addon, as far as it is needed here."""

    commands: StoreCommands

    @property
    def live(self) -> LiveTraffic:
        """What passes now."""

    @property
    def config(self) -> Config | None:
        """What is in force."""

    @property
    def recorder(self) -> Recorder | None:
        """What records, if anything does."""


class RunningProxy:
    """One proxy that runs."""

    def __init__(self, holder: Holder, tally: Tally) -> None:
        self._holder = holder
        self.tally = tally
        self._reader: Reader | None = None
        self._store: Store | None = None
        """What the reader reads."""

    @property
    def suffixes(self) -> Suffixes:
        """The public suffix list."""
        return load()

    @property
    def config(self) -> Config | None:
        """What is in force; None while there are no good rules yet."""
        return self._holder.config

    @property
    def rules_path(self) -> Path:
        """The rules file."""
        return path_of(ctx.options.cookies_rules)

    @property
    def store(self) -> Reader | None:
        """The store, if it is open; read by a connection of its own, so that a long question lets traffic pass."""
        recorder = self._holder.recorder
        store = None if recorder is None else recorder.store
        if store is not self._store or (store is not None and self._reader is None):
            self.close()
            self._store = store
            self._reader = None if store is None or recorder is None else _reader_of(store, recorder.storage.spec)
        return self._reader

    def close(self) -> None:
        """Let go of what reads the store."""
        if self._reader is not None and self._reader is not self._store:
            self._reader.close()
        self._reader = self._store = None

    @property
    def queue(self) -> Queue:
        """How the recording goes."""
        recorder = self._holder.recorder
        writer = None if recorder is None else recorder.writer
        if recorder is None:
            return Queue(0, 0, 0)
        unknown = 0 if recorder.elsewhere is None else len(recorder.elsewhere.arrivals)
        if writer is None:
            return Queue(recorder.waiting.weight, 0, recorder.waiting.dropped, unknown_clients=unknown)
        queue = Queue(writer.waiting_bytes, writer.written, writer.dropped + writer.lost, unknown_clients=unknown)
        overflow = writer.overflow
        if overflow is None:
            return queue
        return replace(queue, spilled=overflow.spilled, loaded=overflow.loaded, file_bytes=overflow.waiting_bytes)

    @property
    def browsers(self) -> Iterable[Browser]:
        """The clients in memory, the last seen last."""
        return self._holder.live.browsers

    def hand_over(self) -> None:
        """Give the writer what was gathered."""
        if self._holder.recorder is not None:
            self._holder.live.sessions.gather()
            self._holder.live.cookieless.keeper.gather()
            self._holder.recorder.hand_over()

    def flush(self) -> None:
        """Wait a moment until that is written."""
        recorder = self._holder.recorder
        writer = None if recorder is None else recorder.writer
        if writer is not None:
            writer.flush(FLUSH_SECONDS)

    def profile(self, name: str) -> Profile:
        """The profile of this name with the limits of the rules file."""
        return (self.config or Config.empty()).profile(name)

    def forget(self, site: str, client: str | None) -> str:
        """Make clients forget all cookies of a site."""
        place = place_of(site, host_to_ascii)
        if place is None:
            raise CannotDo("That is no host: write it like shop.example.")
        try:
            return summary(self._holder.commands.forget_everywhere(place.host, client))
        except StoreError as error:
            raise CannotDo(str(error), 503) from error

    def setup(self) -> Setup:
        """How it runs."""
        recorder = self._holder.recorder
        return Setup(
            list(_listeners()),
            without_password(ctx.options.cookies_store),
            str(self.rules_path),
            "There is no store." if recorder is None else recorder.storage.trouble,
            ctx.options.cookies_fast,
            {"cookie-proxy": VERSION, "mitmproxy": _version("mitmproxy"), "suffixes": load().date},
            Path(ctx.options.confdir).expanduser() / AUTHORITY,
        )


def _reader_of(store: Store, spec: str) -> Reader:
    if file_of(spec, BASE) is None:
        return store
    try:
        return open_reader(spec, BASE)
    except StoreError:
        return store


def parse_rules(octets: bytes, name: str) -> Config:
    """The configuration in these octets, with mitmproxy's filters. Raises ConfigError."""
    return parse_config(octets, name, compile_filter)


def _listeners() -> Iterable[Listener]:
    server = ctx.master.addons.get("proxyserver")  # type: ignore[no-untyped-call]  # mitmproxy gives it no types
    for instance in getattr(server, "servers", ()):
        for address in instance.listen_addrs:
            yield Listener(instance.mode.type_name, str(address[0]), int(address[1]))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
