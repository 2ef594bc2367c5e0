/**
 * The dimseg side of the step bench: MiDSS and DiM-1 iterations through the classes that training uses, on inputs that
 * are drawn already. Speaks the line protocol of conversation.ts; bench/peers/step.py is the same program on PyTorch's
 * own modules.
 */
import { midssRampUp } from "../src/losses/index.js";
import { createComparison, createObjective, type PreparedStep } from "../src/methods/index.js";
import { evaluateViews, type MidssInputs, midss, studentViews, teacherTargets } from "../src/methods/midss.js";
import { updateTeacher } from "../src/methods/parts/teacher.js";
import { UNet } from "../src/nn/index.js";
import {
  type DivergenceOptions,
  emaDecay,
  learningRate,
  type Minimizer,
  minimizers,
  type Optimizer,
  Sgd,
  type StepReport,
} from "../src/optim/index.js";
import * as torch from "../src/torch/index.js";
import { type Request, serve } from "./conversation.js";
import type { StepSettings } from "./step.js";

/** One iteration; returns what it reports. */
type Step = () => StepReport;

/** Takes the tensors whose names begin with `prefix` out of the file, without it. */
function takeWeights(tensors: ReadonlyMap<string, torch.Tensor>, prefix: string): Map<string, torch.Tensor> {
  const chosen = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(chosen.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

function inputsOf(tensors: ReadonlyMap<string, torch.Tensor>, device: torch.Device): MidssInputs {
  const [x, y, uWeak, uStrong, xTransferred, box] = ["x", "y", "u_w", "u_s", "xt", "box"].map((name) =>
    (tensors.get(name) as torch.Tensor).to({ device }),
  );
  return { x, y, uWeak, uStrong, xTransferred, box };
}

/** The optimiser as a configuration that leaves everything at its default would build it. */
function createMinimizer(method: StepSettings["method"], student: UNet, base: Optimizer) {
  const { none, "dim-features": dim } = minimizers;
  const parameters = student.namedParameters();
  if (method === "MiDSS") return { minimizer: none.create(parameters, base, none.options.parse({})), divergence: null };
  const options = dim.options.parse({});
  return { minimizer: dim.create(parameters, base, options) as Minimizer, divergence: options.divergence };
}

function prepare(settings: StepSettings): Step {
  const { file, method, kind, width, precision, channelsLast, captured, device, threads, schedule } = settings;
  const { baseRate, firstIteration, maxIterations } = schedule;
  torch.setThreads(threads);
  torch.keepFreedMemory();
  torch.useDevice(device);
  torch.useLibtorchAlone(captured === true);
  const tensors = torch.loadTensors(file);
  const inputs = inputsOf(tensors, device);
  const network = (prefix: string) => {
    const created = new UNet({ inChannels: inputs.x.shape[1], outChannels: 2, width });
    created.loadStateDict(takeWeights(tensors, prefix));
    return created.to({ device, memoryFormat: channelsLast ? "channelsLast" : "contiguous" });
  };
  const student = network("student.");
  const teacher = network("teacher.");
  const compute = { precision, device };
  const options = { ...midss.options.parse({}), kind, compute };
  const base = new Sgd(student.parameters(), { momentum: 0.9, weightDecay: 1e-4 });
  const { minimizer, divergence } = createMinimizer(method, student, base);
  const comparison = divergence && createComparison(divergence as DivergenceOptions, kind);
  let iteration = firstIteration;
  const iterate = (deferred: boolean) =>
    torch.scope(() => {
      const targets = teacherTargets(teacher, inputs, options, kind, compute);
      const views = studentViews(inputs, targets);
      const rampUp = midssRampUp(iteration, maxIterations);
      const prepared: PreparedStep = {
        evaluate: ({ updateRunningStatistics }) =>
          evaluateViews(student, views, rampUp, updateRunningStatistics, options),
        domains: { source: inputs.x, target: { weak: inputs.uWeak, strong: inputs.uStrong }, labels: null },
        rampUp,
        measures: {},
      };
      const objective = createObjective(prepared, student, comparison, compute);
      const rate = learningRate(baseRate, iteration, maxIterations);
      // The first losses are compared with the peer's; a step for the log reads more than training's usual one.
      const measure = iteration === firstIteration;
      const place = { iteration, maxIterations, rate, baseRate, rampUp, measure, deferred };
      const report = minimizer.step(objective, place);
      updateTeacher(teacher, student, emaDecay(iteration, options.emaDecay));
      iteration++;
      return report;
    });
  const step = captured ? repeated(device, iterate) : () => iterate(false);
  return () => {
    const report = step();
    torch.synchronize(device);
    return report;
  };
}

/** The first iterations as ever, the next captured, and then that one again and again. */
function repeated(device: torch.Device, iterate: (deferred: boolean) => StepReport): Step {
  let [done, report] = [0, {} as StepReport];
  let graph: torch.Graph | undefined;
  return () => {
    if (graph) graph.replay();
    else if (done++ < 2) report = iterate(false);
    else
      graph = torch.Graph.capture(device, () => {
        report = iterate(true);
      });
    return report;
  };
}

let step: Step | undefined;

function answer(request: Request): object {
  switch (request.do) {
    case "prepare":
      step = prepare(request as unknown as StepSettings & Request);
      return {};
    case "step": {
      const started = performance.now();
      const report = (step as Step)();
      const seconds = (performance.now() - started) / 1000;
      const { terms, task, divergence, perturbedTask, perturbedDivergence } = report;
      return { seconds, losses: { ...terms, task, divergence, perturbedTask, perturbedDivergence } };
    }
    default:
      throw new Error(`unknown request "${request.do}"`);
  }
}

await serve(answer);
