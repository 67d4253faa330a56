"""`cumulet blur`, and `cumulet-vision find` with `blur --tracks`: a film at hand, without an engine. With the model of bright
spots, so that they are tested where no face model is."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "tests" / "models" / "bright_spots.onnx"


def program(name):
    cumulet = pathlib.Path(os.environ.get("CUMULET_PROGRAM", ROOT / "build" / "release" / "bin" / "cumulet"))
    return str(cumulet.parent / name)


def run(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "CUMULET_FACE_MODEL": str(MODEL)})


@pytest.fixture
def film(tmp_path):
    if not shutil.which("ffmpeg"):
        pytest.skip("no ffmpeg on the PATH: the blur command was not tested")
    video = tmp_path / "my film.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                    "color=black:size=320x240:rate=25:duration=1,drawbox=x=100:y=80:w=48:h=48:color=white:t=fill",
                    "-c:v", "libx264", "-qp", "12", "-pix_fmt", "yuv420p", video], check=True)
    return video


def brightest(video):
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", video, "-pix_fmt", "gray", "-f", "rawvideo", "-"], check=True,
                         capture_output=True).stdout
    return max(raw[(80 + 24) * 320 + 124:: 320 * 240])


def test_blur_names_its_result_after_the_film(film):
    done = run(program("cumulet"), "blur", film)
    assert done.returncode == 0, done.stderr
    result = film.with_name("my film.blurred.mp4")
    assert result.exists() and "25 frames, faces covered in 25" in done.stderr
    assert brightest(film) > 230 and brightest(result) < 200


def test_blur_says_what_is_wrong_and_leaves_nothing(film):
    for words, said in (((film.with_name("none.mp4"),), "cannot be read"), ((MODEL,), "is not an MP4 or MOV video"),
                        ((film, "--model", __file__), "cannot be loaded"), ((film, "-o", film), "would replace the video itself"), ((film, "--carry", "all"), "cannot be carried over")):
        done = run(program("cumulet"), "blur", *words)
        assert done.returncode == 1 and said in done.stderr, (words, done.stderr)
    assert [path.name for path in film.parent.iterdir()] == [film.name]


def test_tracks_are_written_corrected_and_covered(film):
    tracks, result = film.with_name("tracks.json"), film.with_name("out.mp4")
    done = run(program("cumulet-vision"), "find", film, tracks)
    assert done.returncode == 0, done.stderr
    told = json.loads(tracks.read_text())
    assert told["format"] == "cumulet-tracks" and told["video"]["width"] == 320
    assert sum(len(track["faces"]) for track in told["tracks"]) >= 25
    done = run(program("cumulet-vision"), "blur", film, result, "--tracks", tracks)
    assert done.returncode == 0, done.stderr
    assert brightest(result) < 200

    told["tracks"].append({"id": 77, "faces": [[0, 0.7, 0.7, 0.1, 0.1, 0, 90], [960, 0.7, 0.7, 0.1, 0.1, 0, 90]]})
    tracks.write_text(json.dumps(told))
    assert run(program("cumulet-vision"), "blur", film, result, "--tracks", tracks).returncode == 0

    for broken in ("", "[]", json.dumps({**told, "version": 9}), json.dumps({**told, "video": {}})):
        tracks.write_text(broken)
        done = run(program("cumulet-vision"), "blur", film, film.with_name("no.mp4"), "--tracks", tracks)
        assert done.returncode == 1 and "The tracks file is not usable" in done.stderr
    assert not film.with_name("no.mp4").exists()
