"""Which of millions of flows were taken already, in 16 to 32 octets for each: of an id only a hash of 64 bits is kept.

That two of ten million ids have the same hash happens once in 300,000 times; one of those flows would not be taken then.
"""

from array import array

_SLOTS = 1_024
_MASK = (1 << 64) - 1
_EMPTY = 0


class TakenIds:
    """A set of ids from which nothing is ever taken away."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _SLOTS))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, one: str) -> bool:
        """Add it; False if it was there."""
        number = hash(one) & _MASK or 1
        place = self._place(number)
        if self._slots[place] == number:
            return False
        self._slots[place] = number
        self._count += 1
        if 2 * self._count > len(self._slots):
            self._grow()
        return True

    def _place(self, number: int) -> int:
        """Where it is, or where it belongs: the first free slot from the one that its last bits name."""
        slots = self._slots
        last = len(slots) - 1
        place = number & last
        while slots[place] not in (_EMPTY, number):
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        old = self._slots
        self._slots = array("Q", bytes(2 * len(old) * old.itemsize))
        for number in old:
            if number != _EMPTY:
                self._slots[self._place(number)] = number
