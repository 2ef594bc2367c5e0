/**
 * What the training loop knows of other processes. Alone it costs nothing: every method is then the plain thing, so that
 * the loop is written once. Everything that may wait for long waits outside of the event loop.
 */
import { PeerError } from "../core/errors.js";
import {
  joinWorld,
  leaveWorld,
  together,
  type WorldTraffic,
  worldFailed,
  worldFailure,
  worldLargest,
  worldShare,
  worldTraffic,
} from "../torch/index.js";
import type { Place } from "./place.js";

/** The processes that train together, seen from one of them. */
export interface Communicator {
  /** From 0; process 0 writes, judges and tells. */
  readonly rank: number;
  readonly size: number;
  /** Among those on this machine. */
  readonly localRank: number;
  /** Runs a step, which must not be asynchronous, on this process's part of the batch. @throws PeerError */
  together<T>(body: () => T): T;
  /** Whether any of them says yes. @throws PeerError */
  any(own: boolean): boolean | Promise<boolean>;
  /** What `body` gives in process 0, where alone it runs; plain JSON. @throws PeerError */
  first<T>(body: () => T | Promise<T>): Promise<T>;
  /** The bytes that `body` gives in process 0. @throws PeerError */
  firstBytes(body: () => Uint8Array): Promise<Uint8Array>;
  /** @throws PeerError when one of the others has ended */
  requireAll(): void;
  /** Tells the others what ends this one. */
  fail(error: unknown): void;
  /** Parts from the others once all are done. @throws PeerError */
  leave(): Promise<void>;
  /** What went between this process and the others. */
  traffic(): WorldTraffic;
}

/** A process by itself. */
export const alone: Communicator = {
  rank: 0,
  size: 1,
  localRank: 0,
  together: (body) => body(),
  any: (own) => own,
  first: async (body) => body(),
  firstBytes: async (body) => body(),
  requireAll() {},
  fail() {},
  leave: async () => {},
  traffic: () => ({ calls: 0, bytes: 0, seconds: 0 }),
};

/** Seconds that the others may take to come, and that one may give no sign of life. */
export interface JoinLimits {
  readonly patience: number;
  readonly silence: number;
}

/** Nodes of a cluster start their tasks minutes apart; a process beats once a second. */
const usualLimits: JoinLimits = { patience: 300, silence: 15 };

/**
 * Meets the other processes.
 * @throws PeerError when they do not come in time
 */
export async function join(place: Place, limits: JoinLimits = usualLimits): Promise<Communicator> {
  // What it says of connections that are tried again or fail tells a user nothing; read as it joins.
  process.env.TORCH_CPP_LOG_LEVEL ??= "FATAL";
  const { rank, size, localRank } = place;
  await joinWorld({ ...place, ...limits });
  const share = (own: Uint8Array | null) => worldShare(own);
  const requireAll = () => {
    const failure = worldFailure();
    if (failure !== "") throw new PeerError(failure);
  };
  return {
    rank,
    size,
    localRank,
    together,
    requireAll,
    traffic: worldTraffic,
    any: async (own) => (await worldLargest(Number(own))) > 0,
    async first<T>(body: () => T | Promise<T>): Promise<T> {
      const own = rank === 0 ? Buffer.from(JSON.stringify({ value: await body() })) : null;
      return JSON.parse(new TextDecoder().decode(await share(own))).value;
    },
    firstBytes: async (body) => share(rank === 0 ? body() : null),
    fail(error) {
      if (error instanceof PeerError) return;
      const [reason] = String(error instanceof Error ? error.message : error).split("\n");
      worldFailed(`process ${rank} of ${size} ended: ${reason}`);
    },
    async leave() {
      await worldLargest(0);
      leaveWorld();
    },
  };
}
