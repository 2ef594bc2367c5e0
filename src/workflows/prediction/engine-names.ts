/** What computes a network's answers. */
export const engineNames = ["libtorch", "onnx"] as const;
export type EngineName = (typeof engineNames)[number];
