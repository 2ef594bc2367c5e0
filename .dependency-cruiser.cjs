/**
 * The layers of the product, lowest first. A folder may import from its own layer's list only, so that
 * numerics never learn about training and training never learns about the command line.
 */
const layers = {
  core: [],
  http: ["core"],
  torch: ["core"],
  distributed: ["torch", "core"],
  statistics: ["core"],
  drawing: ["core"],
  grid: ["core"],
  nn: ["torch", "core"],
  losses: ["torch", "core"],
  divergence: ["nn", "torch", "core"],
  embedding: ["torch", "core"],
  augment: ["grid", "torch", "core"],
  evaluation: ["grid", "statistics", "core"],
  data: ["grid", "drawing", "statistics", "torch", "core"],
  phantoms: ["data", "grid", "drawing", "torch", "core"],
  optim: ["divergence", "nn", "torch", "core"],
  methods: ["grid", "augment", "optim", "losses", "divergence", "nn", "torch", "core"],
  inference: ["data", "grid", "drawing", "augment", "losses", "nn", "torch", "core"],
  judging: ["inference", "evaluation", "statistics", "data", "grid", "nn", "torch", "core"],
  config: ["methods", "optim", "nn", "core"],
  runs: ["config", "data", "augment", "grid", "nn", "torch", "core"],
  export: ["runs", "config", "inference", "augment", "losses", "data", "grid", "nn", "torch", "core"],
  training: [
    ...["runs", "config", "quality", "judging", "inference", "methods", "optim", "losses", "augment", "evaluation"],
    ...["data", "statistics", "drawing", "grid", "nn", "distributed", "torch", "core"],
  ],
  planning: [...["training", "config", "inference", "evaluation", "data", "statistics", "grid", "torch", "core"]],
  sweep: ["runs", "config", "core"],
  analysis: [
    ...["runs", "judging", "inference", "embedding", "evaluation", "statistics", "optim", "losses", "augment", "data"],
    ...["drawing", "grid", "nn", "torch", "core"],
  ],
  quality: [
    ...["judging", "inference", "evaluation", "losses", "augment", "statistics", "data", "grid", "nn", "torch", "core"],
  ],
  comparison: ["sweep", "runs", "config", "judging", "statistics", "drawing", "core"],
  reporting: [
    ...["comparison", "analysis", "sweep", "runs", "config", "judging", "inference", "embedding", "evaluation"],
    ...["statistics", "data", "drawing", "grid", "core"],
  ],
  workflows: [
    ...[
      "planning",
      "quality",
      "reporting",
      "comparison",
      "analysis",
      "sweep",
      "training",
      "export",
      "runs",
      "config",
      "judging",
    ],
    "inference",
    ...["methods", "optim", "losses", "divergence", "nn", "augment", "phantoms", "data", "embedding", "evaluation"],
    ...["statistics", "drawing", "grid", "distributed", "torch", "http", "core"],
  ],
  studio: ["workflows", "http", "inference", "data", "grid", "core"],
  parity: [
    ...[
      "training",
      "methods",
      "optim",
      "divergence",
      "losses",
      "augment",
      "evaluation",
      "data",
      "grid",
      "nn",
      "torch",
      "core",
    ],
  ],
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
      comment: "files import downwards only, types too",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-tests-in-src",
      severity: "error",
      comment: "the product does not import its tests or benches",
      from: { path: "^src/" },
      to: { path: "^(tests|bench)/" },
    },
    {
      name: "cli-prints",
      severity: "error",
      comment:
        "the command line prints what src/workflows does; of the rest it knows types, the names of choices and how counts are worded",
      from: { path: "^src/cli/" },
      to: {
        path: "^src/",
        pathNot: "^src/(cli|studio/server|workflows|core)/|^src/evaluation/conventions|-(names|text).ts$",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "page-alone",
      severity: "error",
      comment:
        "the studio's page runs in a browser: of the rest it knows the types of what is shown, grids, and how images are prepared and answers read in plain arrays",
      from: { path: "^src/studio/page/" },
      to: {
        path: "^src/",
        pathNot:
          "^src/(studio/page|workflows/studio/shown|grid|core|inference/plain)/|^src/(data/asked-set|data/images/prepare-image|data/images/values|data/volumes/prepare-volume|inference/label-map|workflows/studio/planes).ts$",
      },
    },
    {
      name: "studio-server-shows",
      severity: "error",
      comment: "the studio's server shows what src/workflows knows",
      from: { path: "^src/studio/server/" },
      to: { path: "^src/(data|inference)/" },
    },
    {
      name: "page-is-built",
      severity: "error",
      comment: "nothing in Node imports what is made for a browser",
      from: { path: "^src/", pathNot: "^src/studio/page/" },
      to: { path: "^src/studio/page/" },
    },
    ...rules,
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".tsx", ".js"] },
  },
};
