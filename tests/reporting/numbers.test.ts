/** Every number on the page is the one in the run's files: each says where it was read, and is looked up there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { parseCsv } from "../../src/core/formats/csv.js";
import { bytesText, countText, distanceText, durationText, percentText } from "../../src/reporting/numbers.js";
import { collect, fixtureRuns, pageOf } from "./fixture.js";

interface Shown {
  value: number;
  source: string | undefined;
  text: string;
}

let page: string;
let shown: Shown[];

const plain = (text: string) =>
  text
    .replaceAll("&#39;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

beforeAll(async () => {
  page = await pageOf(await collect(fixtureRuns));
  const pattern = /<span data-value="([^"]*)"(?: data-source="([^"]*)")?>([^<]*)/g;
  shown = [...page.matchAll(pattern)].map(([, value, source, text]) => ({
    value: Number(value),
    source: source === undefined ? undefined : plain(source),
    text: plain(text),
  }));
});

function keysOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The number that a source names: `run-N/PATH#POINTER`. */
function lookUp(source: string): number {
  const [place, pointer] = source.split("#");
  const [id, ...path] = place.split("/");
  const text = readFileSync(join(fixtureRuns[Number(id.slice("run-".length)) - 1], ...path), "utf8");
  if (place.endsWith(".json")) {
    return keysOf(pointer).reduce<unknown>(
      (tree, key) => (tree as Record<string, unknown>)[key],
      JSON.parse(text),
    ) as number;
  }
  const [domain, caseId, part, column] = keysOf(pointer);
  const [header, ...rows] = parseCsv(text);
  const row = rows.find((fields) => fields[0] === domain && fields[1] === caseId && fields[2] === part);
  return Number(row?.[header.indexOf(column)]);
}

it("shows numbers with all their digits behind them, equal to those in the files", () => {
  const sourced = shown.filter(({ source }) => source !== undefined);
  expect(sourced.length).toBeGreaterThan(200);
  for (const { source, value } of sourced) expect(lookUp(source as string), source).toBe(value);
});

it("writes each number as it is, rounded", () => {
  for (const { value, text, source } of shown) {
    const written = [percentText, distanceText, countText, durationText, bytesText].map((write) => write(value));
    expect(written, `${source} ${text}`).toContain(text.trim());
  }
});

it("has no number in a table that does not say its value", () => {
  const tables = page.match(/<table>.*?<\/table>/gs) ?? [];
  expect(tables.length).toBeGreaterThan(3);
  const own = tables.filter((table) => !table.includes("p (Holm)"));
  const cells = own.flatMap((table) => table.match(/<td>.*?<\/td>/gs) ?? []);
  expect(cells.filter((cell) => /\d/.test(cell) && !cell.includes("data-value"))).toEqual([]);
});

it("shows the comparison as `dimseg compare` computes it", async () => {
  const { comparison } = await collect(fixtureRuns);
  const texts = comparison?.tables[0].table.rows.flat().map(({ text }) => text) ?? [];
  expect(texts.length).toBeGreaterThan(20);
  for (const text of texts) expect(page).toContain(text.replace("<", "&lt;"));
});

it("gives the tables beside the page the same digits", async () => {
  const { makeReport } = await import("../../src/reporting/make-report.js");
  const files = await makeReport(await collect(fixtureRuns));
  const csv = files.find(({ path }) => path === "tables/domains.csv")?.content as string;
  const summary = JSON.parse(readFileSync(join(fixtureRuns[0], "evaluation/last-student/summary.json"), "utf8"));
  const [header, ...rows] = parseCsv(csv);
  const mean = rows.find(([run, domain, part]) => run === "dim" && domain === "mean of domains" && part === "average");
  expect(Number(mean?.[header.indexOf("Dice %")])).toBe(summary.average.dice.mean);
  expect(Number(mean?.[header.indexOf("HD95 px")])).toBe(summary.average.hd95.mean);
});
