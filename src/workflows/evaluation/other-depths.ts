/** Images of 8 bits under a network that learnt from images of more: their grey values mean something else to it. */
import { existsSync } from "node:fs";
import { counted } from "../../core/counted.js";
import { type Case, caseName } from "../../data/dataset.js";
import { valueKindOf } from "../../data/images/values.js";
import { readDatasetFacts } from "../../runs/dataset-facts.js";
import type { OpenedRun } from "../open-run.js";
import type { EvaluationCases } from "./select-cases.js";

/** A sentence for the judged cases whose image has 8 bits, when every image that the run learnt from had more. */
export async function depthWarning(
  { folder }: OpenedRun,
  { cases, cache }: EvaluationCases,
): Promise<string | undefined> {
  if (!existsSync(folder.dataset)) return undefined;
  const facts = readDatasetFacts(folder.dataset);
  if (facts.depths !== "wide" || valueKindOf(facts) === "zscores") return undefined;
  const narrow: Case[] = [];
  for (const one of cases) if (one.maskPath !== undefined && !(await cache.isWide(one))) narrow.push(one);
  if (narrow.length === 0) return undefined;
  return (
    `${counted(narrow.length, "judged image")} (the first is ${caseName(narrow[0])}) ${narrow.length === 1 ? "has" : "have"} ` +
    "8 bits, while the network was trained on images of more: grey means something else there, and scores say little"
  );
}
