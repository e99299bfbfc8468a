"""What rules can do: one class an action, and the table of them all, which grammar, engine, help and editors read."""

from .add import Add
from .base import Action
from .cap import Cap
from .drop import Drop
from .header import Header
from .hold import Hold
from .keep import Keep
from .pack import Pack
from .rename import Rename
from .replace import Replace
from .seal import Seal
from .set import Set
from .subkey import Subkey

ACTIONS: dict[str, type[Action]] = {
    action.key: action for action in (Set, Cap, Drop, Keep, Rename, Replace, Subkey, Add, Hold, Seal, Pack, Header)
}

__all__ = [
    "ACTIONS",
    "Action",
    "Add",
    "Cap",
    "Drop",
    "Header",
    "Hold",
    "Keep",
    "Pack",
    "Rename",
    "Replace",
    "Seal",
    "Set",
    "Subkey",
]
