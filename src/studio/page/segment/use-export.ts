/** A run's export as it stands, looked at again while it is being made. */
import { useEffect, useState } from "preact/hooks";
import type { ExportState } from "../../../workflows/studio/shown/exports.js";
import { getJson, post } from "../parts/server.js";

/** Milliseconds between two looks. */
const lookAgain = 1000;

/** How it stands, why that is not known, and making it. */
export interface AskedExport {
  readonly state: ExportState | null;
  readonly error: string | null;
  readonly make: () => void;
}

/** Asks about a run's export. */
export function useExport(run: string): AskedExport {
  const path = `/api/runs/${run}/export`;
  const [state, setState] = useState<ExportState | null>(null);
  const [error, setError] = useState<string | null>(null);
  const follow = (asked: Promise<ExportState>) =>
    asked.then(
      (found) => {
        setError(null);
        setState(found);
      },
      (problem: Error) => setError(problem.message),
    );
  useEffect(() => {
    void follow(getJson<ExportState>(path));
  }, [path]);
  useEffect(() => {
    if (!state?.working) return undefined;
    const timer = setTimeout(() => follow(getJson<ExportState>(path)), lookAgain);
    return () => clearTimeout(timer);
  }, [path, state]);
  return { state, error, make: () => void follow(post<ExportState>(path)) };
}
