"""Accept-Encoding without what cannot be undone (RFC 9110 12.5.3)."""

from .coders import READABLE, coding_name


def trimmed_accept_encoding(value: bytes) -> bytes:
    """An Accept-Encoding that admits only what `recoder` knows, other bytes as they were; the same object if it does already.

    `*` would admit what we cannot read: what it says stays said of `identity` alone. `*;q=0` admits nothing and stays.
    """
    members = value.split(b",")
    names = [coding_name(member) for member in members]
    kept = [
        _narrowed(member, name, names) if name == b"*" else member
        for member, name in zip(members, names, strict=True)
        if name in READABLE or not name or name == b"*"
    ]
    present = [member for member in kept if member is not None]
    if present == members:
        return value
    trimmed = b",".join(present)
    return trimmed if present[:1] == members[:1] else trimmed.lstrip(b" \t")


def _narrowed(member: bytes, name: bytes, names: list[bytes]) -> bytes | None:
    """What becomes of a `*`; None if another member says it already."""
    weight = member.partition(b";")[2].replace(b" ", b"").replace(b"\t", b"").lower()
    if weight.startswith(b"q=0") and not weight[3:].strip(b".0"):
        return member
    return None if b"identity" in names else member.replace(name, b"identity", 1)
