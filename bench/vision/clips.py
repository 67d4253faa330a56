"""The clips: what is seen in each, and where. A clip is a size, a number of frames and what it shows at each of them.

Each function that is marked with @clip makes one from the pictures and a random generator of its own, seeded by its name.
"""
import dataclasses
import functools
import math
import zlib

import cv2
import numpy as np

from scene import Placement, Scene, hand, post

RATE = 25
SIZE = (640, 360)
LEAST_FACE = 10  # pixels of the longer side of a face: below it is an honest limit
CLIPS = {}


@dataclasses.dataclass
class Clip:
    frames: int
    render: object              # frame's number -> (BGR, faces, ignored)
    size: tuple = SIZE
    times: object = None        # frame's number -> seconds, where they do not follow each other evenly,
    timing: str = ""            # and the same in seconds as an expression of ffmpeg's of N
    rotate: int = 0             # degrees by which a player turns the coded picture clockwise


def clip(make):
    def seeded(pictures):
        return make(pictures, np.random.default_rng(zlib.crc32(make.__name__.encode())))
    CLIPS[make.__name__] = seeded
    return make


def of_scene(scene, seconds, size=SIZE):
    return Clip(round(seconds * RATE), lambda i: scene.render(i / RATE, size), size)


def of_cuts(scenes, frames, size=SIZE):
    """One scene after another, each so many frames; each has its own time."""
    return Clip(frames * len(scenes), lambda i: scenes[i // frames].render(i % frames / RATE, size), size)


def between(a, b, part):
    return a + (b - a) * min(max(part, 0.0), 1.0)


def smooth(part):
    part = min(max(part, 0.0), 1.0)
    return part * part * (3 - 2 * part)


def moved(x, y, turn=0.0, scale=1.0, about=(SIZE[0] / 2, SIZE[1] / 2)):
    """A camera that turns and grows the picture about a point of the frame, then moves it by x, y."""
    c, s = (f(math.radians(turn)) * scale for f in (math.cos, math.sin))
    ax, ay = about
    return np.array([[c, -s, ax - c * ax + s * ay + x], [s, c, ay - s * ax - c * ay + y], [0, 0, 1]])


def standing(x, y, size, roll=0.0, sway=0.0, phase=0.0, speed=0.0):
    """A person on the spot, or walking by at `speed` pixels a second."""
    return lambda t: Placement(x + speed * t + sway * math.sin(1.9 * t + phase), y + 0.4 * sway * math.sin(3.1 * t + phase), size,
                               roll + 0.4 * sway * math.sin(1.3 * t + phase))


def group(pictures, rng, count, sizes, width, height, landscape=0, sway=3.0, looks="ahead"):
    """So many people side by side, the larger ones nearer, before a landscape: (backdrop, actors)."""
    people = pictures.people(rng, count, max(sizes), looks)
    places = []
    for i, person in enumerate(people):
        size = rng.uniform(*sizes)
        x = (i + 0.5 + rng.uniform(-0.15, 0.15)) * width / count
        places.append((size, person, standing(x, rng.uniform(0.3, 0.62) * height, size, rng.uniform(-6, 6), sway, rng.uniform(0, 6))))
    places.sort(key=lambda place: place[0])
    return pictures.landscape(landscape, width, height), [(person, path) for _, person, path in places]


@clip
def ordinary(pictures, rng):
    """People who stand and walk by, 30 to 90 px."""
    backdrop, actors = group(pictures, rng, 4, (30, 60), *SIZE, landscape=0)
    walker, other = pictures.people(rng, 2, 90)
    actors += [(walker, standing(-80, 190, 84, speed=150, sway=4)), (other, lambda t: Placement(430, 160, 40 + 9 * t, 4 * math.sin(t)))]
    return of_scene(Scene(backdrop, actors), 6)


@clip
def sideways(pictures, rng):
    """People who look to the side or down, 30 to 110 px."""
    scenes = []
    for i in range(6):
        backdrop, actors = group(pictures, rng, 4, (30, 110), *SIZE, landscape=i, looks="sideways", sway=5)
        scenes.append(Scene(backdrop, actors))
    return of_cuts(scenes, 25)


@clip
def pan_120(pictures, rng):
    """A camera swings along a street of 28 people at 15, 30, 60, 90 and 120 px a frame, and back."""
    width = 5200
    strip = np.hstack([pictures.landscape(i, 650, 360)[:, ::1 if i % 2 else -1] for i in range(8)])
    _, actors = group(pictures, rng, 28, (36, 90), width, 360)
    speeds = [15] * 20 + [30] * 20 + [60] * 20 + [90] * 16 + [120] * 10 + [0] * 3
    speeds += [-speed for speed in reversed(speeds)]
    at = np.concatenate([[0], np.cumsum(speeds)])
    scene = Scene(strip, actors, lambda t: moved(-float(at[round(t * RATE)]), 0))
    return of_scene(scene, len(speeds) / RATE)


@clip
def cuts_10(pictures, rng):
    """A cut every 10 frames: other people, other places, 24 to 130 px."""
    scenes = []
    for i in range(20):
        count = int(rng.integers(1, 6))
        backdrop, actors = group(pictures, rng, count, (24, 130 if count < 4 else 70), *SIZE, landscape=i)
        scenes.append(Scene(backdrop, actors))
    return of_cuts(scenes, 10)


@clip
def fast_appear(pictures, rng):
    """Cuts every 15 frames between a wide shot and close-ups of the same people, in the same place."""
    people = pictures.people(rng, 4, 120)
    backdrop = pictures.landscape(2, *SIZE)
    scenes = []
    for i in range(12):
        if i % 2 == 0:
            actors = [(person, standing(90 + 150 * k, 190 + 12 * (k % 2), 36, sway=2, phase=k)) for k, person in enumerate(people)]
            scenes.append(Scene(backdrop, actors))
        else:
            person = people[i // 2 % 4]
            close = standing(rng.uniform(180, 460), rng.uniform(140, 200), rng.uniform(110, 170), rng.uniform(-8, 8), 4)
            scenes.append(Scene(backdrop, [(person, close)]))
    return of_cuts(scenes, 15)


@clip
def flashes(pictures, rng):
    """Flash lights: every 12th frame, for one frame or two, from twice as bright to white all over."""
    backdrop, actors = group(pictures, rng, 5, (32, 80), *SIZE, landscape=3)
    strengths = [2.0, 3.0, 5.0, 2.5, 1000.0, 4.0, 3.0, 2.0, 6.0, 1000.0, 3.0]

    def light(frame, t):
        number, since = divmod(round(t * RATE), 12)
        if number == 0 or since > number % 2:
            return frame
        return np.clip(frame * (strengths[number % len(strengths)] / (1 + since)) + 12, 0, 255).astype(np.uint8)

    return of_scene(Scene(backdrop, actors, light=light), 5)


def spinning(pictures, rng, size):
    """Heads that spin: 3, 6, 12 and 20 degrees a frame, in both directions."""
    count = 4 if size > 60 else 6
    people = pictures.people(rng, count, size, bust=False)
    speeds = (3, -6, 12, -20, 4, -9)
    actors = []
    for i, person in enumerate(people):
        x, y = (i + 0.5) * SIZE[0] / count, 180 + 25 * (-1) ** i
        actors.append((person, lambda t, x=x, y=y, i=i: Placement(x + 8 * math.sin(2 * t + i), y, size, speeds[i] * t * RATE)))
    return of_scene(Scene(pictures.landscape(size, *SIZE), actors), 5)


for side in (24, 40, 64, 110):
    CLIPS[f"spin_{side}"] = functools.partial(lambda pictures, side: spinning(pictures, np.random.default_rng(side), side), side=side)


@clip
def lying(pictures, rng):
    """Heads that lie to both sides, 24 to 110 px, in three scenes."""
    scenes = []
    for i in range(3):
        sizes = (24, 32, 44, 64, 110)
        people = pictures.people(rng, len(sizes), 110, bust=False)
        actors, x = [], 10
        for k, (person, size) in enumerate(zip(people, sizes)):
            x += 0.5 * size + 36
            roll = (90, -90)[(i + k) % 2] + rng.uniform(-12, 12)
            actors.append((person, standing(x, rng.uniform(130, 230), size, roll, 2, k)))
            x += 0.5 * size + 36
        scenes.append(Scene(pictures.landscape(4 + i, *SIZE), actors))
    return of_cuts(scenes, 40)


@clip
def tip_over(pictures, rng):
    """Heads that tip over to lie within half a second to two seconds, stay so, and rise again; 30 to 110 px."""
    sizes, lasts = (30, 44, 64, 110), (2.0, 1.2, 0.8, 0.5)
    actors = []
    for i, person in enumerate(pictures.people(rng, 4, 110, bust=False)):
        def path(t, i=i):
            part = smooth((t - 0.8) / lasts[i]) - smooth((t - 4.2) / lasts[i])
            return Placement(90 + 150 * i + (-1) ** i * 26 * part, 170 + 30 * part, sizes[i], (-1) ** i * 92 * part)
        actors.append((person, path))
    return of_scene(Scene(pictures.landscape(1, *SIZE), actors), 6.4)


@clip
def angles(pictures, rng):
    """Six heads side by side: upright, 30, 60, 90, 135 and 180 degrees, 34 and 70 px."""
    scenes = []
    for size, sign in ((70, 1), (34, 1), (70, -1), (34, -1)):
        people = pictures.people(rng, 6, 70, bust=False)
        actors = [(person, standing(54 + 106 * i, 180, size, sign * roll, 2, i))
                  for i, (person, roll) in enumerate(zip(people, (0, 30, 60, 90, 135, 180)))]
        scenes.append(Scene(pictures.landscape(5, *SIZE), actors))
    return of_cuts(scenes, 30)


@clip
def borders(pictures, rng):
    """Faces that come in and go out over each border and corner, and some that stay there half outside."""
    people = pictures.people(rng, 8, 100)
    def crossing(start, end, size, roll, begin, last):
        def path(t):
            part = (t - begin) / last
            if not 0 <= part <= 2.4:
                return None
            inside = 1 - abs(1.2 - min(part, 2.4)) / 1.2
            inside = min(1.4 * inside, 1.0)
            return Placement(between(start[0], end[0], inside), between(start[1], end[1], inside), size, roll)
        return path
    actors = [
        (people[0], crossing((-70, 120), (60, 120), 90, 0, 0.2, 1.5)),
        (people[1], crossing((710, 200), (590, 200), 80, 0, 0.0, 1.2)),
        (people[2], crossing((200, -60), (200, 60), 60, 0, 0.5, 1.0)),
        (people[3], crossing((330, 430), (330, 270), 96, 0, 0.3, 1.6)),
        (people[4], crossing((-50, -50), (50, 50), 64, 0, 3.2, 1.2)),
        (people[5], crossing((690, 410), (600, 300), 74, 0, 3.4, 1.2)),
        (people[6], lambda t: Placement(6 + 10 * math.sin(t), 300, 50)),
        (people[7], lambda t: Placement(470 + 12 * t, 8 + 4 * math.sin(2 * t), 44)),
    ]
    return of_scene(Scene(pictures.landscape(6, *SIZE), actors), 7)


@clip
def occlusion(pictures, rng):
    """Hands, a lamp post and people pass before faces of 40 to 110 px."""
    people = pictures.people(rng, 5, 110)
    actors = [
        (people[0], standing(90, 170, 44, sway=3)), (people[1], standing(230, 150, 100, sway=3, phase=1)),
        (people[2], standing(400, 165, 64, sway=3, phase=2)), (people[3], standing(550, 150, 84, sway=4, phase=3)),
        (people[4], lambda t: Placement(-60 + 130 * t, 200, 60, 3 * math.sin(5 * t))),
        (post(), lambda t: Placement(700 - 150 * t, 180, 16)),
        (hand(rng), lambda t: Placement(250 + 60 * math.sin(2.2 * t), 175 + 60 * math.cos(1.4 * t), 62, 20 * math.sin(t))),
        (hand(rng), lambda t: Placement(550, 320 - 170 * smooth((t - 1.5) / 0.6) + 170 * smooth((t - 4.5) / 0.6), 46, -14)),
    ]
    return of_scene(Scene(pictures.landscape(8, *SIZE), actors), 6.4)


@clip
def zoom(pictures, rng):
    """The picture grows six times in 2 s and in half a second, and shrinks as fast; faces of 18 to 200 px."""
    finer = 3  # the scene is drawn finer than it is seen at first, so that it has something to show when it is near
    size = SIZE[0] * finer, SIZE[1] * finer
    people = pictures.people(rng, 6, 150)
    places = ((290, 150, 33), (346, 176, 24), (120, 170, 30), (214, 120, 18), (470, 160, 34), (580, 140, 26))
    actors = [(person, standing(finer * x, finer * y, finer * face, 0, 2, k)) for k, (person, (x, y, face)) in enumerate(zip(people, places))]

    def camera(t):
        part = smooth((t - 0.4) / 2) - smooth((t - 2.8) / 0.5) + smooth((t - 3.8) / 0.5) - smooth((t - 4.8) / 1.2)
        return moved(0, 0, 4 * math.sin(t), 6 ** part, about=(315, 165)) @ np.diag([1 / finer, 1 / finer, 1])

    return of_scene(Scene(pictures.landscape(9, *size), actors, camera), 6.2)


@clip
def shake(pictures, rng):
    """A camera that shakes by up to 28 px and 5 degrees from each frame to the next."""
    backdrop, actors = group(pictures, rng, 5, (32, 84), *SIZE, landscape=10)
    jumps = rng.uniform(-1, 1, (200, 3))
    return of_scene(Scene(backdrop, actors, lambda t: moved(14 * jumps[round(t * RATE), 0], 14 * jumps[round(t * RATE), 1],
                                                            2.5 * jumps[round(t * RATE), 2])), 5)


@clip
def dark_6(pictures, rng):
    """The light goes down to 6 %, with the sensor's noise, stays so for 3 s and comes back at once."""
    backdrop, actors = group(pictures, rng, 5, (36, 90), *SIZE, landscape=1)
    actors.append((pictures.people(rng, 1, 60)[0], standing(-60, 200, 60, speed=95)))

    def light(frame, t):
        level = between(1, 0.06, t / 3.5) if t < 6.6 else 1.0
        noise = np.random.default_rng(round(t * RATE)).normal(0, 1.2, (*frame.shape[:2], 1))
        return np.clip(frame * level + noise, 0, 255).astype(np.uint8)

    return of_scene(Scene(backdrop, actors, light=light), 7.2)


@clip
def crowd_40(pictures, rng):
    """40 people in four rows, 18 to 44 px, who stir."""
    actors = []
    people = pictures.people(rng, 40, 44)
    for row in range(4):
        size = (18, 24, 32, 44)[row]
        for k in range(10):
            x, y = 38 + 62 * k + 22 * (row % 2) + rng.uniform(-6, 6), (62, 116, 184, 270)[row] + rng.uniform(-6, 6)
            actors.append((people[10 * row + k], standing(x, y, size * rng.uniform(0.9, 1.1), rng.uniform(-8, 8), 4, rng.uniform(0, 6))))
    return of_scene(Scene(pictures.landscape(0, *SIZE), actors), 5)


@clip
def small_8_12(pictures, rng):
    """Rows of faces of 8 to 14 px at 640 wide; those below 10 px are not judged."""
    actors = []
    people = pictures.people(rng, 36, 40)
    for k, person in enumerate(people):
        size = 8 + 6 * (k % 9) / 8
        actors.append((person, standing(50 + 68 * (k % 9), 60 + 80 * (k // 9), size, 0, 3, k)))
    return of_scene(Scene(pictures.landscape(7, *SIZE), actors, limits=lambda box, t: max(box[2:]) < LEAST_FACE), 4)


@clip
def portrait(pictures, rng):
    """360x640, as a telephone held upright makes it."""
    size = (360, 640)
    backdrop, actors = group(pictures, rng, 3, (40, 90), *size, landscape=3, sway=6)
    actors.append((pictures.people(rng, 1, 150)[0], lambda t: Placement(180 + 30 * math.sin(t), 430, 60 + 22 * t, 5 * math.sin(2 * t))))
    return of_scene(Scene(backdrop, actors), 4, size)


@clip
def portrait_matrix(pictures, rng):
    """The same, coded as 640x360 and turned by the display matrix."""
    made = portrait(pictures, rng)
    return dataclasses.replace(made, rotate=90)


@clip
def hd_small(pictures, rng):
    """1080p with 18 people of 14 to 60 px."""
    size = (1920, 1080)
    people = pictures.people(rng, 18, 60)
    actors = []
    for i, person in enumerate(people):
        face = 14 * (60 / 14) ** (i / 17)
        y = 300 + 380 * (i // 9) + rng.uniform(-120, 120)
        actors.append((person, standing(110 + 210 * (i % 9), y, face, rng.uniform(-8, 8), 5, i, rng.uniform(-20, 20))))
    return of_scene(Scene(pictures.landscape(0, *size), actors), 4, size)


@clip
def uhd(pictures, rng):
    """3840x2160 with 14 people of 14 to 300 px."""
    size = (3840, 2160)
    actors = []
    sizes = [14 * (300 / 14) ** (i / 13) for i in range(14)]
    large = pictures.people(rng, 14, 200)
    for i, face in enumerate(sizes):
        y = 620 + 950 * (i // 7) + rng.uniform(-160, 100)
        actors.append((large[i], standing(260 + 540 * (i % 7), y, face, rng.uniform(-8, 8), 8, i, rng.uniform(-30, 30))))
    return of_scene(Scene(pictures.landscape(2, *size), actors), 3, size)


@clip
def one_frame(pictures, rng):
    """Faces that are there for 1, 2 or 3 frames only, 30 to 100 px, with and without others that stay."""
    visits = []
    for n in range(18):
        first = 6 + 8 * n
        visits.append((first, first + 1 + n % 3))
    people = pictures.people(rng, len(visits) + 1, 100)
    actors = [(people[-1], lambda t: Placement(90, 150, 56) if 2.6 < t < 4.4 else None)]
    for person, (first, end) in zip(people, visits):
        place = Placement(rng.uniform(180, 580), rng.uniform(90, 250), rng.uniform(30, 100), rng.uniform(-10, 10))
        actors.append((person, lambda t, place=place, first=first, end=end: place if first <= round(t * RATE) < end else None))
    return of_scene(Scene(pictures.landscape(11, *SIZE), actors), 6.2)


@clip
def motion_blur(pictures, rng):
    """A pan at 10 to 100 px a frame with the shutter open half of the time; a face that is smeared over more than its width
    is not judged."""
    strip = np.hstack([pictures.landscape(i + 3, 650, 360)[:, ::1 if i % 2 else -1] for i in range(8)])
    _, actors = group(pictures, rng, 32, (40, 110), 5200, 360)
    speeds = np.concatenate([np.linspace(0, 100, 70), np.linspace(100, 0, 30)])
    at = np.concatenate([[0], np.cumsum(speeds)])
    scene = Scene(strip, actors)

    def render(i):
        smeared, shots = 0.5 * speeds[i], max(int(0.5 * speeds[i]) // 3, 1)
        scene.limits = lambda box, t: smeared > box[2]
        total = 0
        for k in range(shots):
            scene.camera = lambda t, k=k: moved(-(at[i] + smeared * ((k + 0.5) / shots - 0.5)), 0)
            frame, faces, ignored = scene.render(i / RATE, SIZE)
            total = total + frame.astype(np.uint16)
            if k == shots // 2:
                middle = faces, ignored
        return (total // shots).astype(np.uint8), *middle

    return Clip(len(speeds), render)


@clip
def slides(pictures, rng):
    """Still pictures, a second each: photographs of groups as they are, and people before landscapes."""
    shown = []
    for name in sorted({entry["picture"] for entry in pictures.entries if entry["picture"].startswith("face-api")}):
        picture = pictures.read(name)
        scale = 360 / picture.shape[0]
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        left = (SIZE[0] - small.shape[1]) // 2
        frame = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        frame[:, left:left + small.shape[1]] = small
        boxes = [[v * scale for v in entry["box"]] for entry in pictures.entries if entry["picture"] == name]
        shown.append((frame, [[x + left, y, w, h] for x, y, w, h in boxes], []))
    for i in range(3):
        backdrop, actors = group(pictures, rng, 5, (24, 80), *SIZE, landscape=i + 5)
        shown.append(Scene(backdrop, actors).render(0, SIZE))
    return Clip(RATE * len(shown), lambda i: shown[i // RATE])


@clip
def variable_rate(pictures, rng):
    """Frames 13 to 83 ms apart, once 750 ms: people who walk fast by the clock."""
    backdrop, actors = group(pictures, rng, 3, (34, 70), *SIZE, landscape=8)
    for k, person in enumerate(pictures.people(rng, 3, 90)):
        actors.append((person, standing(-100 - 120 * k, 170 + 30 * k, 60 + 12 * k, speed=190)))
    scene = Scene(backdrop, actors)

    def at(i):
        return 0.048 * i + 0.02 * math.sin(2.1 * i) + (0.7 if i >= 60 else 0)

    return Clip(130, lambda i: scene.render(at(i), SIZE), times=at, timing="0.048*N+0.02*sin(2.1*N)+0.7*gte(N,60)")


@clip
def nobody(pictures, rng):
    """Landscapes, a hand and a post, and no face: nothing should be covered."""
    actors = [(hand(rng), lambda t: Placement(200 + 120 * math.sin(t), 200, 60, 30 * math.sin(2 * t))),
              (post(), lambda t: Placement(640 - 120 * t, 180, 14))]
    return of_cuts([Scene(pictures.landscape(i, *SIZE), actors, lambda t: moved(-40 * t, 0)) for i in range(5)], 20)


