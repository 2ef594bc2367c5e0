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
const seen = { session: z.string().max(64), strokes: z.int().min(0) };
const ending = z.strictObject(seen);
const stroke = z.strictObject({
  ...seen,
  plane: z.int().min(0).max(2),
  slice: z.int().min(0),
  /** As `encodeMaskPatch` gives it, in base64. */
  patch: z.base64(),
  /** Where the stroke put the model's mask in place, what answered; null where it took that back. */
  model: z
    .strictObject({ answeredBy: z.string().max(1000) })
    .nullable()
    .optional(),
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
    const ask = () => answers.ask(runs.folderOf(run), cases.nameOf(id));
    return c.json(await corrections.begin(cases, id, from, ask));
  });

  app.get(`${draft}/:session/slices/:plane/:index`, (c) => {
    const { id, cases } = place(c);
    const [plane, index] = [c.req.param("plane"), c.req.param("index")].map(wholeNumber);
    const bytes = corrections.slice(cases, id, c.req.param("session"), { plane, index });
    return c.body(new Uint8Array(bytes), 200, { "content-type": "application/octet-stream" });
  });

  app.post(`${draft}/strokes`, async (c) => {
    const { id, cases } = place(c);
    const { session, strokes, slice, patch, ...rest } = await receiveJson(c, stroke, strokeLimits);
    const sent = { ...rest, number: strokes, index: slice, patch: Buffer.from(patch, "base64") };
    corrections.take(cases, id, session, sent);
    return c.json({});
  });

  app.post(`${draft}/save`, async (c) => {
    const { id, cases } = place(c);
    const { session, strokes } = await receiveJson(c, ending, smallLimits);
    const saved = await corrections.save(cases, id, session, strokes);
    opened.forget();
    return c.json(saved);
  });

  app.post(`${draft}/discard`, async (c) => {
    const { id, cases } = place(c);
    const { session, strokes } = await receiveJson(c, ending, smallLimits);
    corrections.discard(cases, id, session, strokes);
    return c.json({});
  });
}
