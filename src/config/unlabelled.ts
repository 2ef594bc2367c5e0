/** What a configuration learns from images without their labels. */
import { type MethodChoice, methods } from "../methods/index.js";
import { type DivergenceOptions, type MinimizerEntry, minimizers } from "../optim/index.js";
import type { WantedConfig } from "./config.js";

/** What the optimiser measures between the domains; undefined where it measures nothing. */
export function divergenceOf({ optimizer }: Pick<WantedConfig, "optimizer">): DivergenceOptions | undefined {
  if (!("divergence" in optimizer)) return undefined;
  return "lambda" in optimizer && optimizer.lambda === 0 ? undefined : optimizer.divergence;
}

/** What the optimiser is best with. */
function autoOf({ name }: WantedConfig["optimizer"]): MinimizerEntry["auto"] {
  const entry: MinimizerEntry = minimizers[name];
  return entry.auto;
}

/** Whether networks are judged and saved with statistics of batch normalisation that are taken from all domains alike. */
export function usesDomainStatistics({ training, optimizer }: WantedConfig): boolean {
  const { statistics } = training;
  return statistics === "auto" ? autoOf(optimizer)?.domainStatistics === true : statistics === "domains";
}

/** The method's settings; `auto` in them stands for what the optimiser is best with. */
export function methodOf({ method, optimizer }: Pick<WantedConfig, "method" | "optimizer">): MethodChoice {
  const own: MethodChoice = method;
  if (own.thresholdByClass !== "auto") return own;
  return { ...own, thresholdByClass: autoOf(optimizer)?.thresholdByClass === true };
}

/** Whether images without their labels are learnt from: by the method, or by the optimiser's divergence. */
export function usesUnlabelled(config: WantedConfig): boolean {
  return methods[config.method.name].usesUnlabelled || divergenceOf(config) !== undefined;
}
