/** Damaged HDF5 files: an image or one sentence, soon, in little memory, whatever the library makes of the bytes. */
import { File, type FileOptions, ready } from "h5wasm";
import { RandomStream } from "../src/core/random.js";
import { decodeVolume } from "../src/data/images/read-image.js";
import { damageFiles } from "./damaged-files.js";
import type { Soak } from "./soak.js";

/** Files in the oldest and the newest structures, their values in one piece or in packed chunks, one in a group. */
async function originals(random: RandomStream): Promise<Map<string, Buffer>> {
  const { FS } = await ready;
  const values = () => Float32Array.from({ length: 120 }, () => random.integer(-900, 900));
  const packed = { compression: "gzip", compression_opts: 4 } as const;
  const written = (name: string, options: FileOptions, write: (file: File) => void) => {
    const file = new File(`/${name}`, "w", options);
    write(file);
    file.close();
    return [name, Buffer.from(FS.readFile(`/${name}`) as Uint8Array)] as const;
  };
  return new Map([
    written("slice.h5", {}, (file) => {
      file.create_dataset({ name: "image", data: values(), shape: [10, 12], chunks: [10, 12], ...packed });
      file.create_dataset({ name: "label", data: new Uint8Array(120), shape: [10, 12] });
    }),
    written("volume.h5", { libver: "latest" }, (file) => {
      file.create_dataset({ name: "image", data: values(), shape: [4, 5, 6], chunks: [2, 5, 6], ...packed });
    }),
    written("plain.h5", { libver: "latest" }, (file) => {
      file.create_group("scans").create_dataset({ name: "t1", data: values(), shape: [4, 5, 6] });
    }),
  ]);
}

export const run: Soak = async (options) => {
  const random = new RandomStream(options.seed, "soak-hdf5-files", 0);
  const files = await originals(random);
  for (const [name, bytes] of files) await decodeVolume(bytes, name);
  const mutations = options.quick ? 16 : 20_000;
  const promise = "a damaged HDF5 file is an image or a sentence within two seconds, never a crash";
  const damaged = { files, headBytes: 1200, mutations, quickStep: 1499, decode: decodeVolume };
  return damageFiles(promise, damaged, random, options);
};
