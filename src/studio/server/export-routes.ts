/**
 * A run's export: how it stands, making it, and what the page needs to ask it: the graph, images that browsers do not decode,
 * and masks as files.
 */
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import type { Context, Hono } from "hono";
import { receiveBytes, receiveFile } from "../../http/receive.js";
import { uploadName } from "../../workflows/serving/messages.js";
import type { Uploads } from "../../workflows/serving/uploads.js";
import { encodeDroppedMask } from "../../workflows/studio/dropped/encode-mask.js";
import { exportedGraph, exportFolder, exportState } from "../../workflows/studio/run-export.js";
import type { WatchedRuns } from "../../workflows/studio/run-overview.js";
import type { Trainings } from "../../workflows/studio/trainings.js";
import { Decoder } from "./decoder.js";

/** Larger files hold more than a page segments. */
const imageLimits = { maxBytes: 2 ** 30, maxSeconds: 60 };
/** One byte a voxel, and the place. */
const maskLimits = { maxBytes: 2 ** 30, maxSeconds: 60 };
/** Of a file's name in messages. */
const longestName = 255;

const binary = { "content-type": "application/octet-stream" };

/** What the routes work with. */
export interface ExportRouteParts {
  readonly runs: WatchedRuns;
  readonly trainings: Trainings;
  readonly uploads: Uploads;
}

/** Adds the routes. */
export function exportRoutes(app: Hono, { runs, trainings, uploads }: ExportRouteParts): void {
  const decoder = new Decoder();

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
    c.body(new Uint8Array(exportedGraph(runs.folderOf(c.req.param("run")))), 200, binary),
  );

  const read = (c: Context, run: string) => {
    // Asked for before the page can go.
    const { signal } = c.req.raw;
    const name = (c.req.query("name") ?? "the file").slice(0, longestName);
    return uploads.within(async (folder) => {
      await receiveFile(c, `${folder}/${uploadName}`, imageLimits);
      const file = await open(await decoder.read({ folder, exported: exportFolder(run) }, name, signal));
      const { size } = await file.stat();
      // An open file stays readable when its folder is gone, and closes at its end.
      const stream = Readable.toWeb(file.createReadStream()) as ReadableStream;
      return c.body(stream, 200, { ...binary, "content-length": String(size) });
    });
  };
  app.post("/api/runs/:run/export/read", (c) => read(c, runs.folderOf(c.req.param("run"))));

  app.post("/api/mask-files", async (c) => {
    const message = await receiveBytes(c, maskLimits);
    return c.body(await encodeDroppedMask(new Uint8Array(message)), 200, { "content-type": "application/gzip" });
  });
}
