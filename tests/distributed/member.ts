/** One of several processes of a test: joins the others as its environment says, does the named work, and prints JSON. */
import { join, placeOf } from "../../src/distributed/index.js";
import { BatchNorm2d, BatchNorm3d } from "../../src/nn/layers.js";
import {
  cat,
  Generator,
  grad,
  noGrad,
  rand,
  scope,
  type Tensor,
  together,
  worldAverages,
  worldGradient,
  worldMean,
  worldRows,
  worldSum,
} from "../../src/torch/index.js";

const [work, patience = "60", silence = "15"] = process.argv.slice(2);
const place = placeOf(process.env);
if (place === null) throw new Error("no place among others is given");
const world = await join(place, { patience: Number(patience), silence: Number(silence) });
const { rank, size } = world;
const values = (tensor: Tensor) => [...tensor.toNumbers()];

/** The same numbers in every process. */
function drawn(shape: readonly number[], seed: number): Tensor {
  using generator = new Generator(seed);
  return rand(shape, { generator });
}

/** Greatest difference, relative to the greatest value. */
const apart = (a: Tensor, b: Tensor) => a.sub(b).abs().amax().div(b.abs().amax()).item();

/** Batch normalisation of this process's part of a batch against that of the whole batch: outputs, gradients, statistics. */
function normalised(shape: readonly number[], parts: readonly number[] | null, last: boolean): number[] {
  const [images, channels] = shape;
  const whole = drawn(shape, 1).sub(0.3);
  const factors = drawn(shape, 2);
  const placed = (x: Tensor) =>
    x.to({ memoryFormat: last ? (shape.length === 5 ? "channelsLast3d" : "channelsLast") : "contiguous", copy: true });
  const run = (x: Tensor, by: Tensor, sizes: readonly number[] | null) => {
    const layer = shape.length === 5 ? new BatchNorm3d(channels) : new BatchNorm2d(channels);
    layer.parts = sizes;
    noGrad(() => layer.weight.copy_(drawn([channels], 3)));
    const input = placed(x).requiresGrad_();
    const output = layer.forward(input);
    const parameters = layer.namedParameters().map(([, parameter]) => parameter);
    const [ofInput, ...others] = grad(output.mul(output).mul(by).mean(), [input, ...parameters]);
    return { output, ofInput, ofParameters: worldAverages(others), state: [layer.runningMean, layer.runningVar] };
  };
  const mine = images / size;
  // A part of the whole batch lies in all processes.
  const sizes = parts ?? [images];
  const own = (x: Tensor) => {
    let start = 0;
    const pieces = sizes.map((count) => {
      const piece = x.narrow(0, start + (rank * count) / size, count / size);
      start += count;
      return piece;
    });
    return cat(pieces);
  };
  const alone = run(whole, factors, parts);
  const shared = together(() => run(own(whole), own(factors), parts?.map((count) => count / size) ?? null));
  if (shared.output.shape[0] !== mine) throw new Error("internal: a process has another part");
  return [
    apart(shared.output, own(alone.output)),
    // Each process has the gradient of its own loss, a mean over fewer images.
    apart(shared.ofInput.div(size), own(alone.ofInput)),
    ...shared.ofParameters.map((gradient, i) => apart(gradient, alone.ofParameters[i])),
    ...shared.state.map((statistic, i) => apart(statistic, alone.state[i])),
  ];
}

const works: Record<string, () => Promise<unknown>> = {
  async collectives() {
    const numbers = together(() =>
      scope(() => {
        const own = drawn([3], 10 + rank).requiresGrad_();
        const sum = worldSum(own);
        const rows = worldRows(own.mul(2));
        const loss = worldMean(own.mul(own).sum()).add(rows.mul(rows).sum().mul(0.5));
        const [gradient] = grad(loss, [own]);
        const [mean] = worldAverages([own.detach()]);
        return {
          own: values(own),
          sum: values(sum),
          rows: values(rows),
          mean: values(mean),
          gradient: values(gradient),
        };
      }),
    );
    return {
      ...numbers,
      outside: values(worldSum(drawn([2], rank))),
      none: await world.any(false),
      some: await world.any(rank === size - 1),
      first: await world.first(() => ({ from: rank, text: "å" })),
      bytes: [...(await world.firstBytes(() => Uint8Array.of(1, 2, 3 + rank)))],
    };
  },
  async batchNorm() {
    return scope(() => ({
      "narrow, channels last": normalised([4, 6, 8, 10], null, true),
      "wide, channels last": normalised([4, 40, 6, 6], null, true),
      "in parts": normalised([8, 6, 8, 10], [2, 4, 2], true),
      planes: normalised([4, 6, 8, 10], null, false),
      volumes: normalised([4, 6, 4, 6, 8], null, true),
      "volumes in planes": normalised([4, 6, 4, 6, 8], [2, 2], false),
    }));
  },
  /** Gradients sent bucket by bucket against the mean of everyone's, and how many tensors lie otherwise than their leaf. */
  async gradients() {
    return scope(() => {
      const shapes = [[600, 1000], [64, 32, 3, 3], [700, 900], [5], [400, 1000]];
      const leaves = shapes.map((shape, i) => {
        const leaf = drawn(shape, i);
        return (shape.length === 4 ? leaf.to({ memoryFormat: "channelsLast", copy: true }) : leaf).requiresGrad_();
      });
      // The fourth takes no part.
      const used = leaves.filter((_, i) => i !== 3);
      const lossOf = (which: number) =>
        used
          .map((leaf, i) =>
            leaf
              .mul(drawn(leaf.shape, 10 * which + i))
              .square()
              .sum(),
          )
          .reduce((a, b) => a.add(b));
      const ofAll = Array.from({ length: size }, (_, which) => grad(lossOf(which), leaves, { allowUnused: true }));
      const wanted = leaves.map((_, i) =>
        ofAll
          .map((one) => one[i])
          .reduce((a, b) => a.add(b))
          .div(size),
      );
      const loss = lossOf(rank);
      const shared = together(() => worldGradient(loss, leaves, { retainGraph: true }));
      const again = together(() => worldGradient(loss, leaves));
      const greatest = (of: readonly Tensor[]) =>
        Math.max(...of.map((one, i) => one.sub(wanted[i]).abs().amax().item()));
      return { apart: [greatest(shared), greatest(again)], unused: values(shared[3]) };
    });
  },
  /** Messages around the size from which they take another way. */
  async sizes() {
    return scope(() =>
      together(() =>
        [1, 65_536, 65_537, 200_000].map((count) => {
          const parts = Array.from({ length: size }, (_, which) => drawn([count], which));
          const sum = worldSum(parts[rank]);
          const rows = worldRows(parts[rank]);
          return [
            apart(
              sum,
              parts.reduce((a, b) => a.add(b)),
            ),
            apart(rows, cat(parts)),
          ];
        }),
      ),
    );
  },
  /** The event loop goes on while the others are waited for. */
  async wait() {
    if (rank > 0) return new Promise((resolve) => setTimeout(() => resolve(world.any(true)), 300));
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const yes = await world.any(false);
    clearInterval(timer);
    return { yes, turned: turns > 5 };
  },
  async die() {
    if (rank === 1) process.kill(process.pid, "SIGKILL");
    return together(() => values(worldSum(drawn([3], 1))));
  },
  async stop() {
    if (rank === 1) process.kill(process.pid, "SIGSTOP");
    return world.any(true);
  },
  async break() {
    if (rank === 1) throw new Error("the disk is on fire");
    return world.any(true);
  },
};

try {
  const result = await works[work]();
  await world.leave();
  console.log(JSON.stringify(result));
} catch (error) {
  world.fail(error);
  console.error((error as Error).message);
  process.exitCode = (error as { exitCode?: number }).exitCode ?? 1;
}
