/** What a configuration learns from images without their labels. */
import { methods } from "../methods/index.js";
import type { DivergenceOptions } from "../optim/index.js";
import type { WantedConfig } from "./config.js";

/** What the optimiser measures between the domains; undefined where it measures nothing. */
export function divergenceOf({ optimizer }: Pick<WantedConfig, "optimizer">): DivergenceOptions | undefined {
  if (!("divergence" in optimizer)) return undefined;
  return "lambda" in optimizer && optimizer.lambda === 0 ? undefined : optimizer.divergence;
}

/** Whether networks are judged and saved with statistics of batch normalisation that are taken from all domains alike. */
export function usesDomainStatistics({ training, optimizer }: WantedConfig): boolean {
  const { statistics } = training;
  return statistics === "auto" ? optimizer.name === "dim" : statistics === "domains";
}

/** Whether images without their labels are learnt from: by the method, or by the optimiser's divergence. */
export function usesUnlabelled(config: WantedConfig): boolean {
  return methods[config.method.name].usesUnlabelled || divergenceOf(config) !== undefined;
}
