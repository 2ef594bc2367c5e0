/** Cases: the list, thumbnails, slices of their layers, and what a network says of them. */
import type { Hono } from "hono";
import { HttpProblem } from "../../http/problem.js";
import { OpenedCase } from "../../workflows/studio/open-case.js";
import { partDice } from "../../workflows/studio/part-dice.js";
import type { WatchedRuns } from "../../workflows/studio/run-overview.js";
import type { AnswerFacts, CaseList, LayerName } from "../../workflows/studio/shown/cases.js";
import { thumbnail } from "../../workflows/studio/thumbnail.js";
import type { Trainings } from "../../workflows/studio/trainings.js";
import type { Answers } from "./answers.js";
import { BoundedCache } from "./bounded-cache.js";
import type { OpenedRuns } from "./opened-runs.js";
import { wholeNumber } from "./whole-number.js";

const layers: readonly LayerName[] = ["image", "reference", "prediction", "doubt"];
/** Bytes of thumbnails that are kept. */
const thumbnailBytes = 48 * 2 ** 20;

/** Does one thing after the other. */
function inOrder(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const own = last.then(work);
    last = own.catch(() => {});
    return own;
  };
}

/** What the routes work with. */
export interface CaseRouteParts {
  readonly runs: WatchedRuns;
  readonly opened: OpenedRuns;
  readonly trainings: Trainings;
  readonly answers: Answers;
}

/** Adds the routes. */
export function caseRoutes(app: Hono, { runs, opened, trainings, answers }: CaseRouteParts): void {
  const thumbnails = new BoundedCache(thumbnailBytes);
  // Decoding takes memory: one thumbnail at a time, however many a page asks for.
  const oneByOne = inOrder();

  app.get("/api/runs/:run/cases", (c) => {
    const id = c.req.param("run");
    const standing = trainings.standingOf(`estimate ${runs.folderOf(id)}`);
    const list: CaseList = {
      ...opened.casesOf(id).list(),
      estimating: standing !== undefined && standing.state !== "ended",
      failure: standing?.failure ?? null,
    };
    return c.json(list);
  });

  app.post("/api/runs/:run/estimate", (c) => {
    const id = c.req.param("run");
    const folder = runs.folderOf(id);
    trainings.estimate(folder, id);
    return c.json({});
  });

  app.get("/api/runs/:run/cases/:case/thumbnail", async (c) => {
    const { run, case: id } = c.req.param();
    const cases = opened.casesOf(run);
    const one = cases.caseOf(id);
    const name = `${cases.dataset.path} ${id} ${await cases.signOf(id)}`;
    const bytes =
      thumbnails.get(name) ?? (await oneByOne(async () => thumbnail(await OpenedCase.open(cases.dataset, one))));
    thumbnails.set(name, bytes);
    return c.body(new Uint8Array(bytes), 200, { "content-type": "image/webp" });
  });

  app.get("/api/runs/:run/cases/:case", async (c) => {
    const { run, case: id } = c.req.param();
    const cases = opened.casesOf(run);
    return c.json(cases.factsOf(id, await cases.open(id)));
  });

  app.get("/api/runs/:run/cases/:case/answer", async (c) => {
    const { run, case: id } = c.req.param();
    const cases = opened.casesOf(run);
    const said = await answers.ask(runs.folderOf(run), cases.nameOf(id));
    const shown = await cases.open(id);
    shown.take(said);
    const { reference, predicted, dataset } = shown;
    const facts: AnswerFacts = {
      answeredBy: said.answeredBy,
      dice: reference && predicted ? partDice(predicted, reference, dataset) : [],
    };
    return c.json(facts);
  });

  app.get("/api/runs/:run/cases/:case/slices/:layer/:plane/:index", async (c) => {
    const { run, case: id, layer, plane, index } = c.req.param();
    const shown = await opened.casesOf(run).open(id);
    const known = layers.find((name) => name === layer);
    const slice = known && shown.slice(known, wholeNumber(plane), wholeNumber(index));
    if (!slice) throw new HttpProblem(404, "there is no such slice (any more); open the case again");
    const { rows, columns, channels, bytes } = slice;
    return c.body(new Uint8Array(bytes), 200, {
      "content-type": "application/octet-stream",
      "x-shape": `${rows},${columns},${channels}`,
      "x-answered-by": encodeURIComponent(shown.answeredBy ?? ""),
    });
  });
}
