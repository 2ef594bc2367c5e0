/** Corrections of masks: begun, drawn on stroke by stroke, written, given up. */
import type { Context, Hono } from "hono";
import { z } from "zod";
import { receiveJson } from "../../http/receive.js";
import { Corrections } from "../../workflows/studio/correction/corrections.js";
import type { WatchedRuns } from "../../workflows/studio/run-overview.js";
import type { Answers } from "./answers.js";
import type { OpenedRuns } from "./opened-runs.js";
import { wholeNumber } from "./whole-number.js";

/** A stroke may change every pixel of a large image. */
const strokeLimits = { maxBytes: 24 * 2 ** 20, maxSeconds: 30 };
const smallLimits = { maxBytes: 2 ** 16, maxSeconds: 10 };

const beginning = z.strictObject({ from: z.enum(["reference", "prediction", "empty"]) });
const session = z.strictObject({ session: z.string().max(64) });
const stroke = z.strictObject({
  session: z.string().max(64),
  plane: z.int().min(0).max(2),
  slice: z.int().min(0),
  /** As `encodeMaskPatch` gives it, in base64. */
  patch: z.base64(),
});

/** What the routes work with. */
export interface CorrectionRouteParts {
  readonly runs: WatchedRuns;
  readonly opened: OpenedRuns;
  readonly answers: Answers;
}

/** Adds the routes. */
export function correctionRoutes(app: Hono, { runs, opened, answers }: CorrectionRouteParts): void {
  const corrections = new Corrections();
  const draft = "/api/runs/:run/cases/:case/draft";

  const place = (c: Context) => {
    const [run, id] = [c.req.param("run") as string, c.req.param("case") as string];
    return { run, id, cases: opened.casesOf(run) };
  };

  app.post(draft, async (c) => {
    const { run, id, cases } = place(c);
    const { from } = await receiveJson(c, beginning, smallLimits);
    const shown = await cases.open(id);
    let answeredBy: string | null = null;
    if (from === "prediction") {
      const said = await answers.ask(runs.folderOf(run), cases.nameOf(id));
      shown.take(said);
      answeredBy = said.answeredBy;
    }
    return c.json(await corrections.begin(cases, id, shown, from, answeredBy));
  });

  app.get(`${draft}/:session/slices/:plane/:index`, (c) => {
    const { id, cases } = place(c);
    const [plane, index] = [c.req.param("plane"), c.req.param("index")].map(wholeNumber);
    const bytes = corrections.slice(cases, id, c.req.param("session"), { plane, index });
    return c.body(new Uint8Array(bytes), 200, { "content-type": "application/octet-stream" });
  });

  app.post(`${draft}/strokes`, async (c) => {
    const { id, cases } = place(c);
    const { session: own, plane, slice, patch } = await receiveJson(c, stroke, strokeLimits);
    corrections.take(cases, id, own, { plane, index: slice }, Buffer.from(patch, "base64"));
    return c.json({});
  });

  app.post(`${draft}/save`, async (c) => {
    const { id, cases } = place(c);
    const saved = await corrections.save(cases, id, (await receiveJson(c, session, smallLimits)).session);
    opened.forget();
    return c.json(saved);
  });

  app.post(`${draft}/discard`, async (c) => {
    const { id, cases } = place(c);
    corrections.discard(cases, id, (await receiveJson(c, session, smallLimits)).session);
    return c.json({});
  });
}
