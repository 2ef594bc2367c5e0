/** DICOM SEG beside its series: a frame for each class and slice, or the label map itself. */
export const segmentationFormatNames = ["dcm-seg", "dcm-labelmap"] as const;
/** Names of what masks of volumes are written as; but for DICOM the ends of their files' names. */
export const maskFormatNames = ["nii.gz", "nrrd", "seg.nrrd", "mha", ...segmentationFormatNames] as const;
/** One of {@link maskFormatNames}. */
export type MaskFormat = (typeof maskFormatNames)[number];
