/** A model in a worker of its own, which is started with the first image. */
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";
import type { Answer, Question, Segmented } from "./messages.js";

interface Waiting {
  resolve(segmented: Segmented): void;
  reject(error: Error): void;
}

/** Without it, as after an update of the studio, or without memory. */
const lost = "the part of the page that segments could not be started; load the page again";

export class Segmenter {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  /** @param graph where the model's ONNX file is */
  constructor(
    private readonly model: ShownModel,
    private readonly graph: string,
  ) {}

  /** Segments an image, after those that were given before. @throws Error with a sentence for people */
  segment(file: File): Promise<Segmented> {
    this.worker ??= this.start();
    const id = this.count++;
    const segmented = new Promise<Segmented>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.worker.postMessage({ kind: "segment", id, file } satisfies Question);
    return segmented;
  }

  /** Ends the worker; what is under way is never answered. */
  close(): void {
    this.worker?.terminate();
    this.waiting.clear();
  }

  private start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => this.take(data));
    worker.addEventListener("error", () => {
      for (const { reject } of this.waiting.values()) reject(new Error(lost));
      this.waiting.clear();
      this.worker = undefined;
    });
    worker.postMessage({ kind: "open", model: this.model, graph: this.graph } satisfies Question);
    return worker;
  }

  private take(answer: Answer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ("segmented" in answer) waiting?.resolve(answer.segmented);
    else waiting?.reject(new Error(answer.refused));
  }
}
