"""Damaged films: whatever is done to a film's bytes, what comes out shows no square that was not looked at, or nothing comes
out and nothing is left behind.

A fixed sample of damages, the same at every run; CUMULET_DAMAGED_FILMS says how many (120 here; 2000 for the full
proof), CUMULET_DAMAGE_SEED the seed. Each goes through `cumulet-vision blur`, which looks and covers as the engine and
blur-faces do, with the bright spots' model (tests/e2e/bright_films.py)."""
import concurrent.futures
import os
import pathlib
import random
import shutil
import struct
import subprocess

import conftest
import pytest

from e2e.bright_films import MODEL, film, shown

VISION = pathlib.Path(conftest.PROGRAM).parent / "cumulet-vision"
COUNT = int(os.environ.get("CUMULET_DAMAGED_FILMS", "120"))
SEED = int(os.environ.get("CUMULET_DAMAGE_SEED", "2026"))
CONTAINERS = {"moov", "trak", "mdia", "minf", "stbl", "edts", "moof", "traf", "mvex", "udta"}


def boxes(data, begin=0, end=None, depth=0):
    """(where, length, name, depth) of every box, outer ones first."""
    end = len(data) if end is None else end
    found = []
    while begin + 8 <= end:
        length, name = struct.unpack(">I4s", data[begin : begin + 8])
        if length < 8 or begin + length > end:
            break
        name = name.decode("latin-1")
        found.append((begin, length, name, depth))
        if name in CONTAINERS:
            found += boxes(data, begin + 8, begin + length, depth + 1)
        begin += length
    return found


def truncated(data, rng):
    return data[: rng.randrange(len(data))]


def bits_flipped(data, rng):
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 4, 32))):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def bits_of_the_index_flipped(data, rng):
    out = bytearray(data)
    begin, length, *_ = rng.choice([box for box in boxes(data) if box[2] != "mdat"])
    for _ in range(rng.choice((1, 2, 8))):
        out[begin + rng.randrange(length)] ^= 1 << rng.randrange(8)
    return bytes(out)


def zeroes(data, rng):
    begin = rng.randrange(len(data))
    length = min(len(data) - begin, rng.choice((4, 100, 3000)))
    return data[:begin] + bytes(length) + data[begin + length :]


def boxes_swapped(data, rng):
    siblings = [box for box in boxes(data) if box[3] == rng.choice((0, 0, 1, 4))]
    if len(siblings) < 2:
        siblings = [box for box in boxes(data) if box[3] == 0]
    first, second = sorted(rng.sample(siblings, 2))
    a, b = first[0], second[0]
    return (data[:a] + data[b : b + second[1]] + data[a + first[1] : b] + data[a : a + first[1]] + data[b + second[1] :])


def box_left_out(data, rng):
    begin, length, *_ = rng.choice(boxes(data))
    return data[:begin] + data[begin + length :]


def box_doubled(data, rng):
    begin, length, *_ = rng.choice(boxes(data))
    return data[: begin + length] + data[begin : begin + length] + data[begin + length :]


def lying_length(data, rng):
    begin, length, *_ = rng.choice(boxes(data))
    lie = rng.choice((0, 1, 7, length - 1, length + 1, length * 2, length // 2, 0x7FFFFFFF, 0xFFFFFFFF, rng.randrange(1 << 32)))
    return data[:begin] + struct.pack(">I", max(0, lie)) + data[begin + 4 :]


def lying_number(data, rng):
    """A number in one of the tables that say which picture is where, when, how long and how large."""
    names = {"stts", "stsz", "stco", "stsc", "stss", "ctts", "elst", "mdhd", "mvhd", "tkhd", "stsd", "trun", "tfhd", "tfdt",
             "trex", "sidx", "avcC"}
    begin, length, *_ = rng.choice([box for box in boxes(data) if box[2] in names])
    at = begin + 8 + 4 * rng.randrange(max(1, (length - 8) // 4))
    old = struct.unpack(">I", data[at : at + 4].ljust(4, b"\0"))[0]
    new = rng.choice((0, 1, old + 1, max(0, old - 1), old * 2, old // 2, old ^ 0x80000000, 0xFFFFFFFF, rng.randrange(1 << 16)))
    return data[:at] + struct.pack(">I", new & 0xFFFFFFFF) + data[at + 4 :]


def other_film_behind(data, rng):
    return data + data[rng.randrange(len(data)) :]


DAMAGES = [truncated, bits_flipped, bits_of_the_index_flipped, zeroes, boxes_swapped, box_left_out, box_doubled, lying_length,
           lying_number, lying_number, lying_number, other_film_behind]
FORMS = {"faststart.mp4": ("-movflags", "+faststart"), "index-behind.mov": (),
         "b-frames.mp4": ("-preset", "veryfast", "-bf", "3", "-movflags", "+faststart"),
         "fragments.mp4": ("-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
         "fragments-sidx.mp4": ("-movflags", "+frag_keyframe+empty_moov+dash+global_sidx")}


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """A second of a square that is there from the first picture to the last, in every form of file."""
    folder = tmp_path_factory.mktemp("films")
    return {name: film(folder / name, seconds=1, arguments=arguments) for name, arguments in FORMS.items()}


def verdict(folder, name, data):
    """What became of the film: (whether there is an output, what is wrong)."""
    folder.mkdir()
    source, output = folder / name, folder / ("out" + pathlib.Path(name).suffix)
    source.write_bytes(data)
    try:
        done = subprocess.run([VISION, "blur", source, output, "--model", MODEL], capture_output=True, text=True, timeout=60)
        left = sorted(file.name for file in folder.iterdir() if file != source)
        if done.returncode != 0:
            what = "" if done.returncode == 1 and done.stderr.strip() else f"ended with {done.returncode} {done.stderr!r}"
            return False, what or (f"failed and left {left}" if left else "")
        if left != [output.name]:
            return True, f"succeeded and left {left}"
        uncovered, pictures = shown(output)
        return True, f"{uncovered} of {pictures} pictures show the square" if uncovered or not pictures else ""
    finally:
        shutil.rmtree(folder)


def test_the_films_themselves_come_out_covered(films, tmp_path):
    for number, (name, data) in enumerate(films.items()):
        (tmp_path / name).write_bytes(data)
        assert shown(tmp_path / name) == (25, 25), name  # uncovered as they are: the measure sees it
        assert verdict(tmp_path / str(number), name, data) == (True, ""), name


def test_no_damaged_film_comes_out_uncovered(films, tmp_path):
    rng = random.Random(SEED)
    cases = []
    for number in range(COUNT):
        name = list(films)[number % len(films)]
        damage = DAMAGES[number // len(films) % len(DAMAGES)]
        cases.append((f"{number}-{damage.__name__}", name, damage(films[name], rng)))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        verdicts = list(workers.map(lambda case: verdict(tmp_path / case[0], *case[1:]), cases))
    wrong = {f"{label} of {name}": what for (label, name, _), (_, what) in zip(cases, verdicts) if what}
    assert not wrong, wrong
    refused = sum(not out for out, _ in verdicts)
    print(f"{COUNT} damaged films: {refused} refused, {COUNT - refused} come out covered")
    assert refused > COUNT // 4  # else the damages did not damage
