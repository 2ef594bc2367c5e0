/** What lies in folders beside images and masks never becomes training data, and is told. */
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { channelFilesOf, maskFilesOf } from "../../src/data/case-files.js";
import { checkDataset } from "../../src/data/check/check.js";
import { type Case, loadDataset } from "../../src/data/dataset.js";
import { decodeCase } from "../../src/data/decode.js";
import { inspectFolder } from "../../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../../src/data/inspect/write-yaml.js";
import { listInputs } from "../../src/workflows/prediction/inputs.js";
import { png, put, putDatasetYaml, temporaryFolder } from "./files.js";

const base = temporaryFolder();
let trees = 0;
let drawn = 0;

function draw(side: number, pixel: (x: number, y: number, n: number) => number): Buffer {
  const n = drawn++;
  return png(
    side,
    side,
    Array.from({ length: side * side }, (_, i) => pixel(i % side, Math.floor(i / side), n)),
  );
}

const image = (side = 24) => draw(side, (x, y, n) => (x * 7 + y * 13 + ((x * y * (n + 3)) % 97) + n * 11) % 256);
const square = (left: number, top: number, size: number) => (x: number, y: number) =>
  x >= left && x < left + size && y >= top && y < top + size ? 255 : 0;
const mask = () => draw(24, (x, y, n) => square(2 + (n % 9), 3 + (n % 7), 6)(x, y));

type Content = "image" | "mask" | Buffer | string;

function tree(files: Readonly<Record<string, Content>>): string {
  const folder = join(base, `tree${trees++}`);
  for (const [path, content] of Object.entries(files))
    put(join(folder, path), content === "image" ? image() : content === "mask" ? mask() : content);
  return folder;
}

/** Paths with # for 1 to `count`. */
function each(count: number, paths: Readonly<Record<string, Content>>): Record<string, Content> {
  const numbers = Array.from({ length: count }, (_, i) => String(i + 1));
  return Object.fromEntries(
    numbers.flatMap((n) => Object.entries(paths).map(([path, content]) => [path.replaceAll("#", n), content])),
  );
}

async function inspect(folder: string) {
  const inspection = await inspectFolder(folder);
  const path = join(folder, "dataset.yaml");
  writeDatasetYaml(inspection, folder, path, true);
  const dataset = loadDataset(path);
  const cases = dataset.domains.flatMap((domain) => [...domain.cases("train"), ...domain.cases("test")]);
  return { inspection, dataset, cases, guesses: inspection.guesses.join("\n"), path };
}

function ids(cases: readonly Case[]): string[] {
  return cases.map((one) => `${one.domain}/${one.id}${one.maskPath === undefined ? " (no mask)" : ""}`).sort();
}

const pairs = (domain: string, count: number) =>
  each(count, { [`${domain}/images/c#.png`]: "image", [`${domain}/masks/c#.png`]: "mask" });

describe("what systems and servers keep in folders", () => {
  const kept = {
    "A/images/@eaDir/c1.png/SYNOPHOTO_THUMB_M.jpg": "image",
    "A/images/#recycle/old.png": "image",
    "A/images/._c1.png": "x",
    "A/images/.thumbnails/c1.png": "image",
    "__MACOSX/A/images/._c2.png": "x",
    "lost+found/9.png": "image",
    "A/images/Thumbs.db": "x",
    "A/images/SYNOFILE_THUMB_M.png": "image",
  } as const;

  it("is left out of inspect and check, and counted", async () => {
    const { cases, guesses, dataset } = await inspect(tree({ ...pairs("A", 3), ...pairs("B", 3), ...kept }));
    expect(ids(cases)).toEqual(["A/c1", "A/c2", "A/c3", "B/c1", "B/c2", "B/c3"]);
    expect(guesses).toMatch(
      /^7 pictures that systems and servers keep for themselves \(A\/images\/.* \.\.\.\) are left out/m,
    );
    const { problems, leftOut } = await checkDataset(dataset);
    expect(problems).toEqual([]);
    // Those that lie in the folders of images and masks.
    expect(leftOut).toEqual([
      expect.stringMatching(
        /^5 pictures that systems and servers keep for themselves \(A\/images\/.* \.\.\.\) are left out$/,
      ),
    ]);
  });

  it("is left out where corrections keep earlier masks", async () => {
    const kept = {
      "dimseg-corrections/kept/A/masks/c1.png": "mask",
      "dimseg-corrections/kept/A/c2.png": "image",
    } as const;
    const { cases } = await inspect(tree({ ...pairs("A", 4), ...pairs("B", 4), ...kept }));
    expect(ids(cases)).toEqual(["A", "B"].flatMap((domain) => [1, 2, 3, 4].map((n) => `${domain}/c${n}`)));
  });

  it("is left out of predict, and counted", () => {
    const folder = tree({
      ...each(2, { "images/c#.png": "image" }),
      "images/@eaDir/c1.png/SYNOPHOTO_THUMB_M.jpg": "image",
    });
    const { images, system } = listInputs([join(folder, "images")]);
    expect(images.map(({ name }) => name)).toEqual(["c1", "c2"]);
    expect(system.count).toBe(1);
  });

  it("and so are folders of smaller copies, whatever they are called", async () => {
    const large = Array.from({ length: 4 }, () => image(32));
    const small = (n: number) => {
      // The same ramp at half the size: every second pixel.
      const pixels = Array.from({ length: 1024 }, (_, i) => ((i % 32) * 5 + Math.floor(i / 32) * (n + 1)) % 250);
      const half = Array.from({ length: 256 }, (_, i) => pixels[2 * (i % 16) + 64 * Math.floor(i / 16)]);
      return { full: png(32, 32, pixels), half: png(16, 16, half) };
    };
    const drawnPairs = large.map((_, n) => small(n));
    const files = Object.fromEntries(
      drawnPairs.flatMap(({ full, half }, n) => [
        [`A/images/${n}.png`, full],
        [`A/images/small/${n}.png`, half],
      ]),
    );
    const { cases, guesses } = await inspect(tree(files));
    expect(cases).toHaveLength(4);
    expect(guesses).toMatch(/A\/images\/small: 4 smaller copies of the images in A\/images are left out/);
  });
});

describe("names of images and masks", () => {
  it.each([
    ["c#_Mask.png", "c#.png"],
    ["c#_SEGMENTATION.png", "c#.png"],
    ["Label-c#.png", "c#.png"],
    ["c# gt.png", "c#.png"],
  ])("%s is the mask of its image in any case", async (maskName, imageName) => {
    const files = each(4, { [`A/${imageName}`]: "image", [`A/${maskName}`]: "mask" });
    const { cases } = await inspect(tree(files));
    expect(ids(cases)).toEqual(["A/c1", "A/c2", "A/c3", "A/c4"]);
  });

  it("pair in another Unicode form, and say where they differ in case", async () => {
    const accents = tree(
      each(3, { ["A/images/Mé_#.png".normalize("NFC")]: "image", ["A/masks/Mé_#.png".normalize("NFD")]: "mask" }),
    );
    const { cases, dataset } = await inspect(accents);
    expect(ids(cases)).toEqual(["A/Mé_1", "A/Mé_2", "A/Mé_3"]);
    expect((await checkDataset(dataset)).problems).toEqual([]);
    const upper = await inspect(tree(each(3, { "A/images/c#.png": "image", "A/masks/C#.PNG": "mask" })));
    expect(ids(upper.cases)).toEqual(["A/c1", "A/c2", "A/c3"]);
    expect(upper.guesses).toMatch(
      /A\/images: 3 masks are paired with images whose names differ in upper and lower case/,
    );
  });

  it("never take a mask without an image, or of another kind, for an image", async () => {
    const files = { ...each(4, { "A/x#.png": "image", "A/x#_mask.png": "mask" }), "A/lost_label.png": "mask" } as const;
    const { cases, guesses } = await inspect(tree(files));
    expect(ids(cases)).toEqual(["A/x1", "A/x2", "A/x3", "A/x4"]);
    expect(guesses).toMatch(/1 file \(lost_label\.png\) is named as masks and left out/);
  });

  it("tell further channels of nnU-Net apart and take them, also without masks", async () => {
    const both = { "imagesTr/case_#_0000.png": "image", "imagesTr/case_#_0001.png": "image" } as const;
    const labelled = await inspect(tree(each(5, { ...both, "labelsTr/case_#.png": "mask" })));
    expect(labelled.cases).toHaveLength(5);
    expect(labelled.guesses).toMatch(/5 files \(case_1_0001\.png \.\.\.\) are further channels \(nnU-Net\)$/m);
    expect(labelled.dataset).toMatchObject({ channels: 2, channelNames: ["channel 1", "channel 2"] });
    expect(labelled.cases.every((one) => channelFilesOf(one).length === 2)).toBe(true);
    expect((await inspect(tree(each(5, both)))).cases.map((one) => one.id).sort()).toEqual(
      ["1", "2", "3", "4", "5"].map((n) => `case_${n}`),
    );
  });

  it("leave further channels out that some images lack", async () => {
    const some = await inspect(
      tree({
        ...each(5, { "imagesTr/case_#_0000.png": "image" }),
        ...each(4, { "imagesTr/case_#_0001.png": "image" }),
      }),
    );
    expect(some.guesses).toMatch(
      /4 files .* are further channels \(nnU-Net\) and are not used, as some images lack theirs/,
    );
    expect([some.cases.length, some.dataset.channels]).toEqual([5, 1]);
  });

  it("take no numbers of cases, slices or frames for channels", async () => {
    const idsOf = async (files: Record<string, Content>) => (await inspect(tree(files))).cases.length;
    // One series of numbers; a mask for every number; more numbers than channels.
    expect(await idsOf(each(6, { "images/scan_000#.png": "image", "masks/scan_000#.png": "mask" }))).toBe(6);
    expect(await idsOf(each(6, { "images/scan_000#.png": "image" }))).toBe(6);
    const two = (kind: "images" | "masks", n: string) => `${kind}/p#_000${n}.png`;
    const slices = { [two("images", "0")]: "image", [two("images", "1")]: "image" } as const;
    const withMasks = { ...slices, [two("masks", "0")]: "mask", [two("masks", "1")]: "mask" } as const;
    expect(await idsOf(each(4, withMasks))).toBe(8);
    const frames = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [two("images", `${n}`), "image" as const]));
    expect(await idsOf(each(3, frames))).toBe(24);
  });
});

describe("folders whose names do not say masks", () => {
  it("are masks by two values and the names of images", async () => {
    const { cases, guesses } = await inspect(tree(each(4, { "A/Scan/#.png": "image", "A/Binary/#.png": "mask" })));
    expect(cases.map((one) => maskFilesOf(one).length)).toEqual([1, 1, 1, 1]);
    expect(guesses).toMatch(
      /A\/Binary: holds two-valued pictures with the names of the images in A\/Scan, and is taken/,
    );
  });

  it("beside other masks are left out with a warning", async () => {
    const { cases, guesses } = await inspect(tree({ ...pairs("A", 4), ...each(4, { "A/Binary/c#.png": "mask" }) }));
    expect(cases).toHaveLength(4);
    expect(guesses).toMatch(/A\/Binary: (?:holds two-valued pictures|4 files outside an image folder are left out)/);
  });
});

describe("several files of one mask", () => {
  const at = (left: number, top: number) => draw(24, square(left, top, 5));

  it("are joined where they are numbered", async () => {
    const files = {
      ...each(5, { "A/b (#).png": "image", "A/b (#)_mask.png": at(2, 2) }),
      "A/b (3)_mask_1.png": at(14, 14),
    };
    const { cases, dataset, guesses } = await inspect(tree(files));
    const [two, one] = ["b (3)", "b (1)"].map((id) => cases.find((other) => other.id === id) as Case);
    expect(cases).toHaveLength(5);
    expect(maskFilesOf(two)).toHaveLength(2);
    const area = async (of: Case) => (await decodeCase(dataset, of, 24)).label?.reduce((sum, value) => sum + value, 0);
    expect([await area(one), await area(two)]).toEqual([25, 50]);
    expect(guesses).toMatch(
      /1 file \(b \(3\)_mask_1\.png\) is a further mask of its image and is joined with the first/,
    );
  });

  it("are classes that may overlap where their names are parts", async () => {
    const files = each(5, { "A/x#.png": "image", "A/x#_disc.png": at(2, 2), "A/x#_cup.png": at(4, 4) });
    const { cases, dataset } = await inspect(tree(files));
    expect(dataset).toMatchObject({ target: "sigmoid", labels: { kind: "files", atLeast: 1 } });
    expect(dataset.classes.map(({ name, inside }) => [name, inside])).toEqual([
      ["cup", "disc"],
      ["disc", undefined],
    ]);
    const { label } = await decodeCase(dataset, cases[0], 24);
    const count = (plane: number) => label?.subarray(plane * 576, (plane + 1) * 576).reduce((sum, one) => sum + one, 0);
    // The cup lies within the disc, so its own 16 pixels beyond the disc's 25 count as disc too.
    expect([count(0), count(1)]).toEqual([25, 25 + 25 - 9]);
  });

  it("of several readers are not joined: the first is used", async () => {
    const files = each(5, { "A/i#.png": "image", "A/i#_2ndHO.png": at(9, 9), "A/i#_1stHO.png": at(2, 2) });
    const { cases, dataset } = await inspect(tree(files));
    expect(cases).toHaveLength(5);
    expect(
      cases.flatMap((one) => maskFilesOf(one).map(({ path }) => path)).every((path) => /_1stHO\.png$/.test(path)),
    ).toBe(true);
    expect(dataset.domains[0].sources.train?.otherReaders).toEqual(["A/{id}_2ndHO.png"]);
  });
});

describe("files that cannot be used", () => {
  it("are left out of dataset.yaml where they are broken, with count and names", async () => {
    const whole = image();
    const files = {
      ...pairs("A", 6),
      "A/images/c2.png": "",
      "A/images/c4.png": whole.subarray(0, 120),
      "A/masks/c5.png": "no picture",
    };
    const { cases, guesses, dataset } = await inspect(tree(files));
    expect(ids(cases)).toEqual(["A/c1", "A/c3", "A/c6"]);
    expect(guesses).toMatch(
      /warning: 3 broken files, whose cases are left out \(see except\): .*c2\.png: the file is empty/,
    );
    expect((await checkDataset(dataset)).problems.filter(({ severity }) => severity === "error")).toEqual([]);
  });

  it("are counted by their format where that is not read", async () => {
    const files = {
      ...pairs("A", 3),
      ...each(4, { "A/1st_manual/#.gif": "x" }),
      "A/v.npy.gz": "x",
      "A/notes.xlsx": "x",
    };
    const { guesses } = await inspect(tree(files));
    expect(guesses).toMatch(
      /4 \.gif and 1 \.npy\.gz files are not read \(A\/1st_manual\/1\.gif \.\.\.\); save them as PNG/,
    );
    expect(guesses).not.toMatch(/xlsx/);
  });

  it("are told where they are links that lead nowhere, by inspect as a warning and by check as errors", async () => {
    const folder = tree(pairs("A", 3));
    mkdirSync(join(folder, "B/images"), { recursive: true });
    for (const n of [0, 1]) symlinkSync(`/nowhere/${n}.png`, join(folder, `B/images/${n}.png`));
    symlinkSync("/nowhere/C", join(folder, "C"));
    const { guesses, cases } = await inspect(folder);
    expect(cases).toHaveLength(3);
    expect(guesses).toMatch(
      /warning: 3 links lead nowhere \(B\/images\/0\.png -> \/nowhere\/0\.png \.\.\.\); mount or mend their target/,
    );
    const path = putDatasetYaml(folder, { domains: [{ name: "B", train: { images: "B/images/{id}.png" } }] });
    const { problems } = await checkDataset(loadDataset(path));
    expect(problems.map(({ severity, message }) => `${severity}: ${message}`)[0]).toMatch(
      /^error: .*0\.png: cannot be read: it is a link to \/nowhere\/0\.png, which is not there; mount or mend its target/,
    );
  });

  it("get advice where a case vanished after inspect", async () => {
    const { path, dataset } = await inspect(tree(pairs("A", 6)));
    const [gone] = dataset.domains[0].cases("train");
    rmSync(gone.imagePath);
    expect(() => loadDataset(path)).toThrow(
      /no image has the id "c1": A\/images\/c1\.png is not there \(any more\); put it back, remove "c1" from the list, or/,
    );
  });
});
