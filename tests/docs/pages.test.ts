/** The reference pages say something of every registered entry, and their links lead somewhere. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { divergenceIds, estimatorIds } from "../../src/divergence/index.js";
import { methods } from "../../src/methods/index.js";
import { networkNames } from "../../src/nn/index.js";
import { ascentRules, minimizers } from "../../src/optim/index.js";

const root = join(import.meta.dirname, "..", "..");
const folder = join(root, "docs");
const pages = readdirSync(folder).filter((name) => name.endsWith(".md"));
const read = (page: string) => readFileSync(join(folder, page), "utf8");

/** How many table rows of a page have the entry in their first cell. */
function rowsOf(page: string, name: string): number {
  const firstCells = [...read(page).matchAll(/^\| ([^|]*) \|/gm)].map(([, cell]) => cell);
  return firstCells.filter((cell) => cell.includes(`\`${name}\``)).length;
}

describe("every entry has its equation and its source", () => {
  it.each(Object.keys(methods))("method %s", (name) => {
    expect(rowsOf("methods.md", name)).toBeGreaterThanOrEqual(name === "supervised" ? 1 : 2);
  });

  it.each(Object.keys({ ...minimizers, ...ascentRules }))("optimiser %s", (name) => {
    expect(rowsOf("optimisers.md", name)).toBeGreaterThanOrEqual(name === "none" || name === "dim" ? 1 : 2);
  });

  it.each(networkNames)("network %s", (name) => {
    expect(rowsOf("networks.md", name)).toBe(1);
  });

  it.each(divergenceIds)("divergence %s, with its conjugate", (name) => {
    expect(rowsOf("divergences.md", name)).toBeGreaterThanOrEqual(3);
  });

  it.each(estimatorIds)("estimator %s", (name) => {
    expect(read("divergences.md")).toContain(`\n### ${name}\n`);
  });
});

/** GitHub's anchor of a heading. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

it.each(pages)("links of %s lead to files and headings that exist", (page) => {
  for (const [, target] of read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
    const [path, heading] = target.split("#");
    const file = path === "" ? join(folder, page) : join(folder, path);
    expect(existsSync(file), `${page}: ${target}`).toBe(true);
    if (heading === undefined) continue;
    const headings = [...readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, text]) => anchor(text));
    expect(headings, `${page}: ${target}`).toContain(heading);
  }
});

it("what studies take of the built package is there", () => {
  const studies = readdirSync(join(root, "studies"), { recursive: true, encoding: "utf8" });
  for (const study of studies.filter((name) => /\.(mjs|sh)$/.test(name))) {
    const text = readFileSync(join(root, "studies", study), "utf8");
    for (const [, module] of text.matchAll(/dist\/(src\/[\w./-]+)\.js/g))
      expect(existsSync(join(root, `${module}.ts`)), `${study}: ${module}`).toBe(true);
  }
});
