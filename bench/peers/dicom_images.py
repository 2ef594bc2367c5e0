"""What pydicom reads in the images of its own test files, without any download.

`python dicom_images.py FOLDER` writes the values of each as FOLDER/N.f64 (little-endian doubles: frames, rows, columns,
colours) and prints a list of what it found as JSON: file, transfer syntax, and shape where pydicom can decode it.
Values are rescaled, palettes become their colours and MONOCHROME1 without a rescale is turned round, as docs/dicom.md says.
"""

import json
import os
import sys
import warnings

import numpy as np
import pydicom
from pydicom.pixels import apply_color_lut, apply_modality_lut

warnings.simplefilter("ignore")
folder = sys.argv[1]
root = os.path.join(os.path.dirname(pydicom.__file__), "data", "test_files")


def values(image):
    pixels = image.pixel_array
    photometric = image.PhotometricInterpretation
    if photometric == "PALETTE COLOR":
        return apply_color_lut(pixels, image)
    if "DoseGridScaling" in image:
        return pixels * float(image.DoseGridScaling)
    rescaled = apply_modality_lut(pixels, image)
    is_plain = image.get("RescaleSlope", 1) == 1 and image.get("RescaleIntercept", 0) == 0
    if photometric != "MONOCHROME1" or not is_plain:
        return rescaled
    signed = image.PixelRepresentation == 1
    ends = -1 if signed else 2**image.BitsStored - 1
    return ends - rescaled.astype(np.float64)


found = []
for place, _, names in sorted(os.walk(root)):
    for name in sorted(names):
        path = os.path.join(place, name)
        try:
            image = pydicom.dcmread(path)
        except pydicom.errors.InvalidDicomError:
            continue
        if not any(key in image for key in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
            continue
        entry = {"file": path, "syntax": str(image.file_meta.get("TransferSyntaxUID", ""))}
        try:
            array = np.ascontiguousarray(values(image), dtype="<f8")
            array.tofile(os.path.join(folder, f"{len(found)}.f64"))
            entry["shape"] = list(array.shape)
        except Exception as failure:
            entry["failure"] = str(failure)
        found.append(entry)
print(json.dumps(found))
