/**
 * How the classes of a data set share its pixels, which decides the form of labels, losses and probabilities:
 * - "sigmoid": they may overlap, such as a cup inside a disc; one channel each, without a background. Labels are
 *   [B, K, ...S] of 0/1 floats.
 * - "softmax": each pixel has one of them, the first being the background. Labels are class numbers [B, ...S] int64.
 */
export type TargetKind = "sigmoid" | "softmax";
