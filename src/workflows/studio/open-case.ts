/** A case as the studio shows it: image and reference in memory, cut into slices when they are asked for. */
import { relative } from "node:path";
import type { Case, Dataset } from "../../data/dataset.js";
import { decodeNative } from "../../data/decode-native.js";
import { shownDecoded } from "../../data/images/shown-image.js";
import { bytesOfLabels, requireByteCodes } from "../../data/masks/code-bytes.js";
import type { Grid } from "../../grid/grid.js";
import { interleave } from "../../grid/interleave.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { outermostFirst } from "../../inference/label-map.js";
import { type CutPlane, drawnPlane, planesOfCase, sliceOfPlane } from "./planes.js";
import type { LayerName, ShownLabel } from "./shown/cases.js";

/** What a network says of a case, on its working grid. */
export interface CaseAnswer {
  readonly answeredBy: string;
  /** Class numbers `[S]` (softmax) or 0/1 planes `[K, S]` (sigmoid). */
  readonly labels: Uint8Array;
  /** How unsure it is, 0 to 255, `[S]`. */
  readonly doubt: Uint8Array;
}

/** One slice of a layer. */
export interface ShownSlice {
  readonly rows: number;
  readonly columns: number;
  /** 3: RGB side by side; 1 for everything else. */
  readonly channels: 1 | 3;
  readonly bytes: Uint8Array;
}

export class OpenedCase {
  readonly planes: readonly CutPlane[];
  private prediction: Uint8Array | undefined;
  private doubt: Uint8Array | undefined;
  private answerer: string | undefined;

  private constructor(
    readonly dataset: Dataset,
    readonly one: Case,
    /** Values as they are shown, 0 … 255, grey or RGB, on the working grid. */
    private readonly image: StoredImage,
    /** One byte a voxel; null where nobody labelled. */
    readonly reference: Uint8Array | null,
  ) {
    this.planes = planesOfCase(image.grid);
  }

  /** Reads and decodes a case. @throws DataError as decodeNative, and for more overlapping classes than can be shown */
  static async open(dataset: Dataset, one: Case): Promise<OpenedCase> {
    requireByteCodes(dataset);
    const decoded = await decodeNative(dataset, one);
    const { label } = decoded;
    const reference = label ? bytesOfLabels(label, dataset) : null;
    const { image: samples, channels, working } = shownDecoded(decoded, dataset);
    const whole = { grid: working, channels, samples };
    return new OpenedCase(dataset, one, whole, reference);
  }

  /** The grid of all layers: a picture's, or a volume's with the slices that the data set is cut into first. */
  get grid(): Grid {
    return this.image.grid;
  }

  get drawnIn(): number {
    return drawnPlane(this.planes);
  }

  /** Bytes that it takes in memory. */
  get bytes(): number {
    const own = [this.image.samples, this.reference, this.prediction, this.doubt];
    return own.reduce((sum, one) => sum + (one?.byteLength ?? 0), 0);
  }

  /** Its image's file, from the data set's folder. */
  get file(): string {
    return relative(this.dataset.root, this.one.imagePath);
  }

  /** The parts, outermost first. */
  get shownLabels(): ShownLabel[] {
    return outermostFirst(this.dataset.parts).map(({ index, name, colour, inside }) => {
      return { value: index, name, colour, ...(inside === undefined ? {} : { inside }) };
    });
  }

  /** Whether a network's answer is there. */
  get isAnswered(): boolean {
    return this.prediction !== undefined;
  }

  /** What answered; undefined while nothing has. */
  get answeredBy(): string | undefined {
    return this.answerer;
  }

  /** Takes in what a network says. */
  take({ answeredBy, labels, doubt }: CaseAnswer): void {
    this.answerer = answeredBy;
    this.prediction = bytesOfLabels(labels, this.dataset);
    this.doubt = doubt;
  }

  /** The prediction, one byte a voxel. */
  get predicted(): Uint8Array | undefined {
    return this.prediction;
  }

  /** One slice of a layer; undefined where the layer or the slice is not there. */
  slice(layer: LayerName, plane: number, index: number): ShownSlice | undefined {
    const cut = this.planes[plane];
    if (!cut || !Number.isInteger(index) || index < 0 || index >= cut.count) return undefined;
    const { rows, columns } = cut;
    if (layer === "image") {
      const channels = this.image.channels === 3 ? 3 : 1;
      const planes = sliceOfPlane({ ...this.image, samples: this.image.samples as Uint8Array }, cut, index);
      return { rows, columns, channels, bytes: interleave(planes, channels) };
    }
    const samples = { reference: this.reference, prediction: this.prediction, doubt: this.doubt }[layer];
    if (!samples) return undefined;
    return { rows, columns, channels: 1, bytes: sliceOfPlane({ grid: this.grid, channels: 1, samples }, cut, index) };
  }
}
