/**
 * How strongly images are augmented: probabilities and ranges of method.md 3.2 and 3.5. Lengths are relative to the
 * image size wherever the reference makes them so, hence one profile serves every resolution.
 */

/** Lower and upper end of a uniform draw. */
export type Range = readonly [low: number, high: number];

/** Height and width of a plane, in pixels; slices of a volume have it too. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** Settings of the weak view, the strong view and TP-RAM. */
export interface AugmentationProfile {
  /** Enlarging by independent factors of width and height, each at least 1, then cropping to the former size. */
  readonly scaleCrop: { readonly probability: number; readonly scale: Range };
  /** Rotation about the centre by whole degrees in [−degrees, degrees]. */
  readonly rotate: { readonly probability: number; readonly degrees: number };
  /** Horizontal flip: of the last axis. */
  readonly flip: { readonly probability: number };
  /** Elastic deformation; `alpha` (amplitude) and `sigma` (smoothness) in units of the shortest side. */
  readonly elastic: { readonly probability: number; readonly alpha: number; readonly sigma: number };
  readonly brightness: Range;
  readonly contrast: Range;
  /** Gaussian blur: kernel length in units of the shortest side, sigma in pixels. */
  readonly blur: { readonly kernel: number; readonly sigma: Range };
  /** Half the side of TP-RAM's block of frequencies in units of the shortest side; in [0, 0.5). */
  readonly tpRamFactor: number;
}

/** The reference's settings for colour fundus photographs. */
export const fundusProfile: AugmentationProfile = {
  scaleCrop: { probability: 0.5, scale: [1, 1.5] },
  rotate: { probability: 0.5, degrees: 20 },
  flip: { probability: 0.5 },
  elastic: { probability: 0.5, alpha: 2, sigma: 0.08 },
  brightness: [0.5, 1.5],
  contrast: [0.5, 1.5],
  blur: { kernel: 0.1, sigma: [0.1, 2] },
  tpRamFactor: 0.01,
};

/** The reference's settings for the MRI sets (Prostate, M&Ms): brightness and contrast vary more. */
export const mriProfile: AugmentationProfile = { ...fundusProfile, brightness: [0.1, 2], contrast: [0.1, 2] };
