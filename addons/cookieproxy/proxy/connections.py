"""Knows how mitmproxy drives a connection's protocol layers, and stands before them so that hooks do not wait for each other.

mitmproxy (12.2) starts a task for each hook while it holds the connection's lock; the task runs the addons at once and then has
to wait for that lock to say that it is done, which is a future, a wake-up and a round of the event loop, four times a request.
`FastLayer` runs the same hooks at the same moments, in tasks of their own, and hands what they lead to on when the event that
caused them has been dealt with, under the same lock. What is sent to one peer without anything in between leaves in one write.

A hook that waits for something goes on as mitmproxy's own would. Everything else, from opening connections to what is said when a
layer fails, stays with mitmproxy: a `FastLayer` only stands in `ConnectionHandler.layer`, one for each connection.

Does not know cookies, nor which addons there are.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any
from weakref import WeakSet

from mitmproxy.proxy import mode_servers, server
from mitmproxy.proxy.commands import Command, SendData, StartHook
from mitmproxy.proxy.events import Event, HookCompleted
from mitmproxy.proxy.server import ConnectionHandler
from mitmproxy.utils import asyncio_utils

from . import known_sources

BUILT_ON = (
    (server, "ConnectionHandler.handle_client"),
    (server, "ConnectionHandler.server_event"),
    (server, "ConnectionHandler.hook_task"),
    (mode_servers, "ProxyConnectionHandler.handle_hook"),
    (mode_servers, "ServerInstance.handle_stream"),
    (asyncio_utils, "create_task"),
    (asyncio_utils, "set_task_debug_info"),
)
"""What this module does in its own way or builds on."""
KNOWN_SOURCES = "f83aacc19fcf207a0dbcf8e6e596079582ebb4d40d540fe8d32ca1cf73bb8b0d"

MOST_JOINED = 65_536
"""Octets that are copied so that they leave in one write; more leave as they come."""
_RUNNING: set[asyncio.Task[None]] = set()
"""Hooks that wait for something."""


class FastConnections:
    """The connections that are driven in our way, from `install` to `uninstall`."""

    def __init__(self) -> None:
        self._is_on = False
        self._layers: WeakSet[FastLayer] = WeakSet()

    def install(self, handlers: Iterable[ConnectionHandler]) -> str | None:
        """Take over these connections, and let `take` have an effect; None if it did, else why it left them as they were."""
        if reason := known_sources.objection("drives connections", BUILT_ON, KNOWN_SOURCES):
            return reason
        self._is_on = True
        for handler in handlers:
            self.take(handler)
        return None

    def uninstall(self) -> None:
        """Give all connections back."""
        self._is_on = False
        for layer in list(self._layers):
            layer.step_aside()
        self._layers.clear()

    def take(self, handler: ConnectionHandler) -> None:
        """Stand before the layers of one connection, if nobody of ours does yet."""
        if self._is_on and not isinstance(handler.layer, FastLayer):
            layer = FastLayer(handler)
            handler.layer = layer  # type: ignore[assignment]  # it is asked for nothing but `handle_event` and `context`
            self._layers.add(layer)


class FastLayer:
    """Stands where the outermost layer of a connection stood."""

    def __init__(self, handler: ConnectionHandler) -> None:
        self._handler = handler
        self._layer = handler.layer
        self._loop = asyncio.get_running_loop()
        self._starting: StartHook | None = None
        """The hook that runs and has not had to wait for anything yet."""
        self._completed: deque[StartHook] = deque()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._layer, name)

    def __repr__(self) -> str:
        return repr(self._layer)

    def step_aside(self) -> None:
        """Let mitmproxy have its layer back."""
        if self._handler.layer is self:  # type: ignore[comparison-overlap]  # `take` put it there
            self._handler.layer = self._layer

    def handle_event(self, event: Event) -> Iterator[Command]:
        """What the layers want done about an event, and about the hooks it leads to as far as these need not wait."""
        layer, completed, watchdog = self._layer, self._completed, self._handler.timeout_watchdog
        try:
            yield from self._without_hooks(layer.handle_event(event))
            while completed:
                watchdog.register_activity()  # type: ignore[no-untyped-call]  # mitmproxy gives it no types
                yield from self._without_hooks(layer.handle_event(HookCompleted(completed.popleft())))
        except Exception:
            while completed:  # a layer failed, of which mitmproxy is about to speak; these wait until it has
                self._tell_later(completed.popleft())
            raise

    def _without_hooks(self, commands: Iterable[Command]) -> Iterator[Command]:
        """The commands but for hooks, which are run; data for one peer is held until something else comes, and joined."""
        held: SendData | None = None
        try:
            for command in commands:
                if isinstance(command, SendData):
                    if held is None:
                        held = command
                    elif (joined := _joined(held, command)) is not None:
                        held = joined
                    else:
                        yield held
                        held = command
                    continue
                if held is not None:
                    yield held
                    held = None
                if isinstance(command, StartHook):
                    self._start(command)
                else:
                    yield command
        except Exception:
            if held is not None:
                yield held
            raise
        if held is not None:
            yield held

    def _start(self, hook: StartHook) -> None:
        """Run a hook as far as it goes without waiting, and the rest of it meanwhile."""
        self._starting = hook
        try:
            task = asyncio.Task(self._run(hook), loop=self._loop, name=f"handle_hook({hook.name})", eager_start=True)
        finally:
            self._starting = None
        if not task.done():
            self._keep(task)

    async def _run(self, hook: StartHook) -> None:
        await self._handler.handle_hook(hook)
        if not hook.blocking:
            return
        if self._starting is hook:
            self._completed.append(hook)
        else:
            await self._handler.server_event(HookCompleted(hook))

    def _tell_later(self, hook: StartHook) -> None:
        told = self._handler.server_event(HookCompleted(hook))
        self._keep(self._loop.create_task(told, name=f"handle_hook({hook.name})"))

    def _keep(self, task: asyncio.Task[None]) -> None:
        """The loop itself does not keep tasks from being thrown away before they are done."""
        asyncio_utils.set_task_debug_info(task, name=task.get_name(), client=self._handler.client.peername)
        _RUNNING.add(task)
        task.add_done_callback(_RUNNING.discard)


def _joined(first: SendData, second: SendData) -> SendData | None:
    """Both in one; None where they go to different peers, are datagrams, or are so large that copying costs more than it saves."""
    peer = first.connection
    if second.connection is not peer or peer.transport_protocol != "tcp":
        return None
    if len(first.data) + len(second.data) > MOST_JOINED:
        return None
    return SendData(peer, first.data + second.data)
