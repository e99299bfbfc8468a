"""Files of what waits for a database: whole batches or none, in their order, and each process has its own."""

import os
import stat
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cookieproxy.record import spill as spills
from cookieproxy.record.spill import Frame, Spill

STORE, OTHER = "5e", "07"
FRAMES = [Frame(1, 3, b"one"), Frame(2, 1, b""), Frame(8, 2, b"\0cksp" * 9), Frame(9, 1, b"last")]


def fill(folder: Path, frames: Iterable[Frame], store: str = STORE) -> None:
    """What a process leaves that ends now."""
    with closing(Spill(folder, store)) as spill:
        for frame in frames:
            spill.append(frame)


def take_all(spill: Spill) -> list[Frame]:
    taken = []
    while (frame := spill.first()) is not None:
        taken.append(frame)
        spill.remove_first(frame)
    return taken


def adopt_all(folder: Path, store: str = STORE) -> list[Frame]:
    taken = []
    for spill in Spill.adopted(folder, store):
        with closing(spill):
            taken += take_all(spill)
    return taken


def segments(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix != ".lock")


def test_frames_come_back_in_their_order_while_others_go_in(tmp_path: Path) -> None:
    with closing(Spill(tmp_path, STORE)) as spill:
        assert spill.first() is None
        assert list(tmp_path.iterdir()) == []
        spill.append(FRAMES[0])
        spill.append(FRAMES[1])
        for frame, later in zip(FRAMES, FRAMES[2:], strict=False):
            assert spill.first() == frame
            spill.remove_first(frame)
            spill.append(later)
        assert take_all(spill) == FRAMES[2:]
        assert segments(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_frames_can_be_put_before_all_others(tmp_path: Path) -> None:
    with closing(Spill(tmp_path, STORE)) as spill:
        spill.append(FRAMES[2])
        spill.put_first(FRAMES[:2])
        spill.append(FRAMES[3])
        assert spill.first() == FRAMES[0]
    assert adopt_all(tmp_path) == FRAMES


@pytest.mark.parametrize("segment_bytes", [1, 60, 10_000])
def test_a_file_that_was_cut_at_any_byte_has_what_was_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, segment_bytes: int
) -> None:
    monkeypatch.setattr(spills, "SEGMENT_BYTES", segment_bytes)
    fill(tmp_path / "whole", FRAMES)
    paths = segments(tmp_path / "whole")
    ends = [len(octets) for octets in (path.read_bytes() for path in paths)]
    last = paths[-1].read_bytes()
    for cut in range(len(last) + 1):
        folder = tmp_path / str(cut)
        folder.mkdir()
        for path in paths[:-1]:
            (folder / path.name).write_bytes(path.read_bytes())
        (folder / paths[-1].name).write_bytes(last[:cut])
        taken = adopt_all(folder)
        assert taken == FRAMES[: len(taken)]
        octets = sum(spills._HEAD.size + len(frame.octets) for frame in taken)
        missing = sum(ends[:-1]) + cut - octets
        assert missing == 0 or missing < spills._HEAD.size + len(FRAMES[len(taken)].octets)


@given(st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_byte_costs_what_comes_after_it_in_its_file_and_makes_nothing_up(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("spill")
    fill(folder, FRAMES)
    path = segments(folder)[0]
    octets = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(octets)
    taken = adopt_all(folder)
    assert taken == FRAMES[: len(taken)]
    assert len(taken) < len(FRAMES)


def test_only_what_dead_processes_left_for_this_store_is_adopted(tmp_path: Path) -> None:
    fill(tmp_path, FRAMES[:1])
    os.utime(segments(tmp_path)[0], (1, 1))
    fill(tmp_path, FRAMES[1:2])
    fill(tmp_path, FRAMES[2:3], OTHER)
    with closing(Spill(tmp_path, STORE)) as alive:
        alive.append(FRAMES[3])
        assert adopt_all(tmp_path) == FRAMES[:2]
        assert alive.first() == FRAMES[3]
        alive.remove_first(FRAMES[3])
    assert adopt_all(tmp_path, OTHER) == [FRAMES[2]]
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_taken_of_the_dead_is_there_for_the_next(tmp_path: Path) -> None:
    fill(tmp_path, FRAMES)
    (adopted,) = Spill.adopted(tmp_path, STORE)
    adopted.first()
    adopted.remove_first(FRAMES[0])
    assert list(Spill.adopted(tmp_path, STORE)) == []
    adopted.close()
    assert adopt_all(tmp_path) == FRAMES  # again from the first: who counts on once has receipts


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        fill(tmp_path / "new" / "folder", FRAMES)
    finally:
        os.umask(old)
    folder = tmp_path / "new" / "folder"
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_it_is_full_when_it_has_so_many_bytes(tmp_path: Path) -> None:
    with closing(Spill(tmp_path, STORE, most_bytes=100)) as spill:
        spill.append(Frame(1, 1, b"x" * 50))
        assert not spill.is_full
        spill.append(Frame(2, 1, b"x" * 50))
        assert spill.is_full
        take_all(spill)
        assert not spill.is_full
