/**
 * A small picture of how a run's student gets on: a few fixed cases, their outlines at each validation. The outlines of
 * each time are kept in the run folder, so that a resumed run goes on with the picture. It costs one forward pass of at
 * most six images and a fraction of a second of drawing for each validation, never changes what is trained, and never
 * ends a run: what goes wrong is told once, and training goes on without it.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../../core/atomic-file.js";
import { caseName } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decode.js";
import { sliceOf, tellingSlice } from "../../data/volumes/case-slices.js";
import { viewOf } from "../../data/volumes/patches.js";
import { outlinePath } from "../../drawing/outline-path.js";
import { classMask } from "../../inference/label-map.js";
import { predictCase } from "../../inference/predict-case.js";
import type { Model } from "../../runs/model.js";
import type { RunFolder } from "../../runs/run-folder.js";
import { type PreviewCase, previewCases, tileSide } from "./preview-cases.js";
import type { PreviewColumn, PreviewRow } from "./preview-picture.js";

/** What is kept of one time. */
const columnFile = z.strictObject({
  iteration: z.int().min(0),
  cases: z.array(z.string()),
  outlines: z.array(z.array(z.string().regex(/^[MZ\d. -]*$/))),
});

const columnName = /^step-(\d+)\.json$/;

/** Of a tile; outlines are kept in its coordinates. */
const side = { height: tileSide, width: tileSide };

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
  private readonly names: readonly string[];
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
    this.names = this.cases.map((one) => caseName(one.case));
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
      const decoded = await Promise.all(this.cases.map((one) => this.shown(one)));
      this.rows ??= await this.prepare(decoded);
      const outlines = decoded.map((one) => this.predicted(one));
      const parts = this.session.dataset.parts.map(({ name }) => name);
      const content = JSON.stringify({ iteration, cases: this.names, outlines });
      writeFileAtomic(join(this.run.previewSteps, `step-${iteration}.json`), `${content}\n`);
      writeFileAtomic(this.run.preview, await drawPreview({ rows: this.rows, parts }, this.columns()));
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

  /** Times that were kept for the same cases, in order. */
  private columns(): PreviewColumn[] {
    return this.kept()
      .filter((name) => columnName.test(name))
      .flatMap((name) => readColumn(join(this.run.previewSteps, name)) ?? [])
      .filter(({ cases, outlines }) => cases.join("\n") === this.names.join("\n") && outlines.length === cases.length)
      .sort((a, b) => a.iteration - b.iteration);
  }

  /**
   * A case as the network is asked about it: of a volume one slice or patch, that in which most is labelled only where the
   * reference is shown, too.
   */
  private async shown({ case: one, showsReference }: PreviewCase): Promise<DecodedCase> {
    const { cache, dataset, patch } = this.session;
    const { label, ...unlabelled } = await cache.get(one);
    return viewOf(showsReference && label ? { ...unlabelled, label } : unlabelled, dataset, patch);
  }

  /** What is drawn of it: of a patch the slice that tells most. */
  private picture(view: DecodedCase, labels = view.label): DecodedCase {
    const said = labels ? { ...view, label: labels } : view;
    return this.session.patch ? sliceOf(said, tellingSlice(view, this.session.dataset)) : said;
  }

  private outlines(all: Uint8Array, view: DecodedCase): string[] {
    const { label, working } = this.picture(view, all);
    const labels = label as Uint8Array;
    const [height, width] = working.shape;
    const { parts, target } = this.session.dataset;
    return parts.map(({ index }) =>
      outlinePath(classMask(labels, index, target, height * width), { height, width }, side),
    );
  }

  private predicted(decoded: DecodedCase): string[] {
    const { student, device, precision, normalisation, dataset } = this.session;
    const asked = { device, precision, normalisation };
    return predictCase(student, decoded, dataset, asked, ({ labels }) => this.outlines(labels, decoded));
  }

  private async prepare(decoded: readonly DecodedCase[]): Promise<PreviewRow[]> {
    const { tileImage } = await import("./preview-picture.js");
    const { labelled } = this.session.config;
    return Promise.all(
      this.cases.map(async ({ case: one, showsReference }, i) => {
        const role = one.domain === labelled.domain ? " (labelled domain)" : "";
        const { label } = decoded[i];
        return {
          title: `${one.domain}${role}, ${one.id}`,
          image: await tileImage(this.picture(decoded[i])),
          reference: showsReference && label ? this.outlines(label, decoded[i]) : [],
        };
      }),
    );
  }
}
