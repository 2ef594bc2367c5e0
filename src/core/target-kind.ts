/**
 * How the classes of a data set share its pixels, which decides the form of labels, losses and probabilities:
 * - "sigmoid": they may overlap, such as a cup inside a disc; one channel each, without a background. Labels are
 *   [B, K, ...S] of 0/1 floats.
 * - "softmax": each pixel has one of them, the first being the background. Labels are class numbers [B, ...S] int64.
 *
 * Pixels that nobody labelled (`labels.ignore` of a data set) are {@link ignoredLabel} in label maps of bytes, in every
 * channel with "sigmoid". Losses take labels without it: 0 there, and beside them `annotated` [B, 1, ...S] float32, 1
 * where a pixel has a label and 0 where it is ignored, or null where the data set ignores nothing.
 */
export type TargetKind = "sigmoid" | "softmax";

/** Value of a label map where a pixel has no label; no class number, since those end at 254. */
export const ignoredLabel = 255;
