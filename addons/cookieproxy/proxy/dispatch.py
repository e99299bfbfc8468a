"""Knows how mitmproxy hands an event to its addons, and does the same with what it remembers of who listens to what.

mitmproxy asks each of its three dozen addons, for each of the eight events of a request, whether it has such a hook; that is over
half of its busy time. `FastDispatch` asks once per event name and remembers the answer until addons come or go, which nearly
doubles the requests per second. It stands in for `AddonManager.trigger_event` alone: the synchronous `trigger`, events sent to one
addon, and everything else stay mitmproxy's.

What is kept of the original, case by case (`tests/proxy/test_dispatch.py` sends the same events through both): the order, addons
within addons, sync and async hooks, `AddonHalt` ending the event, an exception ending its top-level addon's turn with the
same lines in the log, `OptionsError` rising, modules named like a hook passed over, hooks that are not callable refused, and
addons that come or go, between events and during one.

Deviation: a hook that is *added* to an addon object after the first event of that name is noticed once addons come or go. A hook
that is replaced or taken away is noticed at once. While addons come or go during an event, a sub-addon that joins the top-level
addon whose turn it is is called from the next event on.

Does not know cookies, nor which addons are ours.
"""

import inspect
import itertools
import operator
from collections.abc import Awaitable, Iterator, Sequence
from typing import NamedTuple

from mitmproxy import addonmanager
from mitmproxy.addonmanager import AddonManager
from mitmproxy.exceptions import AddonHalt, OptionsError
from mitmproxy.hooks import Hook
from mitmproxy.master import Master

from . import known_sources

BUILT_ON = (
    "AddonManager.trigger_event",
    "AddonManager.invoke_addon",
    "AddonManager.handle_lifecycle",
    "AddonManager.register",
    "AddonManager.remove",
    "AddonManager.clear",
    "AddonManager._iter_hooks",
    "traverse",
    "safecall",
    "cut_traceback",
)
"""What this module does in its own way or builds on."""
KNOWN_SOURCES = "8660206022a86a0f26b4c96ffb5649ddb59fcd8da3127036ed38da6d7086656a"


class Turn(NamedTuple):
    """One top-level addon's turn in an event: it and its sub-addons that have the hook, or None to let mitmproxy look."""

    place: int
    top: object
    listeners: tuple[object, ...] | None


class Addons:
    """What a manager's addons were when they were last looked at, and who of them listens to what."""

    def __init__(self, manager: AddonManager) -> None:
        self.manager = manager
        self.chain: list[object] = manager.chain
        self._length = len(self.chain)
        self._registered = len(manager.lookup)
        self._containers: list[tuple[object, list[object]]] = []
        self._turns: dict[str, list[Turn]] = {}
        try:
            self._containers.extend(containers(self.chain))
        except Exception:  # noqa: BLE001  # an addon's own attribute raises: never take these for the same again
            self._length = -1

    def turns(self, name: str) -> list[Turn]:
        """The turns of an event of that name; top-level addons without such a hook have none."""
        if (known := self._turns.get(name)) is None:
            every = (Turn(place, top, listeners(top, name)) for place, top in enumerate(self.chain))
            known = self._turns[name] = [turn for turn in every if turn.listeners != ()]
        return known

    def are_the_same(self) -> bool:
        """Looks again; whether no addon came or went at any level since."""
        chain = self.manager.chain
        if chain is not self.chain or len(chain) != self._length:
            return False
        self._registered = len(self.manager.lookup)
        try:
            for top, known in self._containers:
                now = top.addons  # type: ignore[attr-defined]  # they had it
                if len(now) != len(known) or not all(map(operator.is_, known, now)):
                    return False
        except Exception:  # noqa: BLE001  # an addon's own attribute raises or is gone: look at them again
            return False
        return True

    def are_as_many(self) -> bool:
        """Nearly the same question in a tenth of the time: enough after a hook that did not wait for anything."""
        manager = self.manager
        return manager.chain is self.chain and len(manager.lookup) == self._registered


class FastDispatch:
    """Stands in for one master's `trigger_event` from `install` to `uninstall`."""

    def __init__(self) -> None:
        self._manager: AddonManager | None = None
        self._addons: Addons | None = None

    def install(self, master: Master) -> str | None:
        """Takes over; None if it did, else a sentence that says why it left everything as it was."""
        if reason := objection(master.addons):
            return reason
        self._manager = master.addons
        self._addons = Addons(master.addons)
        vars(master.addons)["trigger_event"] = self.trigger_event
        return None

    def uninstall(self) -> None:
        """Gives back what `install` took, and forgets all addons; does nothing if it is not installed."""
        self._addons = None
        if self._manager and vars(self._manager).get("trigger_event") == self.trigger_event:
            del vars(self._manager)["trigger_event"]

    async def trigger_event(self, event: Hook) -> None:
        """Hands the event to every addon that has a hook for it. Raises what hooks raise of OptionsError, and nothing else."""
        addons = self._addons
        if addons is None:  # uninstalled, but somebody wrapped this method and goes on calling it
            assert self._manager is not None
            await AddonManager.trigger_event(self._manager, event)
            return
        if not addons.are_the_same():
            addons = self._addons = Addons(addons.manager)
        if not (turns := addons.turns(event.name)):
            return
        arguments = event.args()
        try:
            for turn in turns:
                changed = take(turn, addons, event, arguments)
                if changed is not False and (changed is True or await changed):
                    await hand_on(addons, turn.place + 1, event)
                    return
        except AddonHalt:
            return


def take(
    turn: Turn, addons: Addons, event: Hook, arguments: Sequence[object], changed: bool = False
) -> bool | Awaitable[bool]:
    """Takes the turn; whether addons came or went meanwhile, or what tells so once a hook has waited for what it waits for.

    Raises AddonHalt and OptionsError, logs what else a hook raises.
    """
    if turn.listeners is None:
        return finish(
            addons.manager.invoke_addon(turn.top, event), turn._replace(listeners=()), addons, event, arguments
        )
    try:
        for number, addon in enumerate(turn.listeners, 1):
            hook = getattr(addon, event.name, None)
            if not hook or (changed and not contains(turn.top, addon)):
                continue
            result = hook(*arguments)
            if result is not None and inspect.isawaitable(result):
                rest = turn._replace(listeners=turn.listeners[number:])
                return finish(result, rest, addons, event, arguments, changed)
            changed = changed or not addons.are_as_many()
    except (AddonHalt, OptionsError):
        raise
    except Exception as error:  # noqa: BLE001  # as mitmproxy does: one addon's bug is not the others'
        log_addon_error(error)
        return not addons.are_the_same()
    return changed


async def finish(
    waiting: Awaitable[object],
    rest: Turn,
    addons: Addons,
    event: Hook,
    arguments: Sequence[object],
    changed: bool = False,
) -> bool:
    """Takes the rest of a turn when what one of its hooks waits for has come."""
    try:
        await waiting
    except (AddonHalt, OptionsError):
        raise
    except Exception as error:  # noqa: BLE001  # as above
        log_addon_error(error)
        return not addons.are_the_same()
    result = take(rest, addons, event, arguments, changed or not addons.are_the_same())
    return result if isinstance(result, bool) else await result


async def hand_on(addons: Addons, place: int, event: Hook) -> None:
    """Hands the event to the rest of the chain, from that place on, in mitmproxy's way: it looks as it goes."""
    for top in itertools.islice(addons.chain, place, None):
        changed = take(Turn(place, top, None), addons, event, ())
        if not isinstance(changed, bool):
            await changed


def log_addon_error(error: Exception) -> None:
    """Logs what a hook raised, with mitmproxy's words and without the frames that led to the hook."""
    whole = error.__traceback__
    cut = whole
    for function in ("invoke_addon_sync", "invoke_addon"):
        cut = addonmanager.cut_traceback(cut, function)  # type: ignore[no-untyped-call]  # mitmproxy gives it no types
    if cut is whole and whole:
        cut = whole.tb_next or whole
    addonmanager.logger.error(f"Addon error: {error}", exc_info=(type(error), error, cut))


def containers(chain: Sequence[object]) -> Iterator[tuple[object, list[object]]]:
    """Yields the addons that have sub-addons, each with these."""
    for addon in addonmanager.traverse(chain):  # type: ignore[no-untyped-call]  # mitmproxy gives it no types
        if hasattr(addon, "addons"):
            yield addon, list(addon.addons)


def contains(top: object, addon: object) -> bool:
    """Whether `addon` is `top` or one of its sub-addons now."""
    return any(one is addon for one in addonmanager.traverse([top]))  # type: ignore[no-untyped-call]  # mitmproxy gives it no types


def listeners(top: object, name: str) -> tuple[object, ...] | None:
    """Who of a top-level addon and its sub-addons has a hook of that name; None if mitmproxy has to look at each event anew.

    It has to where a hook is not callable (and is complained of each time), where an attribute raises, and where an async hook
    lies among sub-addons, which may be others when it has waited.
    """
    found = []
    waits = False
    try:
        for addon in addonmanager.traverse([top]):  # type: ignore[no-untyped-call]  # mitmproxy gives it no types
            hook = getattr(addon, name, None)
            if callable(hook) and hook:
                found.append(addon)
                waits = waits or inspect.iscoroutinefunction(hook)
            elif hook and not inspect.ismodule(hook):
                return None
        return None if waits and hasattr(top, "addons") else tuple(found)
    except Exception:  # noqa: BLE001  # an addon's own attribute raises: so that it does under mitmproxy's eyes
        return None


def objection(manager: AddonManager) -> str | None:
    """Why this manager's dispatch cannot be stood in for; None if it can."""
    if type(manager) is not AddonManager or "trigger_event" in vars(manager):
        return "Something else has already changed how events reach addons, so cookies_fast leaves that as it is."
    parts = ((addonmanager, name) for name in BUILT_ON)
    return known_sources.objection("hands events to addons", parts, KNOWN_SOURCES)
