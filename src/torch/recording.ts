/**
 * What was computed, as a list of operators: for whoever writes a network down for another engine. Kernels that are chosen
 * by hardware are recorded as what layers asked for (kernels.ts), so that a record is the same on every machine.
 */
import { withBridge } from "./native.js";
import { operatorName } from "./operator.js";
import type { Tensor } from "./tensor.js";

/** One operator that ran. Tensors are told by their handles, which are given to others once they are free. */
export interface RecordedCall {
  /** A function of kernels.ts, such as "convolve", or an operator of libtorch, such as "aten::cat". */
  readonly operator: string;
  /** As the bridge gets them: handles, lists of them as Int32Array, numbers, lists, words. */
  readonly args: readonly unknown[];
  /** The result's handle; the first argument's, of an operator that changes it in place. */
  readonly result: unknown;
}

/** Is told of each operator as it runs. */
export interface Recorder {
  /** An operator ran. */
  called(call: RecordedCall): void;
  /** A handle stands for no value any longer. */
  released(handle: number): void;
}

let running: Recorder | null = null;

/** Runs `body`, which must not be asynchronous, and tells of every operator that runs in it. */
export function recordOperators<T>(recorder: Recorder, body: () => T): T {
  const outer = running;
  running = recorder;
  try {
    return withBridge(
      (bridge) =>
        Object.assign(Object.create(bridge), {
          callOperator(id: number, ...args: unknown[]) {
            const given = bridge.callOperator(id, ...args);
            const operator = operatorName(id);
            const inPlace = operator.replace(/\..*$/, "").endsWith("_");
            try {
              running?.called({ operator, args, result: inPlace ? args[0] : given });
            } catch (cause) {
              // No Tensor holds it yet.
              if (!inPlace && typeof given === "number") bridge.release(given);
              throw cause;
            }
            return given;
          },
          release(handle: number) {
            running?.released(handle);
            bridge.release(handle);
          },
          releaseMany(handles: Int32Array) {
            for (const handle of handles) running?.released(handle);
            bridge.releaseMany(handles);
          },
        }),
      body,
    );
  } finally {
    running = outer;
  }
}

/**
 * Computes what layers ask for. A recorder is told of it as one operator, whichever kernels do the work.
 * @param tensors    its operands; their handles are the first arguments of the record
 * @param attributes everything else that decides the result, the last argument
 */
export function asOperator(
  operator: string,
  tensors: readonly (Tensor | null)[],
  attributes: object,
  compute: () => Tensor,
): Tensor {
  if (running === null) return compute();
  const recorder = running;
  running = null;
  try {
    const result = compute();
    const handles = tensors.map((tensor) => tensor?.handle ?? null);
    recorder.called({ operator, args: [...handles, attributes], result: result.handle });
    return result;
  } finally {
    running = recorder;
  }
}
