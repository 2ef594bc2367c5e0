/**
 * Which kernel does a layer's work, by the rank, layout and precision of its input and by the hardware. Layers call
 * these and know of no hardware. A choice here changes the time and, by rounding at most, the result.
 */
import { channelsToEnd, channelsToFront } from "./axes.js";
import * as aten from "./generated/functions.js";
import { asOperator } from "./recording.js";
import { scope } from "./scope.js";
import type { Device, Tensor } from "./tensor.js";
import { worldSize } from "./world.js";

/** Windows over spatial axes; each list has a number per axis. */
export interface Windows {
  bias: Tensor | null;
  /** How far a window moves. */
  stride: readonly number[];
  /** Zeros on either side of the input. */
  padding: readonly number[];
}

let libtorchAlone = false;

/** From now on layers ask for libtorch's own operators alone, or no longer: no graph knows of those of the bridge. */
export function useLibtorchAlone(alone: boolean): void {
  libtorchAlone = alone;
}

/** Whether layers may ask for the bridge's own operators, which are made for the processor. */
function takesOwnKernels(device: Device): boolean {
  return device === "cpu" && !libtorchAlone;
}

/** Whether the channels of a pixel lie side by side. */
function isChannelsLast({ ndim, shape, strides }: Tensor): boolean {
  return ndim >= 4 && strides[1] === 1 && strides[ndim - 1] === shape[1];
}

/** Convolution of [B, Cin, ...S] with a weight [Cout, Cin, ...k], over two or three spatial axes. */
export function convolve(input: Tensor, weight: Tensor, windows: Windows): Tensor {
  return asOperator("convolve", [input, weight, windows.bias], lengthsOf(windows), () =>
    weight.ndim === 5 ? convolveVolumes(input, weight, windows) : aten.conv2d(input, weight, { ...windows }),
  );
}

function lengthsOf({ stride, padding }: Windows): Pick<Windows, "stride" | "padding"> {
  return { stride, padding };
}

/**
 * Where so few slices are padded that every window reaches beyond one end, oneDNN's gradient of a bfloat16 weight takes in
 * memory that nobody wrote (libtorch 2.13, AVX-512: NaN now and then). There the slices of zeros are made beforehand. Few
 * rows or columns, and strides, do no harm.
 */
function convolveVolumes(input: Tensor, weight: Tensor, windows: Windows): Tensor {
  const [padding, ...others] = windows.padding;
  const slices = input.shape[2];
  if (slices > 2 * padding || windows.stride[0] !== 1) return aten.conv3d(input, weight, { ...windows });
  return scope(() => {
    const padded = aten.pad(input, [0, 0, 0, 0, padding, padding]);
    return aten.conv3d(padded, weight, { ...windows, padding: [0, ...others] });
  });
}

/** Transposed convolution of [B, Cin, ...S] with a weight [Cin, Cout, ...k], over two or three spatial axes. */
export function convolveTransposed(input: Tensor, weight: Tensor, windows: Windows): Tensor {
  return asOperator("convolveTransposed", [input, weight, windows.bias], lengthsOf(windows), () =>
    spread(input, weight, windows),
  );
}

function spread(input: Tensor, weight: Tensor, windows: Windows): Tensor {
  if (weight.ndim === 5) return aten.convTranspose3d(input, weight, { ...windows });
  const { stride, padding, bias } = windows;
  const [, , ...kernel] = weight.shape;
  const tiles = kernel.every((side, axis) => side === stride[axis] && padding[axis] === 0);
  if (tiles && input.dtype !== "float32" && isChannelsLast(input)) return tileProduct(input, weight, bias);
  return aten.convTranspose2d(input, weight, { ...windows });
}

/**
 * Transposed convolution of a channels-last x [B, Cin, H, W] whose windows do not overlap: one matrix product over the
 * channels makes every pixel's window. In reduced precision oneDNN takes twice as long for the gradients of the weights
 * and the bias of its own operator.
 */
function tileProduct(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  return scope(() => {
    const [batch, , height, width] = x.shape;
    const [inChannels, outChannels, down, across] = weight.shape;
    const rows = weight.permute([2, 3, 1, 0]).reshape([down * across * outChannels, inChannels]);
    const windows = aten.linear(channelsToEnd(x), rows, { bias: bias?.repeat([down * across]) });
    const pixels = windows
      .view([batch, height, width, down, across * outChannels])
      .transpose(2, 3)
      .reshape([batch, height * down, width * across, outChannels]);
    return channelsToFront(pixels);
  });
}

/**
 * Maximum over windows that lie side by side, of [B, C, ...S]; what does not fill a window at the far edges is dropped.
 * @param size a number per spatial axis
 */
export function maxPool(input: Tensor, size: readonly number[]): Tensor {
  return asOperator("maxPool", [input], { size }, () => largest(input, size));
}

function largest(input: Tensor, size: readonly number[]): Tensor {
  if (size.length === 3) return aten.maxPool3d(input, size);
  const { dtype, device } = input;
  const halves = size.every((side) => side === 2);
  const planes = halves && dtype === "float32" && takesOwnKernels(device) && !isChannelsLast(input);
  return planes ? aten.maxPoolPlanes(input) : aten.maxPool2d(input, size);
}

/** Mean over windows that lie side by side, of [B, C, ...S]; what does not fill a window at the far edges is dropped. */
export function averagePool(input: Tensor, size: readonly number[]): Tensor {
  return asOperator("averagePool", [input], { size }, () =>
    size.length === 3 ? aten.avgPool3d(input, size) : aten.avgPool2d(input, size),
  );
}

/**
 * [B, C, ...S] resized linearly along each axis to other sizes.
 * @param alignCorners whether the centres of the first and last pixels stay where they are; default: outer edges do
 */
export function resizeLinear(input: Tensor, size: readonly number[], alignCorners = false): Tensor {
  return asOperator("resizeLinear", [input], { size, alignCorners }, () =>
    size.length === 3
      ? aten.upsampleTrilinear3d(input, size, alignCorners, null)
      : aten.upsampleBilinear2d(input, size, alignCorners, null),
  );
}

/** What a batch normalisation holds: [C] each. The running statistics are null where a pass neither uses nor moves them. */
export interface Normaliser {
  weight: Tensor;
  bias: Tensor;
  runningMean: Tensor | null;
  runningVar: Tensor | null;
  momentum: number;
  epsilon: number;
}

function normalise(input: Tensor, by: Normaliser, ownStatistics: boolean): Tensor {
  const { weight, bias, runningMean, runningVar, momentum, epsilon } = by;
  return aten.batchNorm(input, weight, bias, runningMean, runningVar, ownStatistics, momentum, epsilon, true);
}

/** Batch normalisation of [B, C, ...S] by the running statistics. */
export function normaliseByRunning(input: Tensor, by: Normaliser): Tensor {
  const { weight, bias, runningMean, runningVar, epsilon } = by;
  return asOperator("normaliseByRunning", [input, weight, bias, runningMean, runningVar], { epsilon }, () =>
    normalise(input, by, false),
  );
}

/**
 * Batch normalisation of batches that lie one after another along the first axis of [B, C, ...S], each by its own
 * statistics; the running ones move batch by batch.
 * @param sizes images of each batch, or null: all are one batch
 * @param synced whether the images of all processes that share the present work belong to a batch
 */
export function normaliseByBatch(
  input: Tensor,
  by: Normaliser,
  sizes: readonly number[] | null,
  synced = false,
): Tensor {
  if (synced && worldSize() > 1) return inParts(input, by, sizes ?? [input.shape[0]], aten.batchNormSynced);
  if (input.shape[1] <= narrow && isLastOnProcessor(input)) return inParts(input, by, sizes ?? [input.shape[0]]);
  if (sizes === null) return normalise(input, by, true);
  return scope(() => aten.cat(input.split(sizes).map((batch) => normalise(batch, by, true))));
}

/** Up to this many channels libtorch's own operator leaves most of a processor's vectors empty. */
const narrow = 16;

/** Whether the bridge's own operator takes a map. */
function isLastOnProcessor(input: Tensor): boolean {
  const { dtype, device } = input;
  const known = dtype === "float32" || dtype === "bfloat16";
  return known && takesOwnKernels(device) && isChannelsLast(input);
}

function inParts(input: Tensor, by: Normaliser, sizes: readonly number[], operator = aten.batchNormParts): Tensor {
  const { weight, bias, runningMean, runningVar, momentum, epsilon } = by;
  const run = (maps: Tensor) => operator(maps, weight, bias, runningMean, runningVar, sizes, momentum, epsilon);
  if (input.ndim === 4 || !isLastOnProcessor(input)) return run(input);
  // In this layout a volume is an image whose rows are those of all its slices.
  return scope(() => run(input.flatten(2, -2)).reshape(input.shape));
}

/**
 * Normalisation of each image of [B, C, ...S] over `groups` groups of channels and all positions, each group with its own
 * mean and variance (epsilon 1e-5). With as many groups as channels it is instance normalisation.
 * @param weight [C], or null for none
 * @param bias   [C], or null for none
 */
export function normaliseByGroup(input: Tensor, groups: number, weight: Tensor | null, bias: Tensor | null): Tensor {
  const [, channels, ...sides] = input.shape;
  const positions = sides.reduce((product, side) => product * side, 1);
  const own = groups === channels && positions > 1 && isLastOnProcessor(input);
  return asOperator("normaliseByGroup", [input, weight, bias], { groups, shape: input.shape, epsilon: 1e-5 }, () =>
    own ? normaliseEach(input, weight, bias) : aten.groupNorm(input, groups, { weight, bias }),
  );
}

/**
 * Instance normalisation is that of batches of one image. libtorch's operators leave this layout or take four to twenty
 * times as long in it, whatever the number of channels.
 */
function normaliseEach(input: Tensor, weight: Tensor | null, bias: Tensor | null): Tensor {
  return scope(() => {
    const [images, channels] = input.shape;
    const scale = weight ?? aten.ones([channels]);
    const shift = bias ?? aten.zeros([channels]);
    const by = { weight: scale, bias: shift, runningMean: null, runningVar: null, momentum: 0, epsilon: 1e-5 };
    return inParts(
      input,
      by,
      Array.from({ length: images }, () => 1),
    );
  });
}
