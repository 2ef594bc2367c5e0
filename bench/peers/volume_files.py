"""nibabel and pydicom for the bench of volume files: values of a file as an array of int16, and NIfTI written.

Reads one JSON request per line and answers with one JSON line. Needs numpy, nibabel and pydicom.
"""

import json
import sys
import time
from pathlib import Path

try:
    import nibabel
    import numpy
    import pydicom
except ImportError as error:
    print(json.dumps({"error": f"this Python cannot read volumes ({error})"}), flush=True)
    sys.exit(0)


def read(path):
    if Path(path).is_dir():
        slices = [pydicom.dcmread(file) for file in sorted(Path(path).iterdir())]
        slices.sort(key=lambda one: float(one.ImagePositionPatient[2]))
        return numpy.stack([one.pixel_array for one in slices])
    # A copy: without one the values of an uncompressed file would stay on disk.
    return numpy.array(nibabel.load(path).dataobj)


def answer(request):
    if request["do"] == "version":
        return {"version": nibabel.__version__}
    if request["do"] == "read":
        started = time.perf_counter()
        read(request["path"])
        return {"seconds": time.perf_counter() - started}
    if request["do"] == "write":
        like = nibabel.load(request["like"])
        image = nibabel.Nifti1Image(numpy.asarray(like.dataobj), like.affine)
        started = time.perf_counter()
        nibabel.save(image, request["path"])
        return {"seconds": time.perf_counter() - started}
    raise ValueError(f'unknown request "{request["do"]}"')


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
