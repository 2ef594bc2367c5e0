/** Estimates of masks as they are predicted. */
import { dirname } from "node:path";
import { UsageError } from "../../core/errors.js";
import { doubtfulBelow, type EstimatedCase, usualLevel } from "../../quality/estimate.js";
import { estimatesCsv, worstFirst } from "../../quality/estimates-csv.js";
import type { Voices } from "../estimation/asked.js";
import { calibrateRun } from "../estimation/calibrate-run.js";
import { estimateCase } from "../estimation/estimate-cases.js";
import { imageCase, imageSource } from "../estimation/images.js";
import type { Observer } from "../observer.js";
import type { OpenedRun } from "../open-run.js";
import type { InputImage } from "./inputs.js";

/** Name of the file among the results. */
export const qualityName = "quality.csv";

/** How good masks are, as far as can be told. */
export interface MasksQuality {
  /** Images with a doubtful mask, the most doubtful first. */
  readonly doubtful: readonly string[];
  /** Dice below which a mask is doubtful if it may be that bad, with what probability it is not worse than the interval says. */
  readonly doubtfulBelow: number;
  readonly level: number;
}

/** Whether a mask of a case is doubtful. */
export function isDoubtful({ parts }: EstimatedCase): boolean {
  return parts.some(({ doubtful }) => doubtful);
}

/** Collects estimates of images. */
export class ImageQuality {
  private readonly cases: EstimatedCase[] = [];

  private constructor(
    private readonly run: OpenedRun,
    private readonly quality: Awaited<ReturnType<typeof calibrateRun>>,
  ) {}

  /**
   * Learns from the run's labelled images, or reads what was learnt.
   * @param further names of runs that answer together with it, other ones for other weights
   * @throws UsageError for masks that are averaged over mirror images, as their agreement would say nothing; and as
   *   calibrating does
   */
  static async open(
    run: OpenedRun,
    voices: Voices,
    { further, tta }: { readonly further: readonly string[]; readonly tta: boolean },
    observer: Observer,
  ): Promise<ImageQuality> {
    if (tta)
      throw new UsageError("--quality holds masks against those of mirror images, which --tta averages; leave out one");
    return new ImageQuality(run, await calibrateRun(run, voices, further, observer));
  }

  /** Estimates the masks of an image. @throws DataError when it cannot be decoded */
  async estimate(image: InputImage): Promise<EstimatedCase> {
    const { dataset } = this.run;
    const one = imageCase(image, dirname(image.path));
    return estimateCase(this.quality, one, imageSource(this.run, dataset), dataset, usualLevel);
  }

  /** Keeps the estimate of an image that was written. */
  add(estimated: EstimatedCase): void {
    this.cases.push(estimated);
  }

  /** The file. */
  csv(): string {
    return estimatesCsv(this.cases, this.quality.calibrations);
  }

  summary(): MasksQuality {
    const doubtful = worstFirst(this.cases).filter((row) => row.doubtful);
    return { doubtful: [...new Set(doubtful.map(({ id }) => id))], doubtfulBelow, level: usualLevel };
  }
}
