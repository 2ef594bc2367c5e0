/** Label maps of volumes in plain arrays, put together box by box, so that probabilities never lie in memory for the whole. */
import type { TargetKind } from "../../core/target-kind.js";
import type { Values } from "../../data/images/values.js";
import { type PlacedBox, placeBox } from "../../grid/place-box.js";
import { resamplingReach } from "../inferers/columns.js";
import { type AnswerInSize, plainLabels } from "./answer-in-size.js";
import { type PlainBox, PlaneResampler } from "./resample-planes.js";
import { type AskWindow, type PlainWindowOptions, plainSlidingWindow } from "./sliding-window.js";

/** What is wanted of an answer. */
interface Wanted {
  readonly kind: TargetKind;
  /** Whether the probabilities are handed out, too: 4 bytes a class and voxel. */
  readonly wanted: boolean;
}

/** Puts a box `[P, lines, columns]` of one plane each into volumes `[P, ...shape]`. */
function placeEach<T extends Uint8Array | Float32Array>(
  whole: T,
  values: T,
  box: PlacedBox,
  [depth, height, width]: readonly number[],
): void {
  const size = box.extent[0] * box.extent[1];
  for (let p = 0; p * size < values.length; p++) {
    const own = values.subarray(p * size, (p + 1) * size) as T;
    placeBox(whole, own, box, [height, width], p * depth * height * width);
  }
}

/** A label map, and probabilities where they are wanted, that boxes are put into. */
export class VolumeAnswer {
  private labels: Uint8Array = new Uint8Array(0);
  private probabilities: Float32Array = new Float32Array(0);

  /** @param shape of the result, `[z, y, x]` */
  constructor(
    private readonly shape: readonly number[],
    private readonly wanted: Wanted,
  ) {}

  /** Puts a box of probabilities where it belongs. */
  put({ values, extent, from }: PlainBox): void {
    const { kind, wanted } = this.wanted;
    const size = extent[0] * extent[1];
    const classes = values.length / size;
    const planes = kind === "sigmoid" ? classes : 1;
    if (this.labels.length === 0) {
      const voxels = this.shape.reduce((product, side) => product * side, 1);
      this.labels = new Uint8Array(planes * voxels);
      this.probabilities = new Float32Array(wanted ? classes * voxels : 0);
    }
    placeEach(this.labels, plainLabels(values, classes, size, kind), { extent, from }, this.shape);
    if (wanted) placeEach(this.probabilities, values, { extent, from }, this.shape);
  }

  /** What was put together, which belongs to the caller. */
  answer(): AnswerInSize {
    const { labels, probabilities } = this;
    return { labels, ...(this.wanted.wanted ? { probabilities } : {}) };
  }
}

/**
 * What sliding windows say of a volume, resampled linearly before it becomes labels.
 * @param volume `[C, ...sides]`
 * @param shape  of the answer, over the same field of view
 */
export async function plainVolumeAnswer(
  volume: Values,
  sides: readonly number[],
  shape: readonly number[],
  asked: Wanted & Omit<PlainWindowOptions, "reach">,
  ask: AskWindow,
): Promise<AnswerInSize> {
  const answer = new VolumeAnswer(shape, asked);
  const resampler = new PlaneResampler(sides, shape, (box) => answer.put(box));
  const { patch, bytes } = asked;
  await plainSlidingWindow(volume, sides, { patch, bytes, reach: resamplingReach }, ask, (plane, z, column) =>
    resampler.take(plane, z, column),
  );
  return answer.answer();
}
