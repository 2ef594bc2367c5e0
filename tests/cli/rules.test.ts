/** `--keep-largest`, `--min-volume`, `--fill-holes` and a configuration's `rules`, from predict and evaluate to compare. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { readImage } from "../../src/data/images/read-image.js";
import { connectedComponents } from "../../src/grid/components.js";
import { holesOf } from "../../src/grid/fill-holes.js";
import { temporaryFolder } from "../data/files.js";
import { dimseg, oddId, putDataset, trainRun } from "./trained-run.js";

const base = temporaryFolder();
const images = join(base, "data/a/test/images");
const cups = ["--keep-largest", "cup", "--fill-holes", "cup", "--connectivity", "4"];
let plain: string;
let ruled: string;
let outputs = 0;

beforeAll(async () => {
  putDataset(join(base, "data"));
  plain = await trainRun(base, "plain");
  ruled = await trainRun(base, "ruled", {
    rules: { keepLargest: ["cup"], fillHoles: ["cup"], connectivity: 4 },
  });
});

/** The masks of both classes that a run writes, by image. */
async function masksOf(run: string, ...options: string[]) {
  const out = join(base, `out${outputs++}`);
  const printed = await dimseg("predict", run, images, "--out", out, ...options);
  const read = (name: string) =>
    Promise.all(
      ["0", "1", oddId].map(
        async (id) => (await readImage(join(out, "classes", name, `${id}.png`))).samples as Uint8Array,
      ),
    );
  return { cups: await read("cup"), discs: await read("disc"), out: printed.out, folder: out };
}

const summary = (run: string, name: string) =>
  JSON.parse(readFileSync(join(run, "evaluation", name, "summary.json"), "utf8"));

it("predict leaves one whole part of the named class and says so; other classes stay", async () => {
  const before = await masksOf(plain);
  const after = await masksOf(plain, ...cups);
  expect(before.cups.some((mask) => connectedComponents(mask, [32, 32], 4).sizes.length > 1)).toBe(true);
  for (const [i, mask] of after.cups.entries()) {
    const { labels, sizes } = connectedComponents(before.cups[i], [32, 32], 4);
    const largest = sizes.indexOf(Math.max(...sizes)) + 1;
    const kept = Uint8Array.from(labels, (part) => (part === largest && part > 0 ? 1 : 0));
    const holes = holesOf(kept, [32, 32], 4);
    expect([...mask]).toEqual([...kept].map((value, at) => (value || holes[at] ? 255 : 0)));
  }
  expect(after.discs).toEqual(before.discs);
  expect(after.out).toContain("; only the largest part of cup kept, holes of cup filled (4 neighbours)\n");
  expect((await masksOf(plain, "--min-volume", "cup=1025")).cups.flatMap((mask) => [...mask])).not.toContain(255);
});

it("a configuration's rules are those of its run, unless others or none are asked for", async () => {
  expect((await masksOf(ruled)).cups).toEqual((await masksOf(plain, ...cups)).cups);
  expect((await masksOf(ruled, "--no-rules")).cups).toEqual((await masksOf(plain)).cups);
});

it("evaluate judges the ruled masks, and its file says by which rules", async () => {
  const evaluate = (run: string, ...words: string[]) => dimseg("evaluate", run, "--network", "student", ...words);
  const { out } = await evaluate(plain, ...cups);
  expect(out).toContain("only the largest part of cup kept, holes of cup filled (4 neighbours)");
  const [, name] = /Wrote .* to .*evaluation\/(last-student-rules-[0-9a-f]{8})\./.exec(out) ?? [];
  const rules = { keepLargest: ["cup"], fillHoles: ["cup"], connectivity: 4 };
  expect(summary(plain, name)).toMatchObject({ rules });
  await evaluate(plain);
  await evaluate(ruled);
  await evaluate(ruled, "--no-rules");
  expect(summary(ruled, "last-student")).toMatchObject({ rules });
  expect(summary(ruled, "last-student-no-rules").rules).toBeUndefined();
  expect(summary(ruled, "last-student").domains).toEqual(summary(plain, name).domains);
  expect(summary(ruled, "last-student-no-rules").domains).toEqual(summary(plain, "last-student").domains);
  await expect(dimseg("compare", plain, ruled)).rejects.toThrow(
    /they were judged with another rule after the network: none against only the largest part of cup kept/,
  );
});

it.each([
  [["--keep-largest", "cap"], 'rules of the command line: "cap" is no class of the run; did you mean cup?'],
  [["--min-volume", "0"], "--min-volume 0: give a size above 0, such as 50 or CLASS=50"],
  [["--min-volume", "9", "--min-volume", "cup=4"], "--min-volume 9: is given for all classes beside another"],
  [["--connectivity", "4"], "--connectivity 4: says how rules connect"],
  [["--fill-holes", "all", "--connectivity", "26"], "connectivity is 26; pictures have 4, 8 neighbours"],
  [["--no-rules", "--fill-holes", "all"], "--no-rules: contradicts the rules beside it"],
])("refuses %j before anything is written", async (words, message) => {
  const out = join(base, `out${outputs++}`);
  const asked = dimseg("predict", plain, images, "--out", out, ...words);
  await expect(asked).rejects.toThrow(UsageError);
  await expect(asked).rejects.toThrow(message);
  expect(existsSync(out)).toBe(false);
});

it("train refuses a configuration's rule of a class that there is not", async () => {
  await expect(trainRun(base, "wrong", { rules: { fillHoles: ["lens"] } })).rejects.toThrow(
    'rules: "lens" is no class of the run',
  );
});
