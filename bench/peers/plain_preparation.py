"""What model.json tells under `before` and `after`, with numpy alone: from samples to what the graph is given, and back.

Arrays are [channels or classes, (slices,) rows, columns].
"""

import sys

import numpy as np

# Values of images.


def kind_of(dataset):
    """What the graph is given: "bytes", "levels" that are not rounded, or "zscores"."""
    rule = rules_of(dataset)[0]
    return "zscores" if "zscore" in rule else "levels" if dataset.get("values") == "float" else "bytes"


def rules_of(dataset):
    """What becomes of each channel's values; of domains with rules of their own only the rule for all is known here."""
    one = dataset.get("slices", dataset)
    return one.get("intensities") or [one.get("intensity") or {}] * dataset["channels"]


def ends_of(values, window):
    """The least and the greatest value that are kept: given, or those below which shares of all values lie."""
    if "percentiles" not in window:
        return window["low"], window["high"]
    ordered = np.sort(values[np.isfinite(values)].astype(np.float32))
    if len(ordered) == 0:
        return 0, 1
    low, high = (float(ordered[int(min(share / 100 * len(ordered), len(ordered) - 1))]) for share in window["percentiles"])
    return low, high if high > low else low + 1


def between(values, window, is_rounded):
    """Values as 0 to 255."""
    low, high = ends_of(values, window)
    levels = (values.astype(np.float64) - low) / (high - low) * 255
    if not is_rounded:
        return np.clip(levels, 0, 255).astype(np.float32)
    return np.nan_to_num(np.clip(np.floor(levels + 0.5), 0, 255)).astype(np.uint8)


def z_scores(values, rule):
    """Values of one channel less their mean, in units of their deviation."""
    values = values.astype(np.float64)
    counted = values != 0 if rule["zscore"] == "nonzero" else np.ones(values.shape, bool)
    if counted.any():
        own = values[counted]
        if "within" in rule:
            own = np.clip(own, *ends_of(own, rule["within"]))
        mean, deviation = own.mean(), own.std()
        if isinstance(rule["zscore"], dict):
            mean, deviation = rule["zscore"]["mean"], rule["zscore"]["deviation"]
        values[counted] = (own - mean) / (deviation if deviation > 0 else 1)
    return values.astype(np.float32)


def volume_values(volume, dataset):
    """Values of a volume as the graph is given them."""
    kind = kind_of(dataset)
    one = z_scores if kind == "zscores" else lambda values, rule: between(values, rule, kind == "bytes")
    return np.stack([one(values, rule) for values, rule in zip(volume, rules_of(dataset))])


def grey(image):
    """Pillow's convert("L") of bytes and of 16 bits."""
    red, green, blue = (image[i : i + 1].astype(np.int64) for i in range(3))
    return ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16).astype(image.dtype)


def picture_values(image, dataset):
    """Samples of a picture as the graph is given them, its colours not yet repeated."""
    kind, rule, is_8bit = kind_of(dataset), rules_of(dataset)[0], image.dtype == np.uint8
    if dataset["channels"] == 1 and len(image) == 3:
        if kind == "bytes":
            image = grey(image)
        else:
            image = np.tensordot([[0.299, 0.587, 0.114]], image.astype(np.float64), 1)
    if kind == "zscores":
        return np.stack([z_scores(values, rule) for values in image])
    if is_8bit:
        return image if kind == "bytes" else image.astype(np.float32)
    if "low" not in rule:
        sys.exit("an image of 16 bits a sample, and the network was trained on 8 bits alone")
    return between(image, rule, kind == "bytes")


# Sizes.

FILTERS = {
    "bilinear": (1, lambda x: np.maximum(0, 1 - np.abs(x))),
    "lanczos": (3, lambda x: np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)),
}


def resize_axis(image, axis, size, kind):
    """Resizes one axis as Pillow does: uint8 with integer weights, float32 with real ones."""
    old = image.shape[axis]
    if old == size:
        return image
    image = np.moveaxis(image, axis, 0)
    radius, weight = FILTERS[kind]
    scale = old / size
    stretch = max(scale, 1)
    result = np.empty((size, *image.shape[1:]), image.dtype)
    for i in range(size):
        centre = (i + 0.5) * scale
        first = max(0, int(np.floor(centre - radius * stretch + 0.5)))
        end = min(old, int(np.floor(centre + radius * stretch + 0.5)))
        real = weight((np.arange(first, end) + 0.5 - centre) / stretch)
        real = real / real.sum()
        if image.dtype == np.float32:
            result[i] = np.tensordot(real, image[first:end].astype(np.float64), 1)
            continue
        scaled = real * 2**22
        whole = np.where(scaled < 0, np.ceil(scaled - 0.5), np.floor(scaled + 0.5)).astype(np.int64)
        sums = np.tensordot(whole, image[first:end].astype(np.int64), 1) + 2**21
        result[i] = np.clip(sums >> 22, 0, 255)
    return np.moveaxis(result, 0, axis)


def resized(image, sides, kind):
    """Rows first, then columns, then slices where there are any; nothing lies beyond what was there."""
    for axes in ([image.ndim - 1, image.ndim - 2], range(1, image.ndim - 2)):
        least, greatest = image.min(), image.max()
        for axis in axes:
            image = resize_axis(image, axis, sides[axis - 1], kind)
        image = np.clip(image, least, greatest) if image.dtype == np.float32 else image
    return image


def half_up(value):
    return int(np.floor(value + 0.5))


def frame_of(shape, spacing, size, sides):
    """Which part of a picture is seen and which part of the network's frame it fills, as top, left, height, width."""
    (rows, columns), (height, width) = shape, sides
    mode = size["mode"] if isinstance(size, dict) else "stretch"
    if mode == "stretch":
        return (0, 0, rows, columns), (0, 0, height, width)
    tallness = spacing[0] / spacing[1] if spacing else 1
    scales = height / (rows * tallness), width / columns
    pixels = lambda length, most: min(max(half_up(length), 1), most)
    middle = lambda whole, part: ((whole[0] - part[0]) // 2, (whole[1] - part[1]) // 2, *part)
    if mode == "pad":
        scale = min(scales)
        part = pixels(rows * tallness * scale, height), pixels(columns * scale, width)
        return (0, 0, rows, columns), middle((height, width), part)
    scale = max(scales)
    part = pixels(height / (tallness * scale), rows), pixels(width / scale, columns)
    return middle((rows, columns), part), (0, 0, height, width)


def part_of(image, area):
    top, left, height, width = area
    return image[..., top : top + height, left : left + width]


def in_frame(image, spacing, model):
    """Values of a picture, or of a slice, as the graph is given them."""
    dataset, sides = model["dataset"], model["sides"]
    seen, filled = frame_of(image.shape[1:], spacing, dataset["size"], sides)
    frame = np.zeros((len(image), *sides), image.dtype)
    part_of(frame, filled)[:] = resized(part_of(image, seen), filled[2:], dataset["filter"])
    return frame if len(frame) == dataset["channels"] else frame.repeat(dataset["channels"], 0)


def resized_linearly(values, sides):
    """Values at other numbers of positions, outer edges where they are."""
    for axis in range(values.ndim - 1, 0, -1):
        old, size = values.shape[axis], sides[axis - 1]
        places = np.clip((np.arange(size) + 0.5) * old / size - 0.5, 0, old - 1)
        low = np.floor(places).astype(int)
        share = (places - low).reshape([-1 if i == axis else 1 for i in range(values.ndim)])
        before, after = values.take(low, axis), values.take(np.minimum(low + 1, old - 1), axis)
        values = (before + share * (after - before)).astype(np.float32)
    return values


def out_of_frame(probabilities, shape, spacing, model):
    """Probabilities [classes, height, width] of a frame in a picture's own size; what was not seen is background."""
    dataset = model["dataset"]
    seen, filled = frame_of(shape, spacing, dataset["size"], model["sides"])
    own = np.zeros((len(probabilities), *shape), np.float32)
    if dataset["target"] == "softmax":
        own[0] = 1
    part_of(own, seen)[:] = resized_linearly(part_of(probabilities, filled), seen[2:])
    return own


# Windows of volumes.


def windows_along(side, length, rule):
    """First positions of the windows along an axis, which may lie before the volume, and what each counts where."""
    extent = max(side, length)
    room = extent - length
    count = int(np.ceil(room / (length * rule["step"]))) + 1
    starts = sorted({half_up(room * i / max(count - 1, 1)) for i in range(count)})
    bell = np.exp(-0.5 * ((np.arange(length) - length // 2) / (length * rule["deviation"])) ** 2)
    sums = np.zeros(extent)
    for start in starts:
        sums[start : start + length] += bell
    margin = (extent - side) // 2
    return [(start - margin, (bell / sums[start : start + length]).astype(np.float32)) for start in starts]


def in_windows(volume, model, ask):
    """Weighted means of what is said of windows, [classes, slices, rows, columns]; `ask` gives that of one."""
    patch, sides = model["sides"], volume.shape[1:]
    total = None
    along = [windows_along(side, length, model["windows"]) for side, length in zip(sides, patch)]
    for z, wz in along[0]:
        for y, wy in along[1]:
            for x, wx in along[2]:
                inside = [(max(0, -at), min(length, side - at)) for at, length, side in zip((z, y, x), patch, sides)]
                mine = tuple(slice(first, end) for first, end in inside)
                its = tuple(slice(first + at, end + at) for (first, end), at in zip(inside, (z, y, x)))
                window = np.zeros((len(volume), *patch), volume.dtype)
                window[(slice(None), *mine)] = volume[(slice(None), *its)]
                said = ask(window)
                weight = wz.astype(np.float64)[:, None, None] * wy[:, None] * wx
                total = np.zeros((len(said), *sides), np.float32) if total is None else total
                total[(slice(None), *its)] += weight[mine] * said[(slice(None), *mine)]
    return total


def sides_at(shape, spacing, wanted):
    """The shape that a volume has at the spacing it is wanted at."""
    return [max(1, half_up(side * own / new)) for side, own, new in zip(shape, spacing, wanted)]


# Masks.


def index_mask(probabilities, dataset):
    """Probabilities as the index masks of `dimseg predict`, without the axis of classes."""
    if dataset["target"] == "softmax":
        return probabilities.argmax(0).astype(np.uint8)
    classes = {one["name"]: one for one in dataset["classes"]}
    depth = lambda one: 1 + depth(classes[one["inside"]]) if "inside" in one else 0
    mask = np.zeros(probabilities.shape[1:], np.uint8)
    for one in sorted(dataset["classes"], key=lambda one: (depth(one), one["index"])):
        mask[probabilities[one["index"]] >= 0.5] = one["index"] + 1
    return mask
