/** Domains and splits as `dataset.yaml` describes them, and the cases that they stand for. */
import { type Case, expandSplit } from "../../case-files.js";
import type { DatasetFileInput } from "../../schema.js";

export type DomainInput = DatasetFileInput["domains"][number];
export type SplitInput = NonNullable<DomainInput["train"]>;

/** The cases that a description stands for. */
export function casesOf(source: SplitInput, root: string, domain = "", split: "train" | "test" = "train"): Case[] {
  return expandSplit(source, { root, domain, domainIndex: 0, split });
}
