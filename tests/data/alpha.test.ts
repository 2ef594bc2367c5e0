/** Alpha from end to end: masks that are drawn in it are read from there, and where it is not used that is told. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkDataset } from "../../src/data/check/check.js";
import { loadDataset } from "../../src/data/dataset.js";
import { decodeCase } from "../../src/data/decode.js";
import { inspectFolder } from "../../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../../src/data/inspect/write-yaml.js";
import { type PngKind, png, put, putDatasetYaml, temporaryFolder } from "./files.js";
import { tiffFile } from "./tiff-file.js";

const base = temporaryFolder();
let count = 0;
const side = 24;

const picture = (seed: number) => Array.from({ length: side * side }, (_, i) => (i * 7 + seed * 13) % 251);

/** 1 in a block whose place depends on the seed. */
const block = (seed: number) =>
  Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side)];
    return x >= 5 + seed && x < 14 + seed && y >= 6 && y < 16 ? 1 : 0;
  });

/** A mask of one colour whose drawing is its alpha. */
const inAlpha = (drawn: readonly number[], colour = 255) =>
  png(
    side,
    side,
    drawn.flatMap((one) => [colour, colour, colour, 255 * one]),
    { kind: "rgba" },
  );

function tree(files: Record<string, Buffer>): string {
  const folder = join(base, `tree${count++}`);
  for (const [name, bytes] of Object.entries(files)) put(join(folder, name), bytes);
  return folder;
}

/** Domains of four cases each, their masks made by a function. */
function domains(masks: Record<string, (seed: number) => Buffer>): Record<string, Buffer> {
  return Object.fromEntries(
    Object.entries(masks).flatMap(([domain, maskOf], d) =>
      [0, 1, 2, 3].flatMap((i) => [
        [`${domain}/images/c${i}.png`, png(side, side, picture(4 * d + i))],
        [`${domain}/masks/c${i}.png`, maskOf(i)],
      ]),
    ),
  );
}

async function inspected(files: Record<string, Buffer>) {
  const folder = tree(files);
  const path = join(folder, "dataset.yaml");
  const inspection = await inspectFolder(folder);
  writeDatasetYaml(inspection, folder, path, false);
  const dataset = loadDataset(path);
  const { problems } = await checkDataset(dataset);
  return { dataset, guesses: inspection.guesses.join("\n"), found: problems.map(({ message }) => message).join("\n") };
}

describe("masks drawn in the alpha channel", () => {
  it.each([
    ["white", (i: number) => inAlpha(block(i))],
    ["black", (i: number) => inAlpha(block(i), 0)],
    [
      "grey with alpha",
      (i: number) =>
        png(
          side,
          side,
          block(i).flatMap((one) => [9, 255 * one]),
          { kind: "greyAlpha" },
        ),
    ],
    [
      "TIFF",
      (i: number) =>
        tiffFile(
          side,
          side,
          block(i).flatMap((one) => [9, 255 * one]),
          { channels: 2, tags: { 338: ["short", [2]] } },
        ),
    ],
  ])("are found and read: %s", async (_, maskOf) => {
    const { dataset, guesses, found } = await inspected(domains({ A: maskOf }));
    expect(guesses).toMatch(
      /4 masks, the first .*c0\.png, are drawn in the alpha channel over a single colour: alpha is read/,
    );
    expect(found).toBe("");
    const [first] = dataset.domains[0].cases("train");
    const { label } = await decodeCase(dataset, first, side);
    expect(Array.from(label ?? [])).toEqual(block(0));
  });

  it("agree with grey masks of another domain, an empty and a full one among them", async () => {
    const grey = (i: number) =>
      png(
        side,
        side,
        block(i).map((one) => 255 * one),
      );
    const some = (i: number) => inAlpha(i === 1 ? block(i).fill(0) : i === 2 ? block(i).fill(1) : block(i));
    const { dataset } = await inspected(domains({ A: grey, B: some }));
    const shares = await Promise.all(
      dataset.domains[1].cases("train").map(async (one) => {
        const { label } = await decodeCase(dataset, one, side);
        return [one.id, Array.from(label ?? []).reduce((sum, value) => sum + value, 0) / side ** 2];
      }),
    );
    const wanted = { c0: 90 / 576, c1: 0, c2: 1, c3: 90 / 576 };
    for (const [id, share] of shares) expect([id, share]).toEqual([id, wanted[id as keyof typeof wanted]]);
    expect(shares.length).toBeGreaterThan(2);
  });
});

describe("transparent parts", () => {
  const opaque = (kind: PngKind, i: number) =>
    png(
      side,
      side,
      picture(i).flatMap((sample) => [...Array(kind === "rgba" ? 3 : 1).fill(sample), 255]),
      { kind },
    );
  const holed = (i: number) =>
    png(
      side,
      side,
      picture(i).flatMap((sample, p) => [sample, sample, sample, p < 40 ? 0 : 255]),
      { kind: "rgba" },
    );
  const mask = (i: number) => png(side, side, block(i));

  async function check(images: (i: number) => Buffer, masks: (i: number) => Buffer = mask) {
    const files = [0, 1, 2].flatMap((i) => [
      [`images/${i}.png`, images(i)],
      [`masks/${i}.png`, masks(i)],
    ]);
    const folder = tree(Object.fromEntries(files));
    const train = { images: "images/{id}.png", masks: "masks/{id}.png" };
    const { problems } = await checkDataset(loadDataset(putDatasetYaml(folder, { domains: [{ name: "a", train }] })));
    return problems.map(({ severity, message }) => `${severity}: ${message.replaceAll(folder, "")}`);
  }

  it("of images are told in one line with their number", async () => {
    expect(await check(holed)).toEqual([
      "warning: 3 images (the first is /images/0.png) have transparent parts; the alpha channel is not used, so what lies " +
        "under them counts as image: save them with the background that is to be seen",
    ]);
    expect(await check((i) => (i === 1 ? holed(i) : opaque("rgba", i)))).toEqual([
      expect.stringMatching(/^warning: the image \/images\/1\.png has transparent parts/),
    ]);
  });

  it("of masks whose colours say what they mean are told, too", async () => {
    const seeThrough = (i: number) =>
      png(
        side,
        side,
        block(i).flatMap((one) => [one, 255 * one]),
        { kind: "greyAlpha" },
      );
    expect(await check((i) => opaque("rgba", i), seeThrough)).toEqual([
      expect.stringMatching(
        /^warning: 3 masks \(the first is \/masks\/0\.png\) have transparent parts; .* counts as mask/,
      ),
    ]);
  });

  it("that are none are not told", async () => {
    expect(await check((i) => opaque("rgba", i))).toEqual([]);
    expect(await check((i) => opaque("greyAlpha", i))).toEqual([]);
  });

  it("are told by inspect", async () => {
    const files = [0, 1, 2].flatMap((i) => [
      [`images/${i}.png`, i === 0 ? opaque("rgba", i) : holed(i)],
      [`masks/${i}.png`, mask(i)],
    ]);
    const { guesses } = await inspectFolder(tree(Object.fromEntries(files)));
    expect(guesses.join("\n")).toMatch(
      /2 of 3 images looked into have transparent parts, as .*\.png; the alpha channel is not used/,
    );
  });
});
