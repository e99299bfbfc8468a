"""An access as a value: what is taken for granted when nobody says otherwise (RFC 6265bis 5.2)."""

import pytest

from cookieproxy.core.access import Access, Party, SameSiteContext


def test_no_evidence_counts_as_the_users_own_navigation() -> None:
    access = Access("https", "shop.example", b"/", 1.0)
    assert access.context is SameSiteContext.SAME_SITE
    assert access.party is Party.UNKNOWN
    assert access.http_api
    assert access.partition is access.server_time is access.flow_id is None


def test_an_access_does_not_change() -> None:
    access = Access("https", "shop.example", b"/", 1.0)
    with pytest.raises(AttributeError):
        access.host = "other.example"  # type: ignore[misc]  # which is the point
