"""Whether the loader of docs/export.md brings an exported U-Net into PyTorch.

`python exported_weights.py FOLDER` runs the code of that page, fills the U-Net of engine.py with `model.safetensors` of a
folder that `dimseg export` wrote, and compares it with `model.onnx` on images of noise. Needs torch, onnxruntime and numpy.
"""

import json
import os
import re
import sys

import numpy as np
import onnxruntime
import torch

from engine import UNet

page = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "export.md")
code = {}
exec(re.search(r"```python\n(.*?)```", open(page, encoding="utf8").read(), re.S).group(1), code)

folder = sys.argv[1]
session = onnxruntime.InferenceSession(os.path.join(folder, "model.onnx"), providers=["CPUExecutionProvider"])
model = json.loads(session.get_modelmeta().custom_metadata_map["dimseg.model"])
dataset = model["dataset"]
if model["model"]["name"] != "unet" or model["testTimeFlips"]:
    sys.exit(f"{folder}: give a unet that was exported without --tta")

network = UNet(dataset["channels"], dataset["outputs"], model["model"]["width"])
network.load_state_dict(code["load"](os.path.join(folder, "model.safetensors")))
network.eval()

image = np.random.default_rng(0).integers(0, 256, (2, dataset["channels"], *model["sides"]), np.uint8)
said = session.run(["probabilities"], {"image": image})[0]
with torch.inference_mode():
    logits = network(torch.from_numpy(image).float() / 127.5 - 1)
    own = logits.sigmoid() if dataset["target"] == "sigmoid" else logits.softmax(1)
worst = float(np.abs(own.numpy() - said).max())
print(f"PyTorch {torch.__version__} and onnxruntime {onnxruntime.__version__} differ by at most {worst:.1e}")
sys.exit(0 if worst < 1e-4 else 1)
