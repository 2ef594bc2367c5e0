/** Images of no data set as cases, prepared as a run's own images are. */
import { dirname, resolve } from "node:path";
import type { Case, Dataset } from "../../data/dataset.js";
import { type CaseSource, decodeCase } from "../../data/decode.js";
import type { Observer } from "../observer.js";
import type { OpenedRun } from "../open-run.js";
import { wholeImages } from "../prediction/channel-files.js";
import { type InputImage, leaveOutMasks, listInputs, placeOf, refuseSharedFolders } from "../prediction/inputs.js";
import { isLabelVolume, looksLikeMask } from "../prediction/mask-evidence.js";
import { listVolumes } from "../prediction/series-inputs.js";

/** An image as a case; all that were given together, or lie in one folder, are of one domain. */
export function imageCase(image: InputImage, folder: string): Case {
  const { path, furtherChannels, name, given } = image;
  const domain = given ? dirname(path) : folder;
  const place = { domain, domainIndex: 0, split: "test" } as const;
  return {
    ...place,
    id: name,
    subject: resolve(path),
    imagePath: placeOf(image),
    ...(furtherChannels ? { furtherChannels } : {}),
  };
}

/**
 * Images given as files and folders as cases, each folder a domain; a series of DICOM files is one, and an image that is
 * given twice counts once.
 * @returns also a sentence for each image that lacks a channel
 * @throws UsageError for series that share a folder; DataError when a path does not exist or holds no image
 */
export async function givenCases(
  paths: readonly string[],
  dataset: Dataset,
  observer: Observer,
): Promise<{ cases: Case[]; broken: string[] }> {
  const isMask = dataset.slices ? isLabelVolume : looksLikeMask;
  const cases = new Map<string, Case>();
  const broken: string[] = [];
  for (const path of paths) {
    const { images } = dataset.slices ? await listVolumes([path], observer) : listInputs([path]);
    refuseSharedFolders(images);
    const chosen: readonly InputImage[] = (await leaveOutMasks(images, [], [], isMask)).images;
    const { images: whole, incomplete } = await wholeImages(chosen, dataset);
    broken.push(...incomplete);
    for (const one of whole.map((image) => imageCase(image, path))) {
      const key = resolve(one.imagePath);
      if (!cases.has(key)) cases.set(key, one);
    }
  }
  return { cases: [...cases.values()], broken };
}

/** Decodes images as the run's own are, and keeps none. */
export function imageSource({ patch, size }: OpenedRun, dataset: Dataset): CaseSource {
  return { get: (one) => decodeCase(dataset, one, patch ? "whole" : size) };
}
