"""How long a soak takes and how often what happens in it. Knows numbers alone.

A short one has everything a long one has, only closer together.
"""

from dataclasses import dataclass

PARTS = 5
"""What grows and what gets slower is told by the last part against the first."""
SHORTEST_SECONDS = 6.0
LONGEST_SLICE_SECONDS = 5
SETTLED_AFTER_SECONDS = 600.0
"""From this length on the first part is long enough to fill caches: growth and latency are judged."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One soak of so many seconds under load."""

    seconds: float

    @property
    def phases(self) -> tuple[float, float]:
        """Seconds under load before the first rest, and between it and the last."""
        first = self.seconds / PARTS
        return first, self.seconds - first

    @property
    def is_settled(self) -> bool:
        """Whether the first part is past the warm-up."""
        return self.seconds >= SETTLED_AFTER_SECONDS

    @property
    def after_first_part(self) -> tuple[float, float]:
        """The tenth of the time in which memory is looked at first: from when to when, in seconds under load."""
        return self.phases[0], self.phases[0] + self.seconds / 10

    @property
    def at_the_end(self) -> tuple[float, float]:
        """The tenth in which it is looked at last."""
        return self.seconds * 0.9, float("inf")

    @property
    def last_part(self) -> float:
        """When the last part begins, in seconds under load."""
        return self.seconds * (PARTS - 1) / PARTS

    @property
    def slice_seconds(self) -> int:
        """Of load in one go."""
        return max(1, min(LONGEST_SLICE_SECONDS, int(self.seconds / 60)))

    @property
    def rest_seconds(self) -> float:
        """Without load, for what was in use to be given back."""
        return min(5.0, max(1.5, self.seconds / 20))

    @property
    def restart_seconds(self) -> float:
        """Between two restarts of the origin; the first comes after half of it."""
        return min(60.0, self.phases[1])

    @property
    def save_seconds(self) -> float:
        """Between the effect of one rules file and the saving of the next."""
        return min(4.0, self.seconds / 20)

    @property
    def tell_seconds(self) -> float:
        """Between two lines of progress."""
        return min(30.0, self.seconds / 6)
