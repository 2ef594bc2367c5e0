import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import sharp from "sharp";
import { afterAll, expect, it, vi } from "vitest";
import { register } from "../../src/cli/data-phantoms.js";

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

it("refuses unknown kinds and broken numbers", async () => {
  await expect(run(scratch, "--kind", "brain")).rejects.toThrow(/Allowed choices are fundus, prostate/);
  await expect(run(scratch, "--size", "large")).rejects.toThrow(/whole number/);
});
