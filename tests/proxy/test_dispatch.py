"""The fast dispatch does what mitmproxy's own does: every case is sent through both, and both must do what the row says.

A case is a function that fills a fresh master with addons, sends it events, and leaves a trace: which hook of which addon was
called with what. What was logged is part of the trace.
"""

import asyncio
import logging
import types
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import addonmanager, exceptions, hooks, options
from mitmproxy.addons import script
from mitmproxy.master import Master
from mitmproxy.proxy.layers.http import HttpRequestHook, HttpResponseHook
from mitmproxy.test import tflow

from cookieproxy.proxy import dispatch

type Trace = list[str]


@dataclass
class Stage:
    """A master, and what its addons were asked to do so far."""

    master: Master
    trace: Trace = field(default_factory=list)
    flow: Any = field(default_factory=lambda: tflow.tflow(resp=True))

    def addon(self, name: str, *addons: object, **hooks_: Callable[..., object] | int | None) -> Any:
        """An addon of that name whose `request` leaves a mark, or which has these hooks; `addons` are its sub-addons."""
        made = types.SimpleNamespace(name=name, **(hooks_ or {"request": self.mark(name)}))
        if addons:
            made.addons = list(addons)
        return made

    def group(self, *addons: object) -> Any:
        """An addon that has sub-addons and no hook of its own."""
        return types.SimpleNamespace(name="group", addons=list(addons))

    def mark(self, name: str, do: Callable[[], object] = lambda: None) -> Callable[[Any], object]:
        def hook(flow: Any) -> object:
            self.trace.append(name)
            assert flow is self.flow
            return do()

        return hook

    def async_mark(self, name: str, do: Callable[[], object] = lambda: None) -> Callable[[Any], Awaitable[None]]:
        async def hook(flow: Any) -> None:
            self.trace.append(f"{name} waits")
            await asyncio.sleep(0)
            do()
            self.trace.append(name)

        return hook

    def add(self, *addons: object) -> None:
        self.master.addons.add(*addons)

    async def request(self, times: int = 1) -> None:
        for _ in range(times):
            await self.master.addons.handle_lifecycle(HttpRequestHook(self.flow))


type Case = Callable[[Stage], Awaitable[None]]
CASES: dict[str, tuple[Case, Trace]] = {}


def case(*expected: str) -> Callable[[Case], Case]:
    def keep(function: Case) -> Case:
        CASES[function.__name__.replace("_", " ")] = (function, list(expected))
        return function

    return keep


def throw(error: BaseException) -> Callable[[], None]:
    def do() -> None:
        raise error

    return do


@case("a", "b", "c", "a", "b", "c")
async def addons_in_their_order(stage: Stage) -> None:
    stage.add(stage.addon("a"), stage.addon("deaf", response=stage.mark("deaf")), stage.addon("b"), stage.addon("c"))
    await stage.request(2)


@case("outer", "middle", "inner", "sibling", "last")
async def addons_within_addons(stage: Stage) -> None:
    middle = stage.addon("middle", stage.addon("inner"))
    stage.add(stage.addon("outer", middle, stage.addon("sibling")), stage.addon("last"))
    await stage.request()


@case("a", "b waits", "b", "c")
async def an_async_hook_is_awaited(stage: Stage) -> None:
    stage.add(stage.addon("a"), stage.addon("b", request=stage.async_mark("b")), stage.addon("c"))
    await stage.request()


@case("a", "b waits", "b", "c", "d")
async def an_async_hook_among_sub_addons(stage: Stage) -> None:
    stage.add(stage.addon("a", stage.addon("b", request=stage.async_mark("b")), stage.addon("c")), stage.addon("d"))
    await stage.request()


@case("a", "later waits", "later", "b")
async def a_sync_hook_that_returns_an_awaitable(stage: Stage) -> None:
    later = stage.async_mark("later")
    stage.add(stage.group(stage.addon("a", request=stage.mark("a", lambda: later(stage.flow)))), stage.addon("b"))
    await stage.request()


@case("a", "b")
async def a_result_that_is_not_awaitable_is_ignored(stage: Stage) -> None:
    stage.add(stage.addon("a", request=stage.mark("a", lambda: "a result")), stage.addon("b"))
    await stage.request()


@case("a", "halt", "a", "halt")
async def a_halt_ends_the_event(stage: Stage) -> None:
    halt = stage.addon("halt", request=stage.mark("halt", throw(exceptions.AddonHalt())))
    stage.add(stage.addon("a"), stage.group(halt, stage.addon("sibling")), stage.addon("b"))
    await stage.request(2)


@case("wrong", "ERROR Addon error: no good [hook, do]", "last")
async def an_exception_ends_its_own_turn(stage: Stage) -> None:
    wrong = stage.addon("wrong", request=stage.mark("wrong", throw(ValueError("no good"))))
    stage.add(stage.group(wrong, stage.addon("sibling")), stage.addon("last"))
    await stage.request()


@case("wrong waits", "ERROR Addon error: no good [hook, do]", "last")
async def an_exception_in_an_async_hook(stage: Stage) -> None:
    wrong = stage.addon("wrong", request=stage.async_mark("wrong", throw(ValueError("no good"))))
    stage.add(stage.group(wrong, stage.addon("sibling")), stage.addon("last"))
    await stage.request()


@case("wrong", "raised OptionsError")
async def an_options_error_rises(stage: Stage) -> None:
    wrong = stage.addon("wrong", request=stage.mark("wrong", throw(exceptions.OptionsError("no such option"))))
    stage.add(wrong, stage.addon("last"))
    try:
        await stage.request()
    except exceptions.OptionsError as error:
        stage.trace.append(f"raised {type(error).__name__}")


@case("wrong", "raised CancelledError")
async def a_cancelled_hook_cancels_the_event(stage: Stage) -> None:
    stage.add(stage.addon("wrong", request=stage.mark("wrong", throw(asyncio.CancelledError()))), stage.addon("last"))
    try:
        await stage.request()
    except asyncio.CancelledError as error:
        stage.trace.append(f"raised {type(error).__name__}")


@case("a", "b")
async def a_module_named_like_a_hook_is_passed_over(stage: Stage) -> None:
    stage.add(stage.addon("a"), types.SimpleNamespace(name="module", request=logging), stage.addon("b"))
    await stage.request()


@case("first", "ERROR Addon error: Addon handler request (namespace(name='wrong', request=7)) not callable", "b")
async def a_hook_that_is_not_callable_is_refused_each_time(stage: Stage) -> None:
    wrong = stage.addon("wrong", request=7)
    stage.add(stage.addon("first", wrong, stage.addon("sibling")), stage.addon("b"))
    await stage.request()


@case("a")
async def hooks_that_are_none_are_no_hooks(stage: Stage) -> None:
    stage.add(stage.addon("none", request=None), stage.addon("a"))
    await stage.request()


@case("request", "update [1]", "response", "update [1]")
async def an_update_follows_each_event_of_a_flow(stage: Stage) -> None:
    def update(flows: list[object]) -> None:
        stage.trace.append(f"update [{len(flows)}]")

    stage.add(stage.addon("a", request=stage.mark("request"), response=stage.mark("response")))
    stage.add(stage.addon("view", update=update))
    await stage.request()
    await stage.master.addons.handle_lifecycle(HttpResponseHook(stage.flow))


@case("running", "done")
async def events_without_a_flow(stage: Stage) -> None:
    stage.add(stage.addon("a", running=lambda: stage.trace.append("running"), done=lambda: stage.trace.append("done")))
    await stage.master.addons.trigger_event(hooks.RunningHook())
    await stage.master.addons.trigger_event(hooks.DoneHook())


@case(
    "wrong",
    "ERROR Addon error: a_hook_with_a_wrong_signature.<locals>.hook() takes 0 positional arguments but 1 was given",
    "last",
)
async def a_hook_with_a_wrong_signature(stage: Stage) -> None:
    def hook() -> None: ...

    stage.trace.append("wrong")
    stage.add(stage.addon("wrong", request=hook), stage.addon("last"))
    await stage.request()


@case("a", "a", "b", "a", "b", "b", "b", "c")
async def addons_come_and_go(stage: Stage) -> None:
    a, b = stage.addon("a"), stage.addon("b")
    stage.add(a)
    await stage.request()
    stage.add(b)
    await stage.request(2)
    stage.master.addons.remove(a)
    await stage.request()
    stage.add(stage.addon("c"))
    await stage.request()


@case("a", "b")
async def a_cleared_chain(stage: Stage) -> None:
    stage.add(stage.addon("a"))
    await stage.request()
    stage.master.addons.clear()
    await stage.request()
    stage.add(stage.addon("b"))
    await stage.request()


@case("outer", "x", "outer", "y", "x", "outer", "x", "y", "outer", "x")
async def sub_addons_come_go_and_change_places(stage: Stage) -> None:
    x, y = stage.addon("x"), stage.addon("y")
    outer = stage.addon("outer", x)
    stage.add(outer)
    await stage.request()
    for addons in ([y, x], [x, y], [x]):
        outer.addons = addons
        await stage.request()


@case("one", "two", "three")
async def a_hook_that_is_replaced_or_taken_away(stage: Stage) -> None:
    a = stage.addon("a", request=stage.mark("one"))
    stage.add(a)
    await stage.request()
    a.request = stage.mark("two", lambda: setattr(a, "request", stage.mark("three")))
    await stage.request(2)
    del a.request
    await stage.request()


@case("a", "b", "new", "a", "b", "new")
async def a_hook_that_adds_an_addon(stage: Stage) -> None:
    once = iter([lambda: stage.add(stage.addon("new"))])
    stage.add(stage.addon("a", request=stage.mark("a", lambda: next(once, lambda: None)())), stage.addon("b"))
    await stage.request(2)


@case("a", "b", "c", "a", "c")
async def a_hook_that_removes_a_later_addon(stage: Stage) -> None:
    b = stage.addon("b")
    once = iter([lambda: stage.master.addons.remove(b)])
    stage.add(stage.addon("a", request=stage.mark("a", lambda: next(once, lambda: None)())), b, stage.addon("c"))
    await stage.request(2)


@case("a", "last", "a", "last")
async def a_hook_that_takes_a_sub_addon_away(stage: Stage) -> None:
    b = stage.addon("b")
    outer = stage.group()

    def take_away() -> None:
        if b in outer.addons:
            outer.addons.remove(b)
            stage.master.addons.remove(b)

    outer.addons += [stage.addon("a", request=stage.mark("a", take_away)), b]
    stage.add(outer, stage.addon("last"))
    await stage.request(2)


@case("a waits", "a", "b", "new", "a waits", "a", "new")
async def addons_that_change_while_a_hook_waits(stage: Stage) -> None:
    b = stage.addon("b")
    once = iter([lambda: (stage.add(stage.addon("new")), stage.master.addons.remove(b))])
    stage.add(stage.addon("a", request=stage.async_mark("a", lambda: next(once, lambda: None)())), b)
    await stage.request(2)


@case("a waits", "a", "ERROR Addon error: no good [hook, do]", "b", "new")
async def an_exception_after_a_change(stage: Stage) -> None:
    wrong = stage.async_mark("a", lambda: stage.add(stage.addon("new")))

    def raising(flow: Any) -> object:
        async def hook() -> None:
            await wrong(flow)
            throw(ValueError("no good"))()

        return hook()

    stage.add(stage.addon("a", request=raising), stage.addon("b"))
    await stage.request()


@case("ERROR Addon error: no list [addons]", "b", "ERROR Addon error: no list [addons]", "b", "b")
async def an_addon_whose_sub_addons_cannot_be_listed(stage: Stage) -> None:
    class Odd:
        name = "odd"
        broken = False

        @property
        def addons(self) -> list[object]:
            if self.broken:
                raise ValueError("no list")
            return []

    stage.add(Odd(), stage.addon("b"))
    for Odd.broken in (True, True, False):
        await stage.master.addons.trigger_event(HttpRequestHook(stage.flow))


@case("a waits", "b waits", "a", "b")
async def events_that_overlap(stage: Stage) -> None:
    names = iter("ab")
    stage.add(stage.addon("x", request=lambda flow: stage.async_mark(next(names))(flow)))
    await asyncio.gather(stage.request(), stage.request())


@pytest.fixture
async def master() -> AsyncIterator[Master]:
    logging.getLogger().setLevel(logging.DEBUG)
    one = Master(options.Options(), event_loop=asyncio.get_running_loop())
    yield one
    one._legacy_log_events.uninstall()


@pytest.fixture
def fast() -> Iterator[dispatch.FastDispatch]:
    one = dispatch.FastDispatch()
    yield one
    one.uninstall()


class Scribe(logging.Handler):
    """Writes errors into a trace, with the functions that their traceback names."""

    def __init__(self, trace: Trace) -> None:
        super().__init__(logging.ERROR)
        self.trace = trace

    def emit(self, record: logging.LogRecord) -> None:
        frames = []
        error = record.exc_info[2] if record.exc_info else None
        while error:
            frames.append(error.tb_frame.f_code.co_name)
            error = error.tb_next
        own = [name for name in frames if name not in MITMPROXYS_OWN]
        self.trace.append(f"ERROR {record.getMessage()}" + (f" [{', '.join(own)}]" if own else ""))


# Frames between the event and the hook; those that lie before a cut are the same in both anyway.
MITMPROXYS_OWN = {"safecall", "trigger_event", "invoke_addon", "_iter_hooks", "traverse", "take", "finish"}


async def played(stage: Stage, play: Case) -> Trace:
    scribe = Scribe(stage.trace)
    addonmanager.logger.addHandler(scribe)
    try:
        await play(stage)
    finally:
        addonmanager.logger.removeHandler(scribe)
    return stage.trace


@pytest.mark.parametrize("installed", [False, True], ids=["mitmproxy", "fast"])
@pytest.mark.parametrize(("play", "expected"), [pytest.param(*row, id=name) for name, row in CASES.items()])
async def test_both_dispatches_do_the_same(
    master: Master, fast: dispatch.FastDispatch, play: Case, expected: Trace, installed: bool
) -> None:
    if installed:
        assert fast.install(master) is None
    assert await played(Stage(master), play) == expected


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 5)),
        st.tuples(st.just("remove"), st.integers(0, 5)),
        st.tuples(st.just("nest"), st.integers(0, 5)),
        st.tuples(st.just("send"), st.just(0)),
    ),
    max_size=25,
)


@given(moves=MOVES, manners=st.lists(st.sampled_from(["sync", "async", "raise", "halt"]), min_size=6, max_size=6))
def test_any_life_of_addons_leaves_the_same_trace(moves: list[tuple[str, int]], manners: list[str]) -> None:
    """Whatever comes, goes, nests, waits, raises or halts."""

    async def life(stage: Stage) -> None:
        made = [stage.addon(str(number), request=manner(stage, number)) for number in range(6)]
        nest = stage.group()
        stage.add(nest)
        for move, number in [*moves, ("send", 0)]:
            await moved(stage, nest, move, made[number])

    def manner(stage: Stage, number: int) -> Callable[[Any], object]:
        ends = {"raise": throw(ValueError("no good")), "halt": throw(exceptions.AddonHalt())}
        if manners[number] == "async":
            return stage.async_mark(str(number))
        return stage.mark(str(number), ends.get(manners[number], lambda: None))

    async def moved(stage: Stage, nest: Any, move: str, addon: Any) -> None:
        manager = stage.master.addons
        if move == "send":
            await stage.request()
        elif move == "remove" and addon in manager.chain:
            manager.remove(addon)
        elif move == "add" and addon not in manager:
            manager.add(addon)
        elif move == "nest" and addon not in manager:
            nest.addons.append(manager.register(addon))

    async def both() -> tuple[Trace, Trace]:
        traces = []
        for installed in (False, True):
            master = Master(options.Options(), event_loop=asyncio.get_running_loop())
            fast = dispatch.FastDispatch()
            assert not installed or fast.install(master) is None
            traces.append(await played(Stage(master), life))
            fast.uninstall()
            master._legacy_log_events.uninstall()
        return traces[0], traces[1]

    original, ours = asyncio.run(both())
    assert original == ours


async def test_a_reloaded_script_is_heard_at_once(master: Master, fast: dispatch.FastDispatch, tmp_path: Path) -> None:
    """Scripts come, change their order, are loaded again and go, as `ctx.options.scripts` and their files change."""
    assert fast.install(master) is None
    paths = [tmp_path / "one.py", tmp_path / "two.py"]
    for path in paths:
        path.write_text(f"def request(flow): flow.comment += '{path.stem} '")
    loader = script.ScriptLoader()
    master.addons.add(loader)
    stage = Stage(master)

    async def said() -> str:
        stage.flow.comment = ""
        await stage.request()
        return str(stage.flow.comment)

    heard = [await said()]
    for scripts in (paths, paths[::-1]):
        master.options.update(scripts=[str(path) for path in scripts])
        for one in loader.addons:
            if one.ns is None:
                one.loadscript()
        heard.append(await said())
    paths[0].write_text("def request(flow): flow.comment += 'changed '")
    next(one for one in loader.addons if one.path == str(paths[0])).loadscript()
    heard.append(await said())
    master.options.update(scripts=[str(paths[0])])
    heard.append(await said())
    master.options.update(scripts=[])
    heard.append(await said())
    assert heard == ["", "one two ", "two one ", "two changed ", "changed ", ""]


async def test_events_reach_only_who_listens(master: Master, fast: dispatch.FastDispatch) -> None:
    """The reason for it all: who has no such hook is asked once, not at each event."""
    asked: Trace = []

    class Curious:
        name = "curious"

        def __getattr__(self, name: str) -> object:
            asked.append(name)
            raise AttributeError(name)

    assert fast.install(master) is None
    stage = Stage(master)
    stage.add(Curious())
    await stage.request()
    first = len(asked)
    await stage.request(10)
    assert len(asked) == first


async def test_it_steps_aside_where_another_stands(master: Master, fast: dispatch.FastDispatch) -> None:
    assert dispatch.FastDispatch().install(master) is None
    assert "already changed" in (fast.install(master) or "")


async def test_it_steps_aside_from_another_mitmproxy(
    master: Master, fast: dispatch.FastDispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def invoke_addon(self: object, addon: object, event: object) -> None:
        raise AssertionError

    monkeypatch.setattr(addonmanager.AddonManager, "invoke_addon", invoke_addon)
    assert "in another way" in (fast.install(master) or "")
    monkeypatch.delattr(addonmanager, "cut_traceback")
    assert "in another way" in (fast.install(master) or "")
    assert "trigger_event" not in vars(master.addons)


async def test_uninstalling_gives_the_original_back(master: Master, fast: dispatch.FastDispatch) -> None:
    stage = Stage(master)
    stage.add(stage.addon("a"))
    fast.uninstall()
    assert fast.install(master) is None
    kept = master.addons.trigger_event
    fast.uninstall()
    assert "trigger_event" not in vars(master.addons)
    await kept(HttpRequestHook(stage.flow))
    await stage.request()
    assert stage.trace == ["a", "a"]
    assert fast.install(master) is None
