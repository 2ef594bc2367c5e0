/** The files of an exported folder. */
export const exportFiles = {
  /** Normalisation, network, probabilities and label maps as one ONNX graph. */
  graph: "model.onnx",
  /** The same in fewer digits, where these lose too much to be the graph. */
  reduced: "model-reduced.onnx",
  /** Weights under PyTorch's key names. */
  weights: "model.safetensors",
  /** What was trained on what, and how well it does, for people. */
  card: "MODEL_CARD.md",
  /** The same for programs. */
  cardFacts: "model-card.json",
  /** How images are prepared and answers read, with the hashes of graph and weights. */
  description: "model.json",
  /** What `dimseg export --verify` found. */
  verification: "verification.json",
} as const;

/** Hashes of all of them, as `sha256sum -c` reads them. */
export const sumsName = "SHA256SUMS";
