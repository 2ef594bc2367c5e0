/** Names of what masks of volumes are written as: the ends of their files' names. */
export const maskFormatNames = ["nii.gz", "nrrd", "seg.nrrd", "mha"] as const;
/** One of {@link maskFormatNames}. */
export type MaskFormat = (typeof maskFormatNames)[number];
