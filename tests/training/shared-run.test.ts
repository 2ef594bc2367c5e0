/** What the first of several processes tells the others, and what of it another one refuses: other data, another dimseg. */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import { alone, type Communicator } from "../../src/distributed/index.js";
import { freshProgress } from "../../src/runs/checkpoints/checkpoint-contents.js";
import { openModel } from "../../src/runs/model.js";
import { drawsOf } from "../../src/training/batches/draws.js";
import { openTraining } from "../../src/training/session.js";
import { beginTogether, deviceOf, joinBeginning } from "../../src/training/shared-run.js";
import { putConfig } from "../cli/built.js";
import { temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";

const base = temporaryFolder();
const config = putConfig(join(base, "config.yaml"), { optimizer: { name: "none" }, method: { name: "midss" } });
const data = join(base, "data");

beforeEach(() => {
  rmSync(data, { recursive: true, force: true });
  putDataset(data);
});

/** What the first process says of a run whose files it has read, all of them. */
async function told(): Promise<{ plan: Record<string, unknown>; state: Uint8Array }> {
  const session = openTraining(openModel(loadConfig(config) as never, () => {}));
  const { split, cache } = session;
  const files = new Map();
  for (const one of [...split.labelled, ...split.unlabelled])
    files.set(`${one.domain}/${one.split}/${one.id}`, await cache.contentsOf(one));
  const said: { plan: Record<string, unknown>; state: Uint8Array } = { plan: {}, state: new Uint8Array() };
  const world: Communicator = {
    ...alone,
    size: 2,
    first: async (body) => {
      said.plan = JSON.parse(JSON.stringify(await body()));
      return said.plan as never;
    },
    firstBytes: async (body) => {
      said.state = body();
      return said.state;
    },
  };
  await beginTogether(world, { session, progress: freshProgress, files });
  return said;
}

/** Another process that hears it, and draws all its images. */
async function hears({ plan, state }: Awaited<ReturnType<typeof told>>) {
  const world = { ...alone, rank: 1, size: 2, first: async () => plan as never, firstBytes: async () => state };
  const begun = await joinBeginning(world, () => {});
  if (begun === null) throw new Error("there is something to train");
  const { labelled, unlabelled } = await drawsOf(begun.session, begun.files);
  const drawn = [labelled, unlabelled].map((source) =>
    source.get(
      Array.from({ length: source.length }, (_, i) => i),
      { iteration: 0, first: 0 },
    ),
  );
  return (await Promise.all(drawn)).flat().length;
}

describe("a process beside the first", () => {
  it("trains on the same data", async () => {
    expect(await hears(await told())).toBe(9);
  });

  it.each(["images", "masks"])("refuses a file that is another one there, as it draws it: %s", async (kind) => {
    const said = await told();
    cpSync(join(data, `a/train/${kind}/0.png`), join(data, `a/train/${kind}/1.png`));
    await expect(hears(said)).rejects.toThrow(
      new RegExp(`a/train/${kind}/1\\.png: is not the file that process 0 reads there; all processes need the same`),
    );
  });

  it("refuses a data set with other cases or other rules", async () => {
    const said = await told();
    for (const kind of ["images", "masks"]) rmSync(join(data, `b/train/${kind}/2.png`));
    await expect(hears(said)).rejects.toThrow(
      /dataset\.yaml: the training cases are not those that process 0 finds there: 1 removed \(b\/train\/2\)/,
    );
    putDataset(data, { resize: { size: 32, filter: "lanczos" } });
    await expect(hears(said)).rejects.toThrow(/dataset\.yaml: filter differ from what process 0 reads there/);
  });

  it("refuses another version of dimseg", async () => {
    const said = await told();
    await expect(hears({ ...said, plan: { ...said.plan, version: "0.0.1" } })).rejects.toThrow(
      /^this is dimseg .*, but process 0 is dimseg 0\.0\.1; start all with the same one$/,
    );
  });

  it("takes the GPU of its place, or the only one that it was given", () => {
    expect([deviceOf("cuda", 2, 4), deviceOf("cuda", 2, 1), deviceOf("cuda:3", 2, 4), deviceOf("cpu", 1, 1)]).toEqual([
      ...["cuda:2", "cuda:0", "cuda:3", "cpu"],
    ]);
  });
});
