/** Several processes of one test on this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";

/** How one of them ended. */
export interface Member {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

/** A port of this machine that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** torchrun's variables. */
export function variables(rank: number, size: number, port: number): Record<string, string> {
  return {
    ...{ RANK: String(rank), WORLD_SIZE: String(size), LOCAL_RANK: String(rank) },
    ...{ MASTER_ADDR: "127.0.0.1", MASTER_PORT: String(port), OMP_NUM_THREADS: "1" },
  };
}

/** What a process prints and how it ends. */
export function memberOf(child: ChildProcess): Promise<Member> {
  const texts = { out: "", err: "" };
  child.stdout?.on("data", (text) => {
    texts.out += text;
  });
  child.stderr?.on("data", (text) => {
    texts.err += text;
  });
  return new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal, ...texts })));
}

/**
 * Runs tests/distributed/member.ts in each of some processes, to the end of all but those that are left behind stopped.
 * @param folder where `transpileForChild` put it
 */
export async function members(
  folder: string,
  words: readonly string[],
  {
    size = 2,
    only = Array.from({ length: size }, (_, rank) => rank),
  }: { size?: number; only?: readonly number[] } = {},
): Promise<Member[]> {
  const port = await freePort();
  const children = only.map((rank) =>
    spawn(process.execPath, [join(folder, "tests/distributed/member.js"), ...words], {
      env: { ...process.env, ...variables(rank, size, port) },
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
  const ends = children.map(memberOf);
  const [first] = await Promise.all([ends[0]]);
  // A stopped one takes nothing but this.
  if (first.code !== 0) for (const child of children.slice(1)) child.kill("SIGKILL");
  return Promise.all(ends);
}
