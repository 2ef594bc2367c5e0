"""Times medpy's mask metrics called one by one, as evaluation scripts of the field call them.

Usage: metrics.py FILE COUNT SIZE REPEATS SPACING_Y SPACING_X
FILE holds COUNT pairs of SIZE x SIZE masks, one byte a pixel, prediction before reference.
Prints JSON: which implementation ran, milliseconds per pair (all repeats), and the values of every pair.

Uses medpy where it is installed. Otherwise the same algorithm is stated here with scipy: the surface is the object
without its erosion by the 4-neighbour cross, each function finds both surfaces and makes its own distance transforms
on the whole image. Exit code 3: neither medpy nor scipy can be imported.
"""
import json
import sys
import time

try:
    import numpy as np
    import scipy
    from scipy.ndimage import binary_erosion, distance_transform_edt, generate_binary_structure
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(3)


def overlap(result, reference, whole):
    shared = np.count_nonzero(result & reference)
    if whole == "sum":
        return 2.0 * shared / (np.count_nonzero(result) + np.count_nonzero(reference))
    return shared / np.count_nonzero(result | reference)


def distances(result, reference, spacing):
    cross = generate_binary_structure(result.ndim, 1)
    surface = result ^ binary_erosion(result, structure=cross)
    other = reference ^ binary_erosion(reference, structure=cross)
    return distance_transform_edt(~other, sampling=spacing)[surface]


def dc(result, reference):
    return overlap(result, reference, "sum")


def jc(result, reference):
    return overlap(result, reference, "union")


def hd(result, reference, spacing):
    return max(distances(result, reference, spacing).max(), distances(reference, result, spacing).max())


def hd95(result, reference, spacing):
    both = np.hstack((distances(result, reference, spacing), distances(reference, result, spacing)))
    return np.percentile(both, 95)


def asd(result, reference, spacing):
    return distances(result, reference, spacing).mean()


def assd(result, reference, spacing):
    return np.hstack((distances(result, reference, spacing), distances(reference, result, spacing))).mean()


def implementation():
    try:
        import importlib.metadata

        from medpy.metric import binary
    except ImportError:
        return f"medpy's algorithm restated with scipy {scipy.__version__}", (dc, jc), (hd, hd95, asd, assd)
    version = importlib.metadata.version("medpy")
    return f"medpy {version}", (binary.dc, binary.jc), (binary.hd, binary.hd95, binary.asd, binary.assd)


def main():
    path, (count, size, repeats), spacing = sys.argv[1], map(int, sys.argv[2:5]), tuple(map(float, sys.argv[5:7]))
    pairs = np.fromfile(path, dtype=np.uint8).reshape(count, 2, size, size).astype(bool)
    name, overlaps, surfaces = implementation()
    values, milliseconds = [], []
    for repeat in range(repeats + 1):  # the first round only warms up
        for result, reference in pairs:
            start = time.perf_counter()
            got = [float(metric(result, reference)) for metric in overlaps]
            got += [float(metric(result, reference, spacing)) for metric in surfaces]
            elapsed = 1000 * (time.perf_counter() - start)
            if repeat == 0:
                values.append(got)
            else:
                milliseconds.append(elapsed)
    print(json.dumps({"implementation": name, "milliseconds": milliseconds, "values": values}))


main()
