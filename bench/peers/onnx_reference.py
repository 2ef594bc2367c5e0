"""Masks from a model that `dimseg export` wrote and from PNG or NIfTI files, with nothing of dimseg.

`python onnx_reference.py MODEL.onnx IMAGE... --compare MASKS` prints for each image at how many pixels the index mask
differs from that of `dimseg predict` in the folder MASKS, and exits with 1 when it is more than 1 in 10,000 of all;
`--out FOLDER` writes the masks. Needs onnxruntime and numpy. What is done to images stands in the file itself, under the
metadata key `dimseg.model`, and in model.json.
"""

import argparse
import json
import os
import sys

import numpy as np
import onnxruntime

from plain_nifti import cut, order_of, put_back, read_nifti, write_nifti
from plain_png import read_png, write_png
from plain_preparation import (
    in_frame,
    in_windows,
    index_mask,
    out_of_frame,
    picture_values,
    resized,
    resized_linearly,
    sides_at,
    volume_values,
)


class Model:
    """An exported graph and what it says of itself."""

    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.told = json.loads(self.session.get_modelmeta().custom_metadata_map["dimseg.model"])
        self.dataset = self.told["dataset"]

    def probabilities(self, values):
        """What the graph says of [channels, ...sides]."""
        return self.session.run(["probabilities"], {"image": np.ascontiguousarray(values[None])})[0][0]

    def of_values(self, values, spacing):
        """Probabilities in the own size of a picture or a slice."""
        said = self.probabilities(in_frame(values, spacing, self.told))
        return out_of_frame(said, values.shape[1:], spacing, self.told)

    def of_picture(self, path):
        """The index mask [height, width] of a PNG file."""
        image = read_png(path)
        if "channelNames" in self.dataset and len(image) != self.dataset["channels"]:
            sys.exit(f"{path}: channels in files of their own are not joined here")
        values = picture_values(image, self.dataset)
        return index_mask(self.of_values(values, self.dataset.get("spacing")), self.dataset)

    def of_volume(self, volume, path):
        """The index mask [z, y, x] of a volume, whose channels are those that the network was trained on."""
        if len(volume.values) != self.dataset["channels"]:
            sys.exit(f"{path}: has {len(volume.values)} channels, not {self.dataset['channels']}; join them in one file")
        rule, ways = self.dataset["slices"], order_of(volume, self.dataset["slices"]["plane"])
        values = cut(volume_values(volume.values, self.dataset), *ways)
        spacing = volume.spacing and [volume.spacing[axis] for axis in ways[0]]
        if len(self.told["sides"]) == 2:
            slices = [self.of_values(one, spacing and spacing[1:]) for one in values.swapaxes(0, 1)]
            return put_back(np.stack([index_mask(one, self.dataset) for one in slices]), *ways)
        sides = sides_at(values.shape[1:], spacing, rule["resample"]) if "resample" in rule else values.shape[1:]
        working = resized(values, sides, self.dataset["filter"])
        said = in_windows(working, self.told, self.probabilities)
        return put_back(index_mask(resized_linearly(said, values.shape[1:]), self.dataset), *ways)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("images", nargs="+")
    parser.add_argument("--out")
    parser.add_argument("--compare")
    options = parser.parse_args()
    model = Model(options.model)
    others = pixels = 0
    for path in options.images:
        stem = os.path.basename(path).split(".nii")[0].removesuffix(".png")
        if "slices" in model.dataset:
            volume = read_nifti(path)
            mask, name = model.of_volume(volume, path), f"{stem}.nii.gz"
            write, read = lambda file: write_nifti(file, mask, volume), lambda file: read_nifti(file).values[0]
        else:
            mask, name = model.of_picture(path), f"{stem}.png"
            write, read = lambda file: write_png(file, mask), lambda file: read_png(file)[0]
        if options.out:
            write(os.path.join(options.out, name))
        if options.compare:
            differing = int((read(os.path.join(options.compare, name)) != mask).sum())
            others, pixels = others + differing, pixels + mask.size
            print(f"{name}: {differing} of {mask.size} pixels differ")
    sys.exit(1 if others > pixels / 10_000 else 0)


if __name__ == "__main__":
    main()
