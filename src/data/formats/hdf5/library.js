/**
 * HDF5's own C library as WebAssembly, and as it was before it saw any file. A damaged file can leave anything behind in
 * its memory, and to start another thread takes a fifth of a second of the processor, to write the memory anew a hundredth of
 * that. What such code can change is its memory, the one global that it may write, the top of its stack, and which files it
 * has open. Plain JavaScript, as worker.js.
 */

let stackTop;
const instantiate = WebAssembly.instantiate;
WebAssembly.instantiate = async (source, imports) => {
  const made = await instantiate(source, imports);
  stackTop = made.instance.exports.__stack_pointer;
  return made;
};

const { ready } = await import("h5wasm");
/** @type {any} h5wasm names the type of what it hands out, but does not export it. */
export const library = await ready;

const { value: firstTop } = stackTop;
const firstFiles = library.FS.streams.length;
const firstMemory = library.HEAPU8.slice(0, 1 + library.HEAPU8.findLastIndex((byte) => byte !== 0));

/** Makes the library what it was at first, but for the size of its memory. */
export function forgetAll() {
  for (const open of library.FS.streams.slice(firstFiles)) if (open) library.FS.closeStream(open.fd);
  library.HEAPU8.set(firstMemory);
  library.HEAPU8.fill(0, firstMemory.length);
  stackTop.value = firstTop;
}
