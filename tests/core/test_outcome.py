"""Every reason is a code with a sentence, and none shows a value (R21)."""

import re
from enum import StrEnum

import pytest

from cookieproxy.core.cookie import Cookie
from cookieproxy.core.outcome import (
    CookielessReason,
    Ignored,
    IgnoreReason,
    MissingReason,
    Receipt,
    Removal,
    RemovalCause,
    Replaced,
    Stored,
    UnexpectedReason,
    WithholdReason,
)

REASONS = [IgnoreReason, RemovalCause, WithholdReason, MissingReason, UnexpectedReason, CookielessReason]
DEVTOOLS = {
    "DisallowedCharacter", "NoCookieContent", "NameValuePairExceedsMaxSize", "InvalidDomain", "SecureOnly",
    "OverwriteSecure", "SameSiteStrict", "SameSiteLax", "SameSiteUnspecifiedTreatedAsLax", "SameSiteNoneInsecure",
    "InvalidPartitioned", "InvalidPrefix", "DomainMismatch", "NotOnPath", "UserPreferences", "ThirdPartyPhaseout",
}  # fmt: skip
"""Reasons for which Chrome's DevTools protocol blocks cookies (Network.SetCookieBlockedReason and CookieBlockedReason)."""


@pytest.mark.parametrize("reasons", REASONS)
def test_every_reason_is_a_code_with_a_sentence(reasons: type[StrEnum]) -> None:
    for reason in reasons:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", reason.value)
        sentence = reason.sentence  # type: ignore[attr-defined]  # as all of them have
        assert sentence[0].isupper()
        assert sentence.endswith(".")


@pytest.mark.parametrize("reasons", REASONS)
def test_codes_and_sentences_are_told_apart(reasons: type[StrEnum]) -> None:
    assert len({reason.value for reason in reasons}) == len(reasons)
    assert len({reason.sentence for reason in reasons}) == len(reasons)  # type: ignore[attr-defined]  # as above


@pytest.mark.parametrize("reasons", REASONS)
def test_devtools_codes_are_chromes(reasons: type[StrEnum]) -> None:
    codes = {reason.devtools for reason in reasons}  # type: ignore[attr-defined]  # as above
    assert codes - {None} <= DEVTOOLS


def test_a_reason_can_be_read_back_from_its_code() -> None:
    assert IgnoreReason("too-large") is IgnoreReason.TOO_LARGE
    assert IgnoreReason.TOO_LARGE == "too-large"


def test_evictions_are_the_removals_that_a_limit_causes() -> None:
    assert {cause.value for cause in RemovalCause if cause.is_eviction} == {
        "evicted-site",
        "evicted-total",
        "evicted-bytes",
    }


def test_no_outcome_shows_a_value() -> None:
    cookie = Cookie(b"sid", b"secret", "shop.example", b"/", 1.0, 1.0, 1)
    removal = Removal(cookie, RemovalCause.DELETED, cookie)
    for outcome in (Stored(cookie), Replaced(cookie, cookie), Ignored(IgnoreReason.TOO_LARGE)):
        assert "secret" not in repr(Receipt(outcome, (removal,)))
