"""The PyTorch side of the bench of volumes: a supervised training step of the 3-D U-Net from PyTorch's own modules.

Reads one JSON request per line and answers with one JSON line; bench/volumes-worker.ts is the same program on dimseg.
Needs nothing but torch.
"""

import time

from engine import read_safetensors, serve

import torch
from networks import UNet3d
from torch.nn import functional as F

RATE = 0.01


def prepare(file, width, precision, channelsLast, threads):
    torch.set_num_threads(threads)
    layout = torch.channels_last_3d if channelsLast else torch.contiguous_format
    tensors = read_safetensors(file)
    x, y = tensors.pop("x"), tensors.pop("y")
    network = UNet3d(x.shape[1], 2, width)
    network.load_state_dict(tensors)
    network.to(memory_format=layout)
    x = x.contiguous(memory_format=layout)
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE, momentum=0.9, weight_decay=1e-4)

    def step():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            logits = network(x)
        loss = F.cross_entropy(logits.float(), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


step = None


def answer(request):
    global step
    action = request.pop("do")
    if action == "version":
        return {"version": torch.__version__}
    if action == "prepare":
        step = prepare(**request)
        return {}
    if action == "step":
        started = time.perf_counter()
        loss = step()
        return {"seconds": time.perf_counter() - started, "loss": loss}
    raise ValueError(f'unknown request "{action}"')


serve(answer)
