/** The strong view of patches of volumes: brightness, contrast, gamma, blur, resolution and noise; not rounded. */
import {
  axesOfEach,
  cat,
  Generator,
  type Pack,
  randn,
  resizeLinear,
  type Sent,
  scope,
  spatialShape,
  type Tensor,
} from "../../torch/index.js";
import { openStream } from "../draws.js";
import { perImage } from "../geometry/sampling.js";
import { blurKernel, gaussianBlur } from "../intensity/blur.js";
import { inGreyLevels } from "../intensity/own-range.js";
import { planar8bit, type RawScale } from "../normalisation.js";
import type { VolumeStrongDraw } from "./draws.js";
import type { VolumeProfile } from "./profile.js";

/** A blur that changes nothing. */
const noBlur = 0.01;

function clamp(values: Tensor): Tensor {
  return values.clamp_({ min: 0, max: 255 });
}

/** A kernel that reaches three of the largest deviation of the profile, so that no patch's depends on another's. */
function kernelOf(
  pack: Pack,
  shape: readonly number[],
  sigmas: readonly (number | null)[],
  { blur }: VolumeProfile,
): Sent[] | null {
  if (sigmas.every((sigma) => sigma === null)) return null;
  const reach = Math.min(Math.ceil(3 * blur.range[1]), Math.min(...shape.slice(2)) - 1);
  const given = sigmas.map((sigma) => sigma ?? noBlur);
  return blurKernel(pack, given, 2 * reach + 1, shape.length);
}

/** One patch [1, C, D, H, W] sampled at a share of its resolution and back. */
function coarse(image: Tensor, share: number): Tensor {
  const shape = spatialShape(image);
  const reduced = shape.map((side) => Math.max(1, Math.round(side * share)));
  return resizeLinear(resizeLinear(image, reduced), shape);
}

function noisy(image: Tensor, { deviation, source }: NonNullable<VolumeStrongDraw["noise"]>): Tensor {
  const { shape, device } = image;
  // Drawn by the engine on the host, so that every device has the same.
  using generator = new Generator(openStream(source).uint32());
  return image.add(randn(shape, { generator }).mul_(deviation).to({ device }));
}

/**
 * Plans to carry out the strong draws of a batch; the geometry stays that of the images, weak views float32.
 * @param shape of the images, `[N, C, ...S]`
 * @param scale  what their values are; 0 to 255 unless given
 * @returns makes views of the same shape and range
 */
export function planStrongVolumes(
  pack: Pack,
  shape: readonly number[],
  draws: readonly VolumeStrongDraw[],
  profile: VolumeProfile,
  scale: RawScale = planar8bit,
): (images: Tensor) => Tensor {
  const factors = (pick: (draw: VolumeStrongDraw) => number) =>
    perImage(pack, Float32Array.from(draws, pick), shape.length);
  const sent = {
    brightness: factors(({ brightness }) => brightness),
    contrast: factors(({ contrast }) => contrast),
    gamma: factors(({ gamma }) => gamma),
    kernel: kernelOf(
      pack,
      shape,
      draws.map(({ sigma }) => sigma),
      profile,
    ),
    draws,
  };
  return (images) => scope(() => inGreyLevels(images, scale, (given) => changed(given, sent)));
}

/** What the strong view of a batch needs. */
interface SentStrong {
  readonly brightness: Sent;
  readonly contrast: Sent;
  readonly gamma: Sent;
  /** Null where no patch is blurred. */
  readonly kernel: readonly Sent[] | null;
  readonly draws: readonly Pick<VolumeStrongDraw, "resolution" | "noise">[];
}

/** The same of images from 0 to 255. */
function changed(images: Tensor, { brightness, contrast, gamma, kernel, draws }: SentStrong): Tensor {
  return scope(() => {
    const bright = clamp(images.mul(brightness()));
    const mean = bright.mean(axesOfEach(bright), { keepdim: true });
    const contrasted = clamp(bright.sub(mean).mul_(contrast()).add_(mean));
    const curved = contrasted.div(255).pow(gamma()).mul_(255);
    const smooth = kernel ? gaussianBlur(curved, kernel) : curved;
    const patches = smooth.split(1).map((image, i) => {
      const { resolution, noise } = draws[i];
      const sampled = resolution === null ? image : coarse(image, resolution);
      return noise ? noisy(sampled, noise) : sampled;
    });
    return clamp(cat(patches));
  });
}
