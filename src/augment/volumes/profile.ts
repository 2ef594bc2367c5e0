/**
 * How strongly patches of volumes are augmented. The transforms and most ranges are near nnU-Net's defaults (Isensee et al.,
 * Nature Methods 2021); ours are the elastic deformation, the noise in grey levels, that brightness, contrast and gamma are
 * always part of the strong view, as they are of pictures, and that patches are enlarged only: what a smaller one would
 * show around itself was cut off before.
 */
import type { Range } from "../profile.js";

/** A transform that some images draw, and the range of its strength. */
export interface SometimesDrawn {
  readonly probability: number;
  readonly range: Range;
}

/** Settings of the weak and the strong view of patches `[C, D, H, W]`, and of TP-RAM. */
export interface VolumeProfile {
  /** Rotation about each axis, in degrees. */
  readonly rotate: SometimesDrawn;
  /** Enlargement, the same along all axes, at least 1. */
  readonly scale: SometimesDrawn;
  /** Elastic deformation: points about so many voxels apart move by up to `range[1]` voxels, and what lies between with them. */
  readonly elastic: SometimesDrawn & { readonly spacing: number };
  /** Flip of the last axis: left and right of the patient in axial and coronal slices. */
  readonly flip: { readonly probability: number };
  readonly brightness: Range;
  readonly contrast: Range;
  readonly gamma: Range;
  /** Gaussian noise, its standard deviation in grey levels of 255. */
  readonly noise: SometimesDrawn;
  /** Gaussian blur, its standard deviation in voxels. */
  readonly blur: SometimesDrawn;
  /** Sampling at this share of the resolution and back. */
  readonly lowResolution: SometimesDrawn;
  /** As in `AugmentationProfile`. */
  readonly tpRamFactor: number;
}

/** Patches are a quarter as wide as pictures, so TP-RAM's share is larger. */
export const volumeProfile: VolumeProfile = {
  rotate: { probability: 0.2, range: [-30, 30] },
  scale: { probability: 0.2, range: [1, 1.4] },
  elastic: { probability: 0.2, range: [0, 4], spacing: 16 },
  flip: { probability: 0.5 },
  brightness: [0.75, 1.25],
  contrast: [0.75, 1.25],
  gamma: [0.7, 1.5],
  noise: { probability: 0.5, range: [0, 16] },
  blur: { probability: 0.5, range: [0.5, 1] },
  lowResolution: { probability: 0.25, range: [0.5, 1] },
  tpRamFactor: 0.05,
};
