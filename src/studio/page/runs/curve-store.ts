/** The curves of a run as they come in pieces. */
import type { Curve, RunNews } from "../../../workflows/studio/shown/runs.js";

/** Curves by name. */
export type Curves = ReadonlyMap<string, Curve>;

/** The curves with what is new of them. */
export function withNews(curves: Curves, { curves: added = [], restarted = false }: RunNews): Curves {
  const all = new Map(restarted ? [] : curves);
  for (const curve of added) {
    const before = all.get(curve.key)?.points ?? [];
    all.set(curve.key, { ...curve, points: [...before, ...curve.points] });
  }
  return all;
}

/** One figure: what it is called, and which curves it shows. */
export interface FigurePlan {
  readonly title: string;
  readonly caption: string;
  readonly curves: readonly Curve[];
}

/** Curves of validations whose name is a network's or a domain's alone, not that of a part. */
function validations(curves: Curves, split: string, what: "dice" | "loss"): Curve[] {
  const domains = [...curves.keys()]
    .filter((key) => key.startsWith(`${split}.`) && key.endsWith(".loss"))
    .map((key) => key.slice(0, -".loss".length));
  const overall = [...curves.values()].filter(({ key }) =>
    new RegExp(`^${split}\\.(student|teacher)\\.dice$`).test(key),
  );
  const own = domains.flatMap((key) => curves.get(`${key}.${what}`) ?? []);
  if (what === "loss") return own;
  return own.length > overall.length || split === "test" ? own : overall;
}

const figures: readonly { title: string; caption: string; of: (curves: Curves) => (Curve | undefined)[] }[] = [
  {
    title: "Validation Dice",
    caption: "On labelled images that are not learnt from.",
    of: (curves) => validations(curves, "validation", "dice"),
  },
  {
    title: "Test Dice by domain",
    caption: "Followed for curves alone.",
    of: (curves) => validations(curves, "test", "dice"),
  },
  {
    title: "Losses",
    caption: "The task loss and its terms, each before its weight.",
    of: (curves) => [curves.get("task"), ...[...curves.values()].filter(({ key }) => key.startsWith("loss."))],
  },
  {
    title: "Divergence",
    caption: "Between labelled and unlabelled images, at the weights and at the perturbed ones.",
    of: (curves) => [curves.get("divergence"), curves.get("perturbedDivergence")],
  },
  {
    title: "Sharpness",
    caption: "How much the task loss rises at the perturbed weights.",
    of: (curves) => [curves.get("sharpness")],
  },
  {
    title: "Gradient norms",
    caption: "At the weights, at the perturbed ones, and of the update.",
    of: (curves) => [curves.get("ascentNorm"), curves.get("perturbedNorm"), curves.get("updateNorm")],
  },
  { title: "Learning rate", caption: "Of the base optimiser.", of: (curves) => [curves.get("rate")] },
];

/** The figures of a run; what belongs to none of the usual ones has one of its own among `further`. */
export function planFigures(curves: Curves): { main: FigurePlan[]; further: FigurePlan[] } {
  const planned = figures
    .map(({ title, caption, of }) => ({
      ...{ title, caption },
      curves: of(curves).filter((curve) => curve !== undefined),
    }))
    .filter((figure) => figure.curves.length > 0);
  const shown = new Set(planned.flatMap((figure) => figure.curves.map(({ key }) => key)));
  const rest = [...curves.values()].filter(({ key }) => !shown.has(key) && !/^(validation|test)\./.test(key));
  return { main: planned, further: rest.map((curve) => ({ ...curve, curves: [curve] })) };
}
