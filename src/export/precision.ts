/** What the weights of an ONNX file are stored as; computed is in float32 with either. */
export const weightNames = ["fp32", "fp16"] as const;
export type WeightName = (typeof weightNames)[number];
