"""Films for the face model of our own that finds bright spots (tests/models/make_bright_spots.py): a white square with thin
black lines on black. The square stands for a face: as long as a picture shows it, some cell of 16x16 pixels is white."""
import pathlib
import subprocess

import numpy as np

MODEL = pathlib.Path(__file__).resolve().parent.parent / "models" / "bright_spots.onnx"
WIDTH, HEIGHT, RATE = 320, 240, 25
WHITE = 200  # the mean of a cell from which on the model begins to see a face


def film(target, seconds=2.0, square=(136, 96), rate=RATE, size=(WIDTH, HEIGHT), arguments=("-movflags", "+faststart")):
    """`square`: its left upper corner, or a list of such; None: a film without one, black all over."""
    picture = f"color=black:size={size[0]}x{size[1]}:rate={rate}:duration={seconds}"
    for x, y in square if isinstance(square, list) else [square] if square else []:
        picture += f",drawbox=x={x}:y={y}:w=48:h=48:color=white:t=fill"
        picture += "".join(f",drawbox=x={x + at}:y={y}:w=1:h=48:color=black:t=fill" for at in (8, 24, 40))
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", picture, "-c:v", "libx264", "-preset", "ultrafast",
                    "-g", "10", "-qp", "15", "-pix_fmt", "yuv420p", *arguments, str(target)], check=True)
    return pathlib.Path(target).read_bytes()


def padded(data, length):
    """The same film, of another length: a box that nobody reads stands at its end."""
    more = length - len(data)
    assert more >= 8, "a box has 8 bytes at least"
    return data + more.to_bytes(4, "big") + b"free" + bytes(more - 8)


def same_length(*films):
    length = max(map(len, films)) + 8
    return [padded(data, length) for data in films]


def pictures(video):
    """The film's pictures, grey, as any player decodes them: also what a damaged file still gives."""
    size = subprocess.run(["ffprobe", "-v", "quiet", "-select_streams", "v:0", "-show_entries", "stream=width,height", "-of",
                           "csv=p=0", str(video)], capture_output=True, text=True).stdout.strip().split("\n")[0].split(",")
    raw = subprocess.run(["ffmpeg", "-v", "quiet", "-autorotate", "0", "-i", str(video), "-map", "0:v:0", "-vsync",
                          "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"], capture_output=True).stdout
    width, height = int(size[0]), int(size[1])
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width)


def shown(video):
    """How many of the film's pictures show the square, and how many there are."""
    all_of_them = pictures(video)
    seen = 0
    for picture in all_of_them:
        # Sums over cells at every place, not at the model's alone: a damaged film's pictures may have moved.
        sums = np.pad(picture.astype(np.int64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
        cells = sums[16:, 16:] - sums[:-16, 16:] - sums[16:, :-16] + sums[:-16, :-16]
        seen += bool((cells > WHITE * 256).any())
    return seen, len(all_of_them)
