"""From observations to rows: values masked, pairs as JSON, repeated words as numbers, each event with its number in the sequence.

Knows the columns of the tables for observations and nothing else of SQL. Jars, sessions and findings have rows of their own
(`jars`, `sessions`, `tracked`). Runs in the writer thread, inside the transaction that inserts the rows, because a new word gets
its number there.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring as _quoted
from math import isfinite

from ..core.events import (
    Change,
    ClientSeen,
    Event,
    EventKind,
    FindingSeen,
    HostSeen,
    JarChange,
    Observation,
    RequestSeen,
    SentPair,
    SessionChange,
    SessionSeen,
    SetCookieSeen,
)
from ..core.syntax import wire_text
from .values import CACHED_BYTES, Masker, stored
from .words import readable

type Row = tuple[object, ...]

SET_COOKIE_COLUMNS = """seq, time, client, site, host, cookie, event, reason, sentence, flow_id, jar,
    scheme, path, status, field, passes, passed, value, old_value, expiry, value_form"""
REQUEST_COLUMNS = (
    """seq, time, client, site, host, scheme, method, path, flow_id, party, header_bytes, pairs, value_form"""
)
EVENT_COLUMNS = """seq, time, client, site, host, cookie, event, reason, sentence, flow_id, jar,
    caused_by, rule, before, after, value_form"""


class Rows:
    """What one batch of observations comes to."""

    def __init__(self, words: Mapping[str | None, object], masker: Masker, next_seq: int) -> None:
        """`words` gives what stands for a word in the rows: its number, or itself."""
        self.set_cookies: list[Row] = []
        self.requests: list[Row] = []
        self.events: list[Row] = []
        self.clients: list[Row] = []
        self.jar_changes: list[JarChange] = []
        self.session_changes: list[tuple[int, SessionChange]] = []
        """Each with the number of changes of jars that came before it."""
        self.sessions: list[SessionSeen] = []
        self.findings: list[FindingSeen] = []
        self.hosts: list[HostSeen] = []
        self.next_seq = next_seq
        """The number of the event to come."""
        self._words = words
        self._masker = masker
        self._form = words[masker.policy.value]
        self._adders: dict[type[Observation], Callable[..., None]] = {
            SetCookieSeen: self._add_set_cookie,
            RequestSeen: self._add_request,
            Event: self._add_event,
            ClientSeen: self._add_client,
            JarChange: self.jar_changes.append,
            SessionChange: self._add_session,
            SessionSeen: self.sessions.append,
            FindingSeen: self.findings.append,
            HostSeen: self.hosts.append,
        }

    def add(self, observations: Sequence[Observation]) -> None:
        """Take these in, in their order."""
        adders = self._adders
        for observation in observations:
            adders[type(observation)](observation)

    def _add_set_cookie(self, seen: SetCookieSeen) -> None:
        words, masker, passed = self._words, self._masker, seen.passed
        place = (words[seen.client], words[seen.site], words[seen.host], stored(seen.name))
        flow_id, jar, field = seen.flow_id, words[seen.jar], masker.field(seen.field)
        for change in seen.changes:
            self._add_change(seen.time, place, flow_id, jar, change)
        seq = self.next_seq
        self.next_seq = seq + 1
        self.set_cookies.append(
            (
                seq,
                seen.time,
                *place,
                words[seen.event],
                words[seen.reason],
                words[seen.sentence],
                flow_id,
                jar,
                words[seen.scheme],
                stored(seen.path),
                seen.status,
                field,
                0 if passed is None else 1,
                None if passed is None or passed == seen.field else masker.field(passed),
                masker.value(seen.value),
                None if seen.old_value is None else masker.value(seen.old_value),
                seen.expiry,
                self._form,
            )
        )

    def _add_change(self, time: float, place: Row, flow_id: str | None, jar: object, change: Change) -> None:
        """A rule's change of a Set-Cookie is an event of its own, before the field's outcome."""
        seq, words, masker = self.next_seq, self._words, self._masker
        self.next_seq = seq + 1
        before, after = change.before, change.after
        self.events.append(
            (
                seq,
                time,
                *place,
                words[EventKind.CHANGED],
                words["observed" if change.observed else change.action],
                words[sentence_of(change)],
                flow_id,
                jar,
                None,
                words[change.rule],
                None if before is None else masker.field(before),
                None if after is None else masker.field(after),
                self._form,
            )
        )

    def _add_request(self, seen: RequestSeen) -> None:
        seq, words = self.next_seq, self._words
        self.next_seq = seq + (len(seen.pairs) or 1)
        self.requests.append(
            (
                seq,
                seen.time,
                words[seen.client],
                words[seen.site],
                words[seen.host],
                words[seen.scheme],
                words[seen.method],
                stored(seen.path),
                seen.flow_id,
                words[seen.party],
                seen.header_bytes,
                f"[{','.join([_pair(self._masker, pair) for pair in seen.pairs])}]",
                self._form,
            )
        )

    def _add_event(self, event: Event) -> None:
        seq, words, masker = self.next_seq, self._words, self._masker
        self.next_seq = seq + 1
        kind, before, after = event.event, event.before, event.after
        self.events.append(
            (
                seq,
                event.time,
                words[event.client],
                words[event.site],
                words[event.host],
                None if event.cookie is None else stored(event.cookie),
                words[kind],
                words[event.reason],
                words[event.sentence],
                event.flow_id,
                words[event.jar],
                event.by,
                words[event.rule],
                None if before is None else masker.before_after(kind, before),
                None if after is None else masker.before_after(kind, after),
                self._form,
            )
        )

    def _add_session(self, change: SessionChange) -> None:
        self.session_changes.append((len(self.jar_changes), change))

    def _add_client(self, seen: ClientSeen) -> None:
        words = self._words
        self.clients.append(
            (words[seen.client], seen.address, readable(seen.user_agent), seen.profile, seen.time, seen.time)
        )


def _pair(masker: Masker, pair: SentPair) -> str:
    """A pair as JSON; what is not known is left out. Put together by hand: the json module takes three times as long."""
    name, value, event, domain, host_only, path, expiry, set_by, reason = pair
    is_short = len(name) + len(value) <= CACHED_BYTES
    fields = (_known_pair if is_short else _pair_alone)(masker, name, value, event, domain, host_only, path)
    if expiry is not None and isfinite(expiry):
        fields += f',"expiry":{expiry!r}'
    if set_by is not None:
        fields += f',"set_by":{_quoted(set_by)}'
    if reason is not None:
        fields += f',"reason":{_quoted(reason)}'
    return fields + "}"


def _pair_alone(
    masker: Masker,
    name: bytes,
    value: bytes,
    event: EventKind,
    domain: str | None,
    host_only: bool | None,
    path: bytes | None,
) -> str:
    """What is the same of it in every request that a client sends it with."""
    masked = masker.value(value)
    text = masked if isinstance(masked, str) else wire_text(masked)
    size = len(name) + len(value) + (1 if name else 0)
    fields = f'{{"name":{_quoted(wire_text(name))},"value":{_quoted(text)},"size_bytes":{size},"event":"{event}"'
    if domain is not None:
        fields += f',"domain":{_quoted(domain)}'
    if host_only is not None:
        fields += f',"host_only":{"true" if host_only else "false"}'
    if path is not None:
        fields += f',"path":{_quoted(wire_text(path))}'
    return fields


_known_pair = lru_cache(1024)(_pair_alone)


def sentence_of(change: Change) -> str:
    """What a rule did, or would have done, as a sentence."""
    if change.observed:
        return f"The rule's `{change.action}` would have {_effect(change)}; nothing was changed."
    if change.why is not None:
        return change.why
    return f"The rule's `{change.action}` {_effect(change)}."


def _effect(change: Change) -> str:
    if change.after is None:
        return "kept it from passing"
    return "added it" if change.before is None else "changed it"
