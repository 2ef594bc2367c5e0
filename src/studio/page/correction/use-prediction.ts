/** The model's mask of the slice that is drawn on. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { AnswerFacts } from "../../../workflows/studio/shown/cases.js";
import { fetchPrediction, type PredictedSlice, type SlicePlace } from "../cases/layers.js";
import { getJson } from "../parts/server.js";

/** The mask, or why it is not there. */
export interface Prediction {
  readonly slice: PredictedSlice | null;
  readonly note: string | null;
}

const asking: Prediction = { slice: null, note: "Asking the network" };

/**
 * Gets it; the network is asked about the case where nobody did, or where the studio does not know any more what it said.
 * @param isAnswered whether the studio had an answer when the correction was opened
 */
export function usePrediction(place: SlicePlace, isAnswered: boolean): Prediction {
  const { run, id, plane, index } = place;
  const [found, setFound] = useState<{ at: string; prediction: Prediction } | null>(null);
  const answered = useRef<Promise<unknown> | null>(isAnswered ? Promise.resolve() : null);
  const at = [run, id, plane, index].join();
  useEffect(() => {
    let wanted = true;
    const ask = () => getJson<AnswerFacts>(`/api/runs/${run}/cases/${id}/answer`);
    const load = async () => {
      answered.current ??= ask();
      await answered.current;
      // Whoever has turned to another slice meanwhile, or has written the mask, needs it no more.
      if (!wanted) return null;
      return fetchPrediction(place).catch(async () => {
        answered.current = ask();
        await answered.current;
        return fetchPrediction(place);
      });
    };
    load().then(
      (slice) => wanted && slice && setFound({ at, prediction: { slice, note: null } }),
      (error: Error) => {
        answered.current = null;
        if (wanted) setFound({ at, prediction: { slice: null, note: error.message } });
      },
    );
    return () => {
      wanted = false;
    };
  }, [at]);
  return found?.at === at ? found.prediction : asking;
}
