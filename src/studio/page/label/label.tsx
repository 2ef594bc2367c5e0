/** What to label next, and going on with what was labelled: the end of one round and the beginning of the next. */
import { useEffect, useState } from "preact/hooks";
import type { LabelList } from "../../../workflows/studio/shown/labelling.js";
import type { RunOverview } from "../../../workflows/studio/shown/runs.js";
import { Problem, Waiting } from "../parts/notice.js";
import { getJson, useJson } from "../parts/server.js";
import { RunHeading } from "../runs/heading.js";
import { ContinueTraining } from "./continue.js";
import { Suggestions } from "./suggestions.js";

/** Milliseconds between two looks while images are chosen. */
const lookAgain = 2000;

/** The view. */
export function LabelView({ run: id }: { run: string }) {
  const run = useJson<RunOverview>(`/api/runs/${id}`).value ?? null;
  const [list, setList] = useState<LabelList | null>(null);
  const [error, setError] = useState<string | null>(null);
  const load = () => {
    getJson<LabelList>(`/api/runs/${id}/labels`).then(setList, (problem: Error) => setError(problem.message));
  };
  useEffect(load, [id]);
  useEffect(() => {
    if (!list?.suggesting) return undefined;
    const timer = setTimeout(load, lookAgain);
    return () => clearTimeout(timer);
  }, [list]);
  return (
    <>
      <RunHeading run={run} id={id} tab="label" />
      {error ? <Problem>{error}</Problem> : null}
      {list === null && !error ? <Waiting>Reading the data set</Waiting> : null}
      {list ? (
        <>
          <ContinueTraining run={id} list={list} />
          <Suggestions run={id} list={list} again={load} />
        </>
      ) : null}
    </>
  );
}
