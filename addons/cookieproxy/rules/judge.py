"""One cookie, or one message, judged by the rules that are left for it."""

from collections.abc import Iterable, Iterator

from ..core.events import Change
from ..core.syntax import SetCookie
from .actions import Action, Add, Seal
from .drafts import Draft, Fate, FieldDraft
from .facts import Facts
from .plans import Plan, Step
from .sealing import Unfit
from .subject import PairSubject, Subject
from .verdicts import FieldVerdict


def applying(plan: Plan, subject: Subject) -> list[Step]:
    """The steps that apply to this cookie, up to one that stops."""
    steps = []
    for step in plan:
        if step.applies(subject):
            steps.append(step)
            if step.stop:
                break
    return steps


def judge(steps: Iterable[Step], draft: Draft, facts: Facts, observe: bool) -> tuple[Change, ...]:
    """Edits the draft by these steps, and says what each did; rules that only observe leave it as it is."""
    changes: list[Change] = []
    for step in steps:
        target = draft.copy() if step.observe else draft
        for action in step.actions:
            change = _perform(step, action, target, facts, observe or step.observe)
            if change is not None:
                changes.append(change)
    return tuple(changes)


def _perform(step: Step, action: Action, draft: Draft, facts: Facts, observed: bool) -> Change | None:
    """Does one action; None if it found nothing to do."""
    state, before = draft.state(), draft.written()
    why = None
    if isinstance(draft, FieldDraft):
        action.apply_to_field(draft, facts)
    else:
        action.apply_to_pair(draft, facts)
    if draft.state() == state:
        return None
    after = draft.written()
    if before is None and after is None and draft.fate is Fate.DROP:
        return None
    if isinstance(draft, FieldDraft) and draft.fate is Fate.DROP and draft.unfit is not None:
        why = draft.unfit.sentence
    return Change(step.label, action.key, before, after, observed, why)


def refuse_size(draft: FieldDraft, facts: Facts, changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """A cookie that its seal makes larger than the browser allows does not pass; with what is told of it."""
    most = facts.per_cookie_bytes
    if draft.sealing is None or draft.fate is not Fate.PASS or most is None:
        return changes
    wire = draft.alone
    if wire.value == draft.field.value or len(wire.name) + len(wire.value) <= most:
        return changes
    draft.fate, draft.unfit = Fate.DROP, Unfit.TOO_LARGE
    rule = next(change.rule for change in reversed(changes) if change.action == Seal.key and not change.observed)
    return (*changes, Change(rule, Seal.key, wire.source, None, False, Unfit.TOO_LARGE.sentence))


def field_verdict(draft: FieldDraft, changes: tuple[Change, ...], observe: bool) -> FieldVerdict:
    """What a judged field comes to."""
    given = draft.given
    if observe:
        return FieldVerdict(given, given, changes=changes)
    if draft.fate is Fate.PASS and draft.pack is not None:
        return FieldVerdict(given, draft.alone, None, None, changes, draft.pack)
    if draft.fate is Fate.PASS:
        return FieldVerdict(given, draft.alone, None, None if draft.new_name is None else given.name, changes)
    held = draft.field if draft.fate is Fate.HOLD else None
    return FieldVerdict(given, None, held, None, changes)


def additions(
    adds: Iterable[tuple[Step, Add]], facts: Facts, there: set[bytes], observe: bool
) -> Iterator[tuple[SetCookie, Change]]:
    """What `add` adds to a message that has cookies of these names, which grow by the added ones."""
    message = PairSubject(facts, b"", b"", lambda name: None)
    for step, add in adds:
        if add.name in there or not step.applies(message):
            continue
        field = add.field(facts)
        if not step.observe:
            there.add(add.name)
        yield field, Change(step.label, add.key, None, field.source, observe or step.observe)
