#!/usr/bin/python3
"""FaceBlur's chain, upload to output object, against plain ffmpeg re-encoding the same file.

  bench/faceblur.py [VIDEO]     (default: the shipped sample)
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from common import Engine, ROOT, runs, tell
from e2e.faceblur import FaceBlur, SAMPLE

video = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE
folder = tempfile.mkdtemp(prefix="cumulet-bench-")
engine = Engine(folder + "/data").start()


def frames(path):
    return subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-count_frames", "-show_entries",
                           "stream=nb_read_frames", "-of", "csv=p=0", path], capture_output=True, text=True, check=True).stdout.strip(" ,\n")


try:
    app = FaceBlur(engine)
    chain, plain = [], []
    for i in range(runs(3) + 1):
        key = f"video-{i}.mp4"
        started = time.perf_counter()
        app.upload(video, key)
        problem = app.wait_for_output(key)
        assert problem is None, problem
        if i:  # the first run starts the functions
            chain.append(time.perf_counter() - started)
        started = time.perf_counter()
        subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-i", video, "-c:v", "libx264", "-preset", "veryfast", "-c:a", "copy",
                        folder + "/plain.mp4"], check=True)
        if i:
            plain.append(time.perf_counter() - started)
    engine.client("s3").download_file(app.output, key, folder + "/out.mp4")
    assert frames(folder + "/out.mp4") == frames(video), "frames were lost"
    tell("FaceBlur's chain", chain, "s", "under 6 on the shared 8.7 s sample")
    tell("plain ffmpeg", plain, "s")
    tell("ratio", [a / b for a, b in zip(chain, plain)], "x plain ffmpeg")
finally:
    engine.discard()
    shutil.rmtree(folder, ignore_errors=True)
