#!/usr/bin/python3
"""Makes the clips for measure.py, each with the true boxes of its faces.

  bench/vision/make_clips.py FOLDER [NAME...] [--pictures FOLDER] [--list]

For each clip NAME: NAME.mp4 (H.264 at crf 18, 25 frames a second, a tone as sound), and NAME.json: for every frame a list of
[x, y, width, height] in pixels of the picture as it is displayed. NAME.ignored.json: the same for faces that are not judged:
hidden for the greater part or beyond the honest limits. The same pictures make the same clips. Needs: python3-opencv, ffmpeg.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import time

import cv2
import numpy as np

import fetch_people
from clips import CLIPS, RATE
from scene import Pictures

TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


def encoder(target, clip):
    """A running ffmpeg that takes frames as they are coded."""
    width, height = clip.size if clip.rotate % 180 == 0 else clip.size[::-1]
    seconds = clip.times(clip.frames - 1) if clip.times else clip.frames / RATE
    timing = ["-vf", f"settb=1/1000,setpts='({clip.timing})/TB'", "-vsync", "vfr", "-enc_time_base", "1:1000"] if clip.times else []
    return subprocess.Popen(
        ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-r", str(RATE), "-i", "-",
         "-f", "lavfi", "-i", f"sine=frequency=330:duration={seconds:.3f}", *timing, "-c:v", "libx264", "-preset", "veryfast", "-crf",
         "18", "-threads", "2", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "48k", "-fflags", "+bitexact", "-flags:v", "+bitexact",
         "-flags:a", "+bitexact", str(target)], stdin=subprocess.PIPE)


def turned_by_matrix(path, degrees):
    """Writes the display matrix into the file; its pictures stay as they are coded."""
    plain = path.with_suffix(".plain.mp4")
    path.rename(plain)
    command = ["ffmpeg", "-v", "error", "-y"]
    copy = ["-i", plain, "-c", "copy", "-fflags", "+bitexact"]
    # ffmpeg from 6 on takes it as an option of the input, up to 5 by the tag "rotate" of the output.
    if subprocess.run([*command, "-display_rotation", str(-degrees), *copy, path], capture_output=True).returncode:
        subprocess.run([*command, *copy, "-metadata:s:v:0", f"rotate={-degrees % 360}", path], check=True)
    plain.unlink()


def make(name, pictures, folder):
    clip = CLIPS[name](pictures)
    target = folder / f"{name}.mp4"
    truth, ignored = [], []
    with encoder(target, clip) as process:
        for i in range(clip.frames):
            frame, faces, others = clip.render(i)
            if clip.rotate:
                frame = cv2.rotate(frame, TURNS[clip.rotate])
            process.stdin.write(np.ascontiguousarray(frame).tobytes())
            truth.append([[round(v, 1) for v in box] for box in faces])
            ignored.append([[round(v, 1) for v in box] for box in others])
        process.stdin.close()
    if process.returncode:
        raise RuntimeError(f"{name}: ffmpeg failed")
    if clip.rotate:
        turned_by_matrix(target, clip.rotate)
    (folder / f"{name}.json").write_text(json.dumps(truth))
    (folder / f"{name}.ignored.json").write_text(json.dumps(ignored))
    return clip, sum(map(len, truth))


def main():
    parser = argparse.ArgumentParser(description="Makes clips of faces whose places are known.")
    parser.add_argument("folder", type=pathlib.Path, nargs="?")
    parser.add_argument("names", nargs="*", help="which clips (default: all)")
    parser.add_argument("--pictures", type=pathlib.Path, default=fetch_people.FOLDER, help="what fetch_people.py brought")
    parser.add_argument("--list", action="store_true", help="only tell the clips' names")
    arguments = parser.parse_args()
    if arguments.list or arguments.folder is None:
        print("\n".join(CLIPS))
        return
    unknown = set(arguments.names) - set(CLIPS)
    if unknown:
        parser.error(f"no such clip: {', '.join(sorted(unknown))}")
    if fetch_people.missing(arguments.pictures):
        sys.exit(f"pictures are missing in {arguments.pictures}: run bench/vision/fetch_people.py first")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    pictures = Pictures(arguments.pictures)
    for name in arguments.names or CLIPS:
        started = time.perf_counter()
        clip, faces = make(name, pictures, arguments.folder)
        print(f"{name}: {clip.size[0]}x{clip.size[1]}, {clip.frames} frames, {faces} faces, {time.perf_counter() - started:.1f} s",
              flush=True)


if __name__ == "__main__":
    main()
