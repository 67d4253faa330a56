#!/usr/bin/python3
"""Makes samples/faces.mp4: about ten seconds of one face, moved, scaled, mirrored and turned, in and out of the frame.

The face is NASA's portrait of astronaut Eileen Collins (public domain, great images in NASA), which Debian ships in the
package python3-skimage. The package is downloaded and taken apart, not installed.

    samples/make_sample.py [OUTPUT]        needs: python3-numpy, python3-pil, ffmpeg, apt-get, dpkg-deb
"""
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

WIDTH, HEIGHT, RATE, SECONDS = 640, 360, 25, 10
# Where the head is in the 512 x 512 portrait: all around it is left away.
HEAD = (110, 0, 350, 270)


def portrait(folder):
    subprocess.run(["apt-get", "download", "-q", "python3-skimage"], cwd=folder, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    package = next(pathlib.Path(folder).glob("python3-skimage_*.deb"))
    subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    found = next(pathlib.Path(folder).rglob("astronaut.png"))
    return Image.open(found).convert("RGB").crop(HEAD)


def backdrop():
    """A calm gradient with a few stripes, so that something lies outside the faces that can be compared."""
    x, y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    red = 60 + 70 * x / WIDTH + 12 * np.sin(x / 23)
    green = 80 + 60 * y / HEIGHT + 12 * np.sin(y / 17)
    blue = 120 + 40 * np.cos((x + y) / 90)
    return Image.fromarray(np.stack([red, green, blue], axis=-1).clip(0, 255).astype(np.uint8))


def between(t, start, end, a, b):
    return a + (b - a) * min(1.0, max(0.0, (t - start) / (end - start)))


def placements(t):
    """(mirrored, centre x, centre y, height, angle) of each face at second t."""
    faces = []
    if t < 4.2:  # enters at the left, grows, leaves at the left again
        x = between(t, 0, 1.5, -110, 190) if t < 3 else between(t, 3, 4.2, 190, -130)
        faces.append((False, x, 175, between(t, 0, 2.5, 170, 250), 0))
    if 1.2 < t < 6.5:  # small, mirrored, along the top from right to left and out
        faces.append((True, between(t, 1.2, 6.5, 690, 330), between(t, 4.5, 6.5, 90, -60), 96, 6 * math.sin(3 * t)))
    if 4.4 < t < 8.6:  # comes up from below, turned to both sides
        y = between(t, 4.4, 5.4, 460, 200) if t < 7.6 else between(t, 7.6, 8.6, 200, 470)
        faces.append((False, 170 + 40 * math.sin(2 * t), y, 190, 22 * math.sin(2.2 * t)))
    if t > 6.2:  # crosses to the right, ends cut by the border
        faces.append((True, between(t, 6.2, 10, 420, 640), 180, between(t, 6.2, 9.5, 60, 290), -8))
    return faces


def draw(frame, head, mirrored, x, y, height, angle):
    picture = head.transpose(Image.FLIP_LEFT_RIGHT) if mirrored else head
    width = round(height * picture.width / picture.height)
    picture = picture.resize((width, round(height)), Image.LANCZOS)
    mask = Image.new("L", picture.size, 255)
    picture = picture.rotate(angle, Image.BICUBIC, expand=True)
    mask = mask.rotate(angle, Image.BICUBIC, expand=True)
    frame.paste(picture, (round(x - picture.width / 2), round(y - picture.height / 2)), mask)


def main():
    output = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).with_name("faces.mp4")
    with tempfile.TemporaryDirectory() as folder:
        head = portrait(folder)
    encoder = subprocess.Popen(
        ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE),
         "-i", "-", "-f", "lavfi", "-i", f"sine=frequency=440:duration={SECONDS}", "-c:v", "libx264", "-preset", "slow",
         "-crf", "23", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "48k", "-movflags", "+faststart", "-fflags",
         "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", str(output)], stdin=subprocess.PIPE)
    empty = backdrop()
    for number in range(RATE * SECONDS):
        frame = empty.copy()
        for face in placements(number / RATE):
            draw(frame, head, *face)
        encoder.stdin.write(frame.tobytes())
    encoder.stdin.close()
    if encoder.wait() != 0:
        sys.exit("ffmpeg failed")
    print(f"{output}: {output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
