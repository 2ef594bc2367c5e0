/** Pictures of chosen cases, from a tiny run to SVG and PNG. */
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { inspectPredictions } from "../../../src/analysis/errors/inspect.js";
import { planar8bit } from "../../../src/augment/index.js";
import { DecodedCache } from "../../../src/data/cache/decoded-cache.js";
import { partColours } from "../../../src/drawing/colours.js";
import { svgToPng } from "../../../src/drawing/svg.js";
import { type CaseOverlay, overlayCases } from "../../../src/reporting/overlays/case-overlay.js";
import { chooseCases } from "../../../src/reporting/overlays/choose-cases.js";
import { overlayFigure } from "../../../src/reporting/overlays/overlay-figure.js";
import { inlinePanelSvg, outlinesSvg, pictureSvg } from "../../../src/reporting/overlays/overlay-svg.js";
import { temporaryFolder } from "../../data/files.js";
import { nestedClasses, tinyNetwork, twoDomains } from "../../inference/tiny.js";

const dataset = twoDomains(temporaryFolder(), nestedClasses);
const cache = new DecodedCache(dataset, { folder: false });
const cases = dataset.domains.flatMap((domain) => domain.cases("test"));
const parts = dataset.parts.map(({ name }) => name);
const figure = { parts, lines: "figure" } as const;
const hostile = `"><img src=x onerror=alert(1)> \u202e${"n".repeat(4000)}`;

/** A grey picture's raw pixels from PNG bytes. */
const pixelsOf = (png: Uint8Array) => sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
const countOf = (text: string, part: string) => text.split(part).length - 1;

let overlays: CaseOverlay[];

beforeAll(async () => {
  const runs = [1, 2].map((seed) => ({
    ...{ dataset, cache, device: "cpu", precision: "fp32" as const, normalisation: planar8bit, patch: null },
    networks: { student: tinyNetwork(1, dataset.outputs, seed), teacher: null },
  }));
  const [first, second] = [await inspectPredictions(runs[0], cases), await inspectPredictions(runs[1], cases.slice(1))];
  const chosen = chooseCases(
    first.flatMap(({ scores }) => scores),
    cases,
  );
  overlays = await overlayCases(
    dataset,
    [...chosen, { domain: "a", id: "3", role: "unjudged" }],
    [
      { name: "first", inspected: first },
      { name: hostile, inspected: second },
    ],
  );
});

describe("overlayCases", () => {
  it("brings each case's picture, its reference and every run's outlines and scores", () => {
    expect(overlays.map(({ domain, role }) => `${domain} ${role}`)).toEqual([
      ...["a best", "a median", "a worst", "b best", "b worst", "a unjudged"],
    ]);
    for (const { picture, predictions } of overlays) {
      expect(picture).toMatchObject({ width: 16, height: 16, type: "image/jpeg" });
      expect([...picture.bytes.subarray(0, 2)]).toEqual([0xff, 0xd8]);
      expect(predictions.map(({ run }) => run)).toEqual(["first", hostile]);
    }
  });

  it("has no reference for a case without a mask, and no outlines where a run was not asked", () => {
    expect(overlays[5].reference).toBeNull();
    expect(overlays[5].predictions[0]).toMatchObject({ scores: [] });
    expect(overlays[5].predictions[0].outlines).toHaveLength(2);
    const unasked = overlays.filter(({ domain, id }) => domain === "a" && id === "0");
    expect(unasked.map(({ predictions }) => predictions[1].outlines)).toEqual(unasked.map(() => null));
  });

  it("refuses a case that the first run was not asked about", async () => {
    const chosen = [{ domain: "z", id: "0", role: "best" as const }];
    await expect(overlayCases(dataset, chosen, [{ name: "first", inspected: [] }])).rejects.toThrow(/z\/0/);
  });
});

describe("panels", () => {
  const judged = () => overlays.find(({ reference }) => reference?.every(({ path }) => path !== "")) ?? overlays[3];

  it("draw the reference dashed and predictions solid, in colours that colour-blind readers tell apart", () => {
    const reference = outlinesSvg(judged(), "reference", figure);
    expect(countOf(reference, "stroke-dasharray")).toBe(countOf(reference, "<g class=") || 1);
    expect(reference).not.toContain('"outline prediction');
    const both = outlinesSvg(judged(), 0, figure);
    expect(both).toContain('class="outline reference');
    const predicted = judged().predictions[0].outlines?.filter(({ path }) => path !== "") ?? [];
    expect(countOf(both, 'class="outline prediction')).toBe(predicted.length);
    for (const { part } of predicted) expect(both).toContain(partColours[parts.indexOf(part)]);
  });

  it("draw chosen parts alone, in the same colours", () => {
    const disc = outlinesSvg(judged(), 0, { ...figure, shown: ["disc"] });
    expect(disc).not.toContain("part-0");
    expect(disc).toContain("part-1");
  });

  it("keep their line width on screen, and hold the picture once in a page", () => {
    const page = { parts, lines: "screen", pictureId: "case-1", description: hostile } as const;
    const holder = inlinePanelSvg(judged(), "reference", { ...page, holdsPicture: true });
    const user = inlinePanelSvg(judged(), 0, { ...page, holdsPicture: false });
    expect(holder).toMatch(/<image id="case-1" .*href="data:image\/jpeg;base64,/);
    expect(user).toContain('<use href="#case-1"/>');
    expect(user).not.toContain("base64");
    expect(user).toContain('vector-effect="non-scaling-stroke"');
    for (const text of [holder, user]) expect(text).not.toContain("<img");
  });

  it("mark the outline in the drawn picture and leave the rest as it was", async () => {
    const overlay = { ...judged(), reference: [{ part: "cup", path: "M4 4 12 4 12 12 4 12Z" }] };
    const draw = (one: CaseOverlay) => {
      const content = pictureSvg(one.picture) + outlinesSvg(one, "reference", figure);
      return pixelsOf(svgToPng(`<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16">${content}</svg>`, 160));
    };
    const [drawn, plain] = [await draw(overlay), await draw({ ...overlay, reference: [] })];
    expect(drawn.info).toMatchObject({ width: 160, height: 160, channels: 3 });
    const changed = (x: number, y: number) => drawn.data[(y * 160 + x) * 3] !== plain.data[(y * 160 + x) * 3];
    const along = Array.from({ length: 60 }, (_, i) => 50 + i);
    expect(along.every((x) => changed(x, 40) || changed(x, 39) || changed(x, 41))).toBe(true);
    expect(changed(80, 80) || changed(10, 10)).toBe(false);
  });
});

describe("overlayFigure", () => {
  it("is an SVG with every picture once, whatever names it is given, and the same each time", async () => {
    const named = overlays.map((overlay) => ({ ...overlay, id: hostile, domain: hostile }));
    const svg = overlayFigure(named, { parts });
    expect(countOf(svg, "base64")).toBe(overlays.length);
    expect(svg).not.toContain("<img");
    expect(svg.length).toBeLessThan(200_000);
    expect(overlayFigure(named, { parts })).toBe(svg);
    const { info } = await pixelsOf(svgToPng(svg, 900));
    expect(info.width).toBe(900);
  });

  it("says the metrics under each run, what has no mask and what was not predicted", () => {
    const svg = overlayFigure(overlays, { parts });
    const [{ dice }] = overlays[0].predictions[0].scores;
    expect(svg).toContain(`cup: Dice ${(100 * dice).toFixed(1)} %, HD95 `);
    expect(svg).toContain("no mask");
    expect(svg).toContain(`best of a: ${overlays[0].id}`);
    expect(countOf(svg, "not predicted")).toBe(overlays.filter(({ predictions }) => !predictions[1].outlines).length);
    expect(overlayFigure(overlays, { parts, shown: ["disc"] })).not.toContain("cup: Dice");
  });
});
