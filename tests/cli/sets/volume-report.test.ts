/** The report and the comparison of a run of slices and one of volumes, with the real verbs, and the page in a browser. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { hasBrowser, launch } from "../../../bench/browser.js";
import { put, temporaryFolder } from "../../data/files.js";
import { putVolumes } from "../../data/slices/bodies.js";
import { problems } from "../../support/axe.js";
import { dimseg } from "../trained-run.js";

const base = temporaryFolder();
const runs = ["slices", "patches"].map((name) => join(base, name));
const native = ["--at", "native", "--units", "mm"];

/** What an evaluation or a report wrote. */
const textOf = (...path: string[]) => readFileSync(join(base, ...path), "utf8");
const columnsOf = (...path: string[]) =>
  textOf(...path)
    .split("\n")[0]
    .split(",");

function putDataset(): string {
  putVolumes(join(base, "sites"), 4);
  const files = (domain: string) => ({
    images: `${domain}/images/{id}.nii.gz`,
    masks: `${domain}/masks/{id}.nii.gz`,
  });
  return put(
    join(base, "dataset.yaml"),
    stringify({
      ...{ name: "balls", root: "sites", target: "softmax", channels: 1, slices: "axial", resample: [3, 1, 1] },
      ...{ intensity: { percentiles: [0.5, 99.5] }, resize: { size: 32 } },
      classes: [
        { index: 0, name: "background" },
        { index: 1, name: "ball" },
      ],
      labels: { kind: "values", map: { 0: "background", 1: "ball" } },
      domains: ["A", "B"].map((name) => ({
        ...{ name, train: { ...files(name), ids: ["case_0", "case_1"] } },
        test: { ...files(name), ids: ["case_2", "case_3"] },
      })),
    }),
  );
}

beforeAll(async () => {
  const common = {
    ...{ dataset: putDataset(), labelled: { domain: "A", count: 2, validation: 0 }, method: { name: "supervised" } },
    ...{ optimizer: { name: "none" }, base: { name: "adamw", rate: 0.01 }, evaluation: { every: 100 } },
  };
  const training = { precision: "fp32", device: "cpu", threads: 1 };
  const configs = {
    slices: { imageSize: 32, model: { width: 4 }, training: { ...training, iterations: 40, labelledBatch: 4 } },
    patches: {
      ...{ patch: [16, 32, 32], model: { name: "unet-3d", width: 4, norm: "batch" } },
      training: { ...training, iterations: 15, labelledBatch: 2 },
    },
  };
  for (const [name, config] of Object.entries(configs)) {
    const run = join(base, name);
    await dimseg("train", put(join(base, `${name}.yaml`), stringify({ ...common, ...config })), "--out", run);
    await dimseg("evaluate", run, "--network", "student", ...native, "--nsd", "3", "--volumes", "--lesions");
  }
  await dimseg("report", ...runs, "--out", join(base, "plain"), "--no-tsne");
  await dimseg("report", ...runs, "--out", join(base, "native"), "--no-tsne", ...native);
});

describe("a preview of volumes", () => {
  const casesOf = (run: string, step: number) => JSON.parse(textOf(run, `preview/step-${step}.json`)).cases;

  it("shows patches in three planes and slices as long and wide as they are", async () => {
    // 16 x 32 x 32 voxels of 3 x 1 x 1 mm at 2 pixels a mm: three planes 64 pixels wide, 6 apart. The 20 mm of B are
    // seven slices of 20/7 mm: 2.1 pixels a mm, 67 pixels.
    expect(casesOf("patches", 15)).toEqual([
      ...["A/test/case_2, 204 x 96", "A/test/case_3, 204 x 96"],
      ...["B/test/case_2, 213 x 96", "B/test/case_3, 213 x 96"],
    ]);
    const { width } = await sharp(join(base, "patches/preview.png")).metadata();
    expect(width).toBe(2 * (213 + 4) + 4);
    // 20 x 20 mm, and 24 mm from left to right with 20 from front to back.
    expect(casesOf("slices", 40)).toEqual([
      ...["A/test/case_2", "A/test/case_3"],
      ...["B/test/case_2, 128 x 107", "B/test/case_3, 128 x 107"],
    ]);
  });
});

describe("a report of volumes", () => {
  it("shows each case in three planes with the patient's sides, once for all runs", () => {
    const page = textOf("plain/index.html");
    const overlays = page.slice(page.indexOf('id="overlays"'), page.indexOf("Slices of the worst volumes"));
    expect(overlays.match(/<image /g)).toHaveLength(4);
    const words = [...overlays.matchAll(/<text [^>]*>([RLAPSI])<\/text>/g)].map(([, letter]) => letter).join("");
    expect(words).toBe("RLAPRLSIAPSI".repeat(4));
    // Both sites' bodies are as large in all: 20 (24) x 20 x 18 (20) mm, 12 (10) pixels a mm.
    expect(overlays).toContain('viewBox="0 0 732 240"');
    expect(overlays).toContain('viewBox="0 0 692 200"');
  });

  it("draws each run's outlines over its own grid's reference", () => {
    const page = textOf("plain/index.html");
    const figure = page.slice(page.indexOf('id="case-1"'), page.indexOf('id="case-2"'));
    const references = [...figure.matchAll(/class="outline reference part-0"><path d="([^"]*)"/g)].map(([, d]) => d);
    // The reference's own panel, then one of each run: that of 32 x 32 slices is not that of voxels of 3 x 1 x 1 mm.
    expect(references).toHaveLength(3);
    expect(references[1]).toBe(references[0]);
    expect(references[2]).not.toBe(references[0]);
  });

  it("shows slices of the three worst volumes, numbered from below", () => {
    const page = textOf("plain/index.html");
    const montages = page.slice(page.indexOf("Slices of the worst volumes"), page.indexOf('id="errors"'));
    expect(montages.match(/<image /g)).toHaveLength(3);
    expect(montages).toMatch(/>\d\/[56]<\/text>/);
    expect(existsSync(join(base, "plain/figures/overlays-montage.png"))).toBe(true);
  });

  it("sets sizes in ml against Dice", () => {
    const { data } = JSON.parse(textOf("native/figures/size-run-1-ball.vl.json"));
    const page = textOf("native/index.html");
    expect(page).toContain("Size (ml) against Dice");
    const [header, ...rows] = textOf("slices/evaluation/last-student-native-mm-nsd3-volumes-lesions/cases.csv").split(
      "\n",
    );
    const column = header.split(",").indexOf("referenceVolume");
    const sizes = rows.filter(Boolean).map((row) => Number(row.split(",")[column]) / 1000);
    data.values.forEach(({ size }: { size: number }, i: number) => {
      expect(size).toBeCloseTo(sizes[i], 9);
    });
    expect(data.values).toHaveLength(4);
  });
});

describe("evaluations in the volumes' own grids", () => {
  it("have heads with their unit, and further metrics where there are any", () => {
    expect(columnsOf("plain/tables/overview.csv")).toContain("HD95 px");
    const further = ["HD95 mm", "NSD % at 3 mm", "volume error %", "lesion F1 %"];
    expect(columnsOf("native/tables/overview.csv").slice(5, 9)).toEqual(further);
    expect(columnsOf("native/tables/domains.csv")).toEqual(expect.arrayContaining(["ASD mm", ...further]));
    expect(columnsOf("native/tables/failures.csv")).toContain("HD95 mm");
    expect(textOf("native/index.html")).toContain("volumes in their own grids, distances in mm");
    expect(textOf("native/index.html")).toMatch(/<p class="note">HD95 <span [^>]*>[\d.]+<\/span> mm<\/p>/);
  });

  it("are compared where those of different grids are not", async () => {
    const { out } = await dimseg("compare", ...runs, ...native, "--format", "markdown");
    expect(out).toContain("HD95 mm | ASD mm | NSD % at 3 mm | volume error % | lesion F1 %");
    expect(out).toContain("4 test cases, volumes in their own grids;");
    await expect(dimseg("compare", ...runs)).rejects.toThrow(
      /another image size: 32 x 32 pixels against whole volumes/,
    );
  });

  it("are asked for by name where they are missing", async () => {
    await expect(dimseg("compare", ...runs, "--at", "native")).rejects.toThrow(
      /no evaluation last-student-native; run `dimseg evaluate .* --at native`/,
    );
  });
});

describe.skipIf(!hasBrowser)("in a browser (skipped where there is no /usr/bin/chromium)", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  it.each([1280, 820, 390])("at %i pixels: legible planes, accessible, no sideways scroll", async (width) => {
    const view = await browser.newPage({ viewport: { width, height: 800 } });
    await view.goto(`file://${join(base, "native/index.html")}`);
    expect(await view.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    const panel = await view.locator("#overlays .panel svg").first().boundingBox();
    expect(panel?.width).toBeGreaterThan(290);
    // As wide and high as the sheet, so that voxels keep their aspect.
    expect((panel?.width as number) / (panel?.height as number)).toBeCloseTo(732 / 240, 1);
    expect(await problems(view)).toEqual([]);
    await view.close();
  });
});
