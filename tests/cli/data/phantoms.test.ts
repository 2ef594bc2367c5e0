import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import sharp from "sharp";
import { afterAll, expect, it, vi } from "vitest";
import { register } from "../../../src/cli/data/phantoms.js";
import { loadDataset } from "../../../src/data/dataset.js";
import { decodeCase } from "../../../src/data/decode.js";

const scratch = mkdtempSync(join(tmpdir(), "dimseg-cli-phantoms-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function run(...words: string[]): Promise<unknown> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  register(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
  return program.parseAsync(["phantoms", ...words], { from: "user" });
}

it("draws a data set and a sheet of it, and says where", async () => {
  const said: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((text: string) => void said.push(text));
  const sheet = join(scratch, "sheet.png");
  await run(scratch, ...["--kind", "prostate", "--size", "32", "--train", "2", "--test", "1", "--sheet", sheet]);
  log.mockRestore();
  expect(said[0]).toContain(`Wrote 18 pictures with masks to ${join(scratch, "ProstateSlice")}`);
  expect(existsSync(join(scratch, "ProstateSlice", "dataset.yaml"))).toBe(true);
  const { width, height } = await sharp(sheet).metadata();
  expect([width, height]).toEqual([4 + 8 * 36, 4 + 6 * 36]);
});

it("draws volumes of six sites in their own number, described as slices", async () => {
  const said: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((text: string) => void said.push(text));
  await run(scratch, ...["--kind", "prostate", "--volumes", "--size", "32", "--train", "1", "--test", "1"]);
  log.mockRestore();
  expect(said[0]).toContain(`Wrote 12 volumes with masks to ${join(scratch, "ProstateVolumes")}`);
  const dataset = loadDataset(join(scratch, "ProstateVolumes", "dataset.yaml"));
  expect(dataset.slices?.plane).toBe("axial");
  expect(dataset.parts.map(({ name }) => name)).toEqual(["prostate"]);
  const [one] = dataset.domains[5].cases("test");
  const { stored, label } = await decodeCase(dataset, one);
  expect(stored.shape).toEqual([12, 32, 32]);
  expect(label).toContain(1);
  await expect(run(scratch, "--volumes")).rejects.toThrow(/no volumes of fundus; add --kind prostate/);
});

it("refuses unknown kinds and broken numbers", async () => {
  await expect(run(scratch, "--kind", "brain")).rejects.toThrow(/Allowed choices are fundus, prostate/);
  await expect(run(scratch, "--size", "large")).rejects.toThrow(/whole number/);
});
