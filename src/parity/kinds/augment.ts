/** Kind `augment`: the deterministic parts of augmentation and loading with given draws (golden README section 7). */
import { boxMask, pasteBoxes, placeBox } from "../../augment/boxes.js";
import { elasticField, elasticImages, elasticLabels, smoothingOf } from "../../augment/geometry/elastic.js";
import { rotation } from "../../augment/geometry/rotate.js";
import { perImage } from "../../augment/geometry/sampling.js";
import { scaleCrop } from "../../augment/geometry/scale-crop.js";
import { blur, blurKernelFor, gaussianBlur } from "../../augment/intensity/blur.js";
import { brightness, contrast, meanGrey, toGrey } from "../../augment/intensity/photometric.js";
import { tpRam } from "../../augment/intensity/tp-ram.js";
import { planar8bit } from "../../augment/normalisation.js";
import { toGrey as storedToGrey } from "../../data/images/colour.js";
import { createLabelDecoder, expandCodes } from "../../data/masks/labels.js";
import { makeGrid } from "../../grid/grid.js";
import { deinterleave, interleave } from "../../grid/interleave.js";
import { resizeFiltered, resizeNearest } from "../../grid/resize.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { type Sent, sendTogether, stack, type Tensor } from "../../torch/index.js";
import type { Computed, GoldenCase } from "../golden-case.js";

type Operation = (testCase: GoldenCase) => Record<string, ArrayLike<number>>;

/** An 8-bit image `[H, W]` or `[H, W, C]`, repeated: float32 `[copies, C, H, W]`. */
function imageOf(testCase: GoldenCase, copies: number): Tensor {
  const stored = testCase.tensor("image").to({ dtype: "float32" });
  const planes = stored.ndim === 3 ? stored.permute([2, 0, 1]) : stored.unsqueeze(0);
  return planes.unsqueeze(0).repeat([copies, 1, 1, 1]);
}

/** A mask `[H, W]`, repeated: `[copies, 1, H, W]` of its own type. */
function maskOf(testCase: GoldenCase, copies: number): Tensor {
  return testCase.tensor("mask").unsqueeze(0).unsqueeze(0).repeat([copies, 1, 1, 1]);
}

/** Values with the channel last, as images are stored. */
const interleaved = (images: Tensor): Float64Array => images.permute([0, 2, 3, 1]).toNumbers();

/** Height and width of images. */
function sizeOf({ shape }: Tensor) {
  const [height, width] = shape.slice(-2);
  return { height, width };
}

const cropping: Operation = (testCase) => {
  const crops = testCase.params.resizedWHxy.map(([width, height, left, top]: number[]) => ({
    width,
    height,
    left,
    top,
  }));
  const view = { images: imageOf(testCase, crops.length), labels: maskOf(testCase, crops.length) };
  const { images, labels } = sendTogether(view.images.device, (pack) => scaleCrop(pack, crops, sizeOf(view.images)))(
    view,
  );
  return { image_out: interleaved(images), mask_out: (labels as Tensor).toNumbers() };
};

const rotate: Operation = (testCase) => {
  const { degrees, maskFill } = testCase.params;
  const view = { images: imageOf(testCase, degrees.length), labels: maskOf(testCase, degrees.length) };
  const { images, labels } = sendTogether(view.images.device, (pack) =>
    rotation(pack, degrees, sizeOf(view.images), true, maskFill),
  )(view);
  return { image_rot: interleaved(images), mask_rot: (labels as Tensor).toNumbers() };
};

function fieldOf(testCase: GoldenCase): Tensor {
  const { alpha, sigma } = testCase.params;
  const noise = stack([testCase.tensor("noise_x"), testCase.tensor("noise_y")], 0).unsqueeze(0);
  const smooth = sendTogether(noise.device, (pack) => smoothingOf(pack, sizeOf(noise), sigma));
  return elasticField(noise.to({ dtype: "float64" }).mul(2).sub(1), alpha, smooth);
}

const elastic: Operation = (testCase) => {
  const field = fieldOf(testCase);
  return {
    dx: field.select(1, 0).toNumbers(),
    dy: field.select(1, 1).toNumbers(),
    image_out: interleaved(elasticImages(imageOf(testCase, 1), field)),
    mask_out: elasticLabels(maskOf(testCase, 1), field).toNumbers(),
  };
};

const weakChain: Operation = (testCase) => {
  const { size, scaleWH, cropXY, degree, flip } = testCase.params;
  const [width, height] = scaleWH.map((scale: number) => Math.floor(scale * size));
  const crops = [{ width, height, left: cropXY[0], top: cropXY[1] }];
  const turn = (planes: Tensor) => (flip ? planes.flip([3]) : planes);
  const field = fieldOf(testCase);
  const view = { images: imageOf(testCase, 1), labels: maskOf(testCase, 1) };
  const [crop, rotateBy] = sendTogether(field.device, (pack) => [
    scaleCrop(pack, crops, sizeOf(view.images)),
    rotation(pack, [degree], sizeOf(view.images), true, 255),
  ]);
  const cropped = crop(view);
  const rotated = rotateBy(cropped);
  const flipped = turn(rotated.images);
  const deformed = elasticImages(flipped, field);
  const mask = turn(rotated.labels as Tensor);
  return {
    after_crop: interleaved(cropped.images),
    after_rotate: interleaved(rotated.images),
    after_flip: interleaved(flipped),
    after_elastic: interleaved(deformed),
    mask_out: elasticLabels(mask, field).toNumbers(),
    normalised: planar8bit.forward(deformed).toNumbers(),
  };
};

const factorsOf = (images: Tensor, factors: readonly number[]): Sent =>
  sendTogether(images.device, (pack) => perImage(pack, Float32Array.from(factors), images.ndim));

const photometric: Operation = (testCase) => {
  const images = imageOf(testCase, testCase.params.factors.length);
  const factors = factorsOf(images, testCase.params.factors);
  const single = images.narrow(0, 0, 1);
  return {
    brightness: interleaved(brightness(images, factors)),
    contrast: interleaved(contrast(images, factors)),
    gray: toGrey(single).toNumbers(),
    mean_gray: meanGrey(single).toNumbers(),
  };
};

const gaussian: Operation = (testCase) => {
  const { sigmas, kernel } = testCase.params;
  const images = imageOf(testCase, sigmas.length);
  const taps = blurKernelFor(images, sigmas, kernel);
  return {
    blurred: interleaved(gaussianBlur(images, taps).div(255)),
    blurred_u8: interleaved(blur(images, taps)),
  };
};

const strongChain: Operation = (testCase) => {
  const { params } = testCase;
  const images = imageOf(testCase, 1);
  const brightened = brightness(images, factorsOf(images, [params.brightness]));
  const contrasted = contrast(brightened, factorsOf(images, [params.contrast]));
  return {
    after_brightness: interleaved(brightened),
    after_contrast: interleaved(contrasted),
    after_blur: interleaved(blur(contrasted, blurKernelFor(images, [params.sigma], params.kernel))),
  };
};

const amplitude: Operation = (testCase) => {
  const pixels = (name: string) => testCase.tensor(name).unsqueeze(0).add(1).mul(127.5);
  return { y: planar8bit.forward(tpRam(pixels("x"), pixels("u"), [testCase.params.r], testCase.params.L)).toNumbers() };
};

interface BoxDraw {
  areaFraction: number;
  tries: { ratio: number; x: number; y: number }[];
}

const boxes: Operation = ({ params }) => {
  const shape = [params.imgSize, params.imgSize];
  const placed = params.draws.map(({ areaFraction, tries }: BoxDraw) => {
    for (const { ratio, x, y } of tries) {
      const box = placeBox(areaFraction, ratio, [y, x], shape);
      if (box) return box;
    }
    throw new Error("boxes: none of the tries lies inside the image");
  }) as NonNullable<ReturnType<typeof placeBox>>[];
  return {
    mask: boxMask(placed, shape).toNumbers(),
    rect: placed.flatMap(({ start: [y, x], sides: [height, width] }) => [x, y, width, height]),
  };
};

const copyPaste: Operation = (testCase) => {
  const [u, x, q, y] = ["u", "x", "q", "y"].map((name) => testCase.tensor(name));
  const box = testCase.tensor("box").to({ dtype: "bool" }).unsqueeze(1);
  return {
    ul_image: pasteBoxes(u, x, box).toNumbers(),
    lu_image: pasteBoxes(x, u, box).toNumbers(),
    ul_label: pasteBoxes(q, y, box).toNumbers(),
    lu_label: pasteBoxes(y, q, box).toNumbers(),
  };
};

/** A stored `[H, W]` or `[H, W, C]`. */
function storedImage(testCase: GoldenCase, name: string): StoredImage {
  const [height, width, channels = 1] = testCase.shape(name);
  const samples = deinterleave(Uint8Array.from(testCase.numbers(name)), channels);
  return { grid: makeGrid(testCase.name, [height, width]), channels, samples };
}

/** `[height, width, C]` as the golden files hold images. */
function resized(testCase: GoldenCase, shape: readonly number[], filter: "bilinear" | "lanczos"): Uint8Array {
  const { grid, channels, samples } = storedImage(testCase, "image");
  return interleave(resizeFiltered(samples as Uint8Array, grid.shape, shape, filter), channels);
}

/** A mask at another size. */
function nearest({ grid, channels, samples }: StoredImage, size: number): StoredImage {
  const square = makeGrid("nearest", [size, size]);
  return { grid: square, channels, samples: resizeNearest(samples, grid.shape, square.shape) };
}

const classesOf = (...names: string[]) => names.map((name, index) => ({ index, name, colour: "#000000" }));

const loaderFundus: Operation = (testCase) => {
  const { size } = testCase.params;
  const mask = nearest(storedToGrey(storedImage(testCase, "mask_rgb")), size);
  const source = {
    target: "sigmoid",
    outputs: 2,
    classes: classesOf("cup", "disc"),
    labels: { kind: "thresholds", classes: { cup: { atMost: 0 }, disc: { atMost: 128 } } },
  } as const;
  const codes = createLabelDecoder(source).decode(mask, testCase.name);
  return {
    image_out: resized(testCase, [size, size], "lanczos"),
    mask_gray: mask.samples,
    target: expandCodes(codes, source),
  };
};

const loaderMnms: Operation = (testCase) => {
  const { size } = testCase.params;
  const mask = nearest(storedImage(testCase, "mask_rgb"), size);
  const source = {
    target: "softmax",
    outputs: 4,
    classes: classesOf("background", "LV", "MYO", "RV"),
    labels: { kind: "channels", equals: 255, classes: { red: "LV", green: "MYO", blue: "RV" } },
  } as const;
  const codes = createLabelDecoder(source).decode(mask, testCase.name);
  return {
    image_out: resized(testCase, [size, size], "bilinear"),
    target: expandCodes(codes, source),
  };
};

const resizeLanczos: Operation = (testCase) => {
  const { height, width } = testCase.params;
  return { image_out: resized(testCase, [height, width], "lanczos") };
};

const operations: Record<string, Operation> = {
  scaleCrop: cropping,
  rotate,
  elastic,
  weakChain,
  photometric,
  gaussianBlur: gaussian,
  strongChain,
  tpram: amplitude,
  boxes,
  copyPaste,
  loaderFundus,
  loaderMnms,
  resizeLanczos,
};

export function augment(testCase: GoldenCase): Computed | null {
  const { op } = testCase.params;
  return Object.hasOwn(operations, op) ? new Map(Object.entries(operations[op](testCase))) : null;
}
