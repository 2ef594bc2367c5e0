/** A run's export: how it stands, making it, and its graph, which the page asks in the browser. */
import type { Hono } from "hono";
import { exportedGraph, exportState } from "../../workflows/studio/run-export.js";
import type { WatchedRuns } from "../../workflows/studio/run-overview.js";
import type { Trainings } from "../../workflows/studio/trainings.js";

/** Adds the routes. */
export function exportRoutes(app: Hono, runs: WatchedRuns, trainings: Trainings): void {
  app.get("/api/runs/:run/export", (c) => {
    const folder = runs.folderOf(c.req.param("run"));
    return c.json(exportState(folder, trainings.standingOf(`export ${folder}`)));
  });

  app.post("/api/runs/:run/export", (c) => {
    const id = c.req.param("run");
    const folder = runs.folderOf(id);
    trainings.export(folder, id);
    return c.json(exportState(folder, trainings.standingOf(`export ${folder}`)));
  });

  app.get("/api/runs/:run/export/graph", (c) =>
    c.body(new Uint8Array(exportedGraph(runs.folderOf(c.req.param("run")))), 200, {
      "content-type": "application/octet-stream",
    }),
  );
}
