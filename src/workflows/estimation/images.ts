/** Images of no data set as cases, prepared as a run's own images are. */
import { dirname, resolve } from "node:path";
import type { Case, Dataset } from "../../data/dataset.js";
import { type CaseSource, decodeCase } from "../../data/decode.js";
import type { OpenedRun } from "../open-run.js";
import type { InputImage } from "../prediction/inputs.js";

/** An image as a case; all that were given together, or lie in one folder, are of one domain. */
export function imageCase({ path, furtherChannels, name, given }: InputImage, folder: string): Case {
  const domain = given ? dirname(path) : folder;
  const place = { domain, domainIndex: 0, split: "test" } as const;
  return {
    ...place,
    id: name,
    subject: resolve(path),
    imagePath: path,
    ...(furtherChannels ? { furtherChannels } : {}),
  };
}

/** Decodes images as the run's own are, and keeps none. */
export function imageSource({ patch, size }: OpenedRun, dataset: Dataset): CaseSource {
  return { get: (one) => decodeCase(dataset, one, patch ? "whole" : size) };
}
