/** Programs of bench/peers in the Python of DIMSEG_PEER_PYTHON, else `python3`, and the masks that one of them makes. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeEach, expect } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";

const python = process.env.DIMSEG_PEER_PYTHON || "python3";

function has(packages: readonly string[]): boolean {
  return spawnSync(python, ["-c", packages.map((name) => `import ${name}`).join("\n")]).status === 0;
}

/** Leaves out the tests of a file or a `describe`, with a sentence, where Python or one of the packages is missing. */
export function needsPython(...packages: string[]): boolean {
  const isThere = has(packages);
  const lacking = `${python} does not import ${packages.join(" and ")}; set DIMSEG_PEER_PYTHON to a Python that does`;
  beforeEach(({ skip }) => skip(!isThere, lacking));
  return isThere;
}

export function peer(script: string, ...words: string[]) {
  return spawnSync(python, [join(packageRoot, "bench/peers", script), ...words], { encoding: "utf8" });
}

/**
 * Expects that onnxruntime and numpy make the masks that `dimseg predict` wrote: at most 1 pixel in 10,000 differs.
 * @param predicted the folder that it wrote
 * @returns the folder of Python's
 */
export function expectOurMasks(graph: string, images: readonly string[], predicted: string): string {
  const out = `${predicted}-by-python`;
  const said = peer("onnx_reference.py", graph, ...images, "--compare", join(predicted, "masks"), "--out", out);
  expect(said.stderr).toBe("");
  expect(said.stdout.match(/: \d+ of \d+ pixels differ\n/g), said.stdout).toHaveLength(images.length);
  expect(said.status, said.stdout).toBe(0);
  return out;
}
