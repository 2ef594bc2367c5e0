/** Images and volumes in their own size, segmented by anything that answers about one piece at a time; there is no libtorch. */
import { NumericError } from "../../core/errors.js";
import type { AskedSet } from "../../data/asked-set.js";
import type { Values } from "../../data/images/values.js";
import type { CutVolume } from "../../data/volumes/prepare-volume.js";
import type { FrameRecord } from "../../grid/frame.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { type AnswerInSize, plainAnswerOfPicture } from "./answer-in-size.js";
import { preparedFor } from "./prepared-for.js";
import {
  answersOfSlices,
  answersOfWhole,
  type OfVolumes,
  segmentVolume,
  type VolumePrediction,
} from "./segment-volume.js";
import { plainVolumeAnswer } from "./volume-answer.js";

/** What a network says about one image, in the image's own size. */
export interface ImagePrediction extends AnswerInSize {
  readonly height: number;
  readonly width: number;
}

/** What is asked, and how. */
export interface PlainNetwork {
  /** What it was trained on. */
  readonly dataset: AskedSet;
  /** Of what it sees at once: `[rows, columns]`, or of patches `[slices, rows, columns]`. */
  readonly sides: readonly number[];
  /** What pictures and slices are brought to; to a network of patches it is nothing. */
  readonly size: FrameRecord;
  /** Whether probabilities are handed out, too. */
  readonly wanted: boolean;
  /** As of a `slidingWindow`. */
  readonly bytes?: number;
  /**
   * Asks about one piece `[C, ...sides]`.
   * @returns probabilities `[K, ...sides]`, which are the caller's
   */
  ask(piece: Values): Promise<Float32Array>;
  /** For others, before each window and after each slice; ends the work by what it throws. */
  turn(): Promise<void>;
}

/** Something that segments images of any size. */
export interface PlainSegmenter {
  /** @throws DataError as preparedFor; NumericError when the network's output holds NaN */
  segmentImage(image: StoredImage, path: string): Promise<ImagePrediction>;
  /** @throws DataError for a volume of other channels than those trained on; NumericError; what `turn` throws */
  segmentVolume(volume: StoredImage, path: string, set: OfVolumes<AskedSet>): Promise<VolumePrediction>;
}

/** Asks a network in plain arrays. */
export function plainSegmenter({ dataset, sides, size, wanted, bytes, ask, turn }: PlainNetwork): PlainSegmenter {
  const kind = dataset.target;
  const finite = async (piece: Values, path: string) => {
    const probabilities = await ask(piece);
    // NaN would become a meaningless mask.
    if (probabilities.every(Number.isFinite)) return probabilities;
    throw new NumericError(`${path}: the model's output holds NaN; export an earlier checkpoint`);
  };
  const segmentImage = async (image: StoredImage, path: string): Promise<ImagePrediction> => {
    const [height, width] = image.grid.shape;
    const prepared = preparedFor(image, path, dataset, size);
    const said = await finite(prepared.image, path);
    return { height, width, ...plainAnswerOfPicture(said, prepared, kind, wanted) };
  };
  return {
    segmentImage,
    segmentVolume(volume, path, set) {
      const ofSlices = (cut: CutVolume) => answersOfSlices(cut, set, (slice) => segmentImage(slice, path));
      const ofWhole = (cut: CutVolume) =>
        answersOfWhole(cut, set, path, ({ image, working }, shape) =>
          plainVolumeAnswer(image, working.shape, shape, { kind, wanted, bytes, patch: sides }, async (window) => {
            await turn();
            return finite(window, path);
          }),
        );
      return segmentVolume(volume, path, set, wanted, sides.length === 3 ? ofWhole : ofSlices, turn);
    },
  };
}
