/** Names from files and folders are text on the page, whatever they hold. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "../data/files.js";
import { collect, copyRun, edit, pageOf } from "./fixture.js";

const image = "<img src=x onerror=alert(1)>";
const quotes = `"it's" & co`;
const reversed = "\u202eevil\u202c";
const long = "x".repeat(4096);

/** As it stands in a quoted CSV field, and in a JSON or YAML string. */
const inCsv = (text: string) => `"${text.replaceAll('"', '""')}"`;
const inJson = (text: string) => JSON.stringify(text).slice(1, -1);

const escaped = (text: string) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

const base = temporaryFolder();
let page: string;

beforeAll(async () => {
  const run = copyRun("dim", join(base, `${image}`.replaceAll("/", "")));
  const evaluation = join(run, "evaluation/last-student");
  for (const [plain, hostile] of [
    ["Domain2", image],
    ["Domain3", quotes],
    ["Domain4", reversed],
    ["cup", long],
  ]) {
    edit(join(evaluation, "summary.json"), plain, inJson(hostile));
    edit(join(evaluation, "cases.csv"), plain, inCsv(hostile));
    edit(join(run, "metrics.jsonl"), plain, inJson(hostile));
    edit(join(run, "dataset.json"), plain, inJson(hostile));
  }
  edit(join(evaluation, "cases.csv"), "phantom_0001", inCsv(`${image}${quotes}`));
  edit(join(run, "environment.json"), "base.yaml", inJson(`'; rm -rf ~ #${image}`));
  page = await pageOf(await collect([run]));
});

it("shows them as text", () => {
  for (const name of [image, quotes, reversed, long])
    expect(page.includes(`<bdi class="name">${escaped(name)}</bdi>`)).toBe(true);
});

it("has no element, attribute or handler from them", () => {
  expect(/<img/i.test(page)).toBe(false);
  expect(/onerror=/.test(page.replaceAll(/&lt;img[^<]*/g, ""))).toBe(false);
  expect(page.match(/<script/g)).toHaveLength(1);
});

it("keeps direction marks to the name's own element and out of figures", () => {
  const svgs = page.match(/<svg.*?<\/svg>/gs) ?? [];
  expect(svgs.length).toBeGreaterThan(10);
  for (const svg of svgs) expect(svg.includes("\u202e")).toBe(false);
});

it("folds a name of 4 kB, and shortens it in figures", () => {
  expect(page.includes(`<summary><bdi>${"x".repeat(60)}…</bdi></summary>`)).toBe(true);
  for (const svg of page.match(/<svg.*?<\/svg>/gs) ?? []) expect(svg.includes("x".repeat(40))).toBe(false);
});

it("quotes commands for a shell", () => {
  expect(page.includes(escaped(`dimseg train ''\\''; rm -rf ~ #${image}'`))).toBe(true);
});

it("draws domains and parts that are called as what every object has", async () => {
  for (const name of ["Domain2", "disc"]) {
    const run = copyRun("dim", join(base, `constructor-${name}`));
    for (const file of readdirSync(run, { recursive: true, encoding: "utf8" })) {
      if (/\.(json|jsonl|csv|yaml)$/.test(file)) edit(join(run, file), name, "constructor");
    }
    expect(await pageOf(await collect([run]))).toContain("“constructor”");
  }
});
