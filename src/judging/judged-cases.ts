/** The one loop over cases that a network is asked about, for metrics, inspection and pictures. */
import { plainTurn } from "../core/turns.js";
import { type LossLabels, lossLabels } from "../data/case-tensors.js";
import { type Case, caseName, type Dataset } from "../data/dataset.js";
import type { CaseSource, DecodedCase } from "../data/decode.js";
import { picturesOf } from "../data/volumes/case-slices.js";
import { viewOf } from "../data/volumes/patches.js";
import { stackSlices } from "../data/volumes/stacked-planes.js";
import { modeOf, placementOf, withoutMargin } from "../grid/frame.js";
import { answerInSize } from "../inference/answer-in-size.js";
import { type AskedOptions, inferCase } from "../inference/infer-case.js";
import { requireFinite } from "../inference/predict.js";
import { predictCase } from "../inference/predict-case.js";
import { applyRules, type MaskRules, type RuledGrid } from "../inference/rules.js";
import type { SegmentationNetwork } from "../nn/index.js";
import type { Tensor } from "../torch/index.js";
import type { JudgedGrid } from "./grid-names.js";

/** The loss of one picture, or of one slice: logits [1, K, S], and its labels as a batch of one. */
export type CaseLoss = (logits: Tensor, target: LossLabels) => number;

/** How the cases are asked about. */
export interface JudgedCasesOptions extends AskedOptions {
  /** Where the labels are wanted; default "network". */
  readonly at?: JudgedGrid;
  /** What is done to the labels on that grid; nothing unless given. */
  readonly rules?: MaskRules | undefined;
  /** Computed for every case with a mask when given; of a volume that is asked about whole, of the patch that stands for it. */
  readonly loss?: CaseLoss;
}

/** A case and what a network says about it. */
export interface JudgedCase {
  readonly case: Case;
  readonly decoded: DecodedCase;
  /** softmax: class numbers `[S]`; sigmoid: 0/1 `[K, S]`; on the working grid, or the stored one where `at` says so; ruled. */
  readonly labels: Uint8Array;
  /** Undefined unless asked for, and for a case without a mask; of a volume in slices the mean over them. */
  readonly loss: number | undefined;
}

/** What is asked of a data set where its cases are judged. */
export type AskedSet = Pick<Dataset, "target" | "outputs" | "parts" | "labels" | "domainLabels" | "slices">;

/** What a network says about one picture or slice. */
function ask(
  network: SegmentationNetwork,
  picture: DecodedCase,
  dataset: AskedSet,
  { loss, patch: _, turn: ___, at, rules: __, ...options }: JudgedCasesOptions,
  name: string,
): Pick<JudgedCase, "labels" | "loss"> {
  return predictCase(network, picture, dataset, options, ({ logits, probabilities, labels, labelKS }) => {
    requireFinite(probabilities, name);
    const target = loss && labelKS && lossLabels(labelKS.unsqueeze(0), dataset);
    const rule = { kind: dataset.target, mode: modeOf(picture), wanted: false };
    const said = at === "native" ? answerInSize(probabilities, picture.stored, rule).labels : labels;
    return { labels: said, loss: target ? loss?.(logits, target) : undefined };
  });
}

function meanLoss(losses: readonly (number | undefined)[]): number | undefined {
  const known = losses.flatMap((loss) => loss ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, loss) => sum + loss, 0) / known.length;
}

/** What a network of pictures says about a case: of a volume slice by slice, the label maps put together. */
async function askPictures(
  network: SegmentationNetwork,
  decoded: DecodedCase,
  dataset: AskedSet,
  options: JudgedCasesOptions,
  name: string,
): Promise<Pick<JudgedCase, "labels" | "loss">> {
  const said: Pick<JudgedCase, "labels" | "loss">[] = [];
  for (const picture of picturesOf(decoded, dataset)) {
    // Decoded cases come without a turn of the event loop.
    if (said.length > 0) await (options.turn ?? plainTurn)();
    const { labels, loss } = ask(network, picture, dataset, options, name);
    // What is said beside a padded picture is no answer, neither right nor wrong.
    said.push({ labels: options.at === "native" ? labels : withoutMargin(labels, picture), loss });
  }
  const labels = stackSlices(
    said.map((each) => each.labels),
    dataset.target === "softmax" ? 1 : dataset.outputs,
  );
  return { labels, loss: meanLoss(said.map(({ loss }) => loss)) };
}

/** What a network of volumes says about a whole one. */
async function askWhole(
  network: SegmentationNetwork,
  decoded: DecodedCase,
  dataset: AskedSet,
  options: JudgedCasesOptions,
  name: string,
): Promise<Pick<JudgedCase, "labels" | "loss">> {
  const { shape } = options.at === "native" ? decoded.stored : decoded.working;
  const labels = await inferCase(network, decoded, dataset, options, name, shape);
  if (!options.loss || !decoded.label) return { labels, loss: undefined };
  const view = viewOf(decoded, dataset, options.patch ?? null);
  return { labels, loss: ask(network, view, dataset, { ...options, at: "network" }, name).loss };
}

/** The grid that labels are ruled on; of a picture in its frame with the stored pixels for each of its own. */
function ruledGrid(decoded: DecodedCase, at: JudgedCasesOptions["at"]): RuledGrid {
  if (at === "native") return { grid: decoded.stored };
  const { working: grid } = decoded;
  if (grid.shape.length === 3) return { grid };
  const { seen, filled } = placementOf(decoded);
  return { grid, pixels: (seen.height * seen.width) / (filled.height * filled.width) };
}

/**
 * Asks a network about cases, one after the other in the order given, each when the one before has been used. A network of
 * volumes is asked about whole ones by sliding windows, one of pictures slice by slice.
 * @param source decoded cases at the size the network works at
 * @throws DataError for a case that cannot be decoded; NumericError naming one for which the network's output holds NaN; what
 *   `turn` throws
 * @example for await (const { case: one, labels } of judgedCases(student, dataset, cases, cache, options)) { … }
 */
export async function* judgedCases(
  network: SegmentationNetwork,
  dataset: AskedSet,
  cases: readonly Case[],
  source: CaseSource,
  options: JudgedCasesOptions,
): AsyncGenerator<JudgedCase> {
  const { rules, at, turn = plainTurn } = options;
  for (const one of cases) {
    const decoded = await source.get(one);
    const answer = network.rank === 3 ? askWhole : askPictures;
    const { labels, loss } = await answer(network, decoded, dataset, options, caseName(one));
    const ruled = rules ? applyRules(labels, ruledGrid(decoded, at), dataset, rules, caseName(one)) : labels;
    yield { case: one, decoded, labels: ruled, loss };
    await turn();
  }
}
