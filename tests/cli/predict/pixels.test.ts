/** `dimseg predict` and `evaluate` on images whose pixels mean something else than those the network was trained on. */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readImage } from "../../../src/data/images/read-image.js";
import { chunk, png, put, temporaryFolder } from "../../data/files.js";
import { tiffFile } from "../../data/tiff-file.js";
import { pixels } from "../../data/tiny.js";
import { dimseg, oddId, putDataset, trainRun } from "../trained-run.js";

const base = temporaryFolder();
const side = 32;
const grey = [...pixels(side * side, 5)];

/** Two domains of 16-bit images like those of `putDataset`; the images of the test split are of 8 bits where asked. */
function putWide(folder: string, test: 8 | 16): string {
  const intensity = { low: 0, high: 4000 };
  const path = putDataset(folder, { intensity });
  const ids = { "a/train": 7, "b/train": 4, "a/test": 3, "b/test": 2 };
  for (const [place, images] of Object.entries(ids))
    for (let i = 0; i < images; i++) {
      const image = pixels(side * side, 100 + 10 * images + i);
      const narrow = place.endsWith("test") && test === 8;
      const bytes = narrow
        ? png(side, side, image)
        : png(
            side,
            side,
            Array.from(image, (v) => 16 * v),
            { bits: 16 },
          );
      put(join(folder, place, `images/${i === 2 && place === "a/test" ? oddId : i}.png`), bytes);
    }
  return path;
}

const predict = (run: string, image: string, ...more: string[]) =>
  dimseg("predict", run, image, "--out", `${image}-out`, ...more);

describe("a network trained on 8-bit images", () => {
  let run: string;
  beforeAll(async () => {
    putDataset(join(base, "data"));
    run = await trainRun(base, "narrow");
  });

  it("segments a turned picture as it is shown, in the size as it is shown", async () => {
    const [width, height] = [24, 40];
    const upright = [...pixels(width * height, 9)];
    // Orientation 6: the first stored row is the right-hand column of the picture.
    const stored = Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % height, Math.floor(i / height)];
      return upright[x * width + (width - 1 - y)];
    });
    const [straight, turned] = ["straight", "turned"].map((name) => join(base, `turn/${name}.png`));
    put(straight, png(width, height, upright));
    const file = png(height, width, stored);
    const exif = chunk("eXIf", tiffFile(1, 1, [0], { tags: { 274: ["short", [6]] } }));
    put(turned, Buffer.concat([file.subarray(0, 33), exif, file.subarray(33)]));
    for (const image of [straight, turned]) await predict(run, image, "--overlay");
    const [a, b] = await Promise.all(
      ["straight", "turned"].map((name) => readImage(join(base, `turn/${name}.png-out/masks/${name}.png`), "indices")),
    );
    expect(b).toEqual(a);
    expect(b.grid.shape).toEqual([height, width]);
    expect((await readImage(`${turned}-out/overlays/turned.png`)).grid.shape).toEqual([height, width]);
  });

  it("tells that alpha is not used, once for all images", async () => {
    const rgba = grey.flatMap((sample, i) => [sample, sample, sample, i < 200 ? 0 : 255]);
    for (const name of ["a", "b"]) put(join(base, `alpha/${name}.png`), png(side, side, rgba, { kind: "rgba" }));
    put(join(base, "alpha/c.png"), png(side, side, grey));
    const { out } = await predict(run, join(base, "alpha"));
    expect(out).toContain("Wrote 3 of 3 masks");
    expect(out).toContain(
      "The alpha channel is not used: what lies under transparent parts counts as image in 2 files " +
        `(${join(base, "alpha/a.png")}, ${join(base, "alpha/b.png")}).`,
    );
    expect((await predict(run, join(base, "alpha/c.png"))).out).not.toContain("alpha channel");
  });

  it("refuses a second channel that is no alpha, and 16 bits", async () => {
    const two = put(
      join(base, "in/two.tif"),
      tiffFile(
        side,
        side,
        grey.flatMap((v) => [60, v]),
        { channels: 2 },
      ),
    );
    await expect(predict(run, two)).rejects.toThrow("1 of 1 images could not be segmented");
    const wide = put(join(base, "in/wide.png"), png(side, side, grey, { bits: 16 }));
    await expect(predict(run, wide)).rejects.toThrow("1 of 1 images could not be segmented");
  });
});

describe("a network trained on 16-bit images alone", () => {
  let run: string;
  beforeAll(async () => {
    putWide(join(base, "data"), 16);
    run = await trainRun(base, "wide");
  });

  it("refuses an 8-bit image, and segments a 16-bit one", async () => {
    const wide = put(
      join(base, "wide/a.png"),
      png(
        side,
        side,
        grey.map((v) => 16 * v),
        { bits: 16 },
      ),
    );
    expect((await predict(run, wide)).out).toContain("Wrote 1 of 1 masks");
    const narrow = put(join(base, "wide/b.png"), png(side, side, grey));
    const failure = await predict(run, narrow).catch((error: Error) => error.message);
    expect(failure).toMatch(/^1 of 1 images could not be segmented/);
  });

  it("is judged on 8-bit images with a warning", async () => {
    const other = putWide(join(base, "other"), 8);
    const { err } = await dimseg("evaluate", run, "--data", other);
    expect(err).toMatch(
      /judged images? \(the first is a\/test\/0\) ha(?:s|ve) 8 bits, while the network was trained on/,
    );
    expect((await dimseg("evaluate", run)).err).not.toMatch(/8 bits/);
  });
});

it("a network trained on both takes both", async () => {
  const data = join(base, "data");
  putWide(data, 16);
  put(join(data, "a/train/images/0.png"), png(side, side, grey));
  const run = await trainRun(base, "mixed");
  const narrow = put(join(base, "mixed-in/a.png"), png(side, side, grey));
  expect((await predict(run, narrow)).out).toContain("Wrote 1 of 1 masks");
});
