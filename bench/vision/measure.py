#!/usr/bin/python3
"""What a blurring program leaves of the faces in make_clips.py's clips, and what it costs.

  bench/vision/measure.py FOLDER [NAME...] [--command "PROGRAM {in} {out}"] [--model FILE] [--json FILE] [--keep FOLDER]

For each clip the program runs in turn with `ffmpeg -c:v libx264 -preset veryfast -c:a copy` (--rounds times, the fastest
counts); ffmpeg's result is also what tells a cover from what coding alone changes. Faces are told by the clips' own truth,
never by a detector. The shared sample is measured by its hand-labelled frames where it is at hand.

Ends with status 1 when a face is shown that is not beyond the honest limits, when frames are missing, or when the result is
black or blurred all over (more than 8 times the faces' area is covered, or the PSNR outside is below 20 dB). Needs: python3-opencv, ffmpeg.
"""
import argparse
import hashlib
import json
import math
import os
import pathlib
import resource
import shlex
import subprocess
import sys
import tempfile
import time

import cv2
import numpy as np

import meter

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = pathlib.Path(os.environ.get("CUMULET_SHARED", ROOT.parent / "shared"))
COMMAND = f"{ROOT}/build/release/bin/cumulet-vision blur {{in}} {{out}}"
PLAIN = "ffmpeg -v error -y -i {in} -vsync passthrough -enc_time_base 1:90000 -c:v libx264 -preset veryfast -c:a copy {out}"
MOST_AREA, LEAST_PSNR = 8.0, 20.0   # a result that is black or blurred all over must not pass
COLUMNS = (("clip", 16), ("faces", 7), ("shown", 6), ("partly", 7), ("beyond", 11), ("flicker", 8), ("area", 6), ("empty", 7), ("psnr", 6),
           ("plain", 7), ("wall", 7), ("x plain", 9), ("cpu", 7), ("x plain", 9))


def ran(command, source, target):
    """(wall seconds, CPU seconds) of a command, which must succeed."""
    words = [word.replace("{in}", str(source)).replace("{out}", str(target)) for word in shlex.split(command)]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed with {done.returncode}: {done.stderr.strip()[-300:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def probed(video):
    """(width and height as displayed, times of the frames)"""
    text = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
                           "frame=pts_time:stream=width,height:stream_side_data=rotation", "-of", "json", str(video)],
                          capture_output=True, text=True, check=True).stdout
    told = json.loads(text)
    stream = told["streams"][0]
    size = stream["width"], stream["height"]
    if any(round(float(data.get("rotation", 0))) % 180 for data in stream.get("side_data_list", [])):
        size = size[::-1]
    return size, [float(frame["pts_time"]) for frame in told["frames"] if "pts_time" in frame]


def grey_frames(video, size):
    """The pictures as they are displayed."""
    with subprocess.Popen(["ffmpeg", "-v", "error", "-i", str(video), "-map", "0:v:0", "-vsync", "passthrough", "-enc_time_base",
                           "1:90000", "-f", "rawvideo", "-pix_fmt", "bgr24", "-"], stdout=subprocess.PIPE) as decoder:
        while len(data := decoder.stdout.read(3 * size[0] * size[1])) == 3 * size[0] * size[1]:
            yield cv2.cvtColor(np.frombuffer(data, np.uint8).reshape(size[1], size[0], 3), cv2.COLOR_BGR2GRAY)
        decoder.stdout.close()


def squared_error(a, b, mask):
    return float(((a.astype(np.float32) - b) ** 2)[mask].mean())


def psnr(errors):
    return 10 * math.log10(255 ** 2 / max(np.mean(errors), 1e-9)) if errors else 0.0


def compare(original, result, plain, truth, ignored):
    """The figures of one clip. `truth` has a list of boxes for each frame, None where a frame is not judged."""
    size, times = probed(original)
    new_size, new_times = probed(result)
    figures = {"faces": 0, "shown": 0, "partly": 0, "beyond": 0, "beyond_shown": 0, "frames": len(times), "shown_at": []}
    covered_area = face_area = empty_area = empty_frames = 0
    errors, plain_errors, flicker = [], [], meter.Flicker()
    pictures = zip(grey_frames(original, size), grey_frames(result, size), grey_frames(plain, size), strict=False)
    for number, (before, after, transcoded) in enumerate(pictures) if new_size == size else ():
        if truth[number] is None:
            continue
        open_faces = []
        for boxes, kind in ((truth[number], "faces"), (ignored[number], "beyond")):
            for box in boxes:
                seen = meter.survival(before, after, box)
                if kind == "faces":
                    open_faces.append(seen is not None and meter.is_shown(seen))
                if seen is None:
                    continue
                figures[kind] += 1
                figures["shown" if kind == "faces" else "beyond_shown"] += meter.is_shown(seen)
                figures["partly"] += kind == "faces" and meter.is_partly_shown(seen)
                if kind == "faces" and meter.is_shown(seen):
                    figures["shown_at"].append(number)
        flicker.add(times[number], truth[number], open_faces)
        everyone = truth[number] + ignored[number]
        changed = int(meter.covered(before, after, transcoded).sum())
        if everyone:
            covered_area += changed
            face_area += sum(width * height for _, _, width, height in everyone)
        else:
            empty_area, empty_frames = empty_area + changed / before.size, empty_frames + 1
        rest = meter.outside(before.shape, everyone)
        if rest.any():
            errors.append(squared_error(before, after, rest))
            plain_errors.append(squared_error(before, transcoded, rest))
    figures["flicker"] = flicker.count
    figures["area"] = covered_area / face_area if face_area else 0.0
    figures["empty"] = empty_area / empty_frames if empty_frames else 0.0
    figures["psnr"], figures["plain_psnr"] = psnr(errors), psnr(plain_errors)
    figures["whole"] = new_size == size and len(times) == len(new_times) and \
        all(abs(a - b) < 0.002 for a, b in zip(times, new_times))
    return figures


def measured(original, truth, ignored, command, rounds, folder):
    """`compare`, with what the program and plain ffmpeg took."""
    result, plain = folder / f"{original.stem}.mp4", folder / f"{original.stem}.plain.mp4"
    ours, plains = [], []
    for _ in range(rounds):
        plains.append(ran(PLAIN, original, plain))
        ours.append(ran(command, original, result))
    figures = compare(original, result, plain, truth, ignored)
    figures["wall"], figures["cpu"] = min(ours)[0], min(cpu for _, cpu in ours)
    figures["plain_wall"], figures["plain_cpu"] = min(plains)[0], min(cpu for _, cpu in plains)
    figures["ratio"], figures["cpu_ratio"] = figures["wall"] / figures["plain_wall"], figures["cpu"] / figures["plain_cpu"]
    plain.unlink()
    return figures


def sample_truth(video):
    """(truth, ignored) of the hand-labelled frames, or why there is none."""
    labels = json.loads((HERE / "sample_labels.json").read_text())
    if not video.is_file():
        return None, f"{video} is not there"
    if hashlib.sha256(video.read_bytes()).hexdigest() != labels["sha256"]:
        return None, f"{video} is not the one that was labelled"
    count = len(probed(video)[1])
    return ([labels["frames"].get(str(i)) for i in range(count)], [labels["ignored"].get(str(i), []) for i in range(count)]), ""


def in_sum(all_figures):
    total = {key: sum(f[key] for f in all_figures.values())
             for key in ("faces", "shown", "partly", "beyond", "beyond_shown", "flicker", "wall", "cpu", "plain_wall", "plain_cpu")}
    areas = [f["area"] for f in all_figures.values() if f["area"]]
    total.update(area=float(np.mean(areas)) if areas else 0.0, empty=max(f["empty"] for f in all_figures.values()),
                 psnr=min(f["psnr"] for f in all_figures.values()), plain_psnr=min(f["plain_psnr"] for f in all_figures.values()),
                 ratio=total["wall"] / total["plain_wall"], cpu_ratio=total["cpu"] / total["plain_cpu"])
    return total


def told(name, f):
    values = (name, f["faces"], f["shown"], f["partly"], f"{f['beyond_shown']}/{f['beyond']}", f["flicker"], f"{f['area']:.2f}",
              f"{f['empty']:.1%}", f"{f['psnr']:.1f}", f"{f['plain_psnr']:.1f}", f"{f['wall']:.2f}", f"{f['ratio']:.2f}", f"{f['cpu']:.2f}",
              f"{f['cpu_ratio']:.2f}")
    line = "".join(str(value).ljust(width) if i == 0 else str(value).rjust(width)
                   for i, (value, (_, width)) in enumerate(zip(values, COLUMNS)))
    return line + ("" if f.get("whole", True) else "  FRAMES DIFFER")


def problems(name, f):
    found = []
    if f["shown"]:
        found.append(f"{name}: {f['shown']} faces are shown, in frames {sorted(set(f['shown_at']))[:8]}")
    if not f["whole"]:
        found.append(f"{name}: frames or their times differ")
    if f["area"] > MOST_AREA:
        found.append(f"{name}: covered are {f['area']:.1f} times the faces' area")
    if f["psnr"] < LEAST_PSNR:
        found.append(f"{name}: outside the faces the PSNR is {f['psnr']:.1f} dB, of a plain transcode {f['plain_psnr']:.1f} dB")
    return found


def parse():
    parser = argparse.ArgumentParser(description="Measures how well a program covers faces.")
    parser.add_argument("folder", type=pathlib.Path, help="where make_clips.py put the clips")
    parser.add_argument("names", nargs="*", help="which clips (default: all, and the shared sample)")
    parser.add_argument("--command", default=COMMAND, help="default: %(default)s")
    parser.add_argument("--model", help="is appended to the command as --model FILE")
    parser.add_argument("--rounds", type=int, default=1, help="how often each runs, in turn (default: 1)")
    parser.add_argument("--sample", type=pathlib.Path, default=SHARED / "media" / "sample-video.mp4")
    parser.add_argument("--json", type=pathlib.Path, help="also write the figures there")
    parser.add_argument("--keep", type=pathlib.Path, help="keep the results in this folder")
    arguments = parser.parse_args()
    if arguments.model:
        arguments.command += f" --model {shlex.quote(arguments.model)}"
    return arguments


def main():
    arguments = parse()
    names = arguments.names or sorted(path.stem for path in arguments.folder.glob("*.mp4")) + ["sample"]
    print("".join(title.ljust(width) if i == 0 else title.rjust(width) for i, (title, width) in enumerate(COLUMNS)))
    figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        results = arguments.keep or pathlib.Path(scratch)
        results.mkdir(parents=True, exist_ok=True)
        for name in names:
            if name == "sample":
                video = arguments.sample
                boxes, why = sample_truth(video)
                if boxes is None:
                    print(f"sample: skipped: {why}")
                    continue
            else:
                video = arguments.folder / f"{name}.mp4"
                boxes = [json.loads(video.with_suffix(suffix).read_text()) for suffix in (".json", ".ignored.json")]
            figures[name] = measured(video, *boxes, arguments.command, arguments.rounds, results)
            print(told(name, figures[name]), flush=True)
    if not figures:
        sys.exit("nothing was measured")
    total = in_sum(figures)
    print(told("all", total))
    found = [problem for name, f in figures.items() for problem in problems(name, f)]
    if arguments.json:
        arguments.json.write_text(json.dumps({"command": arguments.command, "clips": figures, "all": total}, indent=1))
    print("\n".join(found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
