"""What is remembered of many, as far as it was needed of late."""

from collections import OrderedDict


def remember[K, V](known: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    """Put it last; of more than `most` the first, which was not needed for the longest time, is forgotten."""
    known[key] = value
    known.move_to_end(key)
    if len(known) > most:
        known.popitem(last=False)
