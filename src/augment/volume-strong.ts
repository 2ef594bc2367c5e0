/** The strong view of patches of volumes: brightness, contrast, gamma, blur, resolution and noise; not rounded. */
import { axesOfEach, cat, Generator, randn, resizeLinear, scope, spatialShape, type Tensor } from "../torch/index.js";
import { gaussianBlur } from "./blur.js";
import { openStream } from "./draws.js";
import { planar8bit, type RawScale } from "./normalisation.js";
import { inGreyLevels } from "./own-range.js";
import { perImage } from "./sampling.js";
import type { VolumeStrongDraw } from "./volume-draws.js";
import type { VolumeProfile } from "./volume-profile.js";

/** A blur that changes nothing. */
const noBlur = 0.01;

function clamp(values: Tensor): Tensor {
  return values.clamp_({ min: 0, max: 255 });
}

/** A kernel that reaches three of the largest deviation of the profile, so that no patch's depends on another's. */
function blurred(images: Tensor, sigmas: readonly (number | null)[], { blur }: VolumeProfile): Tensor {
  if (sigmas.every((sigma) => sigma === null)) return images;
  const reach = Math.min(Math.ceil(3 * blur.range[1]), Math.min(...spatialShape(images)) - 1);
  const given = sigmas.map((sigma) => sigma ?? noBlur);
  return gaussianBlur(images, given, 2 * reach + 1);
}

/** One patch [1, C, D, H, W] sampled at a share of its resolution and back. */
function coarse(image: Tensor, share: number): Tensor {
  const shape = spatialShape(image);
  const reduced = shape.map((side) => Math.max(1, Math.round(side * share)));
  return resizeLinear(resizeLinear(image, reduced), shape);
}

function noisy(image: Tensor, { deviation, source }: NonNullable<VolumeStrongDraw["noise"]>): Tensor {
  const { shape, device } = image;
  // Drawn on the host, so that every device has the same.
  using generator = new Generator(openStream(source).uint32());
  return image.add(randn(shape, { generator }).mul_(deviation).to({ device }));
}

/**
 * Carries out the strong draws; the geometry stays that of `images`.
 * @param images weak views `[N, C, D, H, W]` float32
 * @param scale  what their values are; 0 to 255 unless given
 * @returns the same shape and range
 */
export function strongVolumes(
  images: Tensor,
  draws: readonly VolumeStrongDraw[],
  profile: VolumeProfile,
  scale: RawScale = planar8bit,
): Tensor {
  return scope(() => inGreyLevels(images, scale, (given) => changed(given, draws, profile)));
}

/** The same of images from 0 to 255. */
function changed(images: Tensor, draws: readonly VolumeStrongDraw[], profile: VolumeProfile): Tensor {
  return scope(() => {
    const factors = (pick: (draw: VolumeStrongDraw) => number) =>
      perImage(draws.map(pick), images.ndim, images.device, Float32Array);
    const bright = clamp(images.mul(factors(({ brightness }) => brightness)));
    const mean = bright.mean(axesOfEach(bright), { keepdim: true });
    const contrasted = clamp(
      bright
        .sub(mean)
        .mul_(factors(({ contrast }) => contrast))
        .add_(mean),
    );
    const curved = contrasted
      .div(255)
      .pow(factors(({ gamma }) => gamma))
      .mul_(255);
    const smooth = blurred(
      curved,
      draws.map(({ sigma }) => sigma),
      profile,
    );
    const each = smooth.split(1).map((image, i) => {
      const { resolution, noise } = draws[i];
      const sampled = resolution === null ? image : coarse(image, resolution);
      return noise ? noisy(sampled, noise) : sampled;
    });
    return clamp(cat(each));
  });
}
