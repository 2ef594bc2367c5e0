/**
 * Several processes that train one network, each on its part of every batch. What a loss or a layer takes over a whole
 * batch, it takes through one of the functions here. They are the identity outside of {@link together} and in a process
 * that works alone, so that nobody who uses them has to know which it is.
 *
 * Convention: each process differentiates its own loss, and the gradient of the training is the mean over processes of
 * what comes of it ({@link worldGradient}). Sums over the world are the same on all of them, and everything that is
 * made of such sums alone is too; their gradient therefore counts once for each process.
 */
import { type GradOptions, grad } from "./autograd.js";
import { cat, stack } from "./generated/functions.js";
import { native } from "./native.js";
import { scope } from "./scope.js";
import { handlesOf, Tensor } from "./tensor.js";

/** Which of how many processes this one is, and where they meet. */
export interface WorldPlace {
  /** From 0. */
  readonly rank: number;
  readonly size: number;
  /** Address and port of the store through which they find each other. */
  readonly host: string;
  readonly port: number;
  /** Whether this process keeps the store. */
  readonly keepsStore: boolean;
  /** Tells groups at one store apart. */
  readonly name: string;
  /** Seconds that the others may take to come. */
  readonly patience: number;
  /** Seconds without a sign of life after which a process counts as dead. */
  readonly silence: number;
}

/** Messages so far, their bytes, and the seconds that were spent waiting for them. */
export interface WorldTraffic {
  readonly calls: number;
  readonly bytes: number;
  readonly seconds: number;
}

let joined = { rank: 0, size: 1 };
let present = { rank: 0, size: 1 };
const alone = present;

/**
 * Meets the other processes; waits for them outside of the event loop.
 * @throws PeerError when they do not come in time
 */
export async function joinWorld({ rank, size, host, port, keepsStore, name, ...seconds }: WorldPlace): Promise<void> {
  const { patience, silence } = seconds;
  await native().worldJoin(host, port, rank, size, keepsStore, name, 1000 * patience, 1000 * silence);
  joined = { rank, size };
}

/** Leaves the others, after the last message to them, or gives up waiting for them. */
export function leaveWorld(): void {
  joined = alone;
  native().worldLeave();
}

/** Runs `body`, which must not be asynchronous, as the work of all joined processes on one batch. */
export function together<T>(body: () => T): T {
  const before = present;
  present = joined;
  try {
    return body();
  } finally {
    present = before;
  }
}

/** Processes that share in the present work. */
export function worldSize(): number {
  return present.size;
}

/** The sum over all processes of a tensor in the same shape on each. */
export function worldSum(own: Tensor): Tensor {
  if (present.size === 1) return own;
  return withGradient(own, new Tensor(native().worldSum(own.handle)));
}

/** The sums over all processes of tensors of one shape, in one message. */
export function worldSums<Own extends readonly Tensor[]>(...own: Own): Own {
  if (present.size === 1) return own;
  return worldSum(stack(own)).unbind() as readonly Tensor[] as Own;
}

/** The mean over all processes of a tensor in the same shape on each. */
export function worldMean(own: Tensor): Tensor {
  return present.size === 1 ? own : worldSum(own).div(present.size);
}

/** The rows of all processes, one process after another; the gradient is that of this process's own. */
export function worldRows(own: Tensor): Tensor {
  if (present.size === 1) return own;
  return scope(() => {
    const all = new Tensor(native().worldGather(own.handle));
    if (!own.requiresGrad) return all;
    const { rank, size } = present;
    const [count] = own.shape;
    const mine = withGradient(own, own.detach());
    const [before, after] = [
      all.narrow(0, 0, rank * count),
      all.narrow(0, (rank + 1) * count, (size - rank - 1) * count),
    ];
    return cat([before, mine, after]);
  });
}

/** `values` with the gradient of `own`, once for each process. */
function withGradient(own: Tensor, values: Tensor): Tensor {
  return own.requiresGrad ? scope(() => values.add(own.sub(own.detach()).mul(present.size))) : values;
}

/**
 * The gradient of the training: the mean over all processes of each one's own gradient of `loss` with respect to leaves of
 * its graph, zeros for those that take no part. It is sent piece by piece while the backward pass goes on.
 */
export function worldGradient(
  loss: Tensor,
  inputs: readonly Tensor[],
  { retainGraph = false }: Pick<GradOptions, "retainGraph"> = {},
): Tensor[] {
  if (present.size === 1) return grad(loss, inputs, { retainGraph, allowUnused: true });
  return native()
    .worldGradient(handlesOf([loss]), handlesOf(inputs), retainGraph)
    .map((handle) => new Tensor(handle));
}

/** The mean over all processes of each of several tensors, without gradient, in one message. */
export function worldAverages<Own extends readonly Tensor[]>(own: Own): Own {
  if (present.size === 1) return own;
  const means = native()
    .worldMean(handlesOf(own))
    .map((handle) => new Tensor(handle));
  return means as readonly Tensor[] as Own;
}

/** The largest of one number of each joined process; waits outside of the event loop. @throws PeerError */
export function worldLargest(own: number): Promise<number> {
  return native().worldLargest(own);
}

/** The bytes that process 0 gives; the others give null. Waits outside of the event loop. @throws PeerError */
export function worldShare(own: Uint8Array | null): Promise<Uint8Array> {
  return native().worldShare(own);
}

/** Tells the other processes why this one ends. */
export function worldFailed(reason: string): void {
  native().worldFail(reason);
}

/** What is known of the end of another process; empty while all live. */
export function worldFailure(): string {
  return native().worldFailure();
}

/** What went between this process and the others. */
export function worldTraffic(): WorldTraffic {
  return native().worldTraffic();
}
