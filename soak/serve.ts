/**
 * `dimseg serve` under a hundred clients at once, some of them hostile: every good image gets the mask that `dimseg predict`
 * writes, everything else its own refusal, the event loop stays free, and memory, files and folders stay as they are.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { loadavg } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Answer, ask } from "./ask.js";
import { mustWork, start } from "./command-line.js";
import { type Look, look, megabytes, slope } from "./memory.js";
import { writeConfig, writeSmallSet } from "./small-run.js";
import type { Soak } from "./soak.js";

/** Clients at a time. */
const together = 100;
/** Longest that the event loop may be held, in milliseconds; its meter itself looks every 10. */
const longestLag = 100;
/** Bytes that a request may leave behind after the first fifth, in the server and in a worker. */
const allowed = 20_000;

/** One thing that a client does. @returns what went wrong, or undefined */
type Client = (port: number) => Promise<string | undefined>;

const post = (port: number, body: Uint8Array, path = "/v1/masks") => ask(port, path, { method: "POST", body });

/** Sends again as often as it is told to come later. */
async function patiently(port: number, body: Uint8Array): Promise<Answer> {
  for (;;) {
    const answer = await post(port, body);
    if (answer.status !== 503) return answer;
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.headers["retry-after"])));
  }
}

function expecting(status: number, send: (port: number) => Promise<Answer>): Client {
  return async (port) => {
    const answer = await send(port);
    return answer.status === status ? undefined : `got ${answer.status} for ${status}: ${answer.text.slice(0, 200)}`;
  };
}

/** Sends a beginning and then nothing, until it is told that this takes too long. */
const slowly: Client = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write("POST /v1/masks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nslow");
    });
    let said = "";
    socket.on("data", (bytes) => {
      said += bytes;
    });
    socket.on("error", (error) => resolve(String(error)));
    socket.on("close", () => resolve(said.startsWith("HTTP/1.1 408") ? undefined : `slow: got ${said.slice(0, 60)}`));
  });

/** Leaves in the middle. */
const leaving: Client = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      const head = "POST /v1/masks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nleft";
      socket.write(head, () => socket.destroy());
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(undefined));
  });

/** What a client can do wrong with an image. */
function hostile(image: Buffer): Readonly<Record<string, Client>> {
  const noise = Buffer.from(image);
  noise.fill(0xa5, 40);
  const bomb = Buffer.from(image);
  bomb.writeUInt32BE(2 ** 30, 16);
  return {
    truncated: expecting(422, (port) => post(port, image.subarray(0, image.length / 2))),
    noise: expecting(422, (port) => post(port, noise)),
    bomb: expecting(422, (port) => post(port, bomb)),
    empty: expecting(400, (port) => post(port, Buffer.alloc(0))),
    oversized: expecting(413, (port) => post(port, Buffer.alloc(3 * 2 ** 20))),
    path: expecting(404, (port) => ask(port, "/v1/..%2f..%2fetc/passwd")),
    foreign: expecting(403, (port) =>
      ask(port, "/v1/masks", { method: "POST", headers: { origin: "https://evil.example" }, body: image }),
    ),
    rebound: expecting(421, (port) => ask(port, "/v1/model", { headers: { host: "evil.example" } })),
    slowly,
    leaving,
  };
}

/** Waits for the line that names the server's port. */
function portOf(child: ReturnType<typeof start>["child"]): Promise<number> {
  return new Promise((resolve, reject) => {
    let printed = "";
    child.stdout?.on("data", (text) => {
      printed += text;
      const port = /127\.0\.0\.1:(\d+):/.exec(printed)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once("exit", (code) => reject(new Error(`dimseg serve ended with ${code}`)));
  });
}

const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);

/** Seconds that the main thread of a process worked, and that it waited for a processor which others had. */
function processorSeconds(pid: number): [atWork: number, waiting: number] {
  const [atWork, waiting] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ");
  return [Number(atWork) / 1e9, Number(waiting) / 1e9];
}

/** Longest time that the event loop was held since it was asked last, in milliseconds. */
async function lag(port: number): Promise<number> {
  const { text } = await ask(port, "/metrics");
  return 1000 * Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(text)?.[1] ?? Number.NaN);
}

const rounded = (value: number) => Math.round(10 * value) / 10;

export const run: Soak = async ({ seed, quick, folder, say }) => {
  const requests = quick ? together : 1000;
  const dataset = await writeSmallSet(folder, { train: 8, test: 1 }, seed);
  const recipe = { method: "supervised", optimizer: "none", precision: "fp32", iterations: 4, every: 4 } as const;
  const model = join(folder, "run");
  await mustWork(["train", writeConfig(folder, "config", dataset, recipe), "--out", model]);
  const images = ["Domain1", "Domain2", "Domain3", "Domain4"].flatMap((domain) => {
    const place = join(dirname(dataset), domain, "test", "ROIs", "image");
    return readdirSync(place).map((name) => join(place, name));
  });
  const masks = new Map<string, Buffer>();
  for (const [i, image] of images.entries()) {
    const out = join(folder, `mask-${i}`);
    await mustWork(["predict", model, image, "--out", out]);
    masks.set(image, readFileSync(join(out, "masks", `${basename(image, ".png")}.png`)));
  }
  const good = images.map((image): Client => {
    const [body, mask] = [readFileSync(image), masks.get(image) as Buffer];
    return async (port) => {
      const answer = await patiently(port, body);
      if (answer.status !== 200) return `${basename(image)}: got ${answer.status}: ${answer.text.slice(0, 200)}`;
      return answer.bytes.equals(mask) ? undefined : `${basename(image)}: the mask is not that of dimseg predict`;
    };
  });
  const bad = Object.values(hostile(readFileSync(images[0])));
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  const words = ["serve", model, "--port", "0", "--workers", "2", "--max-upload", "1", "--timeout", quick ? "4" : "10"];
  const { child, ended } = start(words, undefined, { TMPDIR: temporary });
  const port = await portOf(child);
  const [pid, workers] = [child.pid as number, childrenOf(child.pid as number)];
  const failures: string[] = [];
  const looks: Record<string, Look[]> = { server: [], worker: [] };
  let worstLag = 0;
  let masksMade = 0;
  await lag(port);
  for (let done = 0; done < requests; done += together) {
    // Every fifth client is hostile.
    const clients = Array.from({ length: together }, (_, i) => {
      const number = done + i;
      return i % 5 === 4 ? bad[Math.floor(number / 5) % bad.length] : good[number % good.length];
    });
    const found = await Promise.all(clients.map((client) => client(port).catch((error) => String(error))));
    masksMade += clients.filter((client, i) => good.includes(client) && found[i] === undefined).length;
    failures.push(...found.filter((one) => one !== undefined));
    worstLag = Math.max(worstLag, await lag(port));
    for (const [who, process] of [["server", pid] as const, ["worker", workers[0]] as const]) {
      const now = look(process, done + together);
      if (now) looks[who].push(now);
    }
    say(`${done + together} requests, lag ${worstLag.toFixed(0)} ms, ${failures.length} failures`);
  }
  const growth = (who: string) => slope(looks[who].filter(({ done }) => done > requests / 5));
  // A test beside others says nothing about time.
  if (!quick && !(worstLag < longestLag)) failures.push(`the event loop was held for ${worstLag.toFixed(0)} ms`);
  if (String(childrenOf(pid)) !== String(workers)) failures.push("a worker was replaced, though nothing ended one");
  const [atWork, waiting] = processorSeconds(pid);
  child.kill("SIGTERM");
  const { code, err } = await ended;
  if (code !== 0) failures.push(`the server ended with ${code}: ${err.trim()}`);
  if (err.includes("internal error")) failures.push(err.trim());
  const left = readdirSync(temporary);
  if (left.length > 0) failures.push(`left behind: ${left.join(", ")}`);
  const measured = quick ? {} : { serverBytesARequest: growth("server"), workerBytesARequest: growth("worker") };
  for (const [what, bytes] of Object.entries(measured))
    if (bytes > allowed) failures.push(`${what}: ${bytes.toFixed(0)}`);
  return {
    promise: "a server answers every client as it should, stays free, and keeps nothing",
    counts: {
      ...{ requests, clientsAtATime: together, masksMade, hostileKinds: bad.length },
      eventLoopHeldMs: Math.round(worstLag),
      // Where others work, too, the event loop is also held by waiting for a processor.
      ...{ eventLoopSecondsAtWork: rounded(atWork), eventLoopSecondsWaitingForAProcessor: rounded(waiting) },
      loadAverage: rounded(loadavg()[0]),
      ...Object.fromEntries(Object.entries(measured).map(([what, bytes]) => [what, Math.round(bytes)])),
      serverMegabytesAtTheEnd: megabytes(looks.server.at(-1)?.resident ?? Number.NaN),
      serverOpenFiles: looks.server.at(-1)?.openFiles ?? Number.NaN,
    },
    failures,
  };
};
