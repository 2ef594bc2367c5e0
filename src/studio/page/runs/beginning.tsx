/** A run that was begun: waited for until it can be looked at, and then looked at. */
import { useEffect, useState } from "preact/hooks";
import type { RunBeginning } from "../../../workflows/studio/shown/labelling.js";
import { Problem, Waiting } from "../parts/notice.js";
import { getJson } from "../parts/server.js";
import { href } from "../route.js";

/** Milliseconds between two looks. */
const lookAgain = 1000;

/** What is said meanwhile; the run's page takes its place. */
export function Beginning({ begun, ended }: { begun: RunBeginning; ended: () => void }) {
  const [standing, setStanding] = useState(begun);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    if (standing.there) location.hash = href("runs", standing.id);
    if (standing.failure !== null) ended();
    if (standing.there || standing.failure !== null) return undefined;
    const timer = setTimeout(() => {
      getJson<RunBeginning>(`/api/beginnings/${standing.id}`).then(setStanding, (problem: Error) =>
        setError(problem.message),
      );
    }, lookAgain);
    return () => clearTimeout(timer);
  }, [standing]);
  const { place, failure } = standing;
  if (failure !== null || error !== null)
    return (
      <Problem>
        <bdi class="name">{place}</bdi> did not begin: {failure ?? error}
      </Problem>
    );
  return (
    <Waiting>
      <bdi class="name">{place}</bdi> begins: its images are read
    </Waiting>
  );
}
