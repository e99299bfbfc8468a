"""What mitmproxy's commands are declared with: its decorators with types, and arguments that complete without being choices."""

from collections.abc import Callable, Sequence
from typing import Any

import mitmproxy.types
from mitmproxy import command
from mitmproxy.command import CommandManager

FLOWS = tuple(mitmproxy.types._BaseFlowType.valid_prefixes)
"""How a selection of flows may begin."""


def named[F: Callable[..., Any]](name: str) -> Callable[[F], F]:
    """This method is the command of that name; its docstring is the command's help."""
    decorate: Callable[[F], F] = command.command(name)
    return decorate


def argument[F: Callable[..., Any]](name: str, kind: object) -> Callable[[F], F]:
    """That argument of the command is of this type."""
    decorate: Callable[[F], F] = command.argument(name, type=kind)  # type: ignore[no-untyped-call]  # mitmproxy's has none
    return decorate


def choice(options_command: str) -> object:
    """The type of arguments that are one of what a command lists."""
    return mitmproxy.types.Choice(options_command)  # type: ignore[no-untyped-call]  # mitmproxy's has none


class Suggestion:
    """A type of argument that completes to what a command lists, or to fixed words, and takes anything else too."""

    def __init__(self, options_command: str = "", fixed: Sequence[str] = ()) -> None:
        self.options_command = options_command
        self.fixed = fixed


class _SuggestionType(mitmproxy.types._BaseType):
    typ = Suggestion
    display = "text"

    def completion(self, manager: CommandManager, t: Suggestion, s: str) -> Sequence[str]:
        return [*t.fixed, *(manager.execute(t.options_command) if t.options_command else ())]

    def parse(self, manager: CommandManager, typ: Suggestion, s: str) -> str:
        return s

    def is_valid(self, manager: CommandManager, typ: Suggestion, val: object) -> bool:
        return isinstance(val, str)


def register() -> None:
    """Make mitmproxy know `Suggestion`; again does nothing new."""
    mitmproxy.types.CommandTypes.typemap[Suggestion] = _SuggestionType()
