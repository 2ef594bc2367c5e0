/** What `dimseg predict` asks: a run's networks, or an exported model in one of two engines. */
import type { Case, Dataset } from "../../data/dataset.js";
import type { StoredImage } from "../../grid/stored-image.js";
import type { ImagePrediction } from "../../inference/plain/plain-segmenter.js";
import type { VolumePrediction } from "../../inference/plain/segment-volume.js";
import type { VolumeSet } from "../../inference/predict-volume.js";
import type { MaskRules } from "../../inference/rules.js";
import type { CheckpointName, NetworkName } from "../../runs/checkpoints/checkpoint-names.js";
import type { WantedRules } from "../mask-rules.js";
import type { EngineName } from "./engine-names.js";
import type { ImageQuality } from "./image-quality.js";

/** Which network is asked, and how. */
export interface AskedNetwork {
  /** A run's folder, an exported one, or an exported ONNX file. */
  readonly run: string;
  /** Further runs; what all of them say is averaged. */
  readonly with?: readonly string[] | undefined;
  readonly checkpoint: CheckpointName;
  readonly network: NetworkName;
  /** Average over mirror images. */
  readonly tta: boolean;
  /** Values of images of more than 8 bits that become 0 and 255; default: those of the run's data set. */
  readonly intensity?: { readonly low: number; readonly high: number } | undefined;
  /** The domain whose rule for values the images follow, where the run's domains have rules of their own. */
  readonly domain?: string | undefined;
  /** Default: ONNX Runtime for an ONNX file, libtorch for everything else. */
  readonly engine?: EngineName | undefined;
  /** Threads of one image in ONNX Runtime; default: its own choice. Those of libtorch are the process's. */
  readonly threads?: number | undefined;
  /** Also estimate how good the masks are, from the run's labelled images, which must be there. */
  readonly quality?: boolean | undefined;
  /** Whether probabilities are handed out, too. */
  readonly probabilities: boolean;
  /** What is done to the label maps; default: as the run's configuration says, of an exported model nothing. */
  readonly rules?: WantedRules;
}

/** Something that segments images of any size. */
export interface Segmenter {
  /** What it was trained on, with the values that become black and white for these images. */
  readonly dataset: Dataset;
  /** What answers, for people. */
  readonly answeredBy: string;
  /** What is to be done to its label maps; nothing where missing. */
  readonly rules: MaskRules | undefined;
  /** Cases of its data set, whose files are no images to segment or to replace; none where it is not known. */
  readonly cases: readonly Case[];
  /** @throws DataError, NumericError as `predictImage` does */
  segmentImage(image: StoredImage, path: string): ImagePrediction | Promise<ImagePrediction>;
  /** For a data set of volumes. @throws DataError, NumericError as `predictVolume` does */
  segmentVolume(volume: StoredImage, path: string, dataset: VolumeSet): Promise<VolumePrediction>;
  /**
   * Readies estimates of its masks; may take long.
   * @throws UsageError when there is nothing to learn them from; DataError when a labelled image cannot be decoded
   */
  openQuality(): Promise<ImageQuality>;
  /** Frees it. */
  close(): Promise<void>;
}
