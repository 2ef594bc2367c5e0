/** Runs: the list, one with its curves as they grow, going on and stopping. */
import { join } from "node:path";
import type { Hono } from "hono";
import type { ServerContext } from "../../http/local-server.js";
import { CurveFollower } from "../../workflows/studio/follow-curves.js";
import type { WatchedRuns } from "../../workflows/studio/run-overview.js";
import { readScores } from "../../workflows/studio/run-scores.js";
import type { RunNews } from "../../workflows/studio/shown/runs.js";
import type { Trainings } from "../../workflows/studio/trainings.js";
import { eventStream, whenChanged } from "./event-stream.js";

/** Adds the routes. */
export function runRoutes(app: Hono, { ending }: ServerContext, runs: WatchedRuns, trainings: Trainings): void {
  app.get("/api/runs", (c) => c.json(runs.list()));

  app.get("/api/runs/events", (c) =>
    eventStream(
      c,
      whenChanged(() => runs.list()),
      ending,
    ),
  );

  app.get("/api/runs/:run", (c) => c.json(runs.overview(c.req.param("run"))));

  app.get("/api/runs/:run/scores", (c) => c.json(readScores(runs.folderOf(c.req.param("run")))));

  app.get("/api/runs/:run/events", (c) => {
    const id = c.req.param("run");
    const curves = new CurveFollower(join(runs.folderOf(id), "metrics.jsonl"));
    const changed = whenChanged(() => runs.overview(id));
    const next = (): RunNews | undefined => {
      const overview = changed();
      const added = curves.news();
      return overview || added ? { ...(overview ? { overview } : {}), ...added } : undefined;
    };
    return eventStream(c, next, ending);
  });

  app.post("/api/runs/:run/resume", (c) => {
    const id = c.req.param("run");
    trainings.resume(runs.folderOf(id), id);
    return c.json(runs.overview(id));
  });

  app.post("/api/runs/:run/stop", (c) => {
    const id = c.req.param("run");
    trainings.stop(runs.folderOf(id));
    return c.json(runs.overview(id));
  });
}
