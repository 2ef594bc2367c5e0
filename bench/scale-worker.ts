/** One process of the scale bench: its share of MiDSS and DiM iterations, through the classes that training uses. */
import { mriProfile, planarAugmenter } from "../src/augment/index.js";
import { alone, join, type Place } from "../src/distributed/index.js";
import { createComparison, createMethod, type MethodChoice, methods } from "../src/methods/index.js";
import { UNet, useLocalStatistics } from "../src/nn/index.js";
import {
  createMinimizer,
  type DimOptions,
  type DivergenceOptions,
  type MinimizerChoice,
  minimizers,
  Sgd,
} from "../src/optim/index.js";
import * as torch from "../src/torch/index.js";
import { trainStep } from "../src/training/steps/step.js";
import { type Request, serve } from "./conversation.js";
import type { ScaleSettings } from "./scale.js";

const place = JSON.parse(process.argv[2]) as Place | null;
const world = place ? await join(place) : alone;

/** What a process does on request: a step, or a backward pass alone, after or during which its gradients are shared. */
interface Work {
  step(): void;
  /** Returns seconds. */
  backward(during: boolean): number;
}
let work: Work | undefined;

function prepare({ width, side, batch, threads, batchNorm }: ScaleSettings): Work {
  torch.setThreads(threads);
  torch.keepFreedMemory();
  const own = batch / world.size;
  const memoryFormat = "channelsLast" as const;
  using generator = new torch.Generator(1);
  const network = () => new UNet({ inChannels: 1, outChannels: 2, width, generator }).to({ memoryFormat });
  const student = network();
  const compute = { precision: "fp32", device: "cpu" } as const;
  const augmentation = planarAugmenter(mriProfile);
  const context = { student, createNetwork: network, kind: "sigmoid", augmentation, ...compute } as const;
  const method = createMethod({ name: "midss", ...methods.midss.options.parse({}) } as MethodChoice, context);
  if (batchNorm === "local") for (const one of [student, ...Object.values(method.networks)]) useLocalStatistics(one);
  const options = minimizers["dim-features"].options.parse({}) as DimOptions & { divergence: DivergenceOptions };
  const base = new Sgd(student.parameters(), { momentum: 0.9, weightDecay: 1e-4 });
  const minimizer = createMinimizer(
    { name: "dim-features", ...options } as MinimizerChoice,
    student.namedParameters(),
    base,
  );
  const comparison = createComparison(options.divergence, "sigmoid");
  using drawn = new torch.Generator(2 + world.rank);
  const images = () => torch.rand([own, 1, side, side], { generator: drawn }).mul(255);
  const labels = torch.rand([own, 2, side, side], { generator: drawn }).gt(0.7).to({ dtype: "float32" });
  const batchOf = { labelled: { images: images(), labels }, unlabelled: { weak: images(), strong: images() } };
  let iteration = 1000;
  const step = () => {
    const at = { seed: 1, iteration: iteration++, maxIterations: 30000, baseRate: 0.03, measure: false };
    trainStep({ student, method, minimizer, comparison, ...compute }, batchOf, {
      ...at,
      ...{ rank: world.rank, first: world.rank * own },
    });
  };
  const backward = (during: boolean) => {
    const loss = student.forward(batchOf.labelled.images.div(255)).square().mean();
    const started = performance.now();
    if (during) torch.worldGradient(loss, student.parameters());
    else torch.worldAverages(torch.grad(loss, student.parameters()));
    return (performance.now() - started) / 1000;
  };
  const shared = <T>(body: () => T): T => world.together(() => torch.scope(body));
  return { step: () => shared(step), backward: (during) => shared(() => backward(during)) };
}

function answer(request: Request): object {
  switch (request.do) {
    case "prepare":
      work = prepare(request as unknown as ScaleSettings & Request);
      return {};
    case "step": {
      const before = world.traffic();
      const usedBefore = process.cpuUsage();
      const started = performance.now();
      (work as Work).step();
      const seconds = (performance.now() - started) / 1000;
      const used = process.cpuUsage(usedBefore);
      const { calls, bytes, seconds: waiting } = world.traffic();
      const sent = { calls: calls - before.calls, bytes: bytes - before.bytes, waiting: waiting - before.seconds };
      return { seconds, processor: (used.user + used.system) / 1e6, ...sent };
    }
    case "backward":
      return { seconds: (work as Work).backward(request.during === true) };
    default:
      throw new Error(`unknown request "${request.do}"`);
  }
}

await serve(answer);
await world.leave();
