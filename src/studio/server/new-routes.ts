/** Beginning a training from a folder: looking at it, describing it, planning, and starting. */
import type { Hono } from "hono";
import { z } from "zod";
import { UsageError } from "../../core/errors.js";
import { receiveJson } from "../../http/receive.js";
import { Preparation } from "../../workflows/studio/preparation/preparation.js";
import type { WatchedRuns } from "../../workflows/studio/run-overview.js";
import type { Trainings } from "../../workflows/studio/trainings.js";

const limits = { maxBytes: 2 ** 18, maxSeconds: 10 };
const path = z.string().min(1).max(4096);
const name = z.string().min(1).max(200);
const looked = z.strictObject({ path });
const agreed = z.strictObject({
  folder: path,
  domains: z.array(name).max(1000),
  names: z.array(name).max(300),
  answer: z.int().min(1).nullable(),
});
const planned = z.strictObject({ file: path, minutes: z.number().positive().max(100_000), labelled: name });

/** Adds the routes. */
export function newRoutes(app: Hono, runs: WatchedRuns, trainings: Trainings): void {
  const preparation = new Preparation(runs.root, trainings);

  app.post("/api/new/look", async (c) => c.json(await preparation.look((await receiveJson(c, looked, limits)).path)));

  app.post("/api/new/describe", async (c) => {
    const { folder, ...answers } = await receiveJson(c, agreed, limits);
    return c.json(preparation.describe(folder, answers));
  });

  app.post("/api/new/plans", async (c) => c.json(preparation.plan(await receiveJson(c, planned, limits))));

  app.get("/api/new/plans/:plan", (c) => c.json(preparation.planOf(c.req.param("plan"))));

  app.post("/api/new/plans/:plan/start", (c) => {
    const id = c.req.param("plan");
    if (preparation.planOf(id).text === null) throw new UsageError("there is no configuration yet; plan it first");
    const { config, folder } = preparation.placeOf(id);
    return c.json(runs.beginning(runs.begin(config, folder)));
  });
}
