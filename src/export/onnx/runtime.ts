/**
 * ONNX Runtime, which an installation may lack: nothing but predicting with and checking exported models needs it. Its
 * types are stated here, so that dimseg compiles without it.
 */
import { CheckpointError, ResourceError } from "../../core/errors.js";
import type { Values } from "../../data/images/values.js";
import { sampleType } from "../../grid/stored-image.js";

/** A value as the runtime gives it. */
export interface RuntimeTensor {
  readonly data: Values;
  readonly dims: readonly number[];
}

interface Session {
  run(feeds: Readonly<Record<string, RuntimeTensor>>): Promise<Record<string, RuntimeTensor>>;
  release(): Promise<void>;
}

interface Runtime {
  readonly InferenceSession: {
    create(model: Uint8Array, options: object): Promise<Session>;
  };
  readonly Tensor: new (type: "uint8" | "float32", data: Values, dims: readonly number[]) => RuntimeTensor;
}

const packageName = "onnxruntime-node";

async function load(): Promise<Runtime> {
  try {
    const loaded = (await import(packageName)) as Runtime & { readonly default?: Runtime };
    return loaded.default ?? loaded;
  } catch (cause) {
    throw new ResourceError(
      `${packageName} does not load (${(cause as Error).message.split("\n")[0]}); install it with \`ONNXRUNTIME_NODE_INSTALL=skip npm install ${packageName}@1.30.0\`, or leave out --engine onnx`,
      { cause },
    );
  }
}

/** Runs something of the runtime, whose complaints are about the model. @param source the model's file, for messages */
async function about<T>(source: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const [reason] = (cause as Error).message.split("\n");
    throw new CheckpointError(`${source}: ONNX Runtime refuses it (${reason}); get a fresh copy, or export again`, {
      cause,
    });
  }
}

/** What a model says about one image. */
export interface ModelAnswer {
  /** `[K, ...S]`, in [0, 1]. */
  readonly probabilities: Float32Array;
  /** Class numbers `[...S]` (softmax), or 0/1 planes `[K, ...S]` (sigmoid). */
  readonly labels: Uint8Array;
}

/** An exported model, ready to be asked. */
export class ModelSession {
  private constructor(
    private readonly runtime: Runtime,
    private readonly session: Session,
    private readonly source: string,
  ) {}

  /**
   * @param model   bytes of an exported ONNX file
   * @param source  its name, for messages
   * @param threads of one image; default: the runtime's own choice
   * @throws ResourceError when ONNX Runtime is not installed; CheckpointError for a file that it does not take
   */
  static async open(model: Uint8Array, source: string, threads?: number): Promise<ModelSession> {
    const runtime = await load();
    const options = threads === undefined ? {} : { intraOpNumThreads: threads, interOpNumThreads: 1 };
    const session = await about(source, () => runtime.InferenceSession.create(model, options));
    return new ModelSession(runtime, session, source);
  }

  /** Everything that the graph says about one image, by name; else as {@link ModelSession.ask}. */
  outputs(image: Values, channels: number, sides: readonly number[]): Promise<Record<string, RuntimeTensor>> {
    const input = new this.runtime.Tensor(sampleType(image) as "uint8" | "float32", image, [1, channels, ...sides]);
    return about(this.source, () => this.session.run({ image: input }));
  }

  /**
   * Asks about one image.
   * @param image `[C, ...S]` of the values and sides that the model was exported for
   * @throws CheckpointError for an image of other values, sides or channels
   */
  async ask(image: Values, channels: number, sides: readonly number[]): Promise<ModelAnswer> {
    const { probabilities, labels } = await this.outputs(image, channels, sides);
    return { probabilities: probabilities.data as Float32Array, labels: labels.data as Uint8Array };
  }

  /** Frees the model. */
  close(): Promise<void> {
    return this.session.release();
  }
}
