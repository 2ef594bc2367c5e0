/**
 * Run by memory.test.ts in a child process: `node --expose-gc memory-child.mjs COMPILED STEPS EVERY` trains a U-Net of width 4 on
 * 32×32 images and prints, after every EVERY steps, resident bytes, live tensors and open files, as JSON.
 */
import { readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [compiled, steps, every] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(`${compiled}/src/${path}.js`).href);
const torch = await load("torch/index");
const { UNet } = await load("nn/unet");
const { Sgd } = await load("optim/sgd");
const { segmentationLoss } = await load("losses/segmentation");

torch.setThreads(1);
const generator = new torch.Generator(1);
const network = new UNet({ inChannels: 3, outChannels: 2, width: 4, generator });
const parameters = network.parameters();
const optimizer = new Sgd(parameters, { momentum: 0.9, weightDecay: 1e-4 });

/** One training step on fresh images, with an error caught on the way, as a user's program may do. */
function step() {
  const images = torch.randn([1, 3, 32, 32], { generator });
  const labels = torch.rand([1, 2, 32, 32], { generator }).round();
  const { loss } = segmentationLoss(network.forward(images), labels, null, { kind: "sigmoid" });
  optimizer.step(torch.grad(loss, parameters), 1e-3);
  try {
    images.matmul(torch.ones([5]));
  } catch {}
  return loss.item();
}

const openFiles = () => (process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0);
const samples = [];
for (let i = 1; i <= Number(steps); i++) {
  const loss = torch.scope(step);
  if (!Number.isFinite(loss)) throw new Error(`the loss of step ${i} is ${loss}`);
  if (i % Number(every) > 0) continue;
  // What is only waiting to be collected is no growth.
  globalThis.gc();
  samples.push({ step: i, resident: process.memoryUsage.rss(), live: torch.liveTensors(), files: openFiles() });
}
console.log(JSON.stringify(samples));
