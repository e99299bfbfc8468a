"""Writing a batch whole or, if there is something in it that cannot be written for a fault of ours, the rest of it in pieces."""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """What became of observations."""

    written: int = 0
    """That are in the store."""
    lost: int = 0
    """That were given up, because of a fault of ours or of a store that failed until the end."""


def write_in_pieces[P](
    part: P,
    write: Callable[[P], bool],
    pieces: Callable[[P], Sequence[P]],
    on_fault: Callable[[P, str], None],
) -> bool:
    """Write it; False if the store failed until the end. `on_fault` is told of each piece that cannot be, with the traceback."""
    try:
        return write(part)
    except Exception:  # noqa: BLE001  a bug of ours: it is reported with its traceback, and must not end the recording
        fault = traceback.format_exc()
    smaller = pieces(part)
    if len(smaller) <= 1:
        on_fault(part, fault)
        return True
    return all(write_in_pieces(piece, write, pieces, on_fault) for piece in smaller)
