/**
 * Run by bounded-memory.test.ts in a child process: `node bounded-memory-child.mjs COMPILED CLASSES BYTES` asks a network of one
 * weight a class about a volume by sliding windows whose sums may take BYTES, resampled to another grid, and prints its
 * largest memory in megabytes and the labels' hash as JSON.
 */
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";

const [compiled, classes, bytes] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(`${compiled}/src/${path}.js`).href);
const torch = await load("torch/index");
const { SegmentationNetwork } = await load("nn/segmentation-network");
const { planar8bit } = await load("augment/index");
const { inferLabels } = await load("inference/inferers/infer");
const { slidingWindow } = await load("inference/inferers/sliding-window");

/** The score of each class is the voxel's value times a number of its own. */
class Scores extends SegmentationNetwork {
  rank = 3;
  strides = [1, 1, 1];
  width = 1;

  constructor(count) {
    super();
    const weights = Float32Array.from({ length: count }, (_, k) => Math.sin(k));
    this.weights = torch.fromTypedArray(weights, [1, count, 1, 1, 1]);
  }

  forward(images) {
    return images.mul(this.weights);
  }
}

torch.setThreads(1);
// As every verb does.
torch.keepFreedMemory();
const shape = [48, 160, 160];
const count = shape.reduce((product, side) => product * side, 1);
const image = torch.fromTypedArray(
  Uint8Array.from({ length: count }, (_, i) => (i * 2654435761) % 251),
  [1, ...shape],
);
const labels = inferLabels(new Scores(Number(classes)), image, {
  ...{ kind: "softmax", device: "cpu", precision: "fp32", normalisation: planar8bit },
  inferer: slidingWindow({ patch: [32, 32, 32], bytes: Number(bytes) }),
  shape: [50, 170, 150],
});
const hash = createHash("sha256").update(labels).digest("hex");
console.log(JSON.stringify({ megabytes: process.resourceUsage().maxRSS / 1024, hash }));
