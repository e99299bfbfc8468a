"""A cookie on its way through the rules: what the actions change, and what becomes of it in the end."""

from dataclasses import dataclass
from enum import StrEnum

from ..core.syntax import Pair, SetCookie, serialise, with_name
from .packs import packed_alone
from .sealing import Sealing, Unfit


class Fate(StrEnum):
    """What becomes of a cookie; a later rule wins."""

    PASS = "pass"  # noqa: S105 - no password
    DROP = "drop"
    HOLD = "hold"


@dataclass(slots=True)
class FieldDraft:
    """A Set-Cookie field being edited."""

    given: SetCookie
    """As it came from the application."""
    field: SetCookie
    """Edited, under the application's own name."""
    new_name: bytes | None = None
    """The name it gets on the way to the browser, if a rule renames it."""
    fate: Fate = Fate.PASS
    sealing: Sealing | None = None
    """What seals its value on the way to the browser, if a rule does."""
    unfit: Unfit | None = None
    """Why it cannot be sealed."""
    pack: bytes | None = None
    """The name of the pack in which the browser gets it, if a rule packs it."""

    @property
    def name(self) -> bytes:
        """The application's name."""
        return self.given.name

    @property
    def alone(self) -> SetCookie:
        """As the browser would get it; a packed one as if it were not."""
        field = self.field if self.sealing is None else self.sealing.applied(self.field)
        return field if self.new_name is None or self.pack is not None else with_name(field, self.new_name)

    @property
    def wire(self) -> SetCookie:
        """As the browser would get it; a packed one as if there were no others in its pack."""
        return self.alone if self.pack is None else packed_alone(self.alone, self.pack)

    def state(self) -> tuple[object, ...]:
        """Equal before and after an action that did nothing."""
        return self.field.source, self.new_name, self.fate, self.sealing, self.pack

    def written(self) -> bytes | None:
        """The bytes that would pass; None if it does not."""
        return self.wire.source if self.fate is Fate.PASS else None

    def copy(self) -> "FieldDraft":
        """A draft to try things on."""
        return FieldDraft(self.given, self.field, self.new_name, self.fate, self.sealing, self.unfit, self.pack)


@dataclass(slots=True)
class PairDraft:
    """A pair of a Cookie field being edited, after the undo."""

    given: Pair
    value: bytes
    fate: Fate = Fate.PASS

    @property
    def name(self) -> bytes:
        """The application's name."""
        return self.given.name

    def state(self) -> tuple[object, ...]:
        """Equal before and after an action that did nothing."""
        return self.value, self.fate

    def written(self) -> bytes | None:
        """The bytes that would pass; None if it does not."""
        if self.fate is not Fate.PASS:
            return None
        return self.given.source if self.value == self.given.value else serialise(self.given.name, self.value)

    def copy(self) -> "PairDraft":
        """A draft to try things on."""
        return PairDraft(self.given, self.value, self.fate)


type Draft = FieldDraft | PairDraft
