#!/usr/bin/python3
"""How many of the faces that one detector finds in a video does another find?

  recall.py VIDEO TRUTH MODEL   (model files; build/release/bin/cumulet-vision, or CUMULET_VISION)

Every frame is looked at once, at 640 pixels; nothing is followed from frame to frame. A hit overlaps a face of the truth
by 0.3 (intersection over union); what lies over none of them by 0.15 is a false hit.
"""
import collections
import os
import re
import subprocess
import sys

LINE = re.compile(r"([\d.]+) s: left (\S+), top (\S+), width (\S+), height (\S+), confidence (\d+)")


def faces_in(video, model):
    """{time: [(left, top, width, height)]}, and the CPU seconds that it took."""
    program = os.environ.get("CUMULET_VISION", "build/release/bin/cumulet-vision")
    before = os.times()
    done = subprocess.run([program, "faces", video, "--model", model, "--confidence", "60"], capture_output=True, text=True)
    after = os.times()
    if done.returncode not in (0, 3):
        sys.exit(done.stderr)
    found = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        at, *box, _ = LINE.match(line).groups()
        found[at].append(tuple(map(float, box)))
    return found, after.children_user - before.children_user


def overlap(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def main():
    video, truth_model, model = sys.argv[1:]
    truth, _ = faces_in(video, truth_model)
    found, seconds = faces_in(video, model)
    best = lambda box, others: max((overlap(box, other) for other in others), default=0)
    faces = sum(map(len, truth.values()))
    hits = sum(best(box, found[at]) > 0.3 for at in truth for box in truth[at])
    false = sum(best(box, truth[at]) < 0.15 for at in list(found) for box in found[at])
    print(f"{faces} faces in {len(truth)} frames: {hits} found ({hits / max(faces, 1):.2f}), {false} false hits, {seconds:.1f} s of CPU")


if __name__ == "__main__":
    main()
