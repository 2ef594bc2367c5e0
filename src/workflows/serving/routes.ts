/** What a server answers. */
import { readFile } from "node:fs/promises";
import type { Context, Hono } from "hono";
import { counted } from "../../core/counted.js";
import { type MaskFormat, maskFormatNames } from "../../data/formats/mask-format-names.js";
import { HttpProblem } from "../../http/problem.js";
import { receiveFile } from "../../http/receive.js";
import type { Admission } from "./admission.js";
import { type ModelFacts, type PartQuality, type Upload, uploadName } from "./messages.js";
import type { ServingMetrics } from "./metrics.js";
import { maskType, openApi, qualityHeader, type ServingLimits } from "./openapi.js";
import { addPage } from "./page.js";
import type { Uploads } from "./uploads.js";
import type { WorkerPool } from "./worker-pool.js";

/** Paths that are answered without the token, as those who watch a server have none. */
export const openPaths: readonly string[] = ["/healthz", "/readyz"];

/** Paths that are told apart in the metrics. */
export const knownPaths: readonly string[] = [...openPaths, "/v1/masks", "/v1/model", "/metrics", "/openapi.json", "/"];

/** What answers. */
export interface Serving {
  readonly pool: WorkerPool;
  readonly admission: Admission;
  readonly uploads: Uploads;
  readonly metrics: ServingMetrics;
  readonly limits: ServingLimits;
}

type Asked = Pick<Upload, "format" | "part" | "quality">;

/** A parameter that is one of a list. @throws HttpProblem 400 */
function choice(c: Context, name: string, choices: readonly string[]): string | undefined {
  const value = c.req.query(name);
  if (value === undefined || choices.includes(value)) return value;
  const list = choices.length > 0 ? `the choices are ${choices.join(", ")}` : "this model has none, so leave it out";
  throw new HttpProblem(400, `${name}: ${JSON.stringify(value.slice(0, 100))} is not a choice; ${list}`);
}

/** @throws HttpProblem 400 for a parameter that is none, or that the model cannot follow */
function askedOf(c: Context, { formats, overlapping, quality }: ModelFacts): Asked {
  const unknown = Object.keys(c.req.query()).find((name) => !["format", "part", "quality"].includes(name));
  if (unknown !== undefined)
    throw new HttpProblem(
      400,
      `${unknown.slice(0, 100)}: there is no such parameter; they are format, part and quality`,
    );
  const format = choice(c, "format", formats);
  const part = choice(c, "part", overlapping);
  const wanted = choice(c, "quality", ["true", "false"]) === "true";
  if (wanted && !quality)
    throw new HttpProblem(
      400,
      "quality: this server estimates none; start it with --quality on a run and its data set",
    );
  return { format: maskFormatNames.find((name) => name === format) as MaskFormat | undefined, part, quality: wanted };
}

/** JSON that a header can hold. */
function headerJson(quality: readonly PartQuality[]): string {
  return JSON.stringify(quality).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Receives an upload, has it segmented, and answers with the mask. */
async function segment(c: Context, { pool, admission, uploads, metrics, limits }: Serving): Promise<Response> {
  const asked = askedOf(c, pool.facts);
  // Asked for before the client can go.
  const { signal } = c.req.raw;
  return uploads.within((folder) =>
    admission.admit(
      async (sending) => {
        const came = (bytes: number) => {
          sending.bytes = bytes;
        };
        const own = { ...limits, maxSeconds: limits.seconds, cut: sending.cut, came };
        const bytes = await receiveFile(c, `${folder}/${uploadName}`, own);
        if (bytes === 0) throw new HttpProblem(400, "the body is empty; send an image in it");
      },
      async () => {
        const began = performance.now();
        const { file, extension, quality } = await pool.segment({ folder, ...asked }, signal);
        const seconds = (performance.now() - began) / 1000;
        admission.took(seconds);
        metrics.segmented(seconds);
        return c.body(new Uint8Array(await readFile(file)), 200, {
          "content-type": maskType(extension),
          "content-disposition": `attachment; filename="mask.${extension}"`,
          ...(quality ? { [qualityHeader]: headerJson(quality) } : {}),
        });
      },
    ),
  );
}

/** Adds the routes. */
export function addRoutes(app: Hono, serving: Serving): void {
  const { pool, metrics, limits } = serving;
  const document = openApi(pool.facts, limits);
  app.post("/v1/masks", (c) => segment(c, serving));
  app.all("/v1/masks", () => {
    throw new HttpProblem(405, "masks are asked for with POST, and the image as the body", { allow: "POST" });
  });
  app.get("/v1/model", (c) => c.json({ ...pool.facts, limits }));
  app.get("/healthz", (c) => c.text("ok\n"));
  app.get("/readyz", (c) =>
    pool.workers > 0
      ? c.text(`${counted(pool.workers, "worker")}\n`)
      : c.text("no worker can be asked\n", 503, { "retry-after": "5" }),
  );
  app.get("/metrics", async (c) => c.text(await metrics.text(), 200, { "content-type": metrics.contentType }));
  app.get("/openapi.json", (c) => c.json(document));
  addPage(app, pool.facts, document);
}
