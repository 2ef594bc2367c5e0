/**
 * One worker of workers-child.mjs: loads the addon, computes something with a gradient, reports it, and ends as told,
 * always with tensors alive and a generator open.
 */
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";

const { addon, ending, seed } = workerData;
const native = createRequire(import.meta.url)(addon);
native.setErrorFactory((kind, message) => Object.assign(new Error(message), { kind }));

const operator = (name, overload) => native.findOperator(`aten::${name}`, overload);
const randn = operator("randn", "generator");
const conv2d = operator("conv2d", "");
const square = operator("square", "");
const sum = operator("sum", "");
const requiresGrad = operator("requires_grad_", "");

const generator = native.createGenerator("cpu", seed);

/** ‖∂Σ(w∗x)²/∂w‖ for seeded x and w; leaves every tensor alive. */
function step() {
  const image = native.callOperator(randn, [1, 3, 16, 16], generator, "float64");
  const weight = native.callOperator(randn, [4, 3, 3, 3], generator, "float64");
  native.callOperator(requiresGrad, weight, true);
  const map = native.callOperator(conv2d, image, weight);
  const loss = native.callOperator(sum, native.callOperator(square, map));
  const [gradient] = native.gradient([loss], [weight], null, false, false, false);
  const value = new Float64Array(1);
  native.copyBytes(native.callOperator(sum, native.callOperator(square, gradient)), value);
  return value[0];
}

const value = step();
let refused = "";
try {
  native.callOperator(conv2d, 999, 999);
} catch (error) {
  refused = error.kind;
}
parentPort.postMessage({ value, refused, live: native.liveTensors() });

if (ending === "exit") process.exit(0);
if (ending === "throw") throw new Error("meant to happen");
if (ending === "terminate") {
  native.enterAutocast("cpu", "bfloat16");
  for (;;) step();
}
