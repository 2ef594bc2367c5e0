/** The examples at the head of the library's index and on the page of volumes run as they stand. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { encodeNifti } from "../../src/data/formats/nifti/writer.js";
import { segmentsOf } from "../../src/data/formats/text/nrrd.js";
import { readVolume } from "../../src/data/images/read-image.js";
import { makeGrid } from "../../src/grid/grid.js";
import { put, temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";

const index = join(import.meta.dirname, "..", "..", "src", "index.ts");

it("gives a label map and the brightness of an image", async () => {
  const folder = temporaryFolder();
  const [, example] = /@example\n([\s\S]*?)\*\//.exec(readFileSync(index, "utf8")) ?? [];
  const code = example
    .replaceAll(/^ \* ?/gm, "")
    .replace('"dimseg"', JSON.stringify(index))
    .replace('"dataset.yaml"', JSON.stringify(putDataset(folder, { spacing: [0.5, 0.25] })));
  const path = join(folder, "example.ts");
  writeFileSync(path, `${code}\nnetwork.dispose();\nexport { brightness, labels };\n`);
  const printed = vi.spyOn(console, "log").mockReturnValue();
  const { brightness, labels } = await import(path);
  expect(printed).toHaveBeenCalledWith([32, 32], [0.5, 0.25]);
  printed.mockRestore();
  expect(labels).toHaveLength(2 * 32 * 32);
  expect(brightness).toBeGreaterThan(0);
  expect(brightness).toBeLessThan(255);
});

it("writes masks at the place of an image, in every format of volumes", async () => {
  const folder = temporaryFolder();
  const grid = makeGrid("test", [2, 3, 4], null, [
    [0, 0, -0.5, 10],
    [0, 2, 0, 20],
    [3, 0, 0, 30],
  ]);
  const samples = Int16Array.from({ length: 24 }, (_, i) => 10 * i);
  put(join(folder, "t2.nii.gz"), await encodeNifti({ grid, channels: 1, samples }, { packed: true }));
  const page = readFileSync(join(index, "../../docs/volumes.md"), "utf8");
  const [, example] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
  const code = example
    .replace('"dimseg"', JSON.stringify(index))
    .replaceAll(/"((?:t2|mask)\.[a-z.]+)"/g, (_, name: string) => JSON.stringify(join(folder, name)));
  await import(put(join(folder, "volumes.ts"), code));
  const labels = Uint8Array.from(samples, (value) => (value > 100 ? 1 : 0));
  for (const name of ["mask.nii.gz", "mask.mha", "mask.seg.nrrd"])
    expect(await readVolume(join(folder, name))).toEqual({ grid, channels: 1, samples: labels });
  expect(segmentsOf(readFileSync(join(folder, "mask.seg.nrrd")), "x")).toMatchObject([{ name: "bright", value: 1 }]);
});
