/**
 * Run by the tests in a child process: `node checkpoint-child.mjs COMPILED FOLDER PLAN`, PLAN being JSON with
 * `steps` to save, `killAt` (index of the hook call of the last save at which to die; −1 for inside a file's bytes)
 * or `fail` (an error code the last save's second file meets), and `size` of each file.
 */
import { pathToFileURL } from "node:url";

const [compiled, folder, plan] = process.argv.slice(2);
const { steps, killAt, fail, size } = JSON.parse(plan);
const { CheckpointStore } = await import(pathToFileURL(`${compiled}/src/runs/checkpoints/checkpoint-store.js`).href);

let calls = 0;
let last = false;
const die = () => process.kill(process.pid, "SIGKILL");
const hooks = {
  before() {
    if (!last) return;
    if (calls === 1 && fail) throw Object.assign(new Error("injected"), { code: fail });
    if (calls++ === killAt) die();
  },
};
function* chunks(step, name) {
  for (let i = 0; i < 4; i++) {
    if (last && killAt === -1 && i === 2) die();
    yield new Uint8Array(size / 4).fill(step + name.charCodeAt(0) + i);
  }
}

const store = new CheckpointStore(folder, { keep: 2, warn: () => {}, hooks });
try {
  for (const [index, step] of steps.entries()) {
    last = index === steps.length - 1;
    store.save(step, new Map(["model", "optimizer"].map((name) => [name, chunks(step, name)])));
  }
  console.log(JSON.stringify({ saved: store.steps() }));
} catch (error) {
  console.log(JSON.stringify({ name: error.name, message: error.message, saved: store.steps() }));
}
