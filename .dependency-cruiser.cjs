/**
 * The layers of the product, lowest first. A folder may import from its own layer's list only, so that
 * numerics never learn about training and training never learns about the command line.
 */
const layers = {
  core: [],
  torch: ["core"],
  nn: ["torch", "core"],
  losses: ["torch", "core"],
  divergence: ["nn", "torch", "core"],
  data: ["torch", "core"],
  evaluation: ["torch", "core"],
  optim: ["nn", "divergence", "torch", "core"],
  methods: ["data", "losses", "divergence", "optim", "nn", "torch", "core"],
  inference: ["data", "evaluation", "nn", "torch", "core"],
  training: ["methods", "optim", "divergence", "losses", "nn", "data", "evaluation", "inference", "torch", "core"],
  sweep: ["training", "core"],
  embedding: ["torch", "core"],
  analysis: [
    ...["embedding", "training", "methods", "optim", "divergence", "losses", "nn", "data"],
    ...["evaluation", "inference", "torch", "core"],
  ],
  reporting: [
    ...["analysis", "embedding", "sweep", "training", "inference", "evaluation", "data", "nn", "torch", "core"],
  ],
  parity: ["training", "methods", "optim", "divergence", "losses", "nn", "data", "evaluation", "torch", "core"],
};

const rules = Object.entries(layers).map(([folder, below]) => ({
  name: `layer-${folder}`,
  severity: "error",
  comment: `src/${folder} may import only: ${[folder, ...below].join(", ")}`,
  from: { path: `^src/${folder}/` },
  to: { path: "^src/", pathNot: `^src/(${[folder, ...below].join("|")})/` },
}));

module.exports = {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      comment: "files import downwards only",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-tests-in-src",
      severity: "error",
      comment: "the product does not import its tests or benches",
      from: { path: "^src/" },
      to: { path: "^(tests|bench)/" },
    },
    ...rules,
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".js"] },
  },
};
