/** A tiny data set of nested classes, made of files alone: nothing here needs the engine. */
import { join } from "node:path";
import { png, put, putDatasetYaml } from "./files.js";

/** Repeatable pixels 0 … 255. */
export function pixels(count: number, seed = 1): Uint8Array {
  let state = seed * 2654435761;
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

/** Keys of a data set file in which a cup lies inside a disc: mask value 2 is the cup, 1 the disc around it. */
export const nestedClasses = {
  target: "sigmoid",
  classes: [
    { index: 0, name: "cup", inside: "disc", colour: "#ff0000" },
    { index: 1, name: "disc", colour: "#00ff00" },
  ],
  labels: { kind: "values", map: { 0: "background", 1: "disc", 2: "cup" } },
};

/** A comma, quotes and a right-to-left mark: what file names may hold. */
export const oddId = 'x, "\u202Etfel" 1';

/** Domains a (7 training, 3 test cases) and b (4 and 2) of grey 32 x 32 images; the last test case of b has no mask. */
export function putDataset(folder: string, changes: Record<string, unknown> = {}): string {
  const write = (domain: string, split: string, ids: string[], masks: number) =>
    ids.forEach((id, i) => {
      const image = pixels(1024, domain.charCodeAt(0) + split.length * 10 + i).map((v, p) => (v >> 2) + 6 * (p % 32));
      const mask = Array.from({ length: 1024 }, (_, p) => (p % 32 < 8 + i ? 0 : p % 32 < 16 ? 1 : 2));
      put(join(folder, domain, split, `images/${id}.png`), png(32, 32, image));
      if (i < masks) put(join(folder, domain, split, `masks/${id}.png`), png(32, 32, mask));
    });
  write("a", "train", ["0", "1", "2", "3", "4", "5", "6"], 7);
  write("a", "test", ["0", "1", oddId], 3);
  write("b", "train", ["0", "1", "2", "3"], 4);
  write("b", "test", ["0", "1"], 1);
  const source = (domain: string, split: string) => ({
    images: `${domain}/${split}/images/{id}.png`,
    masks: `${domain}/${split}/masks/{id}.png`,
  });
  const domains = ["a", "b"].map((name) => ({ name, train: source(name, "train"), test: source(name, "test") }));
  return putDatasetYaml(folder, { resize: { size: 32, filter: "bilinear" }, domains, ...nestedClasses, ...changes });
}
