/** What to label next, and going on from a run with what was labelled. */
import type { Hono } from "hono";
import { z } from "zod";
import { UsageError } from "../../core/errors.js";
import { receiveJson } from "../../http/receive.js";
import { writeContinuedTraining } from "../../workflows/studio/labelling/continued-training.js";
import { labelList } from "../../workflows/studio/labelling/label-list.js";
import type { WatchedRuns } from "../../workflows/studio/run-overview.js";
import type { LabelList } from "../../workflows/studio/shown/labelling.js";
import type { Trainings } from "../../workflows/studio/trainings.js";
import type { OpenedRuns } from "./opened-runs.js";

const limits = { maxBytes: 2 ** 12, maxSeconds: 10 };
const asked = z.strictObject({ count: z.int().min(1).max(200) });
const wanted = z.strictObject({ iterations: z.int().min(1).max(10_000_000) });

/** What the routes work with. */
export interface LabelRouteParts {
  readonly runs: WatchedRuns;
  readonly opened: OpenedRuns;
  readonly trainings: Trainings;
}

/** Adds the routes. */
export function labelRoutes(app: Hono, { runs, opened, trainings }: LabelRouteParts): void {
  app.get("/api/runs/:run/labels", (c) => {
    const id = c.req.param("run");
    const standing = trainings.standingOf(`suggest ${runs.folderOf(id)}`);
    const list: LabelList = {
      ...labelList(opened.casesOf(id)),
      suggesting: standing !== undefined && standing.state !== "ended",
      failure: standing?.failure ?? null,
    };
    return c.json(list);
  });

  app.post("/api/runs/:run/suggest", async (c) => {
    const id = c.req.param("run");
    const folder = runs.folderOf(id);
    trainings.suggest(folder, id, (await receiveJson(c, asked, limits)).count);
    return c.json({});
  });

  app.post("/api/runs/:run/continue", async (c) => {
    const id = c.req.param("run");
    const { iterations } = await receiveJson(c, wanted, limits);
    const { stage, place } = runs.overview(id);
    if (stage !== "finished" && stage !== "stopped")
      throw new UsageError(`${place} is being trained; wait for it to end, or stop it`);
    if (place === ".")
      throw new UsageError("the run is the studio's own folder; start the studio on the folder above to go on from it");
    const next = writeContinuedTraining(opened.casesOf(id), iterations);
    return c.json(runs.beginning(runs.begin(next.config, next.folder)));
  });

  app.get("/api/beginnings/:run", (c) => c.json(runs.beginning(c.req.param("run"))));
}
