/** Hand-made runs for tests of comparisons: two domains, one part, Dice given case by case. */
import type { ComparedRun } from "../../src/comparison/read-run.js";
import { parseResolvedConfig } from "../../src/config/config.js";
import type { PartScore } from "../../src/judging/evaluate-network.js";

/** Rows of one part: `dice.a[i]` is case i of domain a, each a subject of its own unless said otherwise. */
export function scoresOf(
  dice: Record<string, readonly number[]>,
  part = "disc",
  subjectOf = (domain: string, i: number) => `${domain}/test/${i}`,
): PartScore[] {
  return Object.entries(dice).flatMap(([domain, values]) =>
    values.map((value, i): PartScore => {
      const distance = 10 * (1 - value);
      const distances = { hd: distance, hd95: distance, asd: distance / 2, assd: distance / 2 };
      const names = { domain, id: String(i), subject: subjectOf(domain, i), part };
      return { ...names, dice: value, jaccard: value / (2 - value), ...distances, empty: "none" };
    }),
  );
}

/** A run of domain a's labels. */
export function runOf(
  name: string,
  seed: number,
  dice: Record<string, readonly number[]>,
  changes: { config?: Record<string, unknown> } & Partial<Omit<ComparedRun, "config">> = {},
): ComparedRun {
  const { config, ...rest } = changes;
  return {
    name,
    folder: `/runs/${name}-seed${seed}`,
    config: parseResolvedConfig(
      {
        dataset: `/data/${seed}.yaml`,
        labelled: { domain: "a", count: 2, validation: 1 },
        method: { name: "midss" },
        optimizer: { name: "none" },
        training: { seed, threads: seed, capture: seed === 1 },
        ...config,
      },
      "configuration",
    ),
    split: { labelled: ["a/train/0", "a/train/1"], validation: ["a/train/2"], unlabelled: ["b/train/0"] },
    judgement: {
      checkpoint: { step: 30000 },
      dataset: { name: "eyes" },
      size: 64,
      testTimeFlips: false,
      convention: { name: "midss", description: "rules" },
    },
    scores: scoresOf(dice),
    ...rest,
  };
}

/** Keys of a configuration with another optimiser. */
export const withSam = { config: { optimizer: { name: "sam" } } };
