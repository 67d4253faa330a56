"""How much of a face an anonymised picture still shows, what is covered, and whether covers flicker. Pictures are grey, 8 bit."""
import cv2
import numpy as np

SHOWN = 0.5, 0.5     # gain and correlation of the fine structure from which on a face counts as shown
PARTLY = 0.2, 0.3    # and from which on as partly shown
LEAST_ENERGY = 0.6   # of the fine structure (grey levels squared): a box with less tells nothing
LEAST_INSIDE = 0.5   # of a box: a face that is mostly outside the frame is not judged
CHANGED = 8          # grey levels by which a covered pixel differs more than coding alone makes it differ
FLICKER = 0.5        # seconds: a face that was covered, is shown for less and is covered again flickers


def fine_structure(picture, sigma):
    picture = picture.astype(np.float32)
    return picture - cv2.GaussianBlur(picture, (0, 0), sigma)


def survival(before, after, box):
    """(gain, correlation) of the fine structure in the middle of a face's box: the regression of the result on the original.
    Untouched it is about (1, 1), under a cover about (0, 0). None where the box has none or is mostly outside."""
    x, y, width, height = box
    rows, columns = before.shape
    inside = max(min(x + width, columns) - max(x, 0), 0) * max(min(y + height, rows) - max(y, 0), 0)
    left, right = int(max(x + 0.12 * width, 0)), int(min(x + 0.88 * width, columns))
    top, bottom = int(max(y + 0.12 * height, 0)), int(min(y + 0.88 * height, rows))
    if inside < LEAST_INSIDE * width * height or right - left < 3 or bottom - top < 3:
        return None
    sigma = max(min(width, height) / 7, 1.0)
    margin = int(3 * sigma) + 1
    x0, y0 = max(left - margin, 0), max(top - margin, 0)

    def structure(picture):
        part = fine_structure(picture[y0:bottom + margin, x0:right + margin], sigma)[top - y0:bottom - y0, left - x0:right - x0]
        return part - part.mean()

    original, result = structure(before), structure(after)
    energy, left_energy, common = (original ** 2).mean(), (result ** 2).mean(), (original * result).mean()
    if energy < LEAST_ENERGY:
        return None
    return float(common / energy), float(common / np.sqrt(energy * left_energy + 1e-3))


def is_shown(seen):
    return seen[0] >= SHOWN[0] and seen[1] >= SHOWN[1]


def is_partly_shown(seen):
    return not is_shown(seen) and seen[0] >= PARTLY[0] and seen[1] >= PARTLY[1]


def covered(before, after, plain):
    """A mask of what was covered. The difference from the original, smoothed over 5x5 pixels, must exceed twice what a plain
    transcode differs there by CHANGED grey levels; small holes, where a cover happens to have the face's own grey, are filled."""
    def difference(picture):
        return cv2.blur(cv2.absdiff(before, picture).astype(np.float32), (5, 5))
    mask = (difference(after) > CHANGED + 2 * difference(plain)).astype(np.uint8)
    reach = max(before.shape) // 64 | 1
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(bool)


def outside(shape, boxes):
    """A mask of all that lies outside the boxes grown by half their size."""
    mask = np.ones(shape, bool)
    for x, y, width, height in boxes:
        mask[max(int(y - height / 2), 0):max(int(y + 1.5 * height), 0), max(int(x - width / 2), 0):max(int(x + 1.5 * width), 0)] = False
    return mask


def overlap(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


class Flicker:
    """Counts faces that are covered, shown for less than half a second and covered again. A face is followed from one frame
    to the next by its boxes' overlap, so over a cut or a fast swing it is another one."""

    def __init__(self):
        self.count, self.faces = 0, []   # a face: [box, covered before, since when it is shown or None]

    def add(self, time, boxes, shown):
        left, now = list(self.faces), []
        for box, is_open in zip(boxes, shown):
            known = max(left, key=lambda face: overlap(face[0], box), default=None)
            if known is not None and overlap(known[0], box) > 0.2:
                left = [face for face in left if face is not known]
            else:
                known = [box, False, None]
            covered_before, since = known[1:]
            if is_open:
                since = time if since is None else since
            else:
                self.count += covered_before and since is not None and time - since < FLICKER
                covered_before, since = True, None
            now.append([box, covered_before, since])
        self.faces = now
