"""PNG files with numpy and zlib alone."""

import os
import struct
import sys
import zlib

import numpy as np

CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}


def read_png(path):
    """Samples of a PNG file without a palette, [channels, height, width], uint8 or uint16; alpha is dropped."""
    with open(path, "rb") as file:
        data = file.read()
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
        if kind == b"IDAT":
            packed += body
        at += 12 + length
    if colour not in CHANNELS or depth not in (8, 16) or interlaced:
        sys.exit(f"{path}: palettes, 1 to 4 bits and interlacing are not read here; convert it")
    channels = CHANNELS[colour]
    step = channels * depth // 8
    lines = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + width * step)
    image = np.zeros((height, width * step), np.uint8)
    for y in range(height):
        above = image[y - 1] if y > 0 else np.zeros(width * step, np.uint8)
        image[y] = unfiltered(lines[y, 0], lines[y, 1:], above, step)
    samples = image.view(">u2").astype(np.uint16) if depth == 16 else image
    samples = samples.reshape(height, width, channels).transpose(2, 0, 1)
    return samples[: 1 if channels < 3 else 3]


def unfiltered(kind, line, above, step):
    """A line of bytes from the differences that PNG stores."""
    if kind == 0:
        return line
    if kind == 2:
        return line + above
    result = np.zeros(len(line) + step, np.int32)
    upper = np.concatenate([np.zeros(step, np.int32), above.astype(np.int32)])
    for i in range(step, len(result)):
        left, up, corner = result[i - step], upper[i], upper[i - step]
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + up) // 2
        else:
            distances = [abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)]
            guess = (left, up, corner)[distances.index(min(distances))]
        result[i] = (int(line[i - step]) + guess) & 255
    return result[step:].astype(np.uint8)


def write_png(path, mask):
    """An 8-bit grey image [height, width]."""
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    height, width = mask.shape
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = np.concatenate([np.zeros((height, 1), np.uint8), mask], 1).tobytes()
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))
