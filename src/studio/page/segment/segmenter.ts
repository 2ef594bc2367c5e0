/** A model in a worker of its own, which is started with the first image. */
import type { AskedSet } from "../../../data/asked-set.js";
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";
import type { Answer, GivenImage, Progress, Question, Segmented } from "./messages.js";

interface Waiting {
  told(progress: Progress): void;
  resolve(segmented: Segmented): void;
  reject(error: Error): void;
}

/** An image that is being segmented. */
export interface Asked {
  /** @throws Error with a sentence for people; never settles when the image was cancelled */
  readonly segmented: Promise<Segmented>;
  /** Nobody waits for it any more. */
  cancel(): void;
}

/** Without it, as after an update of the studio, or without memory. */
const lost = "the part of the page that segments could not go on, perhaps for want of memory; load the page again";

export class Segmenter {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  /** @param address of the model's export */
  constructor(
    private readonly model: ShownModel,
    private readonly address: string,
  ) {}

  /** Segments an image, after those that were given before. @param told how far it is */
  segment(image: GivenImage, set: AskedSet, told: (progress: Progress) => void): Asked {
    this.worker ??= this.start();
    const id = this.count++;
    const segmented = new Promise<Segmented>((resolve, reject) => this.waiting.set(id, { told, resolve, reject }));
    this.ask({ kind: "segment", id, ...image, set });
    return {
      segmented,
      cancel: () => {
        if (this.waiting.delete(id)) this.ask({ kind: "cancel", id });
      },
    };
  }

  /** Ends the worker; what is under way is never answered. */
  close(): void {
    this.worker?.terminate();
    this.waiting.clear();
  }

  private ask(question: Question): void {
    this.worker?.postMessage(question);
  }

  private start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => this.take(data));
    worker.addEventListener("error", () => {
      for (const { reject } of this.waiting.values()) reject(new Error(lost));
      this.waiting.clear();
      this.worker = undefined;
    });
    worker.postMessage({ kind: "open", model: this.model, address: this.address } satisfies Question);
    return worker;
  }

  private take(answer: Answer): void {
    const waiting = this.waiting.get(answer.id);
    if ("progress" in answer) {
      waiting?.told(answer.progress);
      return;
    }
    this.waiting.delete(answer.id);
    if ("segmented" in answer) waiting?.resolve(answer.segmented);
    else waiting?.reject(new Error(answer.refused));
  }
}
