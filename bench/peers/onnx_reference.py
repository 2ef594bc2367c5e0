"""Masks from a model that `dimseg export` wrote and from PNG files, with nothing of dimseg.

`python onnx_reference.py MODEL.onnx IMAGE.png... --compare MASKS` prints for each image at how many pixels the index mask
differs from that of `dimseg predict` in the folder MASKS, and exits with 1 when it is more than 1 in 10,000 of all;
`--out FOLDER` writes the masks as PNG. Needs onnxruntime and numpy. What is done to images stands in the file itself.
"""

import argparse
import json
import os
import struct
import sys
import zlib

import numpy as np
import onnxruntime

CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}


def read_png(path):
    """Samples of a PNG file without a palette, [height, width, channels], uint8 or uint16; alpha is dropped."""
    data = open(path, "rb").read()
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
    samples = samples.reshape(height, width, channels)
    return samples[:, :, : 1 if channels < 3 else 3]


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
    """An 8-bit grey image."""
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    height, width = mask.shape
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = np.concatenate([np.zeros((height, 1), np.uint8), mask], 1).tobytes()
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def grey(image):
    """Pillow's convert("L")."""
    if image.shape[2] == 1:
        return image
    red, green, blue = (image[:, :, i : i + 1].astype(np.int64) for i in range(3))
    return ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16).astype(image.dtype)


FILTERS = {
    "bilinear": (1, lambda x: np.maximum(0, 1 - np.abs(x))),
    "lanczos": (3, lambda x: np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)),
}


def resize_rows(image, size, kind):
    """Resizes the second axis of [rows, columns, channels] as Pillow does: uint8 with integer weights, float32 with real ones."""
    old = image.shape[1]
    if old == size:
        return image
    radius, weight = FILTERS[kind]
    scale = old / size
    stretch = max(scale, 1)
    result = np.empty((image.shape[0], size, image.shape[2]), image.dtype)
    for i in range(size):
        centre = (i + 0.5) * scale
        first = max(0, int(np.floor(centre - radius * stretch + 0.5)))
        end = min(old, int(np.floor(centre + radius * stretch + 0.5)))
        real = weight((np.arange(first, end) + 0.5 - centre) / stretch)
        if image.dtype == np.float32:
            result[:, i] = (image[:, first:end].astype(np.float64) * (real / real.sum())[None, :, None]).sum(1)
            continue
        scaled = real / real.sum() * 2**22
        whole = np.where(scaled < 0, np.ceil(scaled - 0.5), np.floor(scaled + 0.5)).astype(np.int64)
        sums = (image[:, first:end].astype(np.int64) * whole[None, :, None]).sum(1) + 2**21
        result[:, i] = np.clip(sums >> 22, 0, 255)
    return result


def ends_of(values, window):
    """The least and the greatest value that are kept: given, or those below which shares of all values lie."""
    if "percentiles" not in window:
        return window["low"], window["high"]
    ordered = np.sort(values.astype(np.float32))
    low, high = (ordered[min(int(share / 100 * len(ordered)), len(ordered) - 1)] for share in window["percentiles"])
    return low, high if high > low else low + 1


def real_values(image, dataset):
    """Samples [rows, columns, channels] as z-scores of each channel, or as grey levels that are not rounded; float32.

    Of domains with rules of their own only the rule for all is known here.
    """
    rule, is_8bit = dataset.get("intensity", {}), image.dtype == np.uint8
    image = image.astype(np.float64)
    if dataset["channels"] == 1 and image.shape[2] == 3:
        image = (image @ [0.299, 0.587, 0.114])[:, :, None]
    if "zscore" in rule:
        for channel in range(image.shape[2]):
            values = image[:, :, channel]
            counted = values != 0 if rule["zscore"] == "nonzero" else np.ones(values.shape, bool)
            if not counted.any():
                continue
            if "within" in rule:
                values[counted] = np.clip(values[counted], *ends_of(values[counted], rule["within"]))
            mean, deviation = values[counted].mean(), values[counted].std()
            if isinstance(rule["zscore"], dict):
                mean, deviation = rule["zscore"]["mean"], rule["zscore"]["deviation"]
            values[counted] = (values[counted] - mean) / (deviation if deviation > 0 else 1)
    elif not is_8bit:
        image = np.clip((image - rule["low"]) / (rule["high"] - rule["low"]) * 255, 0, 255)
    return image.astype(np.float32)


def prepared(image, model):
    """Samples as the network's input [1, channels, rows, columns], uint8 or float32."""
    dataset, (height, width) = model["dataset"], model["sides"]
    if model["input"]["type"] == "float32":
        image = real_values(image, dataset)
        least, greatest = image.min(), image.max()
    elif dataset["channels"] == 1:
        image = grey(image)
    if image.dtype not in (np.uint8, np.float32):
        window = dataset["intensity"]
        share = (image.astype(np.float64) - window["low"]) / (window["high"] - window["low"])
        image = np.clip(np.floor(share * 255 + 0.5), 0, 255).astype(np.uint8)
    image = resize_rows(image, width, dataset["filter"])
    image = resize_rows(image.transpose(1, 0, 2), height, dataset["filter"]).transpose(1, 0, 2)
    if image.dtype == np.float32:
        image = np.clip(image, least, greatest)
    if image.shape[2] < dataset["channels"]:
        image = image.repeat(dataset["channels"], 2)
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None])


def resized_linearly(values, axis, size):
    """Values at another number of positions along an axis, outer edges where they are."""
    old = values.shape[axis]
    places = np.clip((np.arange(size) + 0.5) * old / size - 0.5, 0, old - 1)
    low = np.floor(places).astype(int)
    shape = [-1 if i == axis else 1 for i in range(values.ndim)]
    share = (places - low).reshape(shape)
    before, after = values.take(low, axis), values.take(np.minimum(low + 1, old - 1), axis)
    return (before + share * (after - before)).astype(np.float32)


def index_mask(probabilities, dataset):
    """Probabilities [classes, rows, columns] as the index masks of `dimseg predict`."""
    if dataset["target"] == "softmax":
        return probabilities.argmax(0).astype(np.uint8)
    classes = {one["name"]: one for one in dataset["classes"]}
    depth = lambda one: 1 + depth(classes[one["inside"]]) if "inside" in one else 0
    mask = np.zeros(probabilities.shape[1:], np.uint8)
    for one in sorted(dataset["classes"], key=lambda one: (depth(one), one["index"])):
        mask[probabilities[one["index"]] >= 0.5] = one["index"] + 1
    return mask


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("images", nargs="+")
    parser.add_argument("--out")
    parser.add_argument("--compare")
    options = parser.parse_args()
    session = onnxruntime.InferenceSession(options.model, providers=["CPUExecutionProvider"])
    model = json.loads(session.get_modelmeta().custom_metadata_map["dimseg.model"])
    if "slices" in model["dataset"]:
        sys.exit(f"{options.model}: is of volumes; only pictures are read here")
    size = model["dataset"]["size"]
    if isinstance(size, dict) and size.get("mode", "stretch") != "stretch":
        sys.exit(f"{options.model}: keeps the shapes of pictures, which is not done here")
    size = model["dataset"]["size"]
    if isinstance(size, dict) and size["mode"] != "stretch":
        sys.exit(f"{options.model}: pads or crops images; they are only stretched here")
    others = pixels = 0
    for path in options.images:
        image = read_png(path)
        probabilities = session.run(["probabilities"], {"image": prepared(image, model)})[0][0]
        for axis in (2, 1):
            probabilities = resized_linearly(probabilities, axis, image.shape[axis - 1])
        mask = index_mask(probabilities, model["dataset"])
        name = os.path.basename(path)
        if options.out:
            write_png(os.path.join(options.out, name), mask)
        if options.compare:
            differing = int((read_png(os.path.join(options.compare, name))[:, :, 0] != mask).sum())
            others, pixels = others + differing, pixels + mask.size
            print(f"{name}: {differing} of {mask.size} pixels differ")
    sys.exit(1 if others > pixels / 10_000 else 0)


if __name__ == "__main__":
    main()
