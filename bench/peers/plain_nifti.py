"""Single NIfTI-1 files, packed or not, with numpy and gzip alone."""

import collections
import gzip
import itertools
import os
import struct
import sys

import numpy as np

TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
MILLIMETRES = {1: 1000, 3: 0.001}

# Of each plane the directions in which slices, rows and columns grow: axis of the world (x left, y posterior, z superior), sign.
PLANES = {
    "axial": [(2, 1), (1, 1), (0, 1)],
    "coronal": [(1, 1), (2, -1), (0, 1)],
    "sagittal": [(0, 1), (2, -1), (1, 1)],
}

# `values` [channels, z, y, x] in the file's order. `axes` holds as columns where z, y and x point, in mm along left, posterior
# and superior; `spacing` how far, z, y, x. Both are None where the file says none. `header` is for writing beside it.
Volume = collections.namedtuple("Volume", "values spacing axes header")


def read_nifti(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    order = next((one for one in "<>" if struct.unpack(one + "i", data[:4])[0] == 348), None)
    if order is None or data[344:348] != b"n+1\0":
        sys.exit(f"{path}: is no single NIfTI-1 file; convert it")
    numbers = lambda kind, at, count: struct.unpack_from(f"{order}{count}{kind}", data, at)
    rank, *extents = numbers("h", 40, 8)
    extents = (list(extents[:rank]) + [1, 1])[: max(rank, 4)]
    (code,) = numbers("h", 70, 1)
    if rank < 2 or len(extents) > 4 and any(one > 1 for one in extents[4:]) or code not in TYPES:
        sys.exit(f"{path}: has {rank} axes of the type {code}, which is not read here; convert it")
    (offset,) = numbers("f", 108, 1)
    shape = [extents[3], extents[2], extents[1], extents[0]]
    stored = np.frombuffer(data, order + TYPES[code], int(np.prod(shape)), max(int(offset), 352)).reshape(shape)
    spacing, axes = place(numbers, rank)
    return Volume(scaled(stored, *numbers("f", 112, 2)), spacing, axes, (data[:348], order))


def scaled(stored, slope, intercept):
    """Values by the header's rule, in its own byte order no longer."""
    own = stored.astype(stored.dtype.newbyteorder("="))
    if slope == 0 or not np.isfinite(slope) or (slope, intercept) == (1, 0):
        return own.astype(np.float64) if own.dtype.itemsize == 8 else own
    is_short = own.dtype.itemsize <= 2 or own.dtype == np.float32
    return (own.astype(np.float64) * slope + intercept).astype(np.float32 if is_short else np.float64)


def place(numbers, rank):
    """Spacing and axes: by the affine's rows, else by the quaternion, else voxel sizes alone."""
    unit = MILLIMETRES.get(numbers("B", 123, 1)[0] & 7, 1)
    sign, *sizes = numbers("f", 76, 4)
    has_quaternion, has_rows = (code > 0 for code in numbers("h", 252, 2))
    if rank < 3 or not (has_rows or has_quaternion):
        spacing = [abs(size) * unit for size in reversed(sizes)]
        if rank < 3:
            spacing[0] = 1
        return (spacing if all(size > 0 for size in spacing) else None), None
    if has_rows:
        columns = np.array(numbers("f", 280, 12)).reshape(3, 4)[:, :3]
    else:
        b, c, d = numbers("f", 256, 3)
        square = 1 - (b * b + c * c + d * d)
        a = 0 if square < 1e-7 else square**0.5
        if a == 0:
            b, c, d = np.array([b, c, d]) / np.linalg.norm([b, c, d])
        turned = [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
        columns = np.array(turned) * sizes * [1, 1, -1 if sign < 0 else 1]
    # The file's axes are fastest first, and its world is right, anterior, superior.
    axes = columns[:, ::-1] * unit * np.array([[-1], [-1], [1]])
    return list(np.linalg.norm(axes, axis=0)), axes


def order_of(volume, plane):
    """For slices, rows and columns which of z, y, x they run along, and whether against it."""
    if plane == "stored" or volume.axes is None:
        return [0, 1, 2], [False, False, False]
    cosines = volume.axes / np.linalg.norm(volume.axes, axis=0)
    best, nearest = -1, None
    for order in itertools.permutations(range(3)):
        closeness = sum(abs(cosines[world, axis]) for world, axis in enumerate(order))
        if closeness > best + 1e-6:
            best, nearest = closeness, order
    axes = [nearest[world] for world, _ in PLANES[plane]]
    return axes, [cosines[world, axis] * sign < 0 for (world, sign), axis in zip(PLANES[plane], axes)]


def cut(values, axes, against):
    """[channels, z, y, x] as [channels, slices, rows, columns]."""
    turned = values.transpose(0, *(1 + axis for axis in axes))
    return np.flip(turned, [1 + i for i, one in enumerate(against) if one])


def put_back(values, axes, against):
    """[slices, rows, columns] as [z, y, x]."""
    return np.flip(values, [i for i, one in enumerate(against) if one]).transpose(np.argsort(axes))


def write_nifti(path, mask, volume):
    """A mask [z, y, x] of bytes, packed, in the place of a volume that was read."""
    header, order = volume.header
    own = bytearray(header)
    struct.pack_into(f"{order}8h", own, 40, 3, *reversed(mask.shape), 1, 1, 1, 1)
    struct.pack_into(f"{order}2h", own, 70, 2, 8)
    struct.pack_into(f"{order}3f", own, 108, 352, 1, 0)
    # Names and descriptions may be the patient's.
    for first, end in [(4, 40), (148, 252), (328, 344)]:
        own[first:end] = bytes(end - first)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(gzip.compress(bytes(own) + bytes(4) + np.ascontiguousarray(mask, np.uint8).tobytes(), mtime=0))
