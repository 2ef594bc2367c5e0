/** The quick form of a soak as a test: a few tries of its promise. The long forms are `npm run soak`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Soak } from "../../soak/soak.js";

/** Several processes follow each other. */
const timeout = 300_000;

export function soakTest(promise: string, soak: Soak): void {
  it(promise, { timeout }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "dimseg-soak-"));
    try {
      const { failures } = await soak({ seed: 1, quick: true, folder, say: () => {} });
      expect(failures).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
