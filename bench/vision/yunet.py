#!/usr/bin/python3
"""YuNet (2023mar) through OpenCV's cv2.dnn: boxes and landmarks of one picture's faces, in its own pixels.

  bench/vision/yunet.py MODEL PICTURE...     tells box, roll and score of each face: so the boxes of pictures.json were found
"""
import dataclasses
import json
import math
import sys

import cv2
import numpy as np

STRIDES = (8, 16, 32)


@dataclasses.dataclass
class Face:
    box: tuple        # x, y, width, height
    landmarks: tuple  # five points: right eye, left eye, nose, right and left corner of the mouth
    score: float      # 0 to 1

    @property
    def roll(self):
        """Degrees by which the head is turned clockwise in the picture, by its eyes."""
        (ax, ay), (bx, by) = self.landmarks[:2]
        return math.degrees(math.atan2(by - ay, bx - ax))


class YuNet:
    def __init__(self, model):
        self.net = cv2.dnn.readNetFromONNX(str(model))
        self.outputs = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES]

    def find(self, picture, longest_side=640, accept=0.6, overlap=0.3):
        """The faces of a BGR picture that is looked at with its longer side scaled to `longest_side`."""
        scale = longest_side / max(picture.shape[:2])
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        height, width = small.shape[:2]
        small = cv2.copyMakeBorder(small, 0, -height % 32, 0, -width % 32, cv2.BORDER_CONSTANT)
        self.net.setInput(cv2.dnn.blobFromImage(small))
        out = self.net.forward(self.outputs)
        faces = []
        for level, stride in enumerate(STRIDES):
            classes, objects, boxes, points = (out[kind * len(STRIDES) + level].reshape(-1, size)
                                               for kind, size in ((0, 1), (1, 1), (2, 4), (3, 10)))
            scores = np.sqrt(np.clip(classes, 0, 1) * np.clip(objects, 0, 1)).ravel()
            columns = small.shape[1] // stride
            for cell in np.flatnonzero(scores >= accept):
                cell_at = np.array([cell % columns, cell // columns])
                centre = (cell_at + boxes[cell, :2]) * stride / scale
                size = np.exp(boxes[cell, 2:]) * stride / scale
                landmarks = (points[cell].reshape(5, 2) + cell_at) * stride / scale
                faces.append(Face((*(centre - size / 2).tolist(), *size.tolist()), tuple(map(tuple, landmarks.tolist())),
                                  float(scores[cell])))
        if not faces:
            return []
        kept = cv2.dnn.NMSBoxes([face.box for face in faces], [face.score for face in faces], 0.0, overlap)
        return [faces[i] for i in np.array(kept).ravel()]


def main():
    detector = YuNet(sys.argv[1])
    for name in sys.argv[2:]:
        for face in detector.find(cv2.imread(name)):
            print(name, json.dumps([round(v, 1) for v in face.box]), round(face.roll, 1), round(face.score, 2))


if __name__ == "__main__":
    main()
