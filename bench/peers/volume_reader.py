"""What nibabel and pydicom read in files that dimseg wrote, as JSON.

`python volume_reader.py FILE...` prints for each NIfTI file its affine (RAS) and its values in the file's order, and for each
DICOM SEG its frames: segment, place (LPS), orientation, the slice that it was drawn on, and pixels.
"""

import json
import sys

import nibabel
import numpy as np
import pydicom


def nifti(path):
    image = nibabel.load(path)
    values = np.asarray(image.dataobj)
    return {"affine": image.affine.tolist(), "values": values.ravel(order="F").tolist()}


def segmentation(path):
    seg = pydicom.dcmread(path)
    pixels = seg.pixel_array.reshape(-1, seg.Rows, seg.Columns)
    shared = seg.SharedFunctionalGroupsSequence[0]
    frames = []
    for groups, frame in zip(seg.PerFrameFunctionalGroupsSequence, pixels):
        orientation = groups if "PlaneOrientationSequence" in groups else shared
        source = groups.DerivationImageSequence[0].SourceImageSequence[0]
        frames.append(
            {
                "segment": int(groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber),
                "position": [float(part) for part in groups.PlanePositionSequence[0].ImagePositionPatient],
                "orientation": [float(part) for part in orientation.PlaneOrientationSequence[0].ImageOrientationPatient],
                "source": str(source.ReferencedSOPInstanceUID),
                "pixels": frame.ravel().tolist(),
            }
        )
    return {"labels": [str(one.SegmentLabel) for one in seg.SegmentSequence], "frames": frames}


print(json.dumps([segmentation(path) if path.endswith(".dcm") else nifti(path) for path in sys.argv[1:]]))
