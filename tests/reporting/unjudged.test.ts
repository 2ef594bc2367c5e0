/** Hospitals without masks, for which the tool is made: named by every result, and shown as far as that goes without a mask. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { caseProxies, domainProxies } from "../../src/analysis/proxies.js";
import { parseCsv } from "../../src/core/formats/csv.js";
import { loadDataset } from "../../src/data/dataset.js";
import { unjudgedDomains } from "../../src/judging/unjudged.js";
import { loadRun } from "../../src/runs/load-run.js";
import { reportRuns } from "../../src/workflows/report.js";
import { dimseg, putDataset, trainRun } from "../cli/trained-run.js";
import { temporaryFolder } from "../data/files.js";

const base = temporaryFolder();
const images = (domain: string, split: string) => ({ images: `${domain}/${split}/images/{id}.png` });
const masked = (domain: string, split: string) => ({
  ...images(domain, split),
  masks: `${domain}/${split}/masks/{id}.png`,
});
let folder: string;
let dataset: string;

beforeAll(async () => {
  dataset = putDataset(join(base, "data"), {
    domains: [
      { name: "home", train: masked("a", "train"), test: masked("a", "test") },
      { name: "hospital B", train: images("b", "train") },
      { name: "clinic C", test: images("b", "test") },
      { name: "archive", train: masked("b", "train") },
    ],
  });
  folder = await trainRun(base, "run", { labelled: { domain: "home", count: 4, validation: 2 } });
}, 120_000);

it("are the domains without a mask in the judged split, with the images that there are", () => {
  const found = unjudgedDomains(loadDataset(dataset), "test").map(({ domain, cases, masksElsewhere }) => [
    ...[domain, cases.length, cases[0].split, masksElsewhere],
  ]);
  expect(found).toEqual([
    ["hospital B", 4, "train", false],
    ["clinic C", 2, "test", false],
    ["archive", 4, "train", true],
  ]);
});

it("are named under the table of an evaluation and in its summary, with what to do", async () => {
  const { out } = await dimseg("evaluate", folder, "--network", "student");
  expect(out).toContain("hospital B (4 images, no masks) cannot be judged.");
  expect(out).toContain("clinic C (2 images, no masks) cannot be judged.");
  expect(out).toContain("archive (4 images, no masks in this split) cannot be judged.");
  expect(out).toMatch(/`dimseg report .*run'?` shows what the network makes of them, `dimseg predict --overlay` each/);
  const summary = JSON.parse(readFileSync(join(folder, "evaluation/last-student/summary.json"), "utf8"));
  expect(summary.unjudged).toHaveLength(3);
  const validation = await dimseg("evaluate", folder, "--network", "student", "--split", "validation");
  expect(validation.out).not.toContain("cannot be judged");
}, 60_000);

it("are measured as the networks' own outputs say", async () => {
  const run = await loadRun(folder, { checkpoint: "last" });
  const cases = loadDataset(dataset).domains[1].cases("train");
  const { student, teacher } = run.networks;
  const twice = await caseProxies(run, cases, { network: student, other: student });
  for (const { agreement, share, confidence } of twice) {
    expect(agreement).toBe(1);
    expect(share >= 0 && share <= 1).toBe(true);
    if (share > 0) expect(confidence >= 0.5 && confidence <= 1).toBe(true);
    else expect(confidence).toBeNaN();
  }
  const [there, back] = [
    await caseProxies(run, cases, { network: student, other: teacher }),
    await caseProxies(run, cases, { network: teacher as typeof student, other: student }),
  ];
  expect(there.map(({ agreement }) => agreement)).toEqual(back.map(({ agreement }) => agreement));
  const alone = await caseProxies(run, cases, { network: student, other: null });
  expect(domainProxies(alone).map(({ agreement }) => agreement)).toEqual([null, null]);
});

it("averages by domain and part, and counts images in which nothing was found", () => {
  const row = (domain: string, share: number, confidence: number, agreement: number) => ({
    ...{ case: { domain, id: String(share) }, part: "disc" },
    ...{ share, confidence, agreement },
  });
  const rows = [row("a", 0.2, 0.8, 1), row("b", 0, Number.NaN, 0), row("a", 0.4, 0.6, 0.5), row("b", 0.1, 0.9, 0.5)];
  expect(domainProxies(rows)).toEqual([
    { domain: "a", part: "disc", images: 2, confidence: 0.7, agreement: 0.75, share: expect.closeTo(0.3), empty: 0 },
    { domain: "b", part: "disc", images: 2, confidence: 0.9, agreement: 0.25, share: 0.05, empty: 0.5 },
  ]);
});

it("stand in the report: in the head, in a table of proxies, as overlays and in t-SNE", async () => {
  const out = join(base, "report");
  const choice = { checkpoint: "last", network: "student", tsne: true, landscape: false } as const;
  await reportRuns({ runs: [folder], out, ...choice }, { warn() {}, progress() {} });
  const page = readFileSync(join(out, "index.html"), "utf8");
  const lede = /<p class="lede">(.*?)<\/p>/s.exec(page)?.[1] ?? "";
  expect(lede).toContain("Dice on ");
  expect(lede).not.toContain("over the domains");
  for (const name of ["hospital B (4 images, no masks)", "clinic C (2 images, no masks)"]) expect(lede).toContain(name);
  const [header, ...rows] = parseCsv(readFileSync(join(out, "tables/unjudged.csv"), "utf8"));
  const cell = (domain: string, column: string) =>
    rows.find((one) => one[1].startsWith(domain) && one[2] === "disc")?.[header.indexOf(column)];
  expect(rows.map((one) => `${one[1]}, ${one[2]}`)).toEqual(
    ["home (labelled)", "hospital B", "clinic C", "archive"].flatMap((name) => [`${name}, cup`, `${name}, disc`]),
  );
  expect(cell("hospital B", "images")).toBe("4");
  expect(cell("hospital B", "Dice %")).toBe("–");
  expect(Number(cell("home", "Dice %"))).toBeGreaterThanOrEqual(0);
  expect(Number(cell("home", "relative size %"))).toBe(1);
  for (const domain of ["hospital-b", "clinic-c", "archive"])
    expect(readFileSync(join(out, `figures/overlays-${domain}.svg`), "utf8")).toContain("confiden");
  expect(page).toContain("Image, no mask");
  expect(readFileSync(join(out, "figures/features-run-1.svg"), "utf8")).toContain("hospital B");
  expect(page).toContain('href="#unjudged"');
}, 120_000);
