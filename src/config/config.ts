/**
 * What a training configuration may say. Every key has its default here or in the entry of the method or optimiser it
 * belongs to; unknown keys are refused with the nearest valid one. Presets fill in what the file leaves out.
 */
import { dirname, resolve } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { UsageError } from "../core/errors.js";
import { readValidatedYaml, validate } from "../core/formats/validated-yaml.js";
import type { MethodEntry, MethodName } from "../methods/index.js";
import { methods } from "../methods/registry.js";
import { networks } from "../nn/index.js";
import { type LossPart, type MinimizerEntry, minimizers } from "../optim/index.js";
import { applyAssignments, assignmentOf, isPlainObject, mergeUnder } from "./config-tree.js";
import { presets } from "./presets.js";

type Entries = Record<string, { options: z.ZodObject }>;

/** The name of an entry beside that entry's settings. */
type SectionOf<Of extends Entries> = { [Name in keyof Of]: { name: Name } & z.output<Of[Name]["options"]> }[keyof Of];

/** A section that names an entry of a registry and holds that entry's settings beside the name. */
function sectionOf<Of extends Entries>(entries: Of) {
  const branches = Object.entries(entries).map(([name, { options }]) =>
    z.strictObject({ name: z.literal(name), ...options.shape }),
  );
  // zod's own type of a union is of a fixed number of branches; this one has an entry's each.
  return z.discriminatedUnion("name", branches as never) as unknown as z.ZodType<SectionOf<Of>>;
}

const baseOptimizers = z.discriminatedUnion("name", [
  z.strictObject({
    name: z.literal("sgd"),
    rate: z.number().positive().default(0.03),
    momentum: z.number().min(0).lt(1).default(0.9),
    nesterov: z.boolean().default(false),
    weightDecay: z.number().min(0).default(1e-4),
  }),
  z.strictObject({
    name: z.literal("adamw"),
    rate: z.number().positive().default(1e-3),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.999),
    eps: z.number().positive().default(1e-8),
    weightDecay: z.number().min(0).default(0.01),
  }),
]);

/** A section that means a certain entry where it names none. */
function unnamedIs<Schema extends z.ZodType>(name: string, schema: Schema) {
  return z.preprocess(
    (value) => (isPlainObject(value) && value.name === undefined ? { name, ...value } : value),
    schema,
  );
}

/** `base: { rate: 0.01 }` means SGD. */
const baseOptimizer = unnamedIs("sgd", baseOptimizers);

/** `model: { width: 16 }` means the U-Net of the paper's base. */
const model = unnamedIs("unet", sectionOf(networks));

const caseIds = z.array(z.string().min(1)).min(1);

const labelledSection = z.strictObject({
  domain: z.string().min(1).describe("the domain that the labels come from"),
  count: z
    .union([z.int().min(1), z.literal("all")])
    .describe("how many of its training cases are labelled; all: as many as validation leaves"),
  validation: z.int().min(0).default(0).describe("how many further ones choose the best checkpoint"),
  further: z
    .union(
      [z.literal("added"), z.record(z.string().min(1), z.union([z.literal("all"), caseIds]))],
      "must be added, or ids of cases by domain: { CLINIC: [id1, id2] }, where all stands for every case with a mask",
    )
    .optional()
    .describe("labelled cases of any domain beside these; added: those of `data add-masks`"),
});

const initialSection = z.strictObject({
  run: z.string().min(1).describe("folder of an earlier run, relative to this file"),
  checkpoint: z
    .string()
    .regex(/^(last|best|best-on-test|step-(0|[1-9][0-9]*))$/, "must be last, best, best-on-test or step-N")
    .default("last"),
  network: z.enum(["student", "teacher"]).default("student").describe("whose weights become those of the student"),
  weights: z
    .string()
    .optional()
    .describe("SHA-256 of the file they lie in; a run keeps it, so that no others are taken"),
});

const side = z.int().min(1);

const ruledClasses = z.union([z.literal("all"), z.array(z.string().min(1)).min(1)]);
const partSize = z.number().positive();

/** Rules after inference. */
export const rulesSchema = z.strictObject({
  keepLargest: ruledClasses.optional().describe("classes of which only the largest part stays, or all"),
  minVolume: z
    .union([partSize, z.record(z.string().min(1), partSize)])
    .optional()
    .describe("smaller parts are removed, mm3 of volumes or pixels of pictures; by class: { organ: 50 }"),
  fillHoles: ruledClasses.optional().describe("classes whose holes are filled, or all"),
  connectivity: z
    .literal([4, 8, 6, 18, 26])
    .optional()
    .describe("neighbours that belong to a part; default: 8 of pictures, 26 of volumes"),
});

export const trainingSchema = z.strictObject({
  preset: z
    .enum(Object.keys(presets) as [string, ...string[]])
    .optional()
    .describe("what fills in missing keys"),
  dataset: z.string().min(1).describe("path of the dataset.yaml, relative to this file"),
  labelled: labelledSection,
  imageSize: z
    .union([side, z.tuple([side, side])], "must be a whole number of at least 1, or two of them: [rows, columns]")
    .optional()
    .describe("side in pixels, or [rows, columns]; default: the data set's"),
  patch: z
    .tuple([z.int().min(1), z.int().min(1), z.int().min(1)])
    .optional()
    .describe("of volumes: slices, rows and columns that the network sees at once; default: 64 of each"),
  model: model.prefault({}),
  method: sectionOf(methods),
  optimizer: sectionOf(minimizers),
  base: baseOptimizer.prefault({}).describe("the base optimiser under the sharpness-aware one"),
  augmentation: z
    .strictObject({
      profile: z
        .enum(["auto", "fundus", "mri", "volume"])
        .default("auto")
        .describe("auto: fundus for colour, mri for grey, volume for networks of volumes"),
      tpRamFactor: z.number().min(0).lt(0.5).optional().describe("share of frequencies that TP-RAM mixes"),
    })
    .prefault({}),
  training: z
    .strictObject({
      iterations: z.int().min(1).default(30000),
      labelledBatch: z.int().min(1).default(4),
      unlabelledBatch: z.int().min(1).default(4),
      seed: z.int().min(0).default(1337),
      precision: z.enum(["auto", "fp32", "bf16"]).default("auto").describe("auto: bf16 where the processor has it"),
      memoryFormat: z
        .enum(["auto", "contiguous", "channelsLast"])
        .default("auto")
        .describe("auto: channelsLast, but float32 on CUDA, and from width 32 on without AVX-512, contiguous"),
      device: z.string().default("auto").describe("cpu, cuda, cuda:N; auto: cuda where there is one"),
      threads: z.int().min(1).optional().describe("CPU threads; default: all cores"),
      capture: z.boolean().default(false).describe("repeat steps that are not logged as a CUDA graph; see docs/gpu.md"),
      onNonFinite: z.enum(["stop", "skip"]).default("stop").describe("what a NaN or infinity does"),
      statistics: z
        .enum(["auto", "passes", "domains"])
        .default("auto")
        .describe(
          "of batch normalisation, where networks are judged and saved: those of the training passes, or taken anew from " +
            "images of all domains alike; auto: domains with optimizer dim, else passes",
        ),
    })
    .prefault({}),
  data: z
    .strictObject({
      cache: z
        .enum(["auto", "memory", "disk"])
        .default("auto")
        .describe(
          "prepared images are held in memory, mapped from the cache on disk, or auto: held as far as they fit",
        ),
      cacheMemory: z
        .number()
        .positive()
        .optional()
        .describe(
          "GiB of memory for them; default: 1, of volumes a quarter of what the machine or the job has, if that is more",
        ),
      cacheDisk: z
        .number()
        .positive()
        .optional()
        .describe("GiB of disk for them; default: half of what is free and what they take already"),
      threads: z.int().min(0).max(64).default(1).describe("threads that decode images beside the training steps"),
      ahead: z.int().min(0).max(64).default(2).describe("batches made ready before their step"),
      readFirst: z
        .enum(["all", "labelled"])
        .default("all")
        .describe("images read before the first step; labelled: those without labels only when they are drawn"),
    })
    .prefault({})
    .describe("how images are read; changes no result"),
  processes: z
    .strictObject({
      batchNorm: z
        .enum(["synced", "local"])
        .default("synced")
        .describe("statistics of the whole batch, or of each process's own images"),
      sharpness: z
        .enum(["synced", "local"])
        .default("synced")
        .describe("perturb by the gradient of the whole batch, or each process by that of its own images"),
    })
    .prefault({})
    .describe("what changes where several processes share each batch"),
  evaluation: z
    .strictObject({
      every: z.int().min(1).default(500).describe("iterations between validations and checkpoints"),
      monitorTest: z.boolean().default(false).describe("also follow the test sets of all domains, for curves"),
      followUnlabelled: z
        .boolean()
        .default(false)
        .describe("also follow agreement and confidence on some unlabelled images of every domain, for curves"),
      convention: z.enum(["midss", "medpy", "monai", "monai-count-empty"]).default("midss"),
      at: z
        .enum(["network", "native"])
        .default("network")
        .describe(
          "what evaluate, compare and report judge by: the grid that the network works at, or the images' own; --at replaces it",
        ),
      preview: z.boolean().default(true).describe("draw preview.png, a few cases at each validation"),
    })
    .prefault({}),
  initial: initialSection.optional().describe("the run whose weights training begins with; default: random ones"),
  rules: rulesSchema
    .optional()
    .describe("what evaluate and predict do to label maps, in this order; validation takes the network's own"),
  logging: z
    .strictObject({
      every: z.int().min(1).default(10).describe("iterations between log lines"),
      keepCheckpoints: z.int().min(1).default(2).describe("newest checkpoints kept beside the best one"),
      spacedCheckpoints: z
        .int()
        .min(0)
        .default(4)
        .describe("checkpoints kept evenly over the run, for --checkpoint auto and estimates"),
    })
    .prefault({}),
});

/** Of a run, how many cases are labelled, and which further ones, is known. */
const resolvedSchema = trainingSchema.extend({
  labelled: labelledSection.extend({ count: z.int().min(1), further: z.record(z.string().min(1), caseIds).optional() }),
});

/**
 * Runs that were made before DiM had its present definition name a former one `dim`. That of today holds its radius and its
 * course, which the first took from its inner rule where they were not set; it says which statistics its networks have, where
 * the second kept those of training, and which thresholds pseudo-labels have, where the third had one for all classes.
 */
function asToday(content: unknown): unknown {
  if (!isPlainObject(content) || !isPlainObject(content.optimizer)) return content;
  const { optimizer, training, method } = content;
  if (optimizer.name !== "dim") return content;
  if (optimizer.rho === undefined || optimizer.rhoMode === undefined)
    return { ...content, optimizer: { ...optimizer, name: "dim-features" } };
  return {
    ...content,
    ...(isPlainObject(training) ? { training: { statistics: "passes", ...training } } : {}),
    ...(isPlainObject(method) && hasThresholds(method.name) ? { method: { thresholdByClass: false, ...method } } : {}),
  };
}

/** Whether a method's thresholds can go by class. */
function hasThresholds(method: unknown): boolean {
  return (
    typeof method === "string" &&
    Object.hasOwn(methods, method) &&
    "thresholdByClass" in methods[method as MethodName].options.shape
  );
}

/** As a run folder holds it. */
const resolvedFile = z.preprocess(asToday, resolvedSchema);

/** A configuration as it is asked for; `dataset` and `initial.run` are absolute paths. */
export type WantedConfig = z.output<typeof trainingSchema>;

/** A resolved configuration, whose data set was looked at; `dataset` and `initial.run` are absolute paths. */
export type TrainingConfig = z.output<typeof resolvedSchema>;

/** The preset's values under the file's own; a section that names another entry takes nothing from the preset. */
function withPreset(content: unknown): unknown {
  if (!isPlainObject(content) || typeof content.preset !== "string" || !Object.hasOwn(presets, content.preset))
    return content;
  return mergeUnder(content, presets[content.preset].values);
}

/** Names where the value of one of these keys comes from: the file, or what was set beside it. */
type Where = (...keys: readonly string[]) => string;

const lossParts: Record<LossPart, string> = {
  perDomain: "a loss on each domain by itself",
  perSample: "a loss of each sample",
};

/** Refuses an optimiser that needs more of the losses than the method gives. */
function checkLosses({ optimizer, method }: WantedConfig, where: Where): void {
  const minimizer: MinimizerEntry = minimizers[optimizer.name];
  const need = minimizer.needs?.(optimizer) ?? null;
  const entries: Record<string, MethodEntry> = methods;
  const gives = (entry: MethodEntry, settings: Record<string, unknown>) =>
    need && entry.gives?.(settings).includes(need);
  if (need === null || gives(entries[method.name], method)) return;
  const others = Object.keys(entries).filter((name) => gives(entries[name], entries[name].options.parse({})));
  throw new UsageError(
    `${where("optimizer.name", "method.name")}: optimizer ${optimizer.name} needs ${lossParts[need]}, which method ${method.name} does not have with these settings ` +
      `(docs/methods.md says why); take method ${others.join(", ")}, or optimizer sam`,
  );
}

/** The multiple of a stride that is nearest to a side, at least one. */
export function nearestMultiple(side: number, stride: number): number {
  return Math.max(Math.round(side / stride), 1) * stride;
}

/** Refuses images that the network would halve unevenly. */
function checkImageSize({ imageSize, model }: WantedConfig, where: Where): void {
  const stride = Math.max(...networks[model.name].strides);
  if (imageSize === undefined || [imageSize].flat().every((side) => side % stride === 0)) return;
  const nearest = [imageSize].flat().map((side) => nearestMultiple(side, stride));
  const [given, must, such] =
    typeof imageSize === "number"
      ? [imageSize, "it must be a multiple", nearest[0]]
      : [`[${imageSize.join(", ")}]`, "its sides must be multiples", `[${nearest.join(", ")}]`];
  throw new UsageError(
    `${where("imageSize")}: imageSize is ${given}; ${must} of ${stride} for model ${model.name}, such as ${such}`,
  );
}

/** Refuses the size of a picture for a network of volumes, a patch for one of pictures, and patches halved unevenly. */
function checkPatch({ imageSize, patch, model, augmentation }: WantedConfig, where: Where): void {
  const { strides } = networks[model.name];
  const isOfVolumes = strides.length === 3;
  if (isOfVolumes && imageSize !== undefined)
    throw new UsageError(
      `${where("imageSize")}: imageSize (of the file or its preset) is of pictures, and model ${model.name} sees patches of volumes; ` +
        "take preset small-volumes, la or pancreas, or none, and patch: [slices, rows, columns]",
    );
  if (!isOfVolumes && patch !== undefined)
    throw new UsageError(
      `${where("patch")}: patch is of volumes, and model ${model.name} sees pictures; remove it, or take model unet-3d`,
    );
  const wanted = augmentation.profile;
  if (wanted !== "auto" && isOfVolumes !== (wanted === "volume"))
    throw new UsageError(
      `${where("augmentation.profile")}: augmentation.profile ${wanted} is of ${isOfVolumes ? "pictures" : "volumes"}, and model ${model.name} ` +
        `sees ${isOfVolumes ? "volumes" : "pictures"}; take auto`,
    );
  const wrong = patch?.findIndex((side, axis) => side % strides[axis] !== 0) ?? -1;
  if (patch === undefined || wrong < 0) return;
  const nearest = patch.map((side, axis) => nearestMultiple(side, strides[axis]));
  throw new UsageError(
    `${where("patch")}: patch is [${patch.join(", ")}]; its sides must be multiples of [${strides.join(", ")}] for model ${model.name}, such as [${nearest.join(", ")}]`,
  );
}

/** Refuses combinations that no single key shows. */
function checkSense(config: WantedConfig, where: Where): void {
  const { optimizer, method, training } = config;
  checkPatch(config, where);
  checkImageSize(config, where);
  checkLosses(config, where);
  const unlabelled = methods[method.name].usesUnlabelled;
  if (unlabelled && training.labelledBatch !== training.unlabelledBatch) {
    throw new UsageError(
      `${where("training.labelledBatch", "training.unlabelledBatch")}: training.labelledBatch is ${training.labelledBatch} and training.unlabelledBatch ${training.unlabelledBatch}; ` +
        `method ${method.name} pairs the images of both, so make them equal`,
    );
  }
  if ("divergence" in optimizer && optimizer.divergence.forward === "shared" && !unlabelled) {
    throw new UsageError(
      `${where("optimizer.divergence.forward", "method.name")}: optimizer.divergence.forward: shared needs a method that passes unlabelled images, and ${method.name} passes none; take joint`,
    );
  }
}

/** A data set or a grid given in place of a configuration lacks every key; say what it is instead. */
function refuseOtherFiles(content: unknown, path: string): void {
  if (!isPlainObject(content)) return;
  if (Object.hasOwn(content, "domains") && Object.hasOwn(content, "labels")) {
    throw new UsageError(`${path}: is a data set, not a configuration; name it under dataset: in a configuration`);
  }
  if (Object.hasOwn(content, "seeds") && typeof content.base === "string") {
    throw new UsageError(`${path}: is a grid, not a configuration; run it with \`dimseg sweep\``);
  }
}

/** A list of domains is a natural wish that the protocol does not know; say so. */
function refuseSeveralDomains(content: unknown, where: Where): void {
  const domain = isPlainObject(content) && isPlainObject(content.labelled) ? content.labelled.domain : undefined;
  if (!Array.isArray(domain)) return;
  throw new UsageError(
    `${where("labelled.domain")}: labelled.domain is ${JSON.stringify(domain)}; labels come from one domain, so name one; ` +
      "the images of the others are used without their labels, but for those that labelled.further names",
  );
}

/**
 * Reads a configuration.
 * @param assignments `--set` arguments of the form `training.seed=7`, applied last
 * @throws UsageError for an unknown key or a value out of range (with line and nearest key), or a senseless combination
 * @throws DataError when the file is missing
 */
export function loadConfig(path: string, assignments: readonly string[] = []): WantedConfig {
  const set = (keys: readonly PropertyKey[]) => {
    const assignment = assignmentOf(assignments, keys);
    return assignment && `--set ${assignment}`;
  };
  const where: Where = (...keys) => keys.map((key) => set(key.split("."))).find((text) => text !== undefined) ?? path;
  const config = readValidatedYaml(
    path,
    trainingSchema,
    (content) => {
      refuseOtherFiles(content, path);
      const assigned = applyAssignments(content, assignments);
      refuseSeveralDomains(assigned, where);
      return withPreset(assigned);
    },
    set,
  );
  checkSense(config, where);
  const here = dirname(path);
  const { initial } = config;
  return {
    ...config,
    dataset: resolve(here, config.dataset),
    ...(initial ? { initial: { ...initial, run: resolve(here, initial.run) } } : {}),
  };
}

/** The configuration of an existing run, exactly as it was resolved. @throws UsageError when it was edited badly */
export function readResolvedConfig(path: string): TrainingConfig {
  return readValidatedYaml(path, resolvedFile);
}

/** A resolved configuration from values that a file holds. @param where the file, for messages */
export function parseResolvedConfig(values: unknown, where: string): TrainingConfig {
  return validate(resolvedFile, values, () => where);
}

/** A configuration from values, for programs. @throws UsageError as {@link loadConfig} */
export function parseConfig(values: unknown): WantedConfig {
  const config = validate(trainingSchema, withPreset(values), () => "configuration");
  checkSense(config, () => "configuration");
  return config;
}

/** The resolved configuration as YAML, for the run folder. */
export function formatConfig(config: WantedConfig): string {
  return stringify(config, { aliasDuplicateObjects: false });
}
