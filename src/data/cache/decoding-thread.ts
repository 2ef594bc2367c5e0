/** A thread that decodes cases: it answers one question after the other, in their order. */
import { parentPort, workerData } from "node:worker_threads";
import { DimsegError } from "../../core/errors.js";
import type { DecodedCase } from "../decoded-case.js";
import type { Values } from "../images/values.js";
import { CaseLoader } from "./load-case.js";
import type { LoadedInThread, ThreadAnswer, ThreadBeginning, ThreadQuestion } from "./thread-messages.js";

const { rules, size } = workerData as ThreadBeginning;
const loader = new CaseLoader(rules, size);

/** Values in memory that can be handed over: not a part of a larger piece, nor of what Node keeps for others. */
function ownMemory<T extends Values>(values: T): T {
  const isWhole = values.byteLength === values.buffer.byteLength && !Buffer.isBuffer(values);
  if (isWhole) return values;
  // Not `values.slice()`, which of a Buffer shares its memory.
  return (values instanceof Float32Array ? values.slice() : Uint8Array.from(values)) as T;
}

function handedOver({ image, label, ...facts }: DecodedCase): DecodedCase {
  return { ...facts, image: ownMemory(image), ...(label ? { label: ownMemory(label) } : {}) };
}

async function answer({ number, request }: ThreadQuestion): Promise<void> {
  try {
    const { decoded: made, ...facts } = await loader.load(request);
    const decoded = facts.entry && !request.needsArrays ? undefined : handedOver(made);
    const loaded: LoadedInThread = decoded ? { ...facts, decoded } : facts;
    const memory = decoded ? [decoded.image, ...(decoded.label ? [decoded.label] : [])] : [];
    tell(
      { number, loaded },
      memory.map(({ buffer }) => buffer as ArrayBuffer),
    );
  } catch (error) {
    const kind = error instanceof DimsegError ? error.name : "Error";
    tell({ number, failure: { kind, message: error instanceof Error ? error.message : String(error) } });
  }
}

function tell(message: ThreadAnswer, memory: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, memory);
}

let before = Promise.resolve();
parentPort?.on("message", (question: ThreadQuestion) => {
  before = before.then(() => answer(question));
});
