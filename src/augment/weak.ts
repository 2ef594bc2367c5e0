/**
 * The weak view: scale-crop, rotation, flip, elastic deformation (method.md 3.2), images and labels together. Each
 * transform runs once for all images that drew it; the others stay as they are, bit for bit. All but the flip are those
 * of Pillow and SciPy to the bit, which know planes only; volumes are flipped and refuse the others.
 */
import { type Pack, ShapeError, scope, sendTogether, spatialShape, type Tensor } from "../torch/index.js";
import type { WeakDraw } from "./draws.js";
import { elasticDeformation } from "./geometry/elastic.js";
import { rotation } from "./geometry/rotate.js";
import { scaleCrop } from "./geometry/scale-crop.js";
import { planar8bit, type RawScale } from "./normalisation.js";
import type { AugmentationProfile } from "./profile.js";
import { type Transform, type View, whereDrawn } from "./where-drawn.js";

/** The mirror image along the last axis. */
export const flipped: Transform = ({ images, labels }) => ({
  images: images.flip([-1]),
  labels: labels?.flip([-1]),
});

function checkDraws(shape: readonly number[], draws: readonly WeakDraw[]): void {
  if (shape.length >= 4 && shape.length <= 5 && draws.length === shape[0]) return;
  throw new ShapeError(
    `weakAugment: images has shape [${shape}] and there are ${draws.length} draws; ` +
      "expected [N, C, H, W] or [N, C, D, H, W] and one draw per image",
  );
}

function checkLabels(images: Tensor, labels: Tensor | null): void {
  if (!labels) return;
  const [count] = images.shape;
  const spatial = spatialShape(images);
  const [labelCount, ...rest] = labels.shape;
  const fits = labelCount === count && String(rest.slice(-spatial.length)) === String(spatial);
  if (!fits || labels.ndim < images.ndim - 1 || labels.ndim > images.ndim) {
    throw new ShapeError(
      `weakAugment: labels has shape [${labels.shape}] but images has [${images.shape}]; ` +
        `expected [${[count, ...spatial].join(", ")}] or [${[count, "K", ...spatial].join(", ")}]`,
    );
  }
}

const planar = ["scaleCrop", "rotate", "elastic"] as const;

/** Refuses transforms of planes by what the profile asks for, not by what chance drew this time. */
function checkRank(shape: readonly number[], profile: AugmentationProfile): void {
  const asked = planar.filter((name) => profile[name].probability > 0);
  if (shape.length === 4 || asked.length === 0) return;
  throw new ShapeError(
    `weakAugment: images has shape [${shape}], but ${asked.join(", ")} of the profile work on [N, C, H, W] only; ` +
      "give them the probability 0 for volumes",
  );
}

/** Makes the weak view of images and labels; see {@link weakAugment}. */
export type WeakView = <L extends Tensor | null>(images: Tensor, labels: L) => { images: Tensor; labels: L };

/**
 * Copies of images, in float32, and labels, changed by one transform after the other.
 * @param labels `[N, ...S]` or `[N, K, ...S]`
 */
export function changedCopies<L extends Tensor | null>(
  images: Tensor,
  labels: L,
  steps: readonly ((view: View) => void)[],
): { images: Tensor; labels: L } {
  return scope(() => {
    const copy = { copy: true, memoryFormat: "contiguous" } as const;
    const ownImages = images.to({ ...copy, dtype: "float32" });
    const ownLabels = labels?.to(copy);
    const planes = ownLabels && ownLabels.ndim < images.ndim ? ownLabels.unsqueeze(1) : ownLabels;
    for (const step of steps) step({ images: ownImages, labels: planes });
    return { images: ownImages, labels: (ownLabels ?? null) as L };
  });
}

/**
 * Plans {@link weakAugment} of a batch.
 * @param shape of the images, `[N, C, ...S]`
 */
export function planWeak(
  pack: Pack,
  shape: readonly number[],
  draws: readonly WeakDraw[],
  profile: AugmentationProfile,
  { whole }: RawScale = planar8bit,
): WeakView {
  checkDraws(shape, draws);
  checkRank(shape, profile);
  const [height, width] = shape.slice(-2);
  const size = { height, width };
  const drawn = <K extends keyof WeakDraw>(key: K) => draws.map((draw) => draw[key]);
  const steps = [
    whereDrawn(pack, drawn("scaleCrop"), (crops) => scaleCrop(pack, crops, size, whole)),
    whereDrawn(pack, drawn("degrees"), (degrees) => rotation(pack, degrees, size, whole)),
    whereDrawn(pack, drawn("flip"), () => flipped),
    whereDrawn(pack, drawn("elastic"), (sources) => elasticDeformation(pack, sources, size, profile.elastic, whole)),
  ];
  return (images, labels) => {
    checkLabels(images, labels);
    return changedCopies(images, labels, steps);
  };
}

/**
 * Carries out the weak draws.
 * @param images `[N, C, ...S]`, any dtype
 * @param labels class numbers `[N, ...S]`, 0/1 planes `[N, K, ...S]`, or null; outside of the image is background, 0
 * @param draws one per image, as `drawWeak` gives them
 * @param scale what the images' values are; whole numbers 0 to 255 unless given
 * @returns new tensors: images float32, in the range of `images`; labels of their own shape and dtype
 * @throws ShapeError when shapes and draws do not fit each other, and for volumes under a profile with planar transforms
 */
export function weakAugment<L extends Tensor | null>(
  images: Tensor,
  labels: L,
  draws: readonly WeakDraw[],
  profile: AugmentationProfile,
  scale: RawScale = planar8bit,
): { images: Tensor; labels: L } {
  const { shape, device } = images;
  return scope(() => sendTogether(device, (pack) => planWeak(pack, shape, draws, profile, scale))(images, labels));
}
