#!/usr/bin/python3
"""Can a face-recognition network tell who is under a cover?

  bench/vision/reidentify.py [--people N] [--command "PROGRAM {in} {out}"] [--model FILE] [--json FILE]

For each person a clip of 50 frames in which the face moves a little, as it does in a video, goes through the program. The gallery is
the uncovered pictures, one for each person. A face of the result is taken for the person whose descriptor is nearest, once for
each frame by itself and once for the mean of the 50 frames' faces (as pictures, and as descriptors). Chance is one in N; twice
chance is the most that may be. Beforehand the same is done with the uncovered clips: there the network must be right.

The attacker is given the best: the true place of the face in each frame, and as the only candidates those who are there.
Ends with status 1 when more are recognised than twice chance (and more than chance alone would do once in 100 times), or when
the network does not recognise uncovered faces. Needs: python3-opencv, ffmpeg, node, and `npm ci` in bench/vision.
"""
import argparse
import json
import math
import pathlib
import shlex
import subprocess
import sys
import tempfile

import cv2
import numpy as np

import fetch_people
from clips import RATE, Clip
from make_clips import encoder
from measure import COMMAND, ran
from scene import Pictures, Placement, Scene

HERE = pathlib.Path(__file__).resolve().parent
FRAMES, SIZE, FACE, SIDE = 50, (320, 320), 110, 150
AROUND = 1.15   # of the face's box is what the network looks at
LEAST_UNCOVERED = 0.9


def clip_of(person, pictures, number):
    rng = np.random.default_rng(number)
    phases = rng.uniform(0, 6, 4)

    def path(t):
        return Placement(160 + 5 * math.sin(2.3 * t + phases[0]), 135 + 4 * math.sin(3.1 * t + phases[1]),
                         FACE * (1 + 0.05 * math.sin(1.7 * t + phases[2])), 4 * math.sin(2 * t + phases[3]))

    # Every person stands before the same landscape: nothing but the face may tell who it is.
    scene = Scene(pictures.landscape(0, *SIZE), [(person, path)])
    return Clip(FRAMES, lambda i: scene.render(i / RATE, SIZE), SIZE), path


def crop(frame, place):
    """What the network looks at: the face, upright, by its true place."""
    scale = SIDE / (AROUND * place.size)
    matrix = cv2.getRotationMatrix2D((place.x, place.y), place.roll, scale)
    matrix[:, 2] += SIDE / 2 - np.array([place.x, place.y])
    return cv2.warpAffine(frame, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def frames_of(video):
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", str(video), "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24",
                          "-"], capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, SIZE[1], SIZE[0], 3)


def descriptors(pictures):
    done = subprocess.run(["node", str(HERE / "embeddings.mjs")], input=np.ascontiguousarray(pictures).tobytes(), capture_output=True)
    if done.returncode:
        sys.exit(f"embeddings.mjs: {done.stderr.decode().strip()[-500:]}\nrun `npm ci` in bench/vision first")
    return np.frombuffer(done.stdout, np.float32).reshape(len(pictures), -1)


def recognised(probes, gallery):
    """How many of the probes, the n-th of person n, are nearest to their own person in the gallery."""
    distances = np.linalg.norm(probes[:, None] - gallery[None], axis=2)
    return int((distances.argmin(1) == np.arange(len(gallery))).sum())


def attacked(videos, paths, gallery, every):
    """(share of single frames, of mean pictures, of mean descriptors) that are recognised."""
    singles, means = [], []
    for video, path in zip(videos, paths):
        crops = np.stack([crop(frame, path(i / RATE)) for i, frame in enumerate(frames_of(video))])
        singles.append(crops[::every])
        means.append(crops.mean(0).astype(np.uint8))
    count = len(singles[0])
    found = descriptors(np.concatenate(singles)).reshape(len(gallery), count, -1)
    single = sum(recognised(found[:, k], gallery) for k in range(count)) / count / len(gallery)
    return single, recognised(descriptors(np.stack(means)), gallery) / len(gallery), recognised(found.mean(1), gallery) / len(gallery)


def most_by_chance(people):
    """The share that chance alone exceeds in less than one of 100 cases."""
    below, hits = 0.0, 0
    while True:
        below += math.comb(people, hits) * (1 / people) ** hits * (1 - 1 / people) ** (people - hits)
        if below >= 0.99:
            return hits / people
        hits += 1


def parse():
    parser = argparse.ArgumentParser(description="Measures whether covered faces can be recognised.")
    parser.add_argument("--people", type=int, default=0, help="how many (default: all whose picture suffices)")
    parser.add_argument("--command", default=COMMAND, help="default: %(default)s")
    parser.add_argument("--model", help="is appended to the command as --model FILE")
    parser.add_argument("--pictures", type=pathlib.Path, default=fetch_people.FOLDER)
    parser.add_argument("--every", type=int, default=5, help="of the single frames every n-th is looked at (default: 5)")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.model:
        arguments.command += f" --model {shlex.quote(arguments.model)}"
    return arguments


def main():
    arguments = parse()
    if fetch_people.missing(arguments.pictures):
        sys.exit(f"pictures are missing in {arguments.pictures}: run bench/vision/fetch_people.py first")
    pictures = Pictures(arguments.pictures)
    fit = [i for i, entry in enumerate(pictures.entries) if max(entry["box"][2:]) >= 50]
    fit = fit[:arguments.people or None]
    originals, results, paths, references = [], [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        for number in fit:
            clip, path = clip_of(pictures.person(number, True), pictures, number)
            originals.append(pathlib.Path(scratch) / f"{number}.mp4")
            results.append(pathlib.Path(scratch) / f"{number}.covered.mp4")
            with encoder(originals[-1], clip) as process:
                for i in range(clip.frames):
                    process.stdin.write(np.ascontiguousarray(clip.render(i)[0]).tobytes())
                process.stdin.close()
            ran(arguments.command, originals[-1], results[-1])
            paths.append(path)
            entry = pictures.entries[number]
            x, y, width, height = entry["box"]
            place = Placement(x + width / 2, y + height / 2, max(width, height), entry["roll"] if abs(entry["roll"]) < 35 else 0)
            references.append(crop(cv2.cvtColor(pictures.read(entry["picture"]), cv2.COLOR_BGR2RGB), place))
        gallery = descriptors(np.stack(references))
        uncovered = attacked(originals, paths, gallery, arguments.every)
        covered = attacked(results, paths, gallery, arguments.every)
    chance, limit = 1 / len(fit), max(2 / len(fit), most_by_chance(len(fit)))
    kinds = ("single frames", "mean picture of 50", "mean descriptor")
    print(f"{len(fit)} people; chance {chance:.1%}, twice chance {2 * chance:.1%}, what chance may do {limit:.1%}")
    for kind, before, after in zip(kinds, uncovered, covered):
        print(f"{kind + ':':22}uncovered {before:6.1%}, covered {after:6.1%} ({after / chance:.1f} times chance)")
    if arguments.json:
        arguments.json.write_text(json.dumps({"people": len(fit), "chance": chance, "limit": limit, "kinds": kinds,
                                              "uncovered": uncovered, "covered": covered}, indent=1))
    if min(uncovered) < LEAST_UNCOVERED:
        sys.exit("the network does not recognise uncovered faces: this tells nothing")
    sys.exit(1 if max(covered) > limit else 0)


if __name__ == "__main__":
    main()
