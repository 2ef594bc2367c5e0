/** The contact sheet of a suggestion: every image with what the network says of it. */
import { type Case, caseName, type Dataset } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decode.js";
import { picturesOf } from "../../data/volumes/case-slices.js";
import { stackSlices } from "../../data/volumes/stacked-planes.js";
import type { SheetTile } from "../../drawing/contact-sheet.js";
import { type AskedOptions, inferCase } from "../../inference/infer-case.js";
import { predictionTile } from "../../inference/pictures/prediction-tile.js";
import { predictCase } from "../../inference/predict-case.js";
import type { SegmentationNetwork } from "../../nn/index.js";
import type { NetworkName } from "../../runs/checkpoints/checkpoint-names.js";
import { networkOf, type OpenedRun } from "../open-run.js";

const tileSide = 220;

/** The label map of a whole case, as `DecodedCase.label` is. */
async function predicted(
  network: SegmentationNetwork,
  decoded: DecodedCase,
  dataset: Dataset,
  asked: AskedOptions,
  what: string,
): Promise<Uint8Array> {
  if (asked.patch) return inferCase(network, decoded, dataset, asked, what);
  const said = picturesOf(decoded, dataset).map((picture) =>
    predictCase(network, picture, dataset, asked, ({ labels }) => labels),
  );
  return stackSlices(said, dataset.target === "softmax" ? 1 : dataset.outputs);
}

/** A tile for each case, numbered in their order. */
export async function suggestionTiles(run: OpenedRun, name: NetworkName, cases: readonly Case[]): Promise<SheetTile[]> {
  const { dataset, cache, device, precision, normalisation, patch } = run;
  const network = networkOf(run, name);
  const tiles: SheetTile[] = [];
  for (const [i, one] of cases.entries()) {
    const decoded = await cache.get(one);
    const labels = await predicted(
      network,
      decoded,
      dataset,
      { device, precision, normalisation, patch },
      caseName(one),
    );
    tiles.push(await predictionTile(decoded, labels, dataset, tileSide, `${i + 1}: ${one.domain}, ${one.id}`));
  }
  return tiles;
}
