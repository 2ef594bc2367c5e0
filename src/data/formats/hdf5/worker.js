/**
 * The thread that HDF5's own C library runs in, as WebAssembly: a damaged file can make it loop, trap or ask for memory
 * without end, and then this thread is ended and nothing else is. Plain JavaScript, since a thread's first file is loaded
 * as it lies here. It lists and reads; session.ts asks, and dataset-choice.ts judges what it says.
 */
import { parentPort, workerData } from "node:worker_threads";

/** Groups below groups that are looked into, and objects that are listed in all. */
const mostDepth = 4;
const mostObjects = 512;
const pageBytes = 65536;

let mostMemory = workerData.memoryBytes;
const grow = WebAssembly.Memory.prototype.grow;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * pageBytes > mostMemory) throw new RangeError("more memory than a file may take");
  return grow.call(this, pages);
};
// The library tells every failure in twenty lines; one sentence is made of it outside.
console.error = () => {};

const { library, forgetAll } = await import("./library.js");

/** The library's name of the file, and its number of it as open. */
const name = "/file.h5";
let file;

/** What is to be known of a data set before it is read. */
function factsOf(path) {
  const { type, size, signed, shape, enum_type, virtual_sources } = library.get_dataset_metadata(file, path);
  return {
    ...{ path: path.slice(1), type, size, signed, shape: shape ?? [], isVirtual: virtual_sources !== undefined },
    members: Object.keys(enum_type?.members ?? {}),
    filters: library.get_dataset_filters(file, path).map((one) => ({ id: one.id, name: one.name })),
  };
}

/** All data sets, those of outer groups first. */
function list() {
  const found = [];
  let groups = ["/"];
  let objects = 0;
  for (let depth = 0; depth < mostDepth && groups.length > 0; depth++) {
    const below = [];
    for (const group of groups)
      for (const name of library.get_names(file, group, false)) {
        if (++objects > mostObjects) return found;
        const path = `${group === "/" ? "" : group}/${name}`;
        // Links out of the file, and to nowhere, are none of these.
        const kind = library.get_type(file, path);
        if (kind === library.H5G_GROUP) below.push(path);
        else if (kind === library.H5G_DATASET) found.push(factsOf(path));
      }
    groups = below;
  }
  return found;
}

/** The values, little-endian whatever the file has. */
function read(path, bytes) {
  const place = library._malloc(bytes);
  if (place === 0) throw new RangeError("more memory than a file may take");
  const status = library.get_dataset_data(file, `/${path}`, null, null, null, BigInt(place));
  if (status < 0) throw new Error("the values cannot be read");
  const values = library.HEAPU8.slice(place, place + bytes);
  library._free(place);
  return values;
}

/** One step: a file is opened and listed, a data set of it read, the file closed. */
function answer({ open, path, bytes, memoryBytes }) {
  if (open) {
    library.FS.writeFile(name, open, { canOwn: true });
    file = library.open(name, library.H5F_ACC_RDONLY, false, -1, -1);
    return list();
  }
  if (path !== undefined) {
    mostMemory = memoryBytes;
    return read(path, bytes);
  }
  library.close_file(file);
  library.FS.unlink(name);
  mostMemory = workerData.memoryBytes;
  return library.HEAPU8.length;
}

/** Forgets what a damaged file left behind: it is no other file's business. */
function forget() {
  forgetAll();
  if (library.FS.analyzePath(name).exists) library.FS.unlink(name);
  mostMemory = workerData.memoryBytes;
}

parentPort.on("message", (request) => {
  try {
    const result = answer(request);
    parentPort.postMessage({ result }, result instanceof Uint8Array ? [result.buffer] : []);
  } catch (cause) {
    forget();
    parentPort.postMessage({ failure: String(cause), memory: library.HEAPU8.length });
  }
});
parentPort.postMessage({ result: "ready" });
