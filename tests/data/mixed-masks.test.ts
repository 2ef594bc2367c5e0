/** Sets of which one domain has a file for every class and another one whole masks: what inspect writes is read. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkDataset } from "../../src/data/check/check.js";
import { loadDataset } from "../../src/data/dataset.js";
import { decodeCase } from "../../src/data/decode.js";
import { inspectFolder } from "../../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../../src/data/inspect/write-yaml.js";
import { pictures, put, temporaryFolder } from "./files.js";

const base = temporaryFolder();
const side = 24;
let sets = 0;

const { draw, image } = pictures(side);
const inside = (x: number, y: number, n: number, room: number) =>
  Math.max(Math.abs(x - 10 - (n % 3)), Math.abs(y - 12)) < room;
const disc = () => draw((x, y, n) => (inside(x, y, n, 6) ? 255 : 0));
const cup = () => draw((x, y, n) => (inside(x, y, n, 3) ? 255 : 0));

/** Domain A with a file for every class, B with these masks. */
async function inspected(ofA: Readonly<Record<string, () => Buffer>>, ofB: () => Buffer) {
  const folder = join(base, `set${sets++}`);
  for (const n of [1, 2, 3, 4, 5, 6]) {
    put(join(folder, `A/images/c${n}.png`), image());
    for (const [name, mask] of Object.entries(ofA)) put(join(folder, `A/masks/${name}/c${n}.png`), mask());
    put(join(folder, `B/images/c${n}.png`), image());
    put(join(folder, `B/masks/c${n}.png`), ofB());
  }
  const path = join(folder, "dataset.yaml");
  const inspection = await inspectFolder(folder);
  writeDatasetYaml(inspection, folder, path, false);
  return { path, guesses: inspection.guesses.join("\n") };
}

async function errorsOf(path: string): Promise<string[]> {
  const { problems } = await checkDataset(loadDataset(path));
  return problems.filter(({ severity }) => severity === "error").map(({ message }) => message);
}

describe("files for classes in one domain and whole masks in another", () => {
  it("ask which class is which, and are read by the answer", async () => {
    const { path } = await inspected({ disc, cup }, disc);
    expect(() => loadDataset(path)).toThrow(
      /which class is which.*1 if foreground is (?:cup|disc), 2 if foreground is/,
    );
    const text = readFileSync(path, "utf8");
    const number = /1 if foreground is disc/.test(String(catching(() => loadDataset(path)))) ? 1 : 2;
    put(path, text.replace("answer: null", `answer: ${number}`));
    expect(await errorsOf(path)).toEqual([]);
    const dataset = loadDataset(path);
    const at = dataset.classes.findIndex(({ name }) => name === "disc");
    const middle = 12 * side + 10;
    for (const domain of dataset.domains) {
      const { label } = await decodeCase(dataset, domain.cases("train")[0]);
      expect(label?.[at * side * side + middle], domain.name).toBe(1);
    }
  });

  it("with the same number of each, where whole masks hold several", async () => {
    const both = () => draw((x, y, n) => (inside(x, y, n, 3) ? 2 : inside(x, y, n, 6) ? 1 : 0));
    const { path } = await inspected({ disc, cup }, both);
    expect(() => loadDataset(path)).toThrow(/which class is which/);
    put(path, readFileSync(path, "utf8").replace("answer: null", "answer: 1"));
    expect(await errorsOf(path)).toEqual([]);
  });
});

function catching(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
