/**
 * HDF5's own C library as WebAssembly, as many times as it takes: a damaged file can leave anything behind in its memory, and
 * then a fresh one takes its place. The first takes a quarter of a second of the processor; the others are made of the code
 * compiled for it and take a few milliseconds. What h5wasm exports is made once for all, so its inner part is taken. Plain
 * JavaScript, as worker.js.
 */

/** h5wasm makes its library of bytes that lie in its source: the compiled code is what the engine answers. */
let compiled;
const instantiate = WebAssembly.instantiate;
WebAssembly.instantiate = async (source, imports) => {
  const made = await instantiate(source, imports);
  compiled ??= made.module;
  return made;
};

const { default: create } = await import(new URL("hdf5_util.js", import.meta.resolve("h5wasm")).href);

/** A library that has seen no file. */
export function freshLibrary() {
  return create({
    noInitialRun: true,
    ...(compiled && {
      instantiateWasm(imports, done) {
        done(new WebAssembly.Instance(compiled, imports), compiled);
      },
    }),
  });
}
