"""Writes bright_spots.onnx, a face model for tests: it is YuNet in all but its numbers, and finds bright spots.

Where 16x16 pixels have a mean of over 210 (of 255), there is "a face" of 64x64 pixels, the surer the brighter, from 220 on
as sure as can be: the nearest cell of 16x16 tells it, those of 8 and 32 pixels never do. Enough to test every path that a
video takes through the programs, on dark pictures with white squares; it says nothing about the recall of real faces.

The first of the network's channels carries the brightness, the others are 0. It is averaged where the picture is a quarter
of its size, so 16x16 pixels begin at multiples of 4 only; what shrinks the picture takes the brightest, which spreads a
bright spot by up to two pixels.

    python3 tests/models/make_bright_spots.py [FILE]

ONNX is Protocol Buffers (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), of which this needs three wire types, so
no library is needed.
"""
import math
import pathlib
import struct
import sys

FLOAT, INT64 = 1, 7  # TensorProto.DataType
OF_INT, OF_TEXT, OF_INTS = 2, 3, 7  # AttributeProto.AttributeType

ONE = [0, 0, 0, 0, 1, 0, 0, 0, 0]  # kernels of 3x3: the value itself,
NEXT = [0, 0, 0, 0, 1 / 4, 1 / 4, 0, 1 / 4, 1 / 4]  # the mean of it and those right of and below it,
ABOUT = [1 / 4, 0, 1 / 4, 0, 0, 0, 1 / 4, 0, 1 / 4]  # that of its four corners; the two together: the mean of 4x4


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def attribute(name, value):
    if isinstance(value, int):
        return block(5, block(1, name) + number(3, value) + number(20, OF_INT))
    if isinstance(value, str):
        return block(5, block(1, name) + block(4, value) + number(20, OF_TEXT))
    return block(5, block(1, name) + b"".join(number(8, one) for one in value) + number(20, OF_INTS))


def value_info(field, name, shape):
    dimensions = b"".join(block(1, number(1, size)) for size in shape)
    return block(field, block(1, name) + block(2, block(1, number(1, FLOAT) + block(2, dimensions))))


class Graph:
    """Nodes and constants; every method adds what it is named for and returns its value's name."""

    def __init__(self):
        self.nodes, self.tensors, self.count = b"", b"", 0

    def node(self, kind, inputs, output=None, **attributes):
        self.count += 1
        output = output or f"v{self.count}"
        self.nodes += block(1, b"".join(block(1, name) for name in inputs) + block(2, output) +
                            block(3, f"{kind}_{self.count}") + block(4, kind) +
                            b"".join(attribute(*pair) for pair in attributes.items()))
        return output

    def tensor(self, shape, values, kind=FLOAT):
        self.count += 1
        packed = struct.pack(f"<{len(values)}{'f' if kind == FLOAT else 'q'}", *values)
        self.tensors += block(5, b"".join(number(1, size) for size in shape) + number(2, kind) + block(8, f"t{self.count}") +
                              block(9, packed))
        return f"t{self.count}"

    def convolution(self, source, shape, weights, biases, stride=1, group=1):
        kernel, pad = shape[2], shape[2] // 2
        return self.node("Conv", (source, self.tensor(shape, weights), self.tensor((shape[0],), biases)), dilations=(1, 1),
                         group=group, kernel_shape=(kernel, kernel), pads=(pad,) * 4, strides=(stride, stride))

    def separable(self, source, inputs, weights, biases, kernel=ONE):
        """1x1, then 3x3 on each channel, of that kernel: a row of `weights` for each output."""
        outputs = len(biases)
        mixed = self.convolution(source, (outputs, inputs, 1, 1), [one for row in weights for one in row], biases)
        return self.convolution(mixed, (outputs, 1, 3, 3), kernel * outputs, [0.0] * outputs, group=outputs)

    def layer(self, source, inputs, outputs, keep=1.0, kernel=ONE):
        """Passes on `keep` of the first channel, and nothing of the others."""
        first = [keep] + [0.0] * (inputs - 1)
        kept = self.separable(source, inputs, [first] + [[0.0] * inputs] * (outputs - 1), [0.0] * outputs, kernel)
        return self.node("Relu", (kept,))

    def halved(self, source):
        return self.node("MaxPool", (source,), ceil_mode=0, kernel_shape=(2, 2), pads=(0, 0, 0, 0), strides=(2, 2))

    def doubled_sum(self, fine, coarse):
        doubled = self.node("Resize", (coarse, self.tensor((0,), ()), self.tensor((4,), (1.0, 1.0, 2.0, 2.0))),
                            coordinate_transformation_mode="asymmetric", mode="nearest", nearest_mode="floor")
        return self.node("Add", (fine, doubled))


def heads(graph, kind, pyramid, weight, biases, outputs):
    """One head at each of three strides; only the second looks at its map."""
    for stride, source in zip((8, 16, 32), pyramid):
        looks, size = stride == 16, len(biases)
        values = biases if looks or size > 1 else [-10.0]
        value = graph.separable(source, 64, [[weight if looks else 0.0] + [0.0] * 63] * size, values)
        value = graph.node("Transpose", (value,), perm=(0, 2, 3, 1))
        shape = graph.tensor((3,), (1, -1, size), INT64)
        name = f"{kind}_{stride}"
        if size > 1:
            graph.node("Reshape", (value, shape), name)
        else:
            graph.node("Sigmoid", (graph.node("Reshape", (value, shape)),), name)
        outputs.append(value_info(12, name, (1, (640 // stride) ** 2, size)))


def model():
    graph, outputs = Graph(), []
    # The mean of two by two pixels' three colours, which no other output looks at.
    bright = [one / 3 for one in NEXT] * 3
    value = graph.convolution("input", (16, 3, 3, 3), bright + [0.0] * 15 * 27, [0.0] * 16, stride=2)
    value = graph.halved(graph.layer(graph.node("Relu", (value,)), 16, 16, kernel=NEXT))
    for inputs, size, kernel in ((16, 16, NEXT), (16, 32, ABOUT), (32, 32, ONE), (32, 64, ONE)):
        value = graph.layer(value, inputs, size, kernel=kernel)
    value = graph.halved(value)
    maps = []
    for _ in range(3):
        value = graph.layer(graph.layer(value, 64, 64), 64, 64)
        maps.append(value)
        value = graph.halved(value) if len(maps) < 3 else value
    coarse = graph.layer(maps[2], 64, 64, keep=0.0)
    middle = graph.layer(graph.doubled_sum(maps[1], coarse), 64, 64)
    fine = graph.layer(graph.doubled_sum(maps[0], middle), 64, 64, keep=0.0)
    pyramid = (fine, middle, coarse)
    # The logit is 6 where all is as bright as 220, and -6 at 200.
    heads(graph, "cls", pyramid, 0.6, [-126.0], outputs)
    heads(graph, "obj", pyramid, 0.6, [-126.0], outputs)
    heads(graph, "bbox", pyramid, 0.0, [0.5, 0.5, math.log(4), math.log(4)], outputs)
    points = [-1.0, -1.0, 2.0, -1.0, 0.5, 0.5, -1.0, 2.0, 2.0, 2.0]  # eyes, nose, corners of the mouth
    heads(graph, "kps", pyramid, 0.0, points, outputs)
    side = 640  # as YuNet says it; pictures of other sizes are taken all the same
    body = graph.nodes + block(2, "bright spots") + graph.tensors
    body += value_info(11, "input", (1, 3, side, side)) + b"".join(outputs)
    return number(1, 6) + block(2, "cumulet tests") + block(7, body) + block(8, block(1, "") + number(2, 11))


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).with_name("bright_spots.onnx")
    pathlib.Path(target).write_bytes(model())


if __name__ == "__main__":
    main()
