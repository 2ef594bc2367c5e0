"""The project's further networks as one writes them in PyTorch, for the benches and for the golden numbers of tests.

`python networks.py FILE` writes the golden numbers (tests/golden/states/networks.json): for each network the names and
shapes of its state, and, with weights and inputs made of residues, the logits of a training pass, its loss, the gradients
of all parameters and the running statistics; with deep supervision the loss is cross-entropy and Dice over all levels. Key names are those of the reference implementations that src/nn names.
Needs nothing but torch.
"""

import json
import math
import sys

import torch
from torch import nn
from torch.nn import functional as F

CONV = {2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
BATCH = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
INSTANCE = {2: nn.InstanceNorm2d, 3: nn.InstanceNorm3d}
AVERAGE = {2: nn.AvgPool2d, 3: nn.AvgPool3d}


def norm_layer(name, channels, rank, affine=False):
    if name == "batch":
        return BATCH[rank](channels)
    if name == "instance":
        return INSTANCE[rank](channels, affine=affine)
    return nn.GroupNorm(math.gcd(16, channels), channels)


def deep_heads(channels, outputs, rank, deep):
    """Heads of the decoder's maps at a half and a quarter of the resolution."""
    return nn.ModuleList([CONV[rank](channels[level], outputs, 1) for level in (1, 2)] if deep else [])


def all_levels(head, heads, maps):
    """The logits of the decoder's maps, coarse to fine as they come, from full resolution down; one tensor without deep heads."""
    full, *coarser = maps[::-1]
    logits = [head(full), *[own(x) for own, x in zip(heads, coarser)]]
    return logits if len(heads) > 0 else logits[0]


class TwoConvs(nn.Module):
    def __init__(self, inputs, outputs, norm):
        super().__init__()
        make = lambda channels: nn.Sequential(
            nn.Conv3d(channels, outputs, 3, padding=1), norm_layer(norm, outputs, 3), nn.ReLU(inplace=True)
        )
        self.conv1, self.conv2 = make(inputs), make(outputs)

    def forward(self, x):
        return self.conv2(self.conv1(x))


class UpConcat(nn.Module):
    def __init__(self, inputs, outputs, norm):
        super().__init__()
        self.conv = TwoConvs(inputs + outputs, outputs, norm)

    def forward(self, skip, x):
        return self.conv(torch.cat([skip, F.interpolate(x, scale_factor=2, mode="trilinear")], 1))


class UNet3d(nn.Module):
    """SSL4MIS unet_3D: without dropout here, which golden numbers would not survive."""

    def __init__(self, inputs, outputs, width, norm="instance", deep=False):
        super().__init__()
        c = [width * 2**i for i in range(5)]
        self.conv1 = TwoConvs(inputs, c[0], norm)
        self.conv2, self.conv3 = TwoConvs(c[0], c[1], norm), TwoConvs(c[1], c[2], norm)
        self.conv4, self.center = TwoConvs(c[2], c[3], norm), TwoConvs(c[3], c[4], norm)
        self.up_concat4, self.up_concat3 = UpConcat(c[4], c[3], norm), UpConcat(c[3], c[2], norm)
        self.up_concat2, self.up_concat1 = UpConcat(c[2], c[1], norm), UpConcat(c[1], c[0], norm)
        self.deep_heads = deep_heads(c, outputs, 3, deep)
        self.final = nn.Conv3d(c[0], outputs, 1)

    def forward(self, x):
        skips = [self.conv1(x)]
        for conv in (self.conv2, self.conv3, self.conv4):
            skips.append(conv(F.max_pool3d(skips[-1], 2)))
        x = self.center(F.max_pool3d(skips[-1], 2))
        maps = []
        for up in (self.up_concat4, self.up_concat3, self.up_concat2, self.up_concat1):
            x = up(skips.pop(), x)
            maps.append(x)
        return all_levels(self.final, self.deep_heads, maps)


class ConvBlock(nn.Module):
    def __init__(self, stages, inputs, outputs, norm, residual):
        super().__init__()
        layers = []
        for i in range(stages):
            layers += [nn.Conv3d(inputs if i == 0 else outputs, outputs, 3, padding=1), norm_layer(norm, outputs, 3)]
            if i < stages - 1:
                layers.append(nn.ReLU(inplace=True))
        self.conv, self.residual = nn.Sequential(*layers), residual

    def forward(self, x):
        return F.relu(self.conv(x) + x if self.residual else self.conv(x))


class Step(nn.Module):
    def __init__(self, convolution, channels, norm):
        super().__init__()
        self.conv = nn.Sequential(convolution, norm_layer(norm, channels, 3), nn.ReLU(inplace=True))

    def forward(self, x):
        return self.conv(x)


class VNet(nn.Module):
    """UA-MT's V-Net, without dropout."""

    def __init__(self, inputs, outputs, width, norm="batch", residual=False):
        super().__init__()
        self.names = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
        channels = [width * 2 ** (4 - abs(4 - i)) for i in range(9)]
        for i, (name, stages) in enumerate(zip(self.names, [1, 2, 3, 3, 3, 3, 3, 2, 1])):
            source = inputs if i == 0 else channels[i]
            adds = residual and source in (1, channels[i])
            setattr(self, f"block_{name}", ConvBlock(stages, source, channels[i], norm, adds))
            if i < 8:
                make, suffix = (nn.Conv3d, "dw") if i < 4 else (nn.ConvTranspose3d, "up")
                step = Step(make(channels[i], channels[i + 1], 2, stride=2), channels[i + 1], norm)
                setattr(self, f"block_{name}_{suffix}", step)
        self.out_conv = nn.Conv3d(width, outputs, 1)

    def forward(self, x):
        skips = []
        for i, name in enumerate(self.names):
            x = getattr(self, f"block_{name}")(x)
            if i < 4:
                skips.append(x)
                x = getattr(self, f"block_{name}_dw")(x)
            elif i < 8:
                x = getattr(self, f"block_{name}_up")(x) + skips.pop()
        return self.out_conv(x)


class ConvNorm(nn.Module):
    def __init__(self, inputs, outputs, kernel, norm, rank, stride=1):
        super().__init__()
        self.conv = CONV[rank](inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=kernel == 3)
        self.norm = norm_layer(norm, outputs, rank, affine=True)

    def forward(self, x):
        return self.norm(self.conv(x))


class StackedConvs(nn.Module):
    def __init__(self, inputs, outputs, norm, rank):
        super().__init__()
        self.convs = nn.Sequential(ConvNorm(inputs, outputs, 3, norm, rank))

    def forward(self, x):
        return F.leaky_relu(self.convs(x), 0.01)


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, norm, rank):
        super().__init__()
        self.conv1 = ConvNorm(inputs, outputs, 3, norm, rank, stride)
        self.conv2 = ConvNorm(outputs, outputs, 3, norm, rank)
        skip = [AVERAGE[rank](stride)] if stride > 1 else []
        if inputs != outputs:
            skip.append(ConvNorm(inputs, outputs, 1, norm, rank))
        if skip:
            self.skip = nn.Sequential(*skip)

    def forward(self, x):
        skipped = self.skip(x) if hasattr(self, "skip") else x
        return F.leaky_relu(self.conv2(F.leaky_relu(self.conv1(x), 0.01)) + skipped, 0.01)


class Stage(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.blocks(x)


class ResidualUNet(nn.Module):
    def __init__(self, inputs, outputs, width, norm="instance", rank=2, deep=False):
        super().__init__()
        c = [width * 2**i for i in range(5)]
        stages = []
        for level, blocks in enumerate([1, 3, 4, 6, 6]):
            first = ResidualBlock(c[max(level - 1, 0)], c[level], 1 if level == 0 else 2, norm, rank)
            rest = [ResidualBlock(c[level], c[level], 1, norm, rank) for _ in range(blocks - 1)]
            stages.append(Stage([first, *rest]))
        self.encoder = nn.Module()
        self.encoder.stem = StackedConvs(inputs, c[0], norm, rank)
        self.encoder.stages = nn.Sequential(*stages)
        levels = [3, 2, 1, 0]
        self.decoder = nn.Module()
        self.decoder.stages = nn.Sequential(*[StackedConvs(2 * c[i], c[i], norm, rank) for i in levels])
        self.decoder.transpconvs = nn.Sequential(*[TRANSPOSED[rank](c[i + 1], c[i], 2, stride=2) for i in levels])
        self.decoder.deep_heads = deep_heads(c, outputs, rank, deep)
        self.decoder.seg_layer = CONV[rank](c[0], outputs, 1)

    def forward(self, x):
        x = self.encoder.stem(x)
        skips = []
        for stage in self.encoder.stages:
            x = stage(x)
            skips.append(x)
        skips.pop()
        maps = []
        for up, convs in zip(self.decoder.transpconvs, self.decoder.stages):
            x = convs(torch.cat([up(x), skips.pop()], 1))
            maps.append(x)
        return all_levels(self.decoder.seg_layer, self.decoder.deep_heads, maps)


def uneven(shape, n):
    """Values in [-1, 1) without a pattern that a convolution sees: quadratic residues, exact in any language."""
    i = torch.arange(math.prod(shape))
    return (((31 * i * i + 17 * i + 97 * n) % 1009) / 504.5 - 1).float().reshape(shape)


def with_uneven_weights(network):
    """Gives parameter number n the values of uneven(n), scaled as a network's are; those of norms stay near 1 and 0."""
    with torch.no_grad():
        for n, (name, parameter) in enumerate(network.named_parameters()):
            if parameter.dim() > 1:
                fan_in = parameter.numel() / parameter.shape[0]
                parameter.copy_(uneven(parameter.shape, n) * math.sqrt(6 / fan_in))
            else:
                parameter.copy_(uneven(parameter.shape, n) * 0.25 + (1 if "weight" in name else 0))
    return network


def fingerprint(tensor):
    values = tensor.detach().double().flatten()
    digits = lambda value: float(f"{value:.7g}")
    return {"first": [digits(v) for v in values[:2].tolist()], "norm": digits(values.square().sum().sqrt().item())}


def deep_loss(levels, labels):
    """Cross-entropy and Dice of classes at each level, labels by their nearest voxel, weights halving and summing to 1."""
    total, weights = 0, [2.0**-i for i in range(len(levels))]
    for logits, weight in zip(levels, weights):
        target = F.interpolate(labels[:, None].float(), logits.shape[2:], mode="nearest-exact")[:, 0].long()
        p, t = logits.softmax(1), F.one_hot(target, logits.shape[1]).movedim(-1, 1).float()
        axes = [0, *range(2, p.dim())]
        dice = 1 - 2 * (p * t).sum(axes) / (p.square().sum(axes) + t.square().sum(axes))
        total = total + weight / sum(weights) * (F.cross_entropy(logits, target) + dice.mean())
    return total


def golden(network, side, rank):
    """Sides that halve four times to two voxels or four."""
    shape = [2, 1, *([side, 2 * side, side][:rank])]
    with_uneven_weights(network).train()
    logits = network(uneven(shape, 1000))
    deep = {}
    if isinstance(logits, list):
        labels = (uneven([shape[0], *shape[2:]], 3000) > 0.2).long()
        loss = deep_loss(logits, labels)
        logits, *coarser = logits
        deep = {"deep": [fingerprint(level) for level in coarser]}
    else:
        loss = (logits * uneven(logits.shape, 2000)).mean() + 0.5 * logits.square().mean()
    parameters = dict(network.named_parameters())
    gradients = torch.autograd.grad(loss, list(parameters.values()))
    state = {name: list(value.shape) for name, value in network.state_dict().items() if value.dim() > 0}
    return {
        "shape": shape,
        "state": state,
        "logits": fingerprint(logits),
        **deep,
        "loss": loss.item(),
        "gradients": {name: fingerprint(value) for name, value in zip(parameters, gradients)},
        "statistics": {name: fingerprint(value) for name, value in network.named_buffers() if value.dim() > 0},
    }


CASES = {
    "unet-3d instance": lambda: golden(UNet3d(1, 2, 4), 32, 3),
    "unet-3d batch": lambda: golden(UNet3d(1, 2, 4, "batch"), 32, 3),
    "vnet batch": lambda: golden(VNet(1, 2, 4), 32, 3),
    "vnet instance residual": lambda: golden(VNet(1, 2, 4, "instance", True), 32, 3),
    "vnet group": lambda: golden(VNet(1, 2, 4, "group"), 32, 3),
    "unet-residual instance": lambda: golden(ResidualUNet(1, 2, 4), 64, 2),
    "unet-residual-3d batch": lambda: golden(ResidualUNet(1, 2, 4, "batch", 3), 32, 3),
    "unet-3d deep": lambda: golden(UNet3d(1, 2, 4, deep=True), 32, 3),
    "unet-residual deep": lambda: golden(ResidualUNet(1, 2, 4, deep=True), 64, 2),
    "unet-residual-3d deep": lambda: golden(ResidualUNet(1, 2, 4, rank=3, deep=True), 32, 3),
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    made = {name: make() for name, make in CASES.items()}
    with open(sys.argv[1], "w") as file:
        lines = [f"{json.dumps(name)}: {json.dumps(case, separators=(',', ':'))}" for name, case in made.items()]
        file.write("{\n" + ",\n".join(lines) + "\n}\n")
