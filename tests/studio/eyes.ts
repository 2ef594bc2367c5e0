/** Drawn eyes of two clinics: the first has masks, those of the second are known to the test alone. */
import { join } from "node:path";
import { generateFundusPhantom } from "../../src/phantoms/fundus/fundus.js";
import type { Phantom } from "../../src/phantoms/types.js";
import { png, put, putDatasetYaml } from "../data/files.js";

/** Side of the pictures in pixels. */
export const eyeSize = 64;
/** Eyes of the second clinic. */
export const unlabelledEyes = 12;

const clinics = { north: "Domain1", south: "Domain4" } as const;

function eye(clinic: keyof typeof clinics, split: "train" | "test", index: number): Phantom {
  return generateFundusPhantom({ seed: 17, domain: clinics[clinic], split, index, size: eyeSize });
}

const nameOf = (index: number) => `eye-${String(index + 1).padStart(2, "0")}`;

function putEye(folder: string, name: string, { image, mask }: Phantom, isMasked: boolean): void {
  put(join(folder, `images/${name}.png`), png(eyeSize, eyeSize, image, { kind: "rgb" }));
  if (isMasked) put(join(folder, `masks/${name}.png`), png(eyeSize, eyeSize, mask));
}

/** Writes both clinics' folders. @returns the masks of the second by name: 0 cup, 128 rim, 255 background */
export function putEyes(folder: string): ReadonlyMap<string, Uint8Array> {
  for (let i = 0; i < 8; i++) putEye(join(folder, "north"), nameOf(i), eye("north", "train", i), true);
  const masks = Array.from({ length: unlabelledEyes }, (_, i): [string, Uint8Array] => {
    const phantom = eye("south", "train", i);
    putEye(join(folder, "south"), nameOf(i), phantom, false);
    return [nameOf(i), phantom.mask];
  });
  return new Map(masks);
}

/** Other eyes of the second clinic with their masks, to judge by. @returns the path of their `dataset.yaml` */
export function putUnseenEyes(folder: string): string {
  for (let i = 0; i < 8; i++) putEye(join(folder, "south"), nameOf(i), eye("south", "test", i), true);
  return putDatasetYaml(folder, {
    ...{ target: "softmax", channels: 3, resize: { size: eyeSize } },
    domains: [{ name: "south", test: { images: "south/images/{id}.png", masks: "south/masks/{id}.png" } }],
    classes: ["background", "rim", "cup"].map((name, index) => ({ index, name })),
    labels: { kind: "values", map: { 0: "cup", 128: "rim", 255: "background" } },
  });
}
