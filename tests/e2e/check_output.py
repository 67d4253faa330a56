#!/usr/bin/python3
"""Checks what FaceBlur made of a video: same frames at the same times, sound and subtitles packet by packet, the faces
covered and not found any more, the rest of the picture left as it was, and no more covered than need be.

By hand:      tests/e2e/check_output.py ORIGINAL RESULT [--model FILE] [--faces FILE]
From pytest:  report = check_output(original, result); assert not report.problems, report

The faces are looked for with YuNet by build/release/bin/cumulet-vision (CUMULET_VISION), the model is --model,
CUMULET_FACE_MODEL or the one in CUMULET_SHARED. Without a model, `faces` (GetFaceDetection's Faces, as JSON) says where
they are, and the search in the result is left out: `report.skipped` says so.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LEAST_PSNR = 32.0          # outside the faces' boxes grown by half their size
MOST_AREA = 3.0            # covered, in areas of the faces
CERTAIN = 60.0             # YuNet's confidence from which a face counts as found
NEAR_MS = 300              # a cover begins so long before a face is first seen, and ends so long after it
MOST_LIKENESS = 0.7        # of a covered face to itself; uncovered and encoded again it keeps over 0.9
CHANGED = 20               # grey levels by which a covered pixel differs: far above what encoding does


@dataclasses.dataclass
class Report:
    problems: list
    skipped: list
    figures: dict

    def __str__(self):
        lines = [f"{name}: {value}" for name, value in self.figures.items()]
        lines += [f"skipped: {what}" for what in self.skipped]
        lines += [f"PROBLEM: {what}" for what in self.problems]
        return "\n".join(lines)


def run(*command, data=None):
    return subprocess.run([str(part) for part in command], input=data, capture_output=True, check=True).stdout


def find_model():
    shared = pathlib.Path(os.environ.get("CUMULET_SHARED", ROOT.parent / "shared"))
    for path in (os.environ.get("CUMULET_FACE_MODEL"), shared / "models/face_detection_yunet_2023mar.onnx"):
        if path and pathlib.Path(path).is_file():
            return str(path)
    return None


def real_model():
    """YuNet, else MediaPipe's detector where set-up has put it: for an engine to look with. None: neither is here."""
    data = pathlib.Path(os.environ.get("XDG_DATA_HOME") or pathlib.Path.home() / ".local/share")
    kept = data / "cumulet/models/face_detection_full_range.tflite"
    return find_model() or (str(kept) if kept.is_file() else None)


def engine_model():
    """The same, else the model of our own that finds bright spots: films pass through the engine with any."""
    return real_model() or str(ROOT / "tests/models/bright_spots.onnx")


def find_vision():
    return os.environ.get("CUMULET_VISION", str(ROOT / "build/release/bin/cumulet-vision"))


def detect(video, model):
    """[(milliseconds, confidence, left, top, width, height)] of every frame by itself."""
    request = {"job": "detect-video", "file": str(pathlib.Path(video).resolve()), "model": model, "interval_ms": 1,
               "raw": True}
    faces = []
    for line in run(find_vision(), "serve", data=(json.dumps(request) + "\n").encode()).splitlines():
        event = json.loads(line)
        if event["event"] == "failed":
            raise RuntimeError(event["message"])
        if event["event"] == "faces":
            faces += [tuple(face[:6]) for face in event["faces"]]
    return [face for face in faces if face[1] >= CERTAIN]


def rekognition_faces(faces):
    boxes = [(face["Timestamp"], face["Face"]["Confidence"], face["Face"]["BoundingBox"]) for face in faces]
    return [(time, sure, box["Left"], box["Top"], box["Width"], box["Height"]) for time, sure, box in boxes]


def frame_times(video):
    text = run("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "frame=pts_time", "-of", "csv=p=0", video)
    return [float(line.rstrip(",")) for line in text.decode().splitlines() if line.strip(",")]


def duration(video):
    text = run("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=duration", "-of",
               "default=nk=1:nw=1", video)
    return float(text)


def packets(video, kind):
    if not run("ffprobe", "-v", "error", "-select_streams", kind, "-show_entries", "stream=index", "-of", "csv=p=0", video).strip():
        return []
    text = run("ffmpeg", "-v", "error", "-i", video, "-map", f"0:{kind}", "-c", "copy", "-f", "framemd5", "-")
    return [line for line in text.decode().splitlines() if not line.startswith("#")]


def grey_frames(video):
    size = run("ffmpeg", "-v", "error", "-i", video, "-frames:v", "1", "-f", "image2pipe", "-c:v", "pgm", "-")
    width, height = map(int, size.split(b"\n", 3)[1].split())
    with subprocess.Popen(["ffmpeg", "-v", "error", "-i", str(video), "-map", "0:v:0", "-vsync", "passthrough", "-f",
                           "rawvideo", "-pix_fmt", "gray", "-"], stdout=subprocess.PIPE) as decoder:
        while len(data := decoder.stdout.read(width * height)) == width * height:
            yield np.frombuffer(data, np.uint8).reshape(height, width).astype(np.int16)


def pixels(face, shape, grow=0.0):
    """The box as slices of a picture of that shape, clipped; None where nothing of it is inside."""
    height, width = shape
    left, top, box_width, box_height = face[2:6]
    x0, x1 = (left - grow * box_width) * width, (left + (1 + grow) * box_width) * width
    y0, y1 = (top - grow * box_height) * height, (top + (1 + grow) * box_height) * height
    x0, x1 = max(0, int(np.floor(x0))), min(width, int(np.ceil(x1)))
    y0, y1 = max(0, int(np.floor(y0))), min(height, int(np.ceil(y1)))
    return (slice(y0, y1), slice(x0, x1)) if x0 < x1 and y0 < y1 else None


def steps(picture):
    """The differences from one pixel to the next, across and down, as one row of numbers."""
    return np.concatenate([np.diff(picture, axis=0).ravel(), np.diff(picture, axis=1).ravel()]).astype(np.float64)


def likeness(before, after):
    """1: the same structure, 0: nothing of it is left. A plain picture, which has none, tells nothing: 0."""
    a, b = steps(before), steps(after)
    if a.size == 0 or np.abs(a).mean() < 2 or not b.any():
        return 0.0
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def overlap(a, b):
    width = min(a[2] + a[4], b[2] + b[4]) - max(a[2], b[2])
    height = min(a[3] + a[5], b[3] + b[5]) - max(a[3], b[3])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (a[4] * a[5] + b[4] * b[5] - width * height)


def check_pictures(original, result, times, faces, report):
    start = times[0] if times else 0
    squares, count, changed_area, face_area, worst = 0.0, 0, 0.0, 0.0, 100.0
    uncovered = []
    sampled = sorted({face[0] for face in faces})
    for number, (before, after) in enumerate(zip(grey_frames(original), grey_frames(result))):
        now = (times[number] - start) * 1000
        outside = np.ones(before.shape, bool)
        for face in faces:
            if abs(face[0] - now) <= NEAR_MS and (box := pixels(face, before.shape, 0.5)):
                outside[box] = False
        difference = before - after
        here = [face for face in faces if abs(face[0] - now) < 1.5]
        for face in here:
            box = pixels(face, before.shape)
            if box is None:
                continue
            face_area += before[box].size
            if likeness(before[box], after[box]) > MOST_LIKENESS:
                uncovered.append(f"frame {number}: ({face[2]:.3f}, {face[3]:.3f})")
        if here or not sampled:
            changed_area += int((np.abs(difference) > CHANGED).sum())
        error = float((difference[outside].astype(np.float64) ** 2).sum())
        squares += error
        count += int(outside.sum())
        if outside.sum() > 0.05 * outside.size:
            worst = min(worst, 10 * np.log10(255 ** 2 / max(error / outside.sum(), 1e-6)))
    psnr = 10 * np.log10(255 ** 2 / max(squares / max(count, 1), 1e-6))
    report.figures["PSNR outside the faces"] = f"{psnr:.1f} dB (worst frame {worst:.1f} dB)"
    if worst < LEAST_PSNR:
        report.problems.append(f"PSNR outside the faces is {worst:.1f} dB in a frame, at least {LEAST_PSNR} is asked for")
    if face_area:
        report.figures["covered area"] = f"{changed_area / face_area:.2f} times the faces'"
        if changed_area > MOST_AREA * face_area:
            report.problems.append(f"covered are {changed_area / face_area:.2f} times the faces' area")
    if uncovered:
        report.problems.append(f"{len(uncovered)} faces are not covered: {uncovered[:5]}")


def check_streams(original, result, report):
    times, new_times = frame_times(original), frame_times(result)
    report.figures["frames"] = len(new_times)
    if len(times) != len(new_times):
        report.problems.append(f"{len(times)} frames became {len(new_times)}")
    elif any(abs(a - b) > 0.0005 for a, b in zip(times, new_times)):
        report.problems.append("frames have moved in time")
    if abs(duration(original) - duration(result)) > 0.0015:
        report.problems.append(f"{duration(original)} s became {duration(result)} s")
    for kind, name in (("a", "sound"), ("s", "subtitles")):
        before, after = packets(original, kind), packets(result, kind)
        report.figures[f"{name} packets"] = len(after)
        if before != after:
            report.problems.append(f"{name} packets differ")
    return times


def check_output(original, result, model=None, faces=None):
    report = Report([], [], {})
    times = check_streams(original, result, report)
    model = model or find_model()
    if not model and faces is None:
        report.skipped.append("the YuNet model is not here and no faces were given: covers were not checked")
        return report
    found = detect(original, model) if model else rekognition_faces(faces)
    report.figures["faces in the original"] = len(found)
    check_pictures(original, result, times, found, report)
    if not model:
        report.skipped.append("the YuNet model is not here: the result was not searched for faces")
        return report
    left = [face for face in detect(result, model)
            if any(abs(face[0] - known[0]) < NEAR_MS and overlap(face, known) > 0.3 for known in found)]
    report.figures["faces still found"] = len(left)
    if left:
        report.problems.append(f"{len(left)} faces are still found: {left[:5]}")
    return report


def main():
    parser = argparse.ArgumentParser(description="Checks a blurred video against its original.")
    parser.add_argument("original")
    parser.add_argument("result")
    parser.add_argument("--model", help="YuNet's ONNX file")
    parser.add_argument("--faces", help="GetFaceDetection's answer as a JSON file")
    arguments = parser.parse_args()
    faces = json.loads(pathlib.Path(arguments.faces).read_text())["Faces"] if arguments.faces else None
    report = check_output(arguments.original, arguments.result, arguments.model, faces)
    print(report)
    sys.exit(1 if report.problems else 0)


if __name__ == "__main__":
    main()
