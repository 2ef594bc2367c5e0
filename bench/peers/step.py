"""The PyTorch side of the step bench: MiDSS and DiM-1 iterations from PyTorch's own modules.

Written as one writes them in PyTorch: a forward pass per view, autograd into `.grad`, torch.optim.SGD, and two-step
sharpness-aware minimisation around it. The inputs of an iteration come from a file; augmentation is not measured.
Reads one JSON request per line and answers with one JSON line; bench/step-worker.ts is the same program on dimseg.
Needs nothing but torch.
"""

import math
import time

from engine import UNet, read_safetensors, serve

import torch
from torch import nn
from torch.nn import functional as F

CONFIDENCE = 0.95
RHO = 0.05
LAMBDA = 0.1


def pseudo_labels(logits, kind):
    if kind == "sigmoid":
        p = logits.sigmoid()
        confident = (p >= CONFIDENCE).float() + (p <= 1 - CONFIDENCE).float()
        return (p >= 0.5).float(), confident
    best, labels = logits.softmax(1).max(1, keepdim=True)
    return labels.squeeze(1), (best > CONFIDENCE).float()


def dice_ratio(p, t, mask, dims):
    intersection, squares, targets = p * t, p * p, t * t
    if mask is not None:
        intersection, squares, targets = intersection * mask, squares * mask, targets * mask
    return (2 * intersection.sum(dims) + 1e-10) / (squares.sum(dims) + targets.sum(dims) + 1e-10)


def segmentation_loss(logits, target, mask, kind):
    """Cross-entropy averaged over all pixels plus soft Dice, both masked; MiDSS leaves background Dice unmasked."""
    if kind == "sigmoid":
        entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
        if mask is not None:
            entropy = entropy * mask
        return entropy.mean() + 1 - dice_ratio(logits.sigmoid(), target, mask, (0, 1, 2, 3))
    entropy = F.cross_entropy(logits, target, reduction="none")
    class_mask = None
    if mask is not None:
        entropy = entropy * mask.squeeze(1)
        class_mask = torch.cat([torch.ones_like(mask), mask.expand(-1, logits.shape[1] - 1, -1, -1)], 1)
    onehot = F.one_hot(target, logits.shape[1]).permute(0, 3, 1, 2).float()
    return entropy.mean() + 1 - dice_ratio(logits.softmax(1), onehot, class_mask, (0, 2, 3)).mean()


def paste(outside, inside, box):
    return torch.where(box if outside.dim() == 4 else box.squeeze(1), inside, outside)


def bottleneck(network, x):
    return network.down4(network.down3(network.down2(network.down1(network.inc(x)))))


class FrozenRunningStatistics:
    """Batch statistics in use, the running ones left as they are: momentum 0, as ports of SAM do it."""

    def __init__(self, network):
        self.layers = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]

    def __enter__(self):
        for layer in self.layers:
            layer.backup_momentum, layer.momentum = layer.momentum, 0

    def __exit__(self, *_):
        for layer in self.layers:
            layer.momentum = layer.backup_momentum


class SAM:
    """Foret et al. 2021: up to w + rho g / |g|, back to w for the base optimiser's step with the gradient found there."""

    def __init__(self, parameters, base):
        self.parameters = list(parameters)
        self.base = base

    @torch.no_grad()
    def first_step(self):
        norm = torch.stack([p.grad.norm() for p in self.parameters]).norm()
        scale = RHO / (norm + 1e-12)
        self.saved = [p.detach().clone() for p in self.parameters]
        for p in self.parameters:
            p.add_(p.grad * scale)
        self.base.zero_grad()

    @torch.no_grad()
    def second_step(self):
        for p, saved in zip(self.parameters, self.saved):
            p.copy_(saved)
        self.base.step()
        self.base.zero_grad()


class Iteration:
    def __init__(
        self, file, method, kind, width, precision, channelsLast, tensorFloat32, compile, device, threads, schedule, captured=False
    ):
        torch.set_num_threads(threads)
        torch.backends.cudnn.allow_tf32 = tensorFloat32
        self.device = torch.device(device)
        self.kind, self.method, self.precision = kind, method, precision
        self.rate, self.k, self.last = (schedule[name] for name in ("baseRate", "firstIteration", "maxIterations"))
        memory_format = torch.channels_last if channelsLast else torch.contiguous_format
        tensors = {name: value.to(self.device) for name, value in read_safetensors(file).items()}
        inputs = {name: tensors[name] for name in ("x", "y", "u_w", "u_s", "xt", "box")}
        self.inputs = {
            name: value.contiguous(memory_format=memory_format) if value.dim() == 4 else value
            for name, value in inputs.items()
        }
        self.student, self.teacher = (
            self.network(tensors, prefix, width).to(device=self.device, memory_format=memory_format)
            for prefix in ("student.", "teacher.")
        )
        for parameter in self.teacher.parameters():
            parameter.requires_grad_(False)
        if compile:
            self.student.compile()
            self.teacher.compile()
        self.optimizer = torch.optim.SGD(self.student.parameters(), lr=self.rate, momentum=0.9, weight_decay=1e-4)
        self.sam = SAM(self.student.parameters(), self.optimizer)

    def network(self, tensors, prefix, width):
        network = UNet(self.inputs["x"].shape[1], 2, width)
        weights = {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}
        missing, unexpected = network.load_state_dict(weights, strict=False)
        # num_batches_tracked counts passes and takes no part in the computation.
        if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
            raise ValueError(f"weights do not fit: missing {missing}, unexpected {unexpected}")
        return network

    def autocast(self):
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16")

    @torch.no_grad()
    def answer(self, images):
        with self.autocast():
            logits = self.teacher(images)
        return pseudo_labels(logits.float(), self.kind)

    def views(self):
        """Inputs, labels and masks of the four student passes: three teacher passes, UCP and symmetric guidance."""
        x, y, u_w, u_s, xt, box = (self.inputs[name] for name in ("x", "y", "u_w", "u_s", "xt", "box"))
        labels, confident = self.answer(u_w)
        labels_a, confident_a = self.answer(paste(u_w, x, box))
        labels_b, confident_b = self.answer(paste(x, u_w, box))
        symmetric = paste(labels_a, labels_b, box)
        agree = (symmetric == labels).float()
        if self.kind == "softmax":
            agree = agree.unsqueeze(1)
        ones = torch.ones_like(confident)
        return [
            (x, y, None),
            (paste(u_s, xt, box), paste(labels, y, box), paste(confident, ones, box)),
            (paste(xt, u_s, box), paste(y, labels, box), paste(ones, confident, box)),
            (u_s, symmetric, paste(confident_a, confident_b, box) * agree * confident),
        ]

    def task(self, views, ramp):
        with self.autocast():
            logits = [self.student(images) for images, _, _ in views]
        terms = [
            segmentation_loss(scores.float(), labels, mask, self.kind)
            for scores, (_, labels, mask) in zip(logits, views)
        ]
        sup, ul, lu, s = terms
        return sup + ramp * (ul + lu + ramp * s), terms

    def divergence(self):
        """Jensen-Shannon divergence between the domains' mean channel distributions, from one joint encoder pass."""
        x, u = self.inputs["x"], self.inputs["u_w"]
        with FrozenRunningStatistics(self.student), self.autocast():
            pooled = bottleneck(self.student, torch.cat([x, u])).float().mean((2, 3))
        distributions = F.layer_norm(pooled, pooled.shape[1:]).softmax(1)
        p, q = distributions[: len(x)].mean(0).clamp(min=1e-6), distributions[len(x) :].mean(0).clamp(min=1e-6)
        p, q = p / p.sum(), q / q.sum()
        m = 0.5 * (p + q)
        return 0.5 * (p * (p / m).log() + q * (q / m).log()).sum()

    def midss(self, ramp):
        task, terms = self.task(self.views(), ramp)
        self.optimizer.zero_grad()
        task.backward()
        self.optimizer.step()
        return {**named(terms), "task": task.item()}

    def dim(self, ramp):
        views = self.views()
        weight = LAMBDA * ramp
        task, terms = self.task(views, ramp)
        divergence = self.divergence()
        (task + weight * divergence).backward()
        self.sam.first_step()
        with FrozenRunningStatistics(self.student):
            perturbed_task, _ = self.task(views, ramp)
        perturbed_divergence = self.divergence()
        (perturbed_task + weight * perturbed_divergence).backward()
        self.sam.second_step()
        return {
            **named(terms),
            "task": task.item(),
            "divergence": divergence.item(),
            "perturbedTask": perturbed_task.item(),
            "perturbedDivergence": perturbed_divergence.item(),
        }

    @torch.no_grad()
    def update_teacher(self):
        decay = min(1 - 1 / (self.k + 1), 0.99)
        torch._foreach_lerp_(list(self.teacher.parameters()), list(self.student.parameters()), 1 - decay)

    def step(self):
        k, last = self.k, self.last
        rate = self.rate if k == 0 else self.rate * (1 - (k - 1) / last) ** 0.9
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        ramp = math.exp(-5 * (1 - min(math.floor(k / (last / 200)), 200) / 200) ** 2)
        losses = self.midss(ramp) if self.method == "MiDSS" else self.dim(ramp)
        self.update_teacher()
        self.k += 1
        return losses


def named(terms):
    return {name: term.item() for name, term in zip(("sup", "ul", "lu", "s"), terms)}


iteration = None


def answer(request):
    global iteration
    action = request.pop("do")
    if action == "version":
        return {"version": torch.__version__}
    if action == "prepare":
        iteration = Iteration(**request)
        return {}
    if action == "step":
        started = time.perf_counter()
        losses = iteration.step()
        if iteration.device.type == "cuda":
            torch.cuda.synchronize(iteration.device)
        return {"seconds": time.perf_counter() - started, "losses": losses}
    raise ValueError(f'unknown request "{action}"')


serve(answer)
