"""Writes bright_spots.onnx, a face model for tests: it has YuNet's inputs and outputs, but finds bright spots.

A cell of 16x16 pixels whose mean is over 200 (of 255) is "a face" of 64x64 pixels around it, the surer the brighter, from
220 on as sure as can be; cells of 8 and 32 pixels never are one. Enough to test every path that a video takes through
the programs, on dark pictures with white squares; it says nothing about the recall of real faces.

    python3 tests/models/make_bright_spots.py [FILE]

ONNX is Protocol Buffers (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), of which this needs three wire types, so
no library is needed.
"""
import math
import pathlib
import struct
import sys

FLOAT, INTS, INT = 1, 7, 2  # TensorProto.FLOAT, AttributeProto.INTS, AttributeProto.INT


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
        return block(5, block(1, name) + number(3, value) + number(20, INT))
    return block(5, block(1, name) + b"".join(number(8, one) for one in value) + number(20, INTS))


def node(kind, inputs, output, **attributes):
    return block(1, b"".join(block(1, name) for name in inputs) + block(2, output) + block(3, output + "_node") +
                 block(4, kind) + b"".join(attribute(*pair) for pair in attributes.items()))


def tensor(name, shape, values):
    return block(5, b"".join(number(1, size) for size in shape) + number(2, FLOAT) + block(8, name) +
                 block(9, struct.pack(f"<{len(values)}f", *values)))


def value_info(field, name, shape):
    dimensions = b"".join(block(1, number(1, size)) for size in shape)
    return block(field, block(1, name) + block(2, block(1, number(1, FLOAT) + block(2, dimensions))))


def convolution(name, source, output, weights, bias):
    """One value of `output` for each of `bias`, of the three colours' means."""
    return (tensor(name + "_w", (len(bias), 3, 1, 1), weights * len(bias)) +
            tensor(name + "_b", (len(bias),), bias) +
            node("Conv", (source, name + "_w", name + "_b"), output, kernel_shape=(1, 1), strides=(1, 1), pads=(0, 0, 0, 0)))


def model(outputs=("cls", "obj", "bbox", "kps")):
    side = 640  # as YuNet says it; pictures of other sizes are taken all the same
    graph = block(2, "bright spots") + value_info(11, "input", (1, 3, side, side))
    for stride in (8, 16, 32):
        mean = f"mean_{stride}"
        graph += node("AveragePool", ("input",), mean, kernel_shape=(stride, stride), strides=(stride, stride),
                      pads=(0, 0, 0, 0))
        bright = [1 / 60] * 3 if stride == 16 else [0.0] * 3
        cells = side // stride
        for kind in ("cls", "obj"):
            if kind in outputs:
                graph += convolution(f"{kind}{stride}", mean, f"{kind}_{stride}", bright, [-10.0])
                graph += value_info(12, f"{kind}_{stride}", (1, 1, cells, cells))
        size = math.log(4)
        points = [-1.0, -1.0, 2.0, -1.0, 0.5, 0.5, -1.0, 2.0, 2.0, 2.0]  # eyes, nose, corners of the mouth
        for kind, values in (("bbox", [0.5, 0.5, size, size]), ("kps", points)):
            if kind in outputs:
                graph += convolution(f"{kind}{stride}", mean, f"{kind}_{stride}_planes", [0.0] * 3, values)
                graph += node("Transpose", (f"{kind}_{stride}_planes",), f"{kind}_{stride}", perm=(0, 2, 3, 1))
                graph += value_info(12, f"{kind}_{stride}", (1, cells, cells, len(values)))
    return number(1, 7) + block(2, "cumulet tests") + block(7, graph) + block(8, block(1, "") + number(2, 11))


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).with_name("bright_spots.onnx")
    pathlib.Path(target).write_bytes(model())


if __name__ == "__main__":
    main()
