"""`when`: filter expressions of mitmproxy, scanned for operators that could never hold where rules are judged.

Rules are judged before bodies are there, and on requests before the response is. This module knows the operators'
names only; the predicate is made by a function that the surroundings give, so that mitmproxy need not be known
here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from .fields import Surroundings, text
from .problems import refuse, shown

_WORD = re.compile(r"""\"(?:\\.|[^"\\])*\"|'(?:\\.|[^'\\])*'|~([a-zA-Z]+)""")
_BODY = frozenset({"b", "bq", "bs"})
_RESPONSE = frozenset({"s", "c", "hs", "ts", "a", "replays"})


@dataclass(frozen=True, slots=True)
class FlowFilter:
    """A filter on flows."""

    source: str
    holds: Callable[[object], bool] | None
    """None where nobody can judge flows; then the condition never holds."""
    response_operators: tuple[str, ...]
    """The operators in it that look at the response."""

    def matches(self, flow: object | None) -> bool:
        """True if there is a flow and the filter holds for it."""
        return flow is not None and self.holds is not None and bool(self.holds(flow))


def operators(source: str) -> list[str]:
    """The operators of a filter expression without `~`, in order; quoted text is passed over."""
    return [found[1] for found in _WORD.finditer(source) if found[1]]


def _flow_filter(value: object, info: ValidationInfo) -> FlowFilter:
    source = text(value)
    said = operators(source)
    for operator in said:
        if operator in _BODY:
            refuse(f"~{operator} looks at bodies, which are not there yet when cookies pass")
    context: Surroundings | None = info.context
    compiler = context.compile_filter if context is not None else None
    try:
        holds = compiler(source) if compiler is not None else None
    except ValueError as error:
        reason = " ".join(str(error).split())
        repeats = source in reason or not reason
        refuse(f"{shown(source)} is not a filter expression of mitmproxy" + ("" if repeats else f": {reason}"))
    return FlowFilter(source, holds, tuple(operator for operator in said if operator in _RESPONSE))


When = Annotated[FlowFilter, PlainValidator(_flow_filter), WithJsonSchema({"type": "string"})]
