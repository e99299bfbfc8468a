"""The rules at work: every rule that matches applies, in file order, a later one winning.

`RuleSet.for_host` gives the rules of a host, which judge responses and requests and undo renames. Conditions are
settled once a host and once a name, and both are remembered in bounded tables, so that a cookie no rule is about
costs one look-up, however many rules there are. Knows neither jars nor mitmproxy.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from ..core.cookie import Cookie
from ..core.events import Change
from ..core.syntax import CookieString, SetCookie
from .actions import Add, Pack, Seal
from .drafts import Fate, FieldDraft, PairDraft
from .edits import rewritten
from .facts import Direction, Facts
from .headers import Fields, HeaderVerdict, edit_headers, header_steps
from .index import HostIndex
from .judge import additions, applying, field_verdict, judge, refuse_size
from .model import RuleBase
from .packs import number_of
from .plans import Plan, ReadyRule, Step, ready
from .subject import FieldSubject, PairSubject
from .undo import MadeFrom, undo
from .unseal import IsAuthentic, Unsealed, never, unseal
from .verdicts import FieldVerdict, Record, RequestVerdict, ResponseVerdict, Undone

__all__ = [
    "Facts",
    "FieldVerdict",
    "HeaderVerdict",
    "HostRules",
    "MadeFrom",
    "Record",
    "RequestVerdict",
    "ResponseVerdict",
    "RuleSet",
    "Undone",
]

_HOSTS = 4096
_NAMES = 1024
_LONG_NAME = 256
"""Octets; longer names are judged anew each time, so that hostile ones do not fill the memory."""
_FIELDS = 512
_LONG_FIELD = 512
"""Octets; likewise. Applications set the same again and again: a session that slides, a preference."""

type Applicable = tuple[tuple[ReadyRule, bool], ...]
"""Rules that can apply on a host, each with whether what its `except` says of hosts holds there."""


class Judged(NamedTuple):
    """One Set-Cookie field, and what `add` has to know of it."""

    verdict: FieldVerdict
    name: bytes | None
    """What a cookie of it is called towards the browser, if it goes there under another name than it came with."""
    is_dropped: bool


type Steady = dict[tuple["HostRules", bytes], Judged]
"""Fields whose verdict depends on their octets alone, of all hosts."""


class HostRules:
    """The rules that can apply on one host; hosts with the same rules share it."""

    def __init__(self, rules: Applicable, steady: Steady | None = None) -> None:
        self._rules = rules
        self._steady: Steady = {} if steady is None else steady
        self.is_empty = not rules
        """True if nothing can ever apply: no rule work is needed, save for undoing renames of the past."""
        self._field_plans: dict[bytes, Plan] = {}
        self._pair_plans: dict[bytes, Plan] = {}
        self._response_adds = _adds(rules, Direction.RESPONSE)
        self._request_adds = _adds(rules, Direction.REQUEST)
        self._response_headers = header_steps(rules, Direction.RESPONSE)
        self._request_headers = header_steps(rules, Direction.REQUEST)
        self.edits_response_headers = bool(self._response_headers)
        """True if `response_headers` may find something to do; ask it only then."""
        self.edits_request_headers = bool(self._request_headers)
        """As `edits_response_headers`."""
        self._seals = tuple(rule for rule in rules if any(isinstance(action, Seal) for action in rule[0].actions))
        self.seals = any(not rule.observe for rule, _ in self._seals)
        """True if some cookies are sealed on the way to the browser, so that `unseal` has to be asked."""
        self._sealed_names: dict[bytes, str | None] = {}
        self._pack_names = frozenset(
            action.name for rule, _ in rules if not rule.observe for action in rule.actions if isinstance(action, Pack)
        )
        self.packs = bool(self._pack_names)
        """True if some cookies are packed on the way to the browser, so that `is_pack` has to be asked."""
        self._renaming = tuple((rule, excepted) for rule, excepted in rules if any(rule.renames()))
        self._old_names: dict[bytes, bytes | None] = {}

    def on_response(self, fields: Sequence[SetCookie], facts: Facts, observe: bool = False) -> ResponseVerdict:
        """What becomes of each Set-Cookie field; with `observe` nothing does, and it is told what would."""
        judged = [self._judge(field, facts, observe) for field in fields]
        verdicts = tuple([each.verdict for each in judged])
        if not self._response_adds:
            return ResponseVerdict(verdicts)
        there = {each.verdict.given.name for each in judged if not each.is_dropped}
        there |= {each.name for each in judged if each.name is not None}
        return self._with_additions(verdicts, facts, there, observe)

    def on_request(
        self,
        cookies: CookieString,
        facts: Facts,
        stored: Callable[[bytes], Cookie | None],
        observe: bool = False,
        merged: Collection[bytes] = (),
    ) -> RequestVerdict:
        """What becomes of each cookie of a request, after the undo; `stored` gives what is known of a name.

        `merged` are the names of held cookies that will go along: `add` counts them as there.
        """
        judged: dict[int, tuple[PairDraft, tuple[Change, ...]]] = {}
        plans = self._pair_plans
        for index, pair in enumerate(cookies.pairs):
            plan = plans.get(pair.name)
            if plan is None:
                plan = self._plan(plans, pair.name, Direction.REQUEST)
            if plan and (steps := applying(plan, PairSubject(facts, pair.value, pair.name, stored))):
                draft = PairDraft(pair, pair.value)
                judged[index] = draft, judge(steps, draft, facts, observe)
        if not judged and not self._request_adds:
            return RequestVerdict(cookies)
        return self._request_verdict(cookies, facts, judged, observe, merged)

    def response_headers(
        self, given: Sequence[SetCookie], fields: Fields, facts: Facts, observe: bool = False
    ) -> HeaderVerdict:
        """What becomes of the header fields of a response that sets these cookies; of all its fields, names in any case."""
        cookies = [(field.name, FieldSubject(facts, field.value, field)) for field in given]
        return edit_headers(self._response_headers, fields, cookies, facts, bytes, observe)

    def request_headers(
        self,
        cookies: Iterable[tuple[bytes, bytes]],
        fields: Fields,
        facts: Facts,
        stored: Callable[[bytes], Cookie | None],
        scopes: Callable[[], bytes],
        observe: bool = False,
    ) -> HeaderVerdict:
        """What becomes of the header fields of a request that carries these names and values, after the undo.

        `scopes` gives the text that stands for `{cookies}`.
        """
        subjects = [(name, PairSubject(facts, value, name, stored)) for name, value in cookies]
        return edit_headers(self._request_headers, fields, subjects, facts, scopes, observe)

    def undo(self, cookies: CookieString, made: MadeFrom | None = None) -> Undone:
        """The cookies under the application's names; without a record (None) the rules decide alone."""
        if made is None and not self._renaming:
            return Undone(cookies)
        return undo(cookies, made, self._old_name)

    def is_pack(self, name: bytes) -> bool:
        """True if a rule makes packs of this name; where the record knows better, it counts."""
        return any(number_of(name, pack) is not None for pack in self._pack_names)

    def unseal(
        self, cookies: CookieString, facts: Facts, is_authentic: IsAuthentic = never, observe: bool = False
    ) -> Unsealed:
        """The cookies opened, those of the application's names; what does not open is dropped, observed or not.

        `is_authentic` says of an unsealed pair, by its index, that it is what the application gave this browser.
        """
        return unseal(cookies, facts, self._sealed_by, is_authentic, observe)

    def _judge(self, field: SetCookie, facts: Facts, observe: bool) -> Judged:
        """One Set-Cookie field."""
        known = None if observe else self._steady.get((self, field.source))
        if known is not None and known.verdict.given == field:
            return known
        plan = self._field_plans.get(field.name)
        if plan is None:
            plan = self._plan(self._field_plans, field.name, Direction.RESPONSE)
        steps = applying(plan, FieldSubject(facts, field.value, field)) if plan else ()
        if not steps:
            return Judged(FieldVerdict(field, field), None, False)
        draft = FieldDraft(field, field)
        changes = judge(steps, draft, facts, observe)
        if draft.sealing is not None and not observe:
            changes = refuse_size(draft, facts, changes)
        is_dropped = draft.fate is Fate.DROP
        judged = Judged(
            field_verdict(draft, changes, observe), None if is_dropped else draft.pack or draft.new_name, is_dropped
        )
        if not observe and all(step.is_steady(field) for step in plan):
            self._remember_judged(field.source, judged)
        return judged

    def _remember_judged(self, source: bytes, judged: Judged) -> None:
        if len(source) <= _LONG_FIELD:
            if len(self._steady) >= _FIELDS:
                self._steady.clear()
            self._steady[self, source] = judged

    def _with_additions(
        self, verdicts: tuple[FieldVerdict, ...], facts: Facts, there: set[bytes], observe: bool
    ) -> ResponseVerdict:
        added = list(additions(self._response_adds, facts, there, observe))
        return ResponseVerdict(
            verdicts,
            tuple(field for field, change in added if not change.observed),
            tuple(change for _, change in added),
            tuple(field.name for field, _ in added),
        )

    def _request_verdict(
        self,
        cookies: CookieString,
        facts: Facts,
        judged: dict[int, tuple[PairDraft, tuple[Change, ...]]],
        observe: bool,
        merged: Collection[bytes],
    ) -> RequestVerdict:
        drafts = {index: draft for index, (draft, _) in judged.items()}
        gone = {fate: frozenset(index for index, draft in drafts.items() if draft.fate is fate) for fate in Fate}
        dropped, held = gone[Fate.DROP], gone[Fate.HOLD]
        there = {pair.name for index, pair in enumerate(cookies.pairs) if index not in dropped} | set(merged)
        added = list(additions(self._request_adds, facts, there, observe))
        told = [(change, draft.name) for draft, changes in judged.values() for change in changes]
        told += [(change, field.name) for field, change in added]
        changes, names = tuple(change for change, _ in told), tuple(name for _, name in told)
        if observe:
            return RequestVerdict(cookies, changes=changes, names=names)
        edited = {
            index: (draft.name, draft.value) for index, draft in drafts.items() if draft.value != draft.given.value
        }
        own = tuple((field.name, field.value) for field, change in added if not change.observed)
        return RequestVerdict(
            rewritten(cookies, edited, dropped | held).appended(own), held, dropped, own, changes, names
        )

    def _plan(self, plans: dict[bytes, Plan], name: bytes, direction: Direction) -> Plan:
        """The steps for cookies of that name, remembered in this table."""
        found = (rule.step(excepted, name, direction) for rule, excepted in self._rules)
        return _remember(plans, name, tuple(step for step in found if step is not None))

    def _sealed_by(self, name: bytes) -> str | None:
        """The rule that seals cookies of this name, if one does."""
        if name in self._sealed_names or not self.seals:
            return self._sealed_names.get(name)
        found = [rule.label for rule, excepted in self._seals if not rule.observe and rule.is_about(excepted, name)]
        return _remember(self._sealed_names, name, found[-1] if found else None)

    def _old_name(self, new_name: bytes) -> bytes | None:
        """The application's name of a cookie that a rule gives this new name; of several rules the last has it."""
        if new_name in self._old_names or not self._renaming:
            return self._old_names.get(new_name)
        found = [old for rule, excepted in self._renaming if (old := rule.made(excepted, new_name)) is not None]
        return _remember(self._old_names, new_name, found[-1] if found else None)


class RuleSet:
    """All rules of a file."""

    def __init__(self, rules: Iterable[RuleBase] = ()) -> None:
        self._rules = ready(rules)
        self._index = HostIndex(self._rules)
        self._shared: dict[tuple[tuple[int, bool], ...], HostRules] = {}
        self._steady: Steady = {}
        self.is_empty = not self._rules
        self.seals = any(isinstance(action, Seal) for rule in self._rules for action in rule.actions)
        """True if a rule needs keys."""
        self.names = tuple(rule.label for rule in self._rules)
        """What each rule is called, in the order of the file."""
        self.for_host: Callable[[str], HostRules] = lru_cache(_HOSTS)(self._for_host)
        """The rules that can apply on a canonical host without port."""

    def _for_host(self, host: str) -> HostRules:
        applicable = tuple((rule, rule.excepts_host(host)) for rule in self._index.rules_on(host))
        key = tuple((rule.index, excepted) for rule, excepted in applicable)
        if key not in self._shared:
            if len(self._shared) >= _HOSTS:
                self._shared.clear()
            self._shared[key] = HostRules(applicable, self._steady)
        return self._shared[key]


def _adds(rules: Applicable, direction: Direction) -> tuple[tuple[Step, Add], ...]:
    return tuple(added for rule, excepted in rules for added in rule.adds(excepted, direction))


def _remember[T](table: dict[bytes, T], name: bytes, made: T) -> T:
    """Keeps what was made for a name; a full table is emptied, because only hostile traffic fills it."""
    if len(name) <= _LONG_NAME:
        if len(table) >= _NAMES:
            table.clear()
        table[name] = made
    return made
