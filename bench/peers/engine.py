"""The PyTorch side of the engine bench: the same U-Net and training step from PyTorch's own modules.

Reads one JSON request per line and answers with one JSON line; bench/engine-worker.ts is the same program on dimseg.
Needs nothing but torch.
"""

import json
import struct
import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError as error:
    print(json.dumps({"error": f"this Python has no torch ({error})"}), flush=True)
    sys.exit(0)

DTYPES = {"F32": torch.float32, "I64": torch.int64, "BOOL": torch.bool}
LEARNING_RATE = 0.01


class DoubleConv(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )

    def forward(self, x):
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(inputs, outputs))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, inputs // 2, 2, stride=2)
        self.conv = DoubleConv(inputs, outputs)

    def forward(self, x, skip):
        return self.conv(torch.cat([skip, self.up(x)], 1))


class OutConv(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        return self.conv(x)


class UNet(nn.Module):
    def __init__(self, channels, classes, width):
        super().__init__()
        self.inc = DoubleConv(channels, width)
        self.down1 = Down(width, width * 2)
        self.down2 = Down(width * 2, width * 4)
        self.down3 = Down(width * 4, width * 8)
        self.down4 = Down(width * 8, width * 16)
        self.up1 = Up(width * 16, width * 8)
        self.up2 = Up(width * 8, width * 4)
        self.up3 = Up(width * 4, width * 2)
        self.up4 = Up(width * 2, width)
        self.outc = OutConv(width, classes)

    def forward(self, x):
        x1 = self.inc(x)
        x2 = self.down1(x1)
        x3 = self.down2(x2)
        x4 = self.down3(x3)
        x = self.down4(x4)
        x = self.up1(x, x4)
        x = self.up2(x, x3)
        x = self.up3(x, x2)
        x = self.up4(x, x1)
        return self.outc(x)


def segmentation_loss(logits, target):
    """Cross-entropy plus the mean over classes of the soft Dice loss with squared denominators."""
    probabilities = logits.softmax(1)
    onehot = F.one_hot(target, logits.shape[1]).permute(0, 3, 1, 2).float()
    intersection = (probabilities * onehot).sum((0, 2, 3))
    size = probabilities.square().sum((0, 2, 3)) + onehot.square().sum((0, 2, 3))
    dice = 1 - (2 * intersection + 1e-10) / (size + 1e-10)
    return F.cross_entropy(logits, target) + dice.mean()


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data[begin:end], dtype=DTYPES[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


def prepare(file, width, precision, channelsLast, threads, **_):
    torch.set_num_threads(threads)
    memory_format = torch.channels_last if channelsLast else torch.contiguous_format
    tensors = read_safetensors(file)
    x = tensors.pop("x").contiguous(memory_format=memory_format)
    y = tensors.pop("y")
    network = UNet(x.shape[1], 2, width)
    # num_batches_tracked counts passes and takes no part in the computation.
    missing, unexpected = network.load_state_dict(tensors, strict=False)
    if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
        raise ValueError(f"weights do not fit: missing {missing}, unexpected {unexpected}")
    del tensors
    network.to(memory_format=memory_format)
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=0.9, weight_decay=1e-4)

    def step():
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            logits = network(x)
        loss = segmentation_loss(logits.float(), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def peak_memory():
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def overhead(calls):
    a, b = torch.ones(4), torch.ones(4)
    started = time.perf_counter()
    for _ in range(calls):
        a + b
    return (time.perf_counter() - started) / calls * 1e9


step = None


def answer(request):
    global step
    action = request.pop("do")
    if action == "prepare":
        step = prepare(**request)
        return {"version": torch.__version__, "threads": torch.get_num_threads()}
    if action == "step":
        started = time.perf_counter()
        loss = step()
        return {"seconds": time.perf_counter() - started, "loss": loss}
    if action == "peak":
        return {"bytes": peak_memory()}
    if action == "version":
        return {"version": torch.__version__}
    if action == "overhead":
        return {"nanoseconds": overhead(request["calls"])}
    raise ValueError(f'unknown request "{action}"')


def serve(answer):
    """Answers each request of standard input by one line on standard output."""
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    serve(answer)
