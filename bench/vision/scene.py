"""People cut out of pictures, put into a scene and seen by a camera; where their faces are is carried along exactly.

Lengths in a scene are pixels. A person is placed by the centre of the face, by `size`, the longer side of the face's box, and by
`roll`, degrees clockwise. A frame is BGR.
"""
import dataclasses
import functools
import json
import math
import pathlib

import cv2
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
UPRIGHT = 15         # degrees of roll up to which a face's box is that of the upright face
LEAST_VISIBLE = 0.6  # of a face: what is hidden more is not judged
CANVAS = (3.2, 3.4)  # of a cut-out, in sizes of the face
CENTRE = (1.6, 1.3)  # of the face in it


@dataclasses.dataclass(frozen=True)
class Placement:
    x: float
    y: float
    size: float
    roll: float = 0.0

    def matrix(self):
        """From the face's own coordinates (its centre 0, its size 1) to the scene's."""
        c, s = (f(math.radians(self.roll)) * self.size for f in (math.cos, math.sin))
        return np.array([[c, -s, self.x], [s, c, self.y], [0, 0, 1]])


class CutOut:
    """A picture with a soft outline, in a few sizes, each premultiplied by its outline (BGRA)."""

    def __init__(self, picture, centre, unit):
        self.picture, self.centre, self.unit = picture, np.array(centre, float), unit  # `unit`: pixels that are 1 in draw()

    @functools.lru_cache(maxsize=160)
    def scaled(self, rung):
        """The picture at the size of the rung, the least power of the square root of 2 that is not below what is asked for."""
        scale = 2 ** (rung / 2) / self.unit
        kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        picture = cv2.resize(self.picture, None, fx=scale, fy=scale, interpolation=kind)
        return picture, np.diag([picture.shape[1] / self.picture.shape[1], picture.shape[0] / self.picture.shape[0], 1])

    def draw(self, frame, owner, number, matrix):
        """Puts it on the frame by a matrix from its own coordinates; what it hides belongs to `number` in `owner`."""
        size = math.hypot(matrix[0, 0], matrix[1, 0])
        picture, grown = self.scaled(math.ceil(2 * math.log2(max(size, 2))))
        own = np.array([[1, 0, -self.centre[0]], [0, 1, -self.centre[1]], [0, 0, self.unit]]) / self.unit
        to_frame = matrix @ own @ np.linalg.inv(grown)
        height, width = picture.shape[:2]
        corners = to_frame[:2] @ np.array([[0, width, width, 0], [0, 0, height, height], [1, 1, 1, 1]])
        x0, y0 = np.maximum(np.floor(corners.min(1)).astype(int), 0)
        x1, y1 = np.minimum(np.ceil(corners.max(1)).astype(int) + 1, (frame.shape[1], frame.shape[0]))
        if x0 >= x1 or y0 >= y1:
            return
        to_frame = to_frame - np.array([[0, 0, x0], [0, 0, y0], [0, 0, 0]])
        drawn = cv2.warpAffine(picture, to_frame[:2], (int(x1 - x0), int(y1 - y0)), flags=cv2.INTER_LINEAR)
        place = frame[y0:y1, x0:x1]
        alpha = drawn[:, :, 3:]
        place[:] = np.clip(drawn[:, :, :3] + (place * (255 - alpha.astype(np.uint16)) + 127) // 255, 0, 255)
        owner[y0:y1, x0:x1][alpha[:, :, 0] > 127] = number


class Person(CutOut):
    """Head and hair of a picture, on shoulders that are painted, or (`bust` false) down to the neck."""

    def __init__(self, picture, entry, rng, bust=True):
        self.name, self.looks = entry["name"], entry["looks"]
        x, y, width, height = entry["box"]
        self.width, self.height = width / max(width, height), height / max(width, height)
        unit = min(max(width, height), 300.0)
        scale = unit / max(width, height)
        turned = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), entry["roll"] if abs(entry["roll"]) < 35 else 0, scale)
        turned[:, 2] += np.array(CENTRE) * unit - (x + width / 2, y + height / 2)
        size = tuple(int(round(c * unit)) for c in CANVAS)
        head = cv2.warpAffine(picture, turned, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        inside = cv2.warpAffine(np.full(picture.shape[:2], 255, np.uint8), turned, size)
        super().__init__(self.assembled(head, inside, unit, rng, bust), np.array(CENTRE) * unit, unit)

    def assembled(self, head, inside, unit, rng, bust):
        rows, columns = np.mgrid[0:head.shape[0], 0:head.shape[1]].astype(np.float32) / np.float32(unit)
        across, down = columns - CENTRE[0], rows - CENTRE[1]
        outline = np.hypot(across / (0.84 * self.width), (down + 0.10 * self.height) / (0.86 * self.height))
        inside = blurred(cv2.erode(inside, np.ones((3, 3)), iterations=max(2, int(unit * 0.03))) / np.float32(255), unit * 0.02)
        alpha = np.clip((1 - outline) / 0.12, 0, 1) * inside * head_outline(head, outline, unit)
        cheek = head[int((CENTRE[1] + 0.05) * unit):int((CENTRE[1] + 0.25) * unit),
                     int((CENTRE[0] - 0.15) * unit):int((CENTRE[0] + 0.15) * unit)].reshape(-1, 3)
        chin = 0.5 * self.height
        neck = (np.abs(across) < 0.27 * self.width) & (down > 0.2) & (down < chin + 0.3)
        torso = (down > chin + 0.1 + 0.3 * np.clip(np.abs(across) / 0.9, 0, 2) ** 2.2) & (np.abs(across) < 1.05) & bust
        cloth = rng.uniform(30, 190) + rng.uniform(-30, 30, 3)
        folds = cv2.resize(cv2.GaussianBlur(rng.normal(0, 1, (85, 80)).astype(np.float32), (0, 0), 1.6), head.shape[1::-1])
        shade = 1 + 0.5 * folds - 0.25 * np.abs(across) / 1.15
        body = np.where(torso[:, :, None], cloth * shade[:, :, None], np.where(neck[:, :, None], np.median(cheek, 0) * 0.75, 0))
        ending = np.clip((CANVAS[1] - CENTRE[1] - down) / 0.5, 0, 1).astype(np.float32)
        body_alpha = blurred((neck | torso).astype(np.float32), unit * 0.02) * ending
        body = blurred(np.clip(body, 0, 255).astype(np.float32), unit * 0.02) * ending[:, :, None]
        colour = head * alpha[:, :, None] + body * (1 - alpha)[:, :, None]
        alpha = alpha + body_alpha * (1 - alpha)
        return np.clip(np.dstack([colour, 255 * alpha]) + 0.5, 0, 255).astype(np.uint8)

    def box(self, matrix):
        """The face's box where the matrix puts it; of a turned head a square around the face."""
        size, roll = math.hypot(matrix[0, 0], matrix[1, 0]), math.degrees(math.atan2(matrix[1, 0], matrix[0, 0]))
        width, height = (self.width * size, self.height * size) if abs(roll) <= UPRIGHT else (size, size)
        return [float(matrix[0, 2] - width / 2), float(matrix[1, 2] - height / 2), float(width), float(height)]


def blurred(picture, sigma):
    return cv2.GaussianBlur(picture, (0, 0), sigma)


def head_outline(picture, outline, unit):
    """Where the head is (0 to 1): what looks like face and hair, by GrabCut, which is told by `outline` (1 at the head's
    border) where to look."""
    scale = 44 / unit
    small, outline = (cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for part in (picture, outline))
    mask = np.full(outline.shape, cv2.GC_BGD, np.uint8)
    mask[outline < 1.15] = cv2.GC_PR_BGD
    mask[outline < 0.85] = cv2.GC_PR_FGD
    mask[outline < 0.62] = cv2.GC_FGD
    cv2.setRNGSeed(1)
    cv2.grabCut(small, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 2, cv2.GC_INIT_WITH_MASK)
    head = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    head = cv2.morphologyEx(cv2.morphologyEx(head, cv2.MORPH_CLOSE, np.ones((3, 3))), cv2.MORPH_OPEN, np.ones((3, 3)))
    return cv2.resize(blurred(head.astype(np.float32), 1.0), picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def hand(rng):
    """A flat hand, fingers up, that passes before things; its own coordinates: 1 is the palm's width."""
    unit = 160
    canvas = np.zeros((3 * unit, 2 * unit, 4), np.uint8)
    skin = np.array([125, 155, 205]) * rng.uniform(0.5, 1.1)
    colour = (*skin.tolist(), 255)
    cv2.ellipse(canvas, (unit, int(1.75 * unit)), (unit // 2, int(0.62 * unit)), 0, 0, 360, colour, -1, cv2.LINE_AA)
    cv2.line(canvas, (unit, 2 * unit), (unit, 3 * unit), colour, int(0.55 * unit), cv2.LINE_AA)
    for across, length in ((-0.36, 0.95), (-0.12, 1.1), (0.12, 1.05), (0.36, 0.85)):
        cv2.line(canvas, (int((1 + across) * unit), int(1.5 * unit)), (int((1 + 1.25 * across) * unit), int((1.5 - length) * unit)),
                 colour, int(0.2 * unit), cv2.LINE_AA)
    cv2.line(canvas, (int(1.35 * unit), int(1.85 * unit)), (int(1.75 * unit), int(1.35 * unit)), colour, int(0.22 * unit), cv2.LINE_AA)
    light = cv2.GaussianBlur(canvas[:, :, 3], (0, 0), unit * 0.09)[:, :, None] / 255
    canvas[:, :, :3] = canvas[:, :, :3] * (0.55 + 0.45 * light)
    return CutOut(canvas, (unit, 1.5 * unit), unit)


def post():
    """An upright lamp post; 1 is its width."""
    unit = 40
    canvas = np.zeros((20 * unit, unit, 4), np.uint8)
    canvas[:, 2:-2] = (70, 66, 62, 255)
    canvas[:, 4:12, :3] = (120, 116, 110)
    return CutOut(canvas, (unit / 2, 10 * unit), unit)


class Pictures:
    """What fetch_people.py brought."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        listed = json.loads((HERE / "pictures.json").read_text())
        self.entries, self.landscapes = listed["people"], listed["landscapes"]

    @functools.lru_cache(maxsize=16)
    def read(self, name):
        picture = cv2.imread(str(self.folder / name))
        if picture is None:
            raise FileNotFoundError(f"{self.folder / name}: run fetch_people.py")
        return picture

    @functools.lru_cache(maxsize=None)
    def person(self, number, bust):
        return Person(self.read(self.entries[number]["picture"]), self.entries[number], np.random.default_rng(number), bust)

    def people(self, rng, count, size=0, looks="ahead", bust=True):
        """Different people at random, in pictures that are not enlarged much by `size`; all over again where they do not suffice."""
        fit = [i for i, entry in enumerate(self.entries)
               if max(entry["box"][2:]) >= size / 1.5 and looks in (entry["looks"], "any")]
        order = [fit[i] for i in rng.permutation(len(fit))]
        return [self.person(order[i % len(order)], bust) for i in range(count)]

    def landscape(self, number, width, height):
        """A landscape that covers so much."""
        picture = self.read(self.landscapes[number % len(self.landscapes)])
        scale = max(width / picture.shape[1], height / picture.shape[0])
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        x, y = (picture.shape[1] - width) // 2, (picture.shape[0] - height) // 2
        return picture[y:y + height, x:x + width].copy()


def still(_):
    return np.eye(3)


@dataclasses.dataclass
class Scene:
    """`actors`: pairs of a cut-out and a function that places it at a time in seconds (None: it is not there); later ones are
    nearer. `camera`: a matrix from the scene to the frame at a time. `light`: a function of a finished frame and the time."""
    backdrop: np.ndarray
    actors: list
    camera: object = still
    light: object = None
    limits: object = None   # a function of a box and the time: whether it lies beyond the honest limits

    def render(self, time, size):
        """(frame, boxes of the faces, boxes that are not judged)"""
        camera = self.camera(time)
        frame = cv2.warpAffine(self.backdrop, camera[:2], size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        owner = np.zeros((size[1], size[0]), np.int16)
        seen = []
        for number, (cut_out, path) in enumerate(self.actors, 1):
            placement = path(time)
            if placement is None:
                continue
            matrix = camera @ placement.matrix()
            cut_out.draw(frame, owner, number, matrix)
            if isinstance(cut_out, Person):
                seen.append((number, cut_out.box(matrix)))
        faces, ignored = [], []
        for number, box in seen:
            part = visible(owner, number, box)
            if part is None:
                continue
            beyond = self.limits is not None and self.limits(box, time)
            (faces if part >= LEAST_VISIBLE and not beyond else ignored).append(box)
        return (frame if self.light is None else self.light(frame, time)), faces, ignored


def visible(owner, number, box):
    """How much of the face's middle within the frame nobody else hides; None where nothing of it is within."""
    x, y, width, height = box
    x0, y0 = max(int(x + 0.15 * width), 0), max(int(y + 0.15 * height), 0)
    x1, y1 = min(int(x + 0.85 * width) + 1, owner.shape[1]), min(int(y + 0.85 * height) + 1, owner.shape[0])
    return float((owner[y0:y1, x0:x1] == number).mean()) if x0 < x1 and y0 < y1 else None
