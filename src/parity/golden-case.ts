/**
 * One golden case: numbers a reference implementation produced, with the inputs it was given. The format is described
 * in docs/parity.md: NAME.json beside NAME.safetensors, optionally including further tensor files.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { DataError } from "../core/errors.js";
import type { RawTensor } from "../core/formats/raw-tensor.js";
import { readSafetensorsFile } from "../core/formats/safetensors.js";
import { RandomStream } from "../core/random.js";
import { type Device, fromTypedArray, noGrad, type Tensor, tensorFromRaw } from "../torch/index.js";

const tolerance = z.object({ atol: z.number(), rtol: z.number() });

const caseSchema = z.object({
  kind: z.string(),
  name: z.string(),
  params: z.record(z.string(), z.any()),
  inputs: z.array(z.string()),
  outputs: z.array(z.string()),
  tolerance,
  outputTolerance: z.record(z.string(), tolerance).default({}),
  include: z.array(z.string()).default([]),
  sampled: z
    .record(
      z.string(),
      z.object({ shape: z.array(z.number()), stride: z.number(), count: z.number(), l2: z.number(), sum: z.number() }),
    )
    .default({}),
  packed: z.record(z.string(), z.object({ per: z.number(), order: z.enum(["params", "state"]) })).default({}),
});

/** The JSON half of a case. */
export type CaseDescription = z.infer<typeof caseSchema>;

/** What a kind computed: flat values by output name; a packed output is given as its tensors by name. */
export type Computed = Map<string, ArrayLike<number> | Map<string, ArrayLike<number>>>;

/** Spacing of float32 numbers, relative to the number. */
const float32Epsilon = 2 ** -23;

/** A case with its tensors at hand. */
export class GoldenCase {
  private started = false;

  private constructor(
    readonly path: string,
    readonly description: CaseDescription,
    private readonly tensors: ReadonlyMap<string, RawTensor>,
    /** Where its tensors are put and its networks run. */
    readonly device: Device,
    /** Which neighbour of the stored case this is; 0 is the stored one. */
    readonly neighbour: number,
  ) {}

  /** @throws DataError naming the file when it is no golden case */
  static read(path: string, device: Device = "cpu"): GoldenCase {
    let description: CaseDescription;
    try {
      description = caseSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    } catch (cause) {
      throw new DataError(`${path} is not a golden case: ${(cause as Error).message.split("\n")[0]}`, { cause });
    }
    const folder = dirname(path);
    const own = join(folder, `${basename(path, ".json")}.safetensors`);
    const files = [...description.include.map((name) => join(folder, name)), own].filter(existsSync);
    const tensors = new Map(files.flatMap((file) => [...readSafetensorsFile(file).tensors]));
    return new GoldenCase(path, description, tensors, device, 0);
  }

  /** The same case with networks that start within float32's rounding of the stored ones. @param neighbour at least 1 */
  neighbouring(neighbour: number): GoldenCase {
    return new GoldenCase(this.path, this.description, this.tensors, this.device, neighbour);
  }

  get kind(): string {
    return this.description.kind;
  }

  get name(): string {
    return this.description.name;
  }

  get params(): CaseDescription["params"] {
    return this.description.params;
  }

  get outputNames(): string[] {
    return this.description.outputs;
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  /** Names of all stored tensors that begin with a prefix, without it. */
  namesBelow(prefix: string): string[] {
    return [...this.tensors.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  private raw(name: string): RawTensor {
    const raw = this.tensors.get(name);
    if (!raw) throw new DataError(`${this.path}: tensor "${name}" is missing; the case is incomplete`);
    return raw;
  }

  shape(name: string): readonly number[] {
    return this.raw(name).shape;
  }

  /** A stored tensor in its own dtype on the case's device; the caller (or its scope) frees it. */
  tensor(name: string): Tensor {
    return tensorFromRaw(this.raw(name), this.device);
  }

  /** A float32 weight or buffer that a network starts from: as stored, or in a neighbour moved by 2⁻²³ of itself. */
  start(name: string): Tensor {
    this.started = true;
    const stored = this.tensor(name);
    if (this.neighbour === 0) return stored;
    const draws = new RandomStream(this.neighbour, name);
    const factors = Float32Array.from({ length: stored.numel }, () => 1 + draws.integer(-1, 1) * float32Epsilon);
    const factor = fromTypedArray(factors, stored.shape, { device: this.device });
    const moved = stored.mul(factor);
    factor.dispose();
    stored.dispose();
    return moved;
  }

  /** Whether a network was started from the case, so that its neighbours differ from it. */
  get hasStart(): boolean {
    return this.started;
  }

  /** A stored tensor's values, row-major. */
  numbers(name: string): Float64Array {
    const tensor = this.tensor(name);
    const numbers = noGrad(() => tensor.toNumbers());
    tensor.dispose();
    return numbers;
  }

  /** The order in which packed outputs list a network's tensors. */
  packedOrder(order: "params" | "state"): string[] {
    let folder = dirname(this.path);
    for (let up = 0; up < 3; up++, folder = dirname(folder)) {
      const path = join(folder, "states", "unet_tensors.json");
      if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8"))[order];
    }
    throw new DataError(`${this.path}: states/unet_tensors.json was not found beside the case's folder`);
  }
}
