"""Deletions of what a browser should not have, where its profile does not tell how it stored it (R11)."""

from rig.conversation import OWN_NAVIGATION, Conversation

SHOP = "https://shop.example/"
EXPIRED = b"Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"


def test_a_cookie_that_comes_again_is_deleted_as_a_partitioned_one_by_the_next_response() -> None:
    """A browser with partitions may live under a profile without: `classic` takes it for an ordinary cookie."""
    talk = Conversation(browser="classic", enforce=True)
    talk.answer(SHOP, b"part=1; Secure; SameSite=None; Partitioned", headers=OWN_NAVIGATION)
    told = talk.answer(SHOP, *[b"c%d=1" % number for number in range(20)], cookie=b"part=1", headers=OWN_NAVIGATION)
    assert told.fields[20:] == [b"part=; Path=/; " + EXPIRED + b"; Secure"]
    told = talk.answer(SHOP, cookie=b"part=1", headers=OWN_NAVIGATION)
    assert told.fields == [b"part=; Path=/; " + EXPIRED + b"; Secure; Partitioned"]
    talk.answer(SHOP, headers=OWN_NAVIGATION)
    assert talk.leaving == []
