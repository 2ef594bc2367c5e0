/** `dimseg list`: every entry of every registry, with what a reader needs to choose. */
import { Command } from "commander";
import { afterEach, expect, it, vi } from "vitest";
import { register } from "../../src/cli/list.js";
import { parseConfig } from "../../src/config/config.js";
import { isImageName } from "../../src/data/file-patterns.js";
import { type ListingKind, listings } from "../../src/workflows/list.js";

const kinds: ListingKind[] = ["methods", "optimizers", "divergences", "estimators", "models", "presets"];

async function list(...words: string[]): Promise<string> {
  const program = new Command("dimseg").exitOverride();
  register(program);
  const out: string[] = [];
  vi.spyOn(console, "log").mockImplementation((text: string) => void out.push(text));
  await program.parseAsync(["list", ...words], { from: "user" });
  return out.join("\n");
}

afterEach(() => vi.restoreAllMocks());

it.each(kinds)("%s: each has a summary, a source, a cost and defaults that JSON keeps", async (kind) => {
  const { entries } = listings(kind);
  expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length);
  for (const { name, summary, source, cost, defaults } of entries) {
    for (const text of [name, summary, source, cost as string]) expect(text, name).toMatch(/^\S.*\S$/);
    expect(JSON.stringify(defaults as object), name).not.toMatch(/null/);
  }
  expect(JSON.parse(await list(kind, "--json"))).toEqual(entries);
});

it("formats: each has a summary, a source and the endings that make a file an image", async () => {
  const { entries } = listings("formats");
  expect(JSON.parse(await list("formats", "--json"))).toEqual(entries);
  for (const { summary, source, extensions = [] } of entries) {
    for (const text of [summary, source]) expect(text).toMatch(/^\S.*\S$/);
    expect(extensions.every((one) => isImageName(`scan.${one.toUpperCase()}`))).toBe(true);
  }
  expect(await list("formats")).toMatch(/^png .*\n +source .*\n +names +\*\.png\n\n/s);
});

it("says how a configuration names an entry, with defaults as --set takes them", async () => {
  const said = await list("optimizers");
  expect(said).toMatch(
    /\nsam +sharpness-aware minimisation\n +source +Foret et al.*\n +cost +2 passes\n +defaults +rho=0\.05 /,
  );
  expect(said).toMatch(/\n +optional +rho: radius of the perturbation, 0: none; default: the inner rule's own\n/);
  expect(said).toMatch(/divergence\.f=js/);
  expect(said).toMatch(
    /\n\nIn a configuration: optimizer: \{ name: \.\.\. \}; dim is the paper's, sam and none its ablations$/,
  );
  expect(said.split("\n").every((line) => line.length <= 100)).toBe(true);
});

it("lists names that configurations accept, with the defaults they get", () => {
  const config = (changes: object) =>
    parseConfig({
      dataset: "d.yaml",
      labelled: { domain: "a", count: 1 },
      method: { name: "midss" },
      optimizer: { name: "none" },
      ...changes,
    });
  for (const { name, defaults } of listings("methods").entries)
    expect(config({ method: { name } }).method).toEqual({ name, ...defaults });
  for (const { name, defaults } of listings("optimizers").entries)
    expect(config({ optimizer: { name } }).optimizer).toEqual({ name, ...defaults });
  for (const { name, defaults } of listings("models").entries)
    expect(config({ model: { name } }).model).toEqual({ name, ...defaults });
  for (const { name, defaults } of listings("presets").entries)
    expect(parseConfig({ preset: name, dataset: "d.yaml", labelled: { domain: "a" } })).toMatchObject(
      defaults as object,
    );
  for (const { name: f } of listings("divergences").entries)
    expect(config({ optimizer: { name: "dim", divergence: { f } } }).optimizer).toMatchObject({ divergence: { f } });
  for (const { name: estimator, defaults } of listings("estimators").entries)
    expect(config({ optimizer: { name: "dim", divergence: { estimator } } }).optimizer).toMatchObject({
      divergence: { estimator, ...defaults },
    });
});
