/** The example at the head of the library's index runs as it stands. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { temporaryFolder } from "../data/files.js";
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
