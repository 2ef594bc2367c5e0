/** inspectFolder on folders of drawn masks: domains that code alike or otherwise, names of classes, and questions. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { UsageError } from "../../../src/core/errors.js";
import { checkDataset } from "../../../src/data/check/check.js";
import { allCases, type Dataset, loadDataset } from "../../../src/data/dataset.js";
import { decodeCase } from "../../../src/data/decode.js";
import { inspectFolder } from "../../../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../../../src/data/inspect/write-yaml.js";
import { png, put, temporaryFolder } from "../files.js";
import { blurred, type Drawn, discs, greyJpeg, greyWebp, randomNumbers, valued } from "./drawing.js";

const base = temporaryFolder();
let count = 0;

type Store = (drawn: Drawn) => Buffer | Promise<Buffer>;

const grey =
  (...values: number[]): Store =>
  (one) =>
    png(one.size, one.size, valued(one, values), { bits: Math.max(...values) > 255 ? 16 : 8 });
const palette =
  (...colours: number[]): Store =>
  ({ size, truth }) =>
    png(size, size, truth, {
      kind: "palette",
      palette: colours.map((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]),
    });
const colour =
  (...colours: number[]): Store =>
  (one) =>
    png(
      one.size,
      one.size,
      valued(one, colours).flatMap((value) => [value >> 16, (value >> 8) & 255, value & 255]),
      { kind: "rgb" },
    );
const soft =
  (...values: number[]): Store =>
  (one) =>
    png(one.size, one.size, blurred(valued(one, values), one.size, 2), { bits: 16 });
const jpeg =
  (quality: number, ...values: number[]): Store =>
  (one) =>
    greyJpeg(valued(one, values), one.size, quality);

interface Site {
  readonly store: Store;
  readonly radii?: readonly number[];
  readonly ending?: string;
  /** Draws in place of discs. */
  readonly draw?: (random: () => number, i: number) => Drawn;
}

/** A folder of six drawn cases in every domain. */
async function folderOf(sites: Record<string, Site>, more: Record<string, string> = {}): Promise<string> {
  const folder = join(base, `set${count++}`);
  for (const [name, content] of Object.entries(more)) put(join(folder, name), content);
  for (const [domain, { store, radii = [10], ending = "png", draw }] of Object.entries(sites)) {
    const random = randomNumbers(domain.length + domain.charCodeAt(0));
    for (let i = 0; i < 6; i++) {
      const drawn = draw ? draw(random, i) : discs(48, radii, random);
      const picture = drawn.truth.map((number) => 60 + 60 * number + Math.floor(20 * random()));
      put(join(folder, domain, `images/${i}.png`), png(drawn.size, drawn.size, picture));
      put(join(folder, domain, `masks/${i}.${ending}`), await store(drawn));
      put(join(folder, "..", `truth-${domain}-${i}-${count}`), Buffer.from(drawn.truth));
    }
  }
  return folder;
}

async function inspected(sites: Record<string, Site>, more: Record<string, string> = {}) {
  const folder = await folderOf(sites, more);
  const inspection = await inspectFolder(folder);
  const path = join(folder, "dataset.yaml");
  writeDatasetYaml(inspection, folder, path, false);
  return { folder, path, inspection, guesses: inspection.guesses.join("\n") };
}

/** The lowest Dice of a class over all cases, between the labels as decoded and the classes that were drawn. */
async function dice(dataset: Dataset, meant: (number: number) => number = (number) => number): Promise<number> {
  const counts = dataset.classes.map(() => ({ both: 0, sum: 0 }));
  for (const one of allCases(dataset)) {
    const { label } = await decodeCase(dataset, one);
    const truth = readFileSync(
      join(dataset.root, "..", `truth-${one.domain}-${one.id}-${Number(dataset.root.match(/\d+$/)?.[0]) + 1}`),
    );
    label?.forEach((found, i) => {
      const wanted = meant(truth[i]);
      counts[wanted].sum++;
      if (found < counts.length) counts[found].sum++;
      if (found === wanted) counts[found].both++;
    });
  }
  return Math.min(...counts.map(({ both, sum }) => (2 * both) / sum));
}

async function load(sites: Record<string, Site>, more: Record<string, string> = {}) {
  const found = await inspected(sites, more);
  const dataset = loadDataset(found.path);
  const { problems } = await checkDataset(dataset);
  return { ...found, dataset, problems: problems.map(({ message }) => message) };
}

describe("one kind of masks", () => {
  it.each([90, 95, 100])("JPEG masks of quality %i are ranges, three as two", async (quality) => {
    const two = await load({
      A: { store: jpeg(quality, 0, 255), ending: "jpg" },
      B: { store: jpeg(quality, 0, 255), ending: "jpg" },
    });
    expect(two.dataset.labels).toEqual({ kind: "thresholds", classes: { foreground: { atLeast: 128 } } });
    expect(two.guesses).toMatch(
      /^masks hold \d+ different values, as lossy masks do: foreground is from 128 up \(seen in 12 masks\)/m,
    );
    expect(await dice(two.dataset)).toBeGreaterThan(0.98);
    const three = await load({ A: { store: jpeg(quality, 0, 127, 255), radii: [14, 7], ending: "jpg" } });
    expect(three.dataset.classes.map(({ name }) => name)).toEqual(["background", "class 1", "class 2"]);
    expect(await dice(three.dataset)).toBeGreaterThan(0.95);
    expect([...two.problems, ...three.problems]).toEqual([]);
  });

  it("lossy WebP, which tints grey, is divided as a JPEG is", async () => {
    const { dataset } = await load({
      A: { store: (one) => greyWebp(valued(one, [0, 255]), one.size, 90), ending: "webp" },
    });
    expect(dataset.labels).toEqual({ kind: "thresholds", classes: { foreground: { atLeast: 128 } } });
  });

  it("soft masks of 16 bits are divided at 32768", async () => {
    const { dataset, problems } = await load({ A: { store: soft(0, 65535) } });
    expect(dataset.labels).toEqual({ kind: "thresholds", classes: { foreground: { atLeast: 32768 } } });
    expect(problems).toEqual([]);
    expect(await dice(dataset)).toBeGreaterThan(0.95);
  });

  it("a border of 255 around class numbers is ignored, and a white one around colours", async () => {
    const ring = await inspected({ A: { store: grey(0, 255, 1), radii: [12, 10] } });
    expect(ring.inspection.file.labels).toEqual({
      kind: "values",
      map: { 0: "background", 1: "foreground" },
      ignore: [255],
    });
    expect(ring.guesses).toMatch(
      /255 is left out \(ignore\).*; 255 lies beside the numbers 0 and 1 and only as a border/,
    );
    const white = await inspected({ A: { store: colour(0, 0xffffff, 0xff0000), radii: [12, 10] } });
    expect(white.inspection.file.labels).toMatchObject({ kind: "colours", ignore: ["#ffffff"] });
    expect(loadDataset(ring.path).outputs).toBe(2);
  });

  it("palette masks give their numbers, and soft palette masks the greys of the palette", async () => {
    const numbers = await load({ A: { store: palette(0, 0xff0000, 0x00ff00), radii: [14, 7] } });
    expect(numbers.dataset.labels).toMatchObject({
      kind: "values",
      map: { 0: "background", 1: "class 1", 2: "class 2" },
    });
    const backwards = Array.from({ length: 256 }, (_, i) => [255 - i, 255 - i, 255 - i]);
    const softPalette: Store = (one) => {
      const levels = blurred(valued(one, [0, 255]), one.size, 1.5);
      return png(
        one.size,
        one.size,
        levels.map((level) => 255 - level),
        { kind: "palette", palette: backwards },
      );
    };
    const { dataset } = await load({ A: { store: softPalette } });
    expect(dataset.labels).toEqual({ kind: "thresholds", classes: { foreground: { atLeast: 128 } } });
    expect(await dice(dataset)).toBeGreaterThan(0.9);
  });

  it("looks on where the first masks are empty", async () => {
    const empty = (i: number) => ({ size: 32, truth: Array(1024).fill(i === 5 ? undefined : 0) });
    const { dataset, guesses } = await load({
      A: { store: grey(0, 255), draw: (random, i) => (i === 3 ? discs(32, [6], random) : empty(0)) },
    });
    expect(dataset.labels).toMatchObject({ kind: "values", map: { 0: "background", 255: "foreground" } });
    expect(guesses).toMatch(/0 is background, 255 is foreground \(seen in 6 masks\)/);
    const none = await load({ A: { store: grey(0), draw: () => empty(0) } });
    expect(none.guesses).toMatch(/every mask that was looked into is empty, so the classes are placeholders/);
    expect(none.problems).toContainEqual(
      expect.stringMatching(/^domain A: 5 of 5 training masks are empty, so there is nothing to learn from/),
    );
    expect(none.problems).toContainEqual(expect.stringMatching(/^domain A: no test mask shows any class/));
  });
});

describe("domains that code otherwise", () => {
  it.each<[string, Site, Site]>([
    ["0/1 and 0/255", { store: grey(0, 1) }, { store: grey(0, 255) }],
    ["0/128 and 0/255", { store: grey(0, 128) }, { store: grey(0, 255) }],
    ["8 and 16 bits", { store: grey(0, 255) }, { store: grey(0, 65535) }],
  ])("%s share one map", async (_, A, B) => {
    const { dataset, problems, guesses } = await load({ A, B });
    expect(dataset.outputs).toBe(2);
    expect(dataset).not.toHaveProperty("domainLabels");
    expect(guesses).toMatch(
      /^masks hold .* in A and .* in B; these do not contradict each other, so one map reads them all$/m,
    );
    expect(problems).toEqual([]);
    expect(await dice(dataset)).toBe(1);
  });

  it("PNG and JPEG share one limit", async () => {
    const { dataset, problems } = await load({
      A: { store: grey(0, 255) },
      B: { store: jpeg(90, 0, 255), ending: "jpg" },
    });
    expect(dataset.labels).toEqual({ kind: "thresholds", classes: { foreground: { atLeast: 128 } } });
    expect(dataset).not.toHaveProperty("domainLabels");
    expect(problems).toEqual([]);
  });

  it.each<[string, Site, Site]>([
    ["inverted", { store: grey(0, 255) }, { store: grey(255, 0) }],
    ["1/2 and 128/255", { store: grey(1, 2) }, { store: grey(128, 255) }],
    ["numbers and JPEG", { store: grey(0, 1) }, { store: jpeg(95, 0, 255), ending: "jpg" }],
    ["soft of 8 and of 16 bits", { store: jpeg(60, 0, 255), ending: "jpg" }, { store: soft(0, 65535) }],
    ["grey and colours", { store: grey(0, 1) }, { store: colour(0, 0xff0000) }],
    [
      "three grey levels and three numbers",
      { store: grey(0, 1, 2), radii: [14, 7] },
      { store: grey(0, 128, 255), radii: [14, 7] },
    ],
    [
      "three levels, inverted",
      { store: grey(0, 128, 255), radii: [14, 7] },
      { store: grey(255, 128, 0), radii: [14, 7] },
    ],
  ])("%s: a domain gets labels of its own", async (_, A, B) => {
    const { dataset, problems, guesses } = await load({ A, B });
    expect(Object.keys(dataset.domainLabels ?? {})).toHaveLength(1);
    expect(guesses).toMatch(/^domain [AB] codes otherwise, so it has labels of its own: its masks hold /m);
    expect(problems).toEqual([]);
    expect(await dice(dataset)).toBeGreaterThan(0.93);
  });

  it("a domain without one of the classes is read as the others are, numbers or grey levels", async () => {
    for (const [all, some] of [
      [
        [0, 1, 2],
        [0, 1],
      ],
      [
        [0, 128, 255],
        [0, 255],
      ],
      [
        [0, 128, 255],
        [0, 128],
      ],
    ]) {
      const { dataset, problems } = await load({
        A: { store: grey(...all), radii: [14, 7] },
        B: { store: grey(...some) },
      });
      expect(dataset.outputs).toBe(3);
      expect(dataset).not.toHaveProperty("domainLabels");
      expect(problems).toEqual([]);
    }
  });

  it("a domain whose masks do not tell is read as the others are, and it is said", async () => {
    const half = () => ({ size: 48, truth: Array.from({ length: 2304 }, (_, i) => (i % 48 < 24 ? 0 : 1)) });
    const { dataset, guesses } = await load({ A: { store: grey(0, 255) }, B: { store: grey(0, 255), draw: half } });
    expect(dataset.labels).toMatchObject({ kind: "values", map: { 0: "background", 255: "foreground" } });
    expect(guesses).not.toMatch(/answered/);
    const full = await load({
      A: { store: grey(0, 255) },
      B: { store: grey(0, 255), draw: () => ({ size: 48, truth: Array(2304).fill(1) }) },
    });
    expect(full.dataset.labels).toMatchObject({ kind: "values", map: { 0: "background", 255: "foreground" } });
  });
});

describe("class numbers", () => {
  /** Three discs of some numbers with a border of 255, as Pascal VOC draws them. */
  const voc = (numbers: readonly number[]) => (random: () => number, i: number) => {
    const size = 64;
    const truth = Array<number>(size * size).fill(0);
    for (const number of [0, 1, 2].map((k) => numbers[(i + k) % numbers.length]))
      discs(size, [9, 7], random).truth.forEach((depth, at) => {
        if (depth > 0) truth[at] = depth === 1 ? 255 : number;
      });
    return { size, truth };
  };
  const asDrawn: Store = ({ size, truth }) => png(size, size, truth);

  it("are the same class in every domain, also where each shows a few of many", async () => {
    const { dataset, problems } = await load({
      A: { store: asDrawn, draw: voc([1, 5, 7, 15]) },
      B: { store: asDrawn, draw: voc([5, 9, 15, 40]) },
    });
    expect(dataset.labels).toEqual({
      kind: "values",
      map: { 0: "background", 1: "class 1", 5: "class 2", 7: "class 3", 9: "class 4", 15: "class 5", 40: "class 6" },
      ignore: [255],
    });
    expect(dataset).not.toHaveProperty("domainLabels");
    expect(problems).toEqual([]);
  });

  it("hold those that the sample misses where few are left out, and all that dataset.json names", async () => {
    const gap: Record<string, Site> = { A: { store: grey(0, 1, 2, 4), radii: [16, 11, 6] } };
    const { dataset } = await load(gap);
    expect(dataset.labels).toMatchObject({ map: { 3: "class 3", 4: "class 4" } });
    const labels = { background: 0, a: 1, b: 2, c: 3, d: 4, e: 5 };
    const named = await load(gap, { "dataset.json": JSON.stringify({ labels }) });
    expect(named.dataset.labels).toMatchObject({ map: { 0: "background", 3: "c", 5: "e" } });
  });

  it("that count up to another one in each mask may number objects, so it is asked", async () => {
    const cells = (_: () => number, i: number) => ({
      size: 64,
      truth: Array.from({ length: 4096 }, (_v, at) => {
        const [row, column] = [Math.floor(at / 64), at % 64];
        const number = 1 + 6 * Math.floor(row / 10) + Math.floor(column / 10);
        return row % 10 < 7 && column % 10 < 7 && number <= 5 + 3 * i ? number : 0;
      }),
    });
    const { path } = await inspected({ A: { store: asDrawn, draw: cells } });
    expect(() => loadDataset(path)).toThrow(/Write 1 if they number objects of one class, and 0 is the background/);
    put(path, readFileSync(path, "utf8").replace(/answer: null.*/, "answer: 1"));
    expect(await dice(loadDataset(path), (number) => Math.min(1, number))).toBe(1);
  });
});

describe("layouts by name", () => {
  it("two hospitals called as sites of ProstateSlice keep the meaning of their masks", async () => {
    const site = { store: grey(0, 255), radii: [20] };
    const { dataset, guesses } = await load({ UCL: site, HK: site });
    expect(dataset.labels).toEqual({ kind: "values", map: { 0: "background", 255: "foreground" } });
    expect(dataset.classes.map(({ name }) => name)).toEqual(["background", "foreground"]);
    expect(guesses).toMatch(
      /^the folders are called as those of ProstateSlice, but the masks of HK are not its: 255, its background, has 0 % of their edges; so the masks decide$/m,
    );
    expect(await dice(dataset)).toBe(1);
  });

  it.each<[string, Site, RegExp]>([
    ["numbers", { store: grey(0, 1) }, /they hold 0 alone|they hold 1, which ProstateSlice does not/],
    ["colours", { store: colour(0xffffff, 0xff0000) }, /they are in colour/],
    ["other vendors", { store: grey(0, 1, 2), radii: [14, 7] }, /they hold 1, which ProstateSlice does not/],
  ])("masks of %s are none of ProstateSlice", async (_, site, reason) => {
    const { guesses, dataset } = await load({ UCL: site });
    expect(guesses).toMatch(reason);
    expect(dataset.classes.map(({ name }) => name)).not.toContain("prostate");
  });

  it("takes the layout where the masks are its own, empty ones too", async () => {
    const { dataset } = await load({
      UCL: { store: grey(255, 0) },
      HK: { store: grey(255), draw: () => ({ size: 32, truth: Array(1024).fill(0) }) },
    });
    expect(dataset).toMatchObject({ name: "ProstateSlice", labels: { map: { 0: "prostate", 255: "background" } } });
  });
});

describe("names of classes", () => {
  const numbers = { A: { store: grey(0, 1, 2), radii: [14, 7] } };

  it.each<[string, unknown]>([
    ["names by number", { labels: { "0": "background", "1": "liver", "2": "tumour" } }],
    ["numbers by name", { labels: { background: 0, liver: 1, tumour: 2 }, channel_names: { "0": "CT" } }],
  ])("are those of nnU-Net's dataset.json: %s", async (_, content) => {
    const { dataset, guesses } = await load(numbers, { "dataset.json": JSON.stringify(content) });
    expect(dataset.classes.map(({ name }) => name)).toEqual(["background", "liver", "tumour"]);
    expect(guesses).toMatch(/^the class names background, liver, tumour are those of dataset\.json$/m);
  });

  it("also of a folder within, for two values that are no numbers, and with its ignore label", async () => {
    const organ = JSON.stringify({ labels: { background: 0, organ: 1 } });
    const { dataset, guesses } = await load(
      { A: { store: grey(0, 255) }, B: { store: grey(0, 255) } },
      { "A/dataset.json": organ },
    );
    expect(dataset.labels).toEqual({ kind: "values", map: { 0: "background", 255: "organ" } });
    expect(guesses).toMatch(/are those of A\/dataset\.json$/m);
    const ignoring = await inspected(numbers, {
      "dataset.json": JSON.stringify({ labels: { background: 0, organ: 1, ignore: 2 } }),
    });
    expect(ignoring.inspection.file.labels).toEqual({
      kind: "values",
      map: { 0: "background", 1: "organ" },
      ignore: [2],
    });
  });

  it("says that names do not fit, and takes none of a file that is broken or names other values", async () => {
    const few = await load(numbers, { "dataset.json": JSON.stringify({ labels: { background: 0, organ: 1 } }) });
    expect(few.guesses).toMatch(/^dataset\.json names 2 classes, but the masks hold 3, so its names are not used$/m);
    for (const content of ["{", JSON.stringify({ labels: { background: 0, organ: 3 } })]) {
      const { dataset } = await load(numbers, { "dataset.json": content });
      expect(dataset.classes.map(({ name }) => name)).toEqual(["background", "class 1", "class 2"]);
    }
  });

  it("says which file names come from, manifest.json too", async () => {
    const manifest = JSON.stringify({ dataset: "eyes", classes: ["background", "disc", "cup"] });
    const { dataset, guesses } = await load(numbers, { "manifest.json": manifest });
    expect([dataset.name, dataset.classes[2].name]).toEqual(["eyes", "cup"]);
    expect(guesses).toMatch(/^the class names background, disc, cup are those of manifest\.json$/m);
  });
});

describe("what is asked", () => {
  const half = () => ({ size: 48, truth: Array.from({ length: 2304 }, (_, i) => (i % 48 < 24 ? 0 : 1)) });

  it("stands in dataset.yaml with its choices, refuses to go on, and one number answers it", async () => {
    const { path, guesses } = await inspected({ A: { store: grey(0, 255), draw: half } });
    expect(guesses).toMatch(
      /^to be answered in dataset\.yaml before anything is trained: Domain A: Which value is the background/m,
    );
    const text = readFileSync(path, "utf8");
    expect(text).toMatch(/^ {2}answer: null # fill in the number of the right choice, 1 to 2$/m);
    expect(() => loadDataset(path)).toThrow(UsageError);
    expect(() => loadDataset(path)).toThrow(
      /dataset\.yaml line \d+: question\.answer is to be filled in: Domain A: Which value is the background of the masks, 0 or 255\? .* Write 1 if 0 is the background, 2 if 255 is the background$/,
    );
    const answer = (number: number) => {
      put(path, text.replace(/answer: null.*/, `answer: ${number}`));
      return loadDataset(path);
    };
    expect(answer(1).labels).toEqual({ kind: "values", map: { 0: "background", 255: "foreground" } });
    expect(answer(2).labels).toEqual({ kind: "values", map: { 255: "background", 0: "foreground" } });
    expect(() => answer(3)).toThrow(/question\.answer is 3; write 1 if/);
    expect((await checkDataset(answer(1))).problems.filter(({ severity }) => severity === "error")).toEqual([]);
  });

  it.each<[string, Site, RegExp]>([
    [
      "masks of one value",
      { store: grey(0, 255), draw: () => ({ size: 32, truth: Array(1024).fill(1) }) },
      /Every mask holds one value alone \(255\)/,
    ],
    ["large areas of 255", { store: grey(0, 255, 1), radii: [20, 6] }, /What does 255 mean\?/],
    ["rims of 128", { store: grey(0, 128, 255), radii: [6, 5] }, /What does 128 mean\?/],
    ["numbers saved as JPEG", { store: jpeg(95, 0, 1, 2), radii: [14, 7], ending: "jpg" }, /too near to each other/],
  ])("%s: every choice is a rule that reads the set", async (_, site, ask) => {
    const { path } = await inspected({ A: site, B: site });
    const text = readFileSync(path, "utf8");
    expect(() => loadDataset(path)).toThrow(ask);
    const choices = text.match(/^ {4}- means:/gm)?.length ?? 0;
    expect(choices).toBeGreaterThan(1);
    for (let number = 1; number <= choices; number++) {
      put(path, text.replace(/answer: null.*/, `answer: ${number}`));
      const { ignore: _ignored, ...labels } = loadDataset(path).labels as { ignore?: unknown };
      expect(labels).toHaveProperty("kind");
    }
  });

  it("which class the one object of a domain is, beside domains that show several", async () => {
    const { path } = await inspected({ A: { store: grey(0, 1, 2), radii: [14, 7] }, B: { store: grey(0, 255) } });
    expect(() => loadDataset(path)).toThrow(
      /Which class is the object of domain B, .* Write 1 if the object of domain B is class 1, 2 if the object of domain B is class 2$/,
    );
    put(path, readFileSync(path, "utf8").replace(/answer: null.*/, "answer: 2"));
    expect(loadDataset(path).domainLabels).toEqual({ B: { kind: "values", map: { 0: "background", 255: "class 2" } } });
  });

  it("keeps no rule beside a question", async () => {
    const { path, folder } = await inspected({ A: { store: grey(0, 255), draw: half } });
    const extra = stringify({ labels: { kind: "values", map: { 0: "background" } } });
    put(join(folder, "both.yaml"), `${readFileSync(path, "utf8")}${extra}`);
    expect(() => loadDataset(join(folder, "both.yaml"))).toThrow(
      /labels stands beside a question that settles it; keep one/,
    );
  });
});
