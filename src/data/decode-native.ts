/** Cases where their files lie, whatever a network works at. */
import type { Case, Dataset } from "./dataset.js";
import { type DecodedCase, decodeCase } from "./decode.js";

/** A case as its files are, image and reference in their own size and spacing. @throws DataError as decodeCase does */
export function decodeNative(dataset: Dataset, one: Case): Promise<DecodedCase> {
  const { slices } = dataset;
  if (!slices) return decodeCase(dataset, one, "whole");
  const { resample: _, ...stored } = slices;
  return decodeCase({ ...dataset, slices: stored }, one, "whole");
}
