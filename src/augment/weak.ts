/**
 * The weak view: scale-crop, rotation, flip, elastic deformation (method.md 3.2), images and labels together. Each
 * transform runs once for all images that drew it; the others stay as they are, bit for bit. All but the flip are those
 * of Pillow and SciPy to the bit, which know planes only; volumes are flipped and refuse the others.
 */
import { ShapeError, scope, spatialShape, type Tensor } from "../torch/index.js";
import type { ScaleCrop, StreamAddress, WeakDraw } from "./draws.js";
import { elasticField, elasticImages, elasticLabels } from "./elastic.js";
import { signedNoise } from "./noise.js";
import { planar8bit, type RawScale } from "./normalisation.js";
import type { AugmentationProfile } from "./profile.js";
import { rotateImages, rotateLabels } from "./rotate.js";
import { scaleCropImages, scaleCropLabels } from "./scale-crop.js";
import { applyWhereDrawn, type Program } from "./where-drawn.js";

const scaleCropped =
  (whole: boolean): Program<ScaleCrop> =>
  ({ images, labels }, crops) => ({
    images: scaleCropImages(images, crops, whole),
    labels: labels && scaleCropLabels(labels, crops),
  });

const rotated =
  (whole: boolean): Program<number> =>
  ({ images, labels }, degrees) => ({
    images: rotateImages(images, degrees, whole),
    labels: labels && rotateLabels(labels, degrees),
  });

const flipped: Program<true> = ({ images, labels }) => ({
  images: images.flip([-1]),
  labels: labels?.flip([-1]),
});

function deformed({ elastic }: AugmentationProfile, whole: boolean): Program<StreamAddress> {
  return ({ images, labels }, sources) => {
    const [count, , height, width] = images.shape;
    const noise = signedNoise(sources, 2 * height * width, images.device).reshape([count, 2, height, width]);
    const shortest = Math.min(height, width);
    const field = elasticField(noise, elastic.alpha * shortest, elastic.sigma * shortest);
    return { images: elasticImages(images, field, whole), labels: labels && elasticLabels(labels, field) };
  };
}

function checkShapes(images: Tensor, labels: Tensor | null, draws: readonly WeakDraw[]): void {
  const [count] = images.shape;
  if (images.ndim < 4 || images.ndim > 5 || draws.length !== count) {
    throw new ShapeError(
      `weakAugment: images has shape [${images.shape}] and there are ${draws.length} draws; ` +
        "expected [N, C, H, W] or [N, C, D, H, W] and one draw per image",
    );
  }
  if (!labels) return;
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
function checkRank({ shape }: Tensor, profile: AugmentationProfile): void {
  const asked = planar.filter((name) => profile[name].probability > 0);
  if (shape.length === 4 || asked.length === 0) return;
  throw new ShapeError(
    `weakAugment: images has shape [${shape}], but ${asked.join(", ")} of the profile work on [N, C, H, W] only; ` +
      "give them the probability 0 for volumes",
  );
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
  { whole }: RawScale = planar8bit,
): { images: Tensor; labels: L } {
  checkShapes(images, labels, draws);
  checkRank(images, profile);
  return scope(() => {
    const copy = { copy: true, memoryFormat: "contiguous" } as const;
    const ownImages = images.to({ ...copy, dtype: "float32" });
    const ownLabels = labels?.to(copy);
    const view = {
      images: ownImages,
      labels: ownLabels && ownLabels.ndim < images.ndim ? ownLabels.unsqueeze(1) : ownLabels,
    };
    const drawn = <K extends keyof WeakDraw>(key: K) => draws.map((draw) => draw[key]);
    applyWhereDrawn(view, drawn("scaleCrop"), scaleCropped(whole));
    applyWhereDrawn(view, drawn("degrees"), rotated(whole));
    applyWhereDrawn(view, drawn("flip"), flipped);
    applyWhereDrawn(view, drawn("elastic"), deformed(profile, whole));
    return { images: ownImages, labels: (ownLabels ?? null) as L };
  });
}
