"""A connection driven in our way does what mitmproxy's own does: every case is played by both, and both must do what its row says.

A case is a layer that says what it wants done, hooks that do it, and the events that come. Which hooks run, what is written to whom
and what is logged is the trace; what the layer hears is another. Writes to one peer in a row count as one, which is the point.
"""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mitmproxy import connection, options
from mitmproxy.proxy import commands, events, layer, mode_specs, server
from mitmproxy.proxy.context import Context
from mitmproxy.utils import asyncio_utils

from cookieproxy.proxy import connections
from cookieproxy.proxy.connections import FastConnections, FastLayer

type Trace = list[str]


@dataclass
class Ask(commands.StartHook):
    """A hook that the layer waits for."""

    name = "test_ask"
    what: str


@dataclass
class Tell(commands.StartHook):
    """A hook that nobody waits for."""

    name = "test_tell"
    blocking = False
    what: str


class Writer:
    """Where a peer's data goes."""

    def __init__(self, name: str, trace: Trace) -> None:
        self.name, self.trace = name, trace

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        self.trace.append(f"{self.name} < {data.decode()}")

    def close(self) -> None:
        self.trace.append(f"{self.name} closed")


class Handler(server.ConnectionHandler):
    """A connection without sockets: hooks do what the stage says."""

    def __init__(self, context: Context, stage: "Stage") -> None:
        super().__init__(context)
        self.stage = stage

    async def handle_hook(self, hook: commands.StartHook) -> None:
        with self.timeout_watchdog.disarm():
            (what,) = hook.args()
            self.stage.trace.append(f"hook {what}")
            await self.stage.hook(what)


class Said(layer.Layer):
    """A layer that does what the stage says about each event."""

    stage: "Stage"

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        heard = event.data.decode() if isinstance(event, events.DataReceived) else type(event).__name__
        self.stage.heard.append(heard)
        yield from self.stage.says(heard)


class Stage:
    """One connection, what happens on it, and what is to happen."""

    def __init__(self, transport_protocol: Any = "tcp") -> None:
        self.trace: Trace = []
        self.heard: Trace = []
        self.says: Callable[[str], Iterator[Any]] = lambda heard: iter(())
        self.hook: Callable[[str], Awaitable[None]] = self.nothing
        client = connection.Client(
            peername=("client.example", 1),
            sockname=("127.0.0.1", 2),
            timestamp_start=0,
            transport_protocol=transport_protocol,
            proxy_mode=mode_specs.ProxyMode.parse("regular"),
            state=connection.ConnectionState.OPEN,
        )
        context = Context(client, some_options())
        self.client, self.server = client, connection.Server(address=("origin.example", 80))
        self.handler = Handler(context, self)
        self.handler.layer = Said(context)
        self.handler.layer.stage = self
        for peer, name in ((self.client, "client"), (self.server, "server")):
            io = server.ConnectionIO(handler=None, reader=None, writer=Writer(name, self.trace))  # type: ignore[arg-type]
            self.handler.transports[peer] = io

    async def nothing(self, what: str) -> None: ...

    async def hear(self, *heard: str) -> None:
        """These come in, one after the other, and everything they lead to is done."""
        for each in heard:
            await self.handler.server_event(events.DataReceived(self.client, each.encode()))
        await settled()

    async def hear_slowly(self, *heard: str) -> None:
        """The same, everything that one leads to before the next comes."""
        for each in heard:
            await self.hear(each)

    def to_client(self, text: str) -> commands.SendData:
        return commands.SendData(self.client, text.encode())

    def to_server(self, text: str) -> commands.SendData:
        return commands.SendData(self.server, text.encode())


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def some_options() -> options.Options:
    made = options.Options()
    made.add_option("tcp_timeout", int, 600, "")
    return made


type Case = Callable[[Stage], Awaitable[None]]
CASES: dict[str, tuple[Case, Trace]] = {}


def case(*expected: str) -> Callable[[Case], Case]:
    def keep(function: Case) -> Case:
        CASES[function.__name__.replace("_", " ")] = (function, list(expected))
        return function

    return keep


def waits_on(what: str, do: Callable[[], object] = lambda: None) -> Callable[[str], Awaitable[None]]:
    """A hook that waits where it is asked that, and then does something."""

    async def hook(asked: str) -> None:
        if asked == what:
            await asyncio.sleep(0)
            do()

    return hook


def fails_on(what: str, error: type[BaseException]) -> Callable[[str], Awaitable[None]]:
    async def hook(asked: str) -> None:
        if asked == what:
            raise error("no good")

    return hook


def asking(stage: Stage) -> Callable[[str], Iterator[Any]]:
    """A layer that asks what it hears, and then says so to the client."""

    def says(heard: str) -> Iterator[Any]:
        yield Ask(heard)
        yield stage.to_client(f"{heard} done")

    return says


@case("hook a", "client < a done", "hook b", "client < b done")
async def a_hook_is_run_and_the_layer_goes_on(stage: Stage) -> None:
    stage.says = asking(stage)
    await stage.hear("a", "b")


@case("hook a", "client < a done", "hook b", "client < b done")
async def a_hook_that_waits_holds_up_what_comes_meanwhile(stage: Stage) -> None:
    stage.says, stage.hook = asking(stage), waits_on("a")
    await stage.hear("a", "b")


@case("hook one", "hook two", "client < end")
async def hooks_one_after_the_other(stage: Stage) -> None:
    def says(heard: str) -> Iterator[Any]:
        yield Ask("one")
        yield Ask("two")
        yield stage.to_client("end")

    stage.says = says
    await stage.hear("a")


@case("hook one", "waited", "hook two", "waited", "client < end")
async def hooks_that_wait_one_after_the_other(stage: Stage) -> None:
    async def hook(asked: str) -> None:
        await asyncio.sleep(0)
        stage.trace.append("waited")

    def says(heard: str) -> Iterator[Any]:
        yield Ask("one")
        yield Ask("two")
        yield stage.to_client("end")

    stage.says, stage.hook = says, hook
    await stage.hear("a")


@case("hook news", "client < at once", "told later")
async def nobody_waits_for_what_is_only_told(stage: Stage) -> None:
    def says(heard: str) -> Iterator[Any]:
        yield Tell("news")
        yield stage.to_client("at once")

    stage.says, stage.hook = says, waits_on("news", lambda: stage.trace.append("told later"))
    await stage.hear("a")


@case("server < before", "hook a", "server < after")
async def what_is_sent_before_a_hook_is_gone_when_it_runs(stage: Stage) -> None:
    def says(heard: str) -> Iterator[Any]:
        yield stage.to_server("before")
        yield Ask(heard)
        yield stage.to_server("after")

    stage.says = says
    await stage.hear("a")


@case("client < head body end", "server < to another", "client < again")
async def data_in_a_row_and_data_to_another(stage: Stage) -> None:
    def says(heard: str) -> Iterator[Any]:
        yield from map(stage.to_client, ("head ", "body ", "end"))
        yield stage.to_server("to another")
        yield stage.to_client("again")

    stage.says = says
    await stage.hear("a")


@case("client < last words", "LOG about it", "client closed")
async def data_goes_before_what_follows_it(stage: Stage) -> None:
    def says(heard: str) -> Iterator[Any]:
        yield stage.to_client("last words")
        yield commands.Log("about it", logging.ERROR)
        yield commands.CloseConnection(stage.client)

    class Closing:
        def cancel(self, why: str) -> None:
            stage.trace.append("client closed")

    stage.handler.transports[stage.client].handler = Closing()  # type: ignore[assignment]
    stage.says = says
    await stage.hear("a")


@case("client < said before", "LOG mitmproxy has crashed!: no good", "client < fine")
async def a_layer_that_fails(stage: Stage) -> None:
    def says(heard: str) -> Iterator[Any]:
        if heard == "b":
            yield stage.to_client("fine")
            return
        yield stage.to_client("said before")
        raise ValueError("no good")

    stage.says = says
    await stage.hear("a", "b")


@case("hook a", "LOG mitmproxy has crashed!: no good", "hook b", "client < b done")
async def a_layer_that_fails_after_a_hook(stage: Stage) -> None:
    def says(heard: str) -> Iterator[Any]:
        yield Ask(heard)
        if heard == "a":
            raise ValueError("no good")
        yield stage.to_client("b done")

    stage.says = says
    await stage.hear("a", "b")


@case("hook a", "LOG task: no good")
async def a_hook_that_fails_is_never_done(stage: Stage) -> None:
    """Addons' failures do not get that far; what does leaves the layer waiting, and what it should hear waits with it."""
    stage.says, stage.hook = asking(stage), fails_on("a", ValueError)
    await stage.hear("a", "b")
    assert stage.heard == ["a"]


@case("hook a")
async def a_hook_that_is_cancelled_is_never_done(stage: Stage) -> None:
    stage.says, stage.hook = asking(stage), fails_on("a", asyncio.CancelledError)
    await stage.hear("a")


@case("hook a", "its own task", "client < a done")
async def a_hook_runs_in_a_task_of_its_own(stage: Stage) -> None:
    outer = asyncio.current_task()

    async def hook(asked: str) -> None:
        task = asyncio.current_task()
        assert task is not None
        assert task is not outer
        async with asyncio.timeout(10):
            await asyncio.sleep(0)
        stage.trace.append("its own task")

    stage.says, stage.hook = asking(stage), hook
    await stage.hear("a")


@case("hook a", "client < a done", "hook b", "client < b done")
async def an_event_that_a_hook_sends_comes_after_it(stage: Stage) -> None:
    tasks = []

    async def hook(asked: str) -> None:
        if asked == "a":
            tasks.append(asyncio.create_task(stage.hear("b")))

    stage.says, stage.hook = asking(stage), hook
    await stage.hear("a")
    await asyncio.gather(*tasks)


@pytest.fixture
async def eager_tasks() -> AsyncIterator[None]:
    """As mitmproxy's master has them."""
    with asyncio_utils.set_eager_task_factory():
        yield


class Scribe(logging.Handler):
    """Writes errors into a trace."""

    def __init__(self, trace: Trace) -> None:
        super().__init__(logging.ERROR)
        self.trace = trace

    def emit(self, record: logging.LogRecord) -> None:
        error = f": {record.exc_info[1]}" if record.exc_info else ""
        self.trace.append(f"LOG {record.getMessage()}{error}")


async def played(stage: Stage, play: Case) -> Trace:
    scribe = Scribe(stage.trace)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: stage.trace.append(f"LOG task: {context.get('exception')}"))
    server.logger.addHandler(scribe)
    gc.freeze()  # only what comes of the play is looked at then
    try:
        await play(stage)
        gc.collect()  # which is when a task complains that nobody asked how it ended
    finally:
        gc.unfreeze()
        server.logger.removeHandler(scribe)
        loop.set_exception_handler(None)
    return joined(stage.trace)


def joined(trace: Trace) -> Trace:
    """Writes to one peer in a row as one."""
    out: Trace = []
    for peer, group in groupby(trace, lambda said: said.partition(" < ")[0] if " < " in said else None):
        out += list(group) if peer is None else [f"{peer} < {''.join(said.partition(' < ')[2] for said in group)}"]
    return out


@pytest.mark.usefixtures("eager_tasks")
@pytest.mark.parametrize("installed", [False, True], ids=["mitmproxy", "fast"])
@pytest.mark.parametrize(("play", "expected"), [pytest.param(*row, id=name) for name, row in CASES.items()])
async def test_both_ways_do_the_same(play: Case, expected: Trace, installed: bool) -> None:
    stage = Stage()
    if installed:
        assert FastConnections().install([stage.handler]) is None
        assert isinstance(stage.handler.layer, FastLayer)
    assert await played(stage, play) == expected


STEPS = st.lists(st.sampled_from(["ask", "tell", "client", "server", "fail"]), max_size=6)


@settings(deadline=None)
@given(script=st.lists(STEPS, min_size=1, max_size=5), waiting=st.sets(st.integers(0, 30), max_size=6))
def test_any_conversation_leaves_the_same_trace(script: list[list[str]], waiting: set[int]) -> None:
    """Whatever layers ask, tell, send and fail at, and whichever of the hooks they wait for have to wait themselves."""

    async def conversation(stage: Stage) -> None:
        async def hook(asked: str) -> None:
            if asked.startswith("ask") and int(asked.split()[-1]) in waiting:
                await asyncio.sleep(0)
                stage.trace.append(f"{asked} waited")

        def says(heard: str) -> Iterator[Any]:
            for number, step in enumerate(script[int(heard)], int(heard) * 6):
                if step == "fail":
                    raise ValueError(f"no good {number}")
                made = {"ask": Ask, "tell": Tell, "client": stage.to_client, "server": stage.to_server}[step]
                yield made(f"{step} {number}")

        stage.says, stage.hook = says, hook
        await stage.hear_slowly(*map(str, range(len(script))))

    async def both() -> tuple[Trace, Trace]:
        traces = []
        with asyncio_utils.set_eager_task_factory():
            for installed in (False, True):
                stage = Stage()
                fast = FastConnections()
                assert not installed or fast.install([stage.handler]) is None
                traces.append(await played(stage, conversation) + stage.heard)
        return traces[0], traces[1]

    original, ours = asyncio.run(both())
    assert original == ours


@pytest.mark.parametrize(
    ("protocol", "size", "writes"),
    [
        pytest.param("tcp", 10, 1, id="small"),
        pytest.param("tcp", connections.MOST_JOINED, 3, id="so large that copying is no gain"),
        pytest.param("udp", 10, 3, id="datagrams stay datagrams"),
    ],
)
@pytest.mark.usefixtures("eager_tasks")
async def test_what_is_sent_in_a_row_leaves_in_one_write(protocol: str, size: int, writes: int) -> None:
    stage = Stage(protocol)
    stage.says = lambda heard: (stage.to_client(str(number) * size) for number in range(3))
    FastConnections().install([stage.handler])
    await stage.hear("a")
    assert len(stage.trace) == writes
    assert joined(stage.trace) == [f"client < {''.join(str(number) * size for number in range(3))}"]


@pytest.mark.usefixtures("eager_tasks")
async def test_connections_are_taken_once_and_given_back() -> None:
    stage, later = Stage(), Stage()
    own = stage.handler.layer
    fast = FastConnections()
    fast.take(stage.handler)
    assert stage.handler.layer is own, "nothing is taken before it is switched on"
    fast.install([stage.handler])
    fast.install([stage.handler])
    fast.take(later.handler)
    assert repr(stage.handler.layer) == repr(own)
    assert stage.handler.layer.context is own.context
    assert stage.handler.layer._layer is own  # type: ignore[attr-defined]
    fast.uninstall()
    assert stage.handler.layer is own
    assert not isinstance(later.handler.layer, FastLayer)
    stage.says = asking(stage)
    await stage.hear("a")
    assert stage.trace == ["hook a", "client < a done"]


@pytest.mark.usefixtures("eager_tasks")
async def test_a_hook_that_waits_while_it_is_switched_off_is_done_nevertheless() -> None:
    stage = Stage()
    fast = FastConnections()
    fast.install([stage.handler])
    stage.says, stage.hook = asking(stage), waits_on("a", fast.uninstall)
    await stage.hear("a", "b")
    assert stage.trace == ["hook a", "client < a done", "hook b", "client < b done"]


async def test_it_steps_aside_from_another_mitmproxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hook_task(self: object, hook: object) -> None:
        raise AssertionError

    stage = Stage()
    monkeypatch.setattr(server.ConnectionHandler, "hook_task", hook_task)
    fast = FastConnections()
    assert "in another way" in (fast.install([stage.handler]) or "")
    fast.take(stage.handler)
    assert not isinstance(stage.handler.layer, FastLayer)
