/** HDF5 files with the data sets that a test names, as h5wasm writes them. */
import h5wasm from "h5wasm";
import type { Samples } from "../../src/grid/stored-image.js";

const library = await h5wasm.ready;
let count = 0;

/** A data set: its shape, values, and whether they are packed, in chunks of the whole. */
export interface Hdf5Values {
  readonly shape: readonly number[];
  readonly values: Samples;
  readonly packed?: boolean;
}

/** The bytes of a file. @param datasets by name; a slash in it names a group */
export function hdf5File(datasets: Readonly<Record<string, Hdf5Values>>): Buffer {
  const path = `/${count++}.h5`;
  const file = new h5wasm.File(path, "w");
  for (const [name, { shape, values, packed }] of Object.entries(datasets)) {
    const groups = name.split("/").slice(0, -1);
    groups.forEach((_, i) => {
      const group = groups.slice(0, i + 1).join("/");
      if (!file.keys().includes(group)) file.create_group(group);
    });
    const packing = packed ? { chunks: [...shape], compression: "gzip" as const, compression_opts: 4 } : {};
    file.create_dataset({ name, data: values, shape: [...shape], ...packing });
  }
  file.close();
  const bytes = Buffer.from(library.FS.readFile(path) as Uint8Array);
  library.FS.unlink(path);
  return bytes;
}
