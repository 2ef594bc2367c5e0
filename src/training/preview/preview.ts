/**
 * A small picture of how a run's student gets on: a few fixed cases, their outlines at each validation. The outlines of
 * each time are kept in the run folder, so that a resumed run goes on with the picture. It costs one forward pass of at
 * most six images and a fraction of a second of drawing for each validation, never changes what is trained, and never
 * ends a run: what goes wrong is told once, and training goes on without it.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../../core/files/atomic-file.js";
import { caseName } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decode.js";
import { shownDecoded } from "../../data/images/shown-image.js";
import { viewOf } from "../../data/volumes/patches.js";
import { outlinePath, type PictureSize } from "../../drawing/outline-path.js";
import { focusOn, middle } from "../../grid/focus.js";
import { voxelCount } from "../../grid/grid.js";
import { type Sheet, threePlaneSheet } from "../../grid/sheet.js";
import { classMask, foreground } from "../../inference/label-map.js";
import { sheetOutlines } from "../../inference/pictures/sheet-outlines.js";
import { predictCase } from "../../inference/predict-case.js";
import type { Model } from "../../runs/model.js";
import type { RunFolder } from "../../runs/run-folder.js";
import { type PreviewCase, previewCases, tileSide, tileSize } from "./preview-cases.js";
import type { PreviewColumn, PreviewRow } from "./preview-picture.js";

/** What is kept of one time. */
const columnFile = z.strictObject({
  iteration: z.int().min(0),
  cases: z.array(z.string()),
  outlines: z.array(z.array(z.string().regex(/^[MZ\d. -]*$/))),
});

const columnName = /^step-(\d+)\.json$/;

/** Longest side of a volume in a tile of three planes, in pixels. */
const sheetSide = 96;

/** A case as the network is asked about it, and the tile that it is drawn in; outlines are kept in its coordinates. */
interface ShownCase {
  readonly view: DecodedCase;
  readonly tile: PictureSize;
  /** Of a patch: how its planes lie in the tile. */
  readonly sheet: Sheet | null;
}

/** The shape of what the network sees, for slices of volumes as long and wide as they are in mm. */
function tileFor({ working: { shape, spacing } }: DecodedCase, isSlice: boolean): PictureSize {
  if (!isSlice || !spacing) return tileSize(shape);
  const sides = shape.map((count, axis) => count * spacing[axis]);
  const [height, width] = sides.map((mm) => Math.max(1, Math.round((mm * tileSide) / Math.max(...sides))));
  return { height, width };
}

function readColumn(path: string): z.output<typeof columnFile> | null {
  try {
    return columnFile.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null;
  }
}

/** The preview of a run; one for each time the run is started or resumed. */
export class Preview {
  private readonly cases: readonly PreviewCase[];
  private rows: readonly PreviewRow[] | null = null;
  private failed = false;

  constructor(
    private readonly session: Model,
    private readonly run: Pick<RunFolder, "preview" | "previewSteps">,
    private readonly warn: (message: string) => void,
  ) {
    const { dataset, split, config } = session;
    this.cases = previewCases({
      dataset,
      split,
      labelledDomain: config.labelled.domain,
      monitorTest: config.evaluation.monitorTest,
    });
  }

  /** Takes back what was kept after an iteration. */
  goBackTo(iteration: number): void {
    this.attempt(() => {
      const { previewSteps } = this.run;
      const later = (name: string) => Number(columnName.exec(name)?.[1] ?? Number.POSITIVE_INFINITY) > iteration;
      for (const name of this.kept().filter(later)) rmSync(join(previewSteps, name), { force: true });
    });
  }

  /** Asks the student as it is after an iteration, and draws the picture anew. */
  async add(iteration: number): Promise<void> {
    await this.attempt(async () => {
      if (this.failed || this.cases.length === 0) return;
      const { drawPreview } = await import("./preview-picture.js");
      const shown = await Promise.all(this.cases.map((one) => this.shown(one)));
      this.rows ??= await this.prepare(shown);
      const outlines = shown.map((one) => this.predicted(one));
      const parts = this.session.dataset.parts.map(({ name }) => name);
      const names = this.tileNames(shown);
      const content = JSON.stringify({ iteration, cases: names, outlines });
      writeFileAtomic(join(this.run.previewSteps, `step-${iteration}.json`), `${content}\n`);
      writeFileAtomic(this.run.preview, await drawPreview({ rows: this.rows, parts }, this.columns(names)));
    });
  }

  /** Does what must not end the run. */
  private attempt(action: () => void): void;
  private attempt(action: () => Promise<void>): Promise<void>;
  private attempt(action: () => void | Promise<void>): void | Promise<void> {
    const tell = (error: unknown) => {
      if (!this.failed)
        this.warn(`${this.run.preview}: ${(error as Error).message}; training goes on without the preview`);
      this.failed = true;
    };
    try {
      return action()?.catch(tell);
    } catch (error) {
      tell(error);
    }
  }

  private kept(): string[] {
    return existsSync(this.run.previewSteps) ? readdirSync(this.run.previewSteps) : [];
  }

  /** What outlines are kept of: the case, and the size of its tile where that is not the usual one. */
  private tileNames(shown: readonly ShownCase[]): string[] {
    return shown.map(({ tile: { width, height } }, i) => {
      const name = caseName(this.cases[i].case);
      return width === tileSide && height === tileSide ? name : `${name}, ${width} x ${height}`;
    });
  }

  /** Times that were kept for the same tiles, in order. */
  private columns(names: readonly string[]): PreviewColumn[] {
    return this.kept()
      .filter((name) => columnName.test(name))
      .flatMap((name) => readColumn(join(this.run.previewSteps, name)) ?? [])
      .filter(({ cases, outlines }) => cases.join("\n") === names.join("\n") && outlines.length === cases.length)
      .sort((a, b) => a.iteration - b.iteration);
  }

  /**
   * A case as the network is asked about it: of a volume one slice or patch, that in which most is labelled only where the
   * reference is shown, too. A patch is cut where the reference is seen best, or in its middle.
   */
  private async shown({ case: one, showsReference }: PreviewCase): Promise<ShownCase> {
    const { cache, dataset, patch } = this.session;
    const { label, ...unlabelled } = await cache.get(one);
    const view = viewOf(showsReference && label ? { ...unlabelled, label } : unlabelled, dataset, patch);
    if (!patch) return { view, tile: tileFor(view, dataset.slices !== undefined), sheet: null };
    const { shape } = view.working;
    const found = view.label && focusOn(foreground(view.label, dataset, voxelCount({ shape })), shape);
    const sheet = threePlaneSheet(view.working, found ?? middle, sheetSide);
    return { view, tile: { height: sheet.height, width: sheet.width }, sheet };
  }

  /** What is seen under the outlines: of several modalities the first. */
  private visible({ view }: ShownCase): ReturnType<typeof shownDecoded> {
    return shownDecoded(view, this.session.dataset);
  }

  private outlines(labels: Uint8Array, { view, tile, sheet }: ShownCase): string[] {
    const { dataset } = this.session;
    if (sheet) return sheetOutlines(labels, view.working, sheet, dataset).map(({ path }) => path);
    const [height, width] = view.working.shape;
    const { parts, target } = dataset;
    return parts.map(({ index }) =>
      outlinePath(classMask(labels, index, target, height * width), { height, width }, tile),
    );
  }

  private predicted(shown: ShownCase): string[] {
    const { student, device, precision, normalisation, dataset } = this.session;
    const asked = { device, precision, normalisation };
    return predictCase(student, shown.view, dataset, asked, ({ labels }) => this.outlines(labels, shown));
  }

  private async prepare(shown: readonly ShownCase[]): Promise<PreviewRow[]> {
    const { tileImage, sheetTile } = await import("./preview-picture.js");
    const { labelled } = this.session.config;
    return Promise.all(
      this.cases.map(async ({ case: one, showsReference }, i) => {
        const role = one.domain === labelled.domain ? " (labelled domain)" : "";
        const { view, tile, sheet } = shown[i];
        const visible = this.visible(shown[i]);
        return {
          title: `${one.domain}${role}, ${one.id}`,
          tile,
          image: await (sheet ? sheetTile(visible, sheet) : tileImage(visible, tile)),
          words: sheet?.words ?? [],
          reference: showsReference && view.label ? this.outlines(view.label, shown[i]) : [],
        };
      }),
    );
  }
}
