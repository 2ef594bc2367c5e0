/** `dimseg serve`: the masks that `dimseg predict` writes, a sentence for everything else, and nothing lost. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { askRaw, detailOf } from "../../../soak/ask.js";
import { exitCodes } from "../../../src/core/errors.js";
import { png, put, temporaryFolder } from "../../data/files.js";
import { zip } from "../../data/zip.js";
import { run as command } from "../built.js";
import { dimseg, putDataset, trainRun } from "../trained-run.js";
import { Served } from "./served.js";

const base = temporaryFolder();
const imageNames = ["a/test/images/0.png", "a/test/images/1.png", "a/train/images/2.png", "b/train/images/3.png"];
const imagePath = (name: string) => join(base, "data", name);
const bytesOf = (name: string) => readFileSync(imagePath(name));
let run: string;
let server: Served | undefined;

async function start(...words: string[]): Promise<Served> {
  server = await Served.start(...words);
  return server;
}

beforeAll(async () => {
  putDataset(join(base, "data"));
  run = await trainRun(base, "midss");
  await dimseg("export", run, "--out", join(base, "export"));
});
afterEach(async () => {
  await server?.end();
  server = undefined;
});

/** Where `dimseg predict` writes the results for all images, whose names differ. */
function predict(out: string, model: string): string {
  const { code, err } = command(["predict", model, ...imageNames.map(imagePath), "--out", join(base, out)]);
  expect(code, err).toBe(0);
  return join(base, out);
}

/** The images' files in one folder of results. */
const resultsIn = (folder: string) => imageNames.map((name) => readFileSync(join(folder, basename(name))));

describe("masks", () => {
  it("are those of dimseg predict to the byte, from many clients at once", async () => {
    const expected = resultsIn(join(predict("of-run", run), "masks"));
    const served = await start(run, "--workers", "2");
    const asked = Array.from({ length: 40 }, (_, i) => i % imageNames.length);
    const answers = await Promise.all(asked.map((i) => served.post(bytesOf(imageNames[i]))));
    answers.forEach(({ status, headers, bytes }, i) => {
      expect([status, headers["content-type"]]).toEqual([200, "image/png"]);
      expect(bytes.equals(expected[asked[i]]), String(i)).toBe(true);
    });
    const { text } = await served.ask("/metrics");
    expect(text).toContain('dimseg_http_requests_total{path="/v1/masks",status="200"} 40');
    expect(text).toContain("dimseg_segmentation_seconds_count 40");
    expect(text).toMatch(/^nodejs_eventloop_lag_max_seconds /m);
  });

  it("come from an ONNX file, too, and of one part where parts overlap", async () => {
    const file = join(base, "export", "model.onnx");
    const out = predict("of-export", file);
    const [expected, cups] = ["masks", "classes/cup"].map((folder) => resultsIn(join(out, folder)));
    const served = await start(file);
    for (const [i, name] of imageNames.entries()) {
      expect((await served.post(bytesOf(name))).bytes.equals(expected[i]), name).toBe(true);
      expect((await served.post(bytesOf(name), "?part=cup")).bytes.equals(cups[i]), name).toBe(true);
    }
    const model = JSON.parse((await served.ask("/v1/model")).text);
    expect(model).toMatchObject({ kind: "pictures", overlapping: ["cup", "disc"], formats: ["png"], quality: false });
    expect(model.classes.map(({ name, value }: { name: string; value: number }) => [value, name])).toEqual([
      [0, "none"],
      [1, "cup"],
      [2, "disc"],
    ]);
    expect(JSON.stringify(model)).not.toContain(base);
  });

  it("come with estimates where the server was started for them", async () => {
    const served = await start(run, "--quality");
    const { status, headers } = await served.post(bytesOf(imageNames[0]), "?quality=true");
    expect(status).toBe(200);
    const quality = JSON.parse(headers["dimseg-quality"] as string);
    expect(quality.map(({ part }: { part: string }) => part)).toEqual(["cup", "disc"]);
    for (const { dice, low, high } of quality) {
      expect(low).toBeLessThanOrEqual(high);
      if (dice !== null) expect([low <= dice, dice <= high]).toEqual([true, true]);
    }
    expect((await served.post(bytesOf(imageNames[0]))).headers["dimseg-quality"]).toBeUndefined();
  });
});

describe("what is no image", () => {
  it("is refused in a sentence that tells nothing of the machine", async () => {
    const served = await start(run, "--max-upload", "1");
    const whole = bytesOf(imageNames[0]);
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 60);
    const huge = Buffer.from(whole);
    huge.writeUInt32BE(1_000_000_000, 16);
    const two = zip({ "a.png": whole, "b.png": whole });
    const bodies: [string, string | Uint8Array, string, number, RegExp][] = [
      ["nothing", "", "", 400, /the body is empty/],
      ["text", "<img onerror=alert(1)>", "", 422, /^image: is no PNG/],
      ["a beginning", whole.subarray(0, whole.length / 2), "", 422, /^image\.png: /],
      ["damage", damaged, "", 422, /^image\.png: /],
      ["too many pixels", huge, "", 422, /^image\.png: /],
      ["too many bytes", Buffer.alloc(2 ** 20 + 1), "", 413, /larger than 1\.0 MiB/],
      ["an unknown parameter", whole, "?formt=png", 400, /no such parameter/],
      ["a format of volumes", whole, "?format=nii.gz", 400, /format: "nii\.gz" is not a choice; the choices are png/],
      ["an unknown part", whole, "?part=%3Cb%3E", 400, /part: "<b>" is not a choice; the choices are cup, disc/],
      ["quality unasked for", whole, "?quality=true", 400, /start it with --quality/],
      ["two images", two, "", 422, /holds 2 images \(a, b\); send one at a time/],
      ["an archive of none", zip({ "a.txt": Buffer.from("a") }), "", 422, /holds no PNG/],
      ["a way out", zip({ "../../out.png": whole }), "", 422, /^upload: is no ZIP archive that can be unpacked/],
      ["a place", zip({ "/tmp/out.png": whole }), "", 422, /^upload: is no ZIP archive that can be unpacked/],
      ["half an archive", two.subarray(0, two.length - 30), "", 422, /^upload: is no ZIP archive/],
    ];
    for (const [what, body, parameters, status, sentence] of bodies) {
      const answer = await served.post(body, parameters);
      expect([what, answer.status]).toEqual([what, status]);
      expect(answer.headers["content-type"]).toBe("application/problem+json");
      expect(detailOf(answer), what).toMatch(sentence);
      expect(answer.text).not.toMatch(/\/tmp|dimseg-serve| {4}at /);
    }
    const one = await served.post(zip({ "deep/er/image.png": whole }));
    expect(one.bytes.equals((await served.post(whole)).bytes)).toBe(true);
    expect((await served.end()).err).not.toContain("internal error");
  });
});

describe("load and failures", () => {
  it("a worker that is killed costs its own image, and is replaced", async () => {
    const served = await start(run);
    const [worker] = served.workers();
    process.kill(worker, "SIGSTOP");
    const lost = served.post(bytesOf(imageNames[0]));
    await served.until("dimseg_workers_busy", 1);
    const next = served.post(bytesOf(imageNames[0]));
    await served.until("dimseg_queue_length", 1);
    process.kill(worker, "SIGKILL");
    expect((await lost).status).toBe(500);
    expect(detailOf(await lost)).toMatch(/the worker that segmented this image was killed/);
    expect((await next).status).toBe(200);
    expect(served.workers()).not.toContain(worker);
    expect((await served.ask("/readyz")).text).toBe("1 worker\n");
  });

  it("uploads beyond the queue are told when to come again, the others wait", async () => {
    const served = await start(run, "--queue", "1");
    const [worker] = served.workers();
    process.kill(worker, "SIGSTOP");
    const taken = [served.post(bytesOf(imageNames[0])), served.post(bytesOf(imageNames[1]))];
    await served.until("dimseg_queue_length", 1);
    const refused = await served.post(bytesOf(imageNames[2]));
    expect([refused.status, detailOf(refused)]).toEqual([503, expect.stringMatching(/all 2 places .* are taken/)]);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect((await served.ask("/healthz")).text).toBe("ok\n");
    process.kill(worker, "SIGCONT");
    for (const answer of taken) expect((await answer).status).toBe(200);
  });

  it("uploads that do not come keep nobody out, and end by themselves", async () => {
    const served = await start(run, "--queue", "2", "--timeout", "10");
    const idle = "POST /v1/masks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nConnection: close\r\n\r\nx";
    const ends = Array.from({ length: 3 }, () => askRaw(served.port, idle));
    await served.until("dimseg_uploads", 3);
    let answer = await served.post(bytesOf(imageNames[0]));
    while (answer.status === 503) answer = await served.post(bytesOf(imageNames[0]));
    expect(answer.status).toBe(200);
    for (const end of ends) expect(await end).toContain("HTTP/1.1 408");
  });

  it("masks are asked for by POST alone", async () => {
    const served = await start(run);
    for (const method of ["PUT", "GET", "DELETE"]) {
      const { status, headers } = await served.ask("/v1/masks", { method });
      expect([status, headers.allow]).toEqual([405, "POST"]);
    }
  });

  it("what takes too long to segment is ended, and the next image is segmented", async () => {
    const served = await start(run, "--timeout", "3");
    process.kill(served.workers()[0], "SIGSTOP");
    const slow = await served.post(bytesOf(imageNames[0]));
    expect([slow.status, detailOf(slow)]).toEqual([504, expect.stringMatching(/took longer than 3 s/)]);
    // On a busy machine a second is short for a network's first image, too.
    let next = await served.post(bytesOf(imageNames[0]));
    while (next.status === 504) next = await served.post(bytesOf(imageNames[0]));
    expect(next.status).toBe(200);
  });

  it("told to end, it finishes what is under way", async () => {
    const served = await start(run);
    const [worker] = served.workers();
    process.kill(worker, "SIGSTOP");
    const answer = served.post(bytesOf(imageNames[0]));
    await served.until("dimseg_workers_busy", 1);
    served.signal("SIGTERM");
    process.kill(worker, "SIGTERM");
    process.kill(worker, "SIGCONT");
    expect((await answer).status).toBe(200);
    const { code, out, err } = await served.ended;
    expect([code, out]).toEqual([0, expect.stringContaining("Ended;")]);
    expect(err).toMatch(/^SIGTERM: ending when the requests under way are answered/);
    server = undefined;
  });
});

describe("the start", () => {
  const refused = (...words: string[]) => command(["serve", ...words]);

  it("refuses in one sentence what cannot be served", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    const shared = put(join(base, "shared-token"), "a-token-that-is-long-enough");
    chmodSync(shared, 0o644);
    const short = put(join(base, "short-token"), "short");
    chmodSync(short, 0o600);
    const open = ["--host", "0.0.0.0"];
    const cases: [readonly string[], number, RegExp][] = [
      [[join(base, "nothing")], exitCodes.usage, /nothing/],
      [[run, "--engine", "onnx"], exitCodes.usage, /--engine onnx is for exported models/],
      [[join(base, "export"), "--quality"], exitCodes.usage, /--quality learns from a run's labelled images/],
      [[run, ...open], exitCodes.usage, /others than this machine reach it; give --token-file FILE/],
      [[run, ...open, "--token-file", shared], exitCodes.usage, /chmod 600/],
      [[run, ...open, "--token-file", short], exitCodes.usage, /holds no token of 20/],
      [[run, "--workers", "0"], exitCodes.usage, /--workers: give a whole number from 1 to 256/],
      [[run, "--port", "1e9"], exitCodes.usage, /--port: give a whole number/],
      [[run, "--port", String(port)], exitCodes.resource, /another program uses this port/],
    ];
    for (const [words, code, sentence] of cases) {
      const ended = refused(...words);
      expect([words.slice(1).join(" "), ended.code]).toEqual([words.slice(1).join(" "), code]);
      expect(ended.err.trim().split("\n")).toEqual([expect.stringMatching(sentence)]);
    }
    taken.close();
  });

  it("takes its token from a file that nobody else reads", async () => {
    const file = put(join(base, "token"), "a-token-that-is-long-enough\n");
    chmodSync(file, 0o600);
    const served = await start(run, "--token-file", file);
    expect((await served.post(png(8, 8, new Uint8Array(64)))).status).toBe(401);
    for (const open of ["/healthz", "/readyz"]) expect((await served.ask(open)).status).toBe(200);
    const authorization = "Bearer a-token-that-is-long-enough";
    expect((await served.ask("/openapi.json", { headers: { authorization } })).status).toBe(200);
    writeFileSync(file, "");
  });
});
