"""Puts one rule of a file into observe or apply: the one place of it is edited, everything else stays byte for byte.

Knows where YAML says what; comments, order, quotes and line ends are the user's. Gives a new text, writes no file.
"""

from typing import Any

import yaml

from ..rules.problems import shown
from .source import BYTE_ORDER_MARK, read

MODES = ("apply", "observe")


class CannotEdit(Exception):
    """The file is so that this rule's mode cannot be edited: why, and what to do instead."""


def with_mode(octets: bytes, index: int, mode: str) -> bytes:
    """The file with this mode for its rule of this number, from 0; the same if it has it already. Raises CannotEdit."""
    before = read(octets, "rules.yaml")
    rule = _rule(before.data, index)
    if before.mistakes or rule is None:
        raise CannotEdit("The file has mistakes, or other rules than were shown: mend it first.")
    if (rule.get("mode") or MODES[0]) == mode:
        return octets
    mark, text = _split(octets)
    edited = mark + _edited(text, _node(text, index), mode).encode()
    after = read(edited, "rules.yaml")
    changed = _rule(after.data, index)
    is_written = not after.mistakes and changed is not None and changed.pop("mode", None) == mode
    rule.pop("mode", None)
    if not is_written or before.data != after.data:
        raise CannotEdit(
            f"The rule is written in a way that cannot be edited here: set its mode to {shown(mode)} by hand."
        )
    return edited


def _rule(data: Any, index: int) -> dict[str, Any] | None:
    rules = data.get("rules") if isinstance(data, dict) else None
    if not isinstance(rules, list) or not 0 <= index < len(rules) or not isinstance(rules[index], dict):
        return None
    rule: dict[str, Any] = rules[index]
    return rule


def _split(octets: bytes) -> tuple[bytes, str]:
    mark = BYTE_ORDER_MARK if octets.startswith(BYTE_ORDER_MARK) else b""
    return mark, octets[len(mark) :].decode()


def _node(text: str, index: int) -> yaml.MappingNode:
    """The rule in the tree of the text, with its places."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = [value for key, value in root.value if key.value == "rules"] if isinstance(root, yaml.MappingNode) else []
    node: yaml.MappingNode = found[0].value[index]
    return node


def _edited(text: str, rule: yaml.MappingNode, mode: str) -> str:
    for key, value in rule.value:
        if key.value == "mode":
            begin, end = value.start_mark.index, value.end_mark.index
            return text[:begin] + (mode if begin < end else f" {mode}") + text[end:]
    if rule.flow_style:
        end = int(rule.value[-1][1].end_mark.index)
        return f"{text[:end]}, mode: {mode}{text[end:]}"
    end = _end_of(rule)
    said = " " * rule.value[0][0].start_mark.column + f"mode: {mode}"
    newline = "\r\n" if "\r\n" in text else "\n"
    if text[end - 1 : end] == "\n":
        return f"{text[:end]}{said}{newline}{text[end:]}"
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end - (text[line_end - 1 : line_end] == "\r")
    return f"{text[:line_end]}{newline}{said}{text[line_end:]}"


def _end_of(node: yaml.Node) -> int:
    """Where the last thing ends that is said in it: a block itself ends only where the next one begins."""
    if isinstance(node, yaml.MappingNode) and node.value and not _is_closed(node):
        return _end_of(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and node.value and not _is_closed(node):
        return _end_of(node.value[-1])
    return int(node.end_mark.index)


def _is_closed(node: yaml.Node) -> bool:
    """Whether brackets end it."""
    return bool(getattr(node, "flow_style", False))
