/** A run's exported network, asked in this browser about images that are dropped in. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";
import type { RunOverview } from "../../../workflows/studio/shown/runs.js";
import { Legend } from "../parts/legend.js";
import { Problem, Waiting } from "../parts/notice.js";
import { useJson } from "../parts/server.js";
import { RunHeading } from "../runs/heading.js";
import { DropZone } from "./drop-zone.js";
import { type Outcome, OutcomeView } from "./outcome.js";
import { Segmenter } from "./segmenter.js";
import { type AskedExport, useExport } from "./use-export.js";

/** The images that were given, the last first, as their masks come. */
function useOutcomes(run: string, model: ShownModel) {
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  const count = useRef(0);
  const segmenter = useMemo(() => new Segmenter(model, `/api/runs/${run}/export/graph`), [run, model]);
  useEffect(() => () => segmenter.close(), [segmenter]);
  const add = (files: readonly File[]) => {
    for (const file of files) {
      const begun: Outcome = { id: count.current++, name: file.name };
      const ended = (change: Partial<Outcome>) =>
        setOutcomes((all) => all.map((one) => (one.id === begun.id ? { ...one, ...change } : one)));
      setOutcomes((all) => [begun, ...all]);
      segmenter.segment(file).then(
        (segmented) => ended({ segmented }),
        (error: Error) => ended({ refused: error.message }),
      );
    }
  };
  return { outcomes, add };
}

/** What screen readers hear while masks come. */
function progressWords(outcomes: readonly Outcome[]): string {
  const done = outcomes.filter(({ segmented, refused }) => segmented || refused !== undefined).length;
  return outcomes.length === 0 ? "" : `${done} of ${outcomes.length} images done`;
}

function Images({ run, model }: { run: string; model: ShownModel }) {
  const { outcomes, add } = useOutcomes(run, model);
  const [opacity, setOpacity] = useState(0.5);
  return (
    <>
      <DropZone take={add} />
      {outcomes.some(({ segmented }) => segmented?.isCardBroken) ? (
        <p class="notice" role="status">
          The graphics card could not run the network, so the processor does: masks are the same, and take longer.
        </p>
      ) : null}
      <div class="case-bar">
        <Legend labels={model.parts} />
        <label class="opacity">
          Opacity of masks
          <input
            type="range"
            min={0}
            max={1}
            step={0.05}
            value={opacity}
            onInput={(event) => setOpacity(Number(event.currentTarget.value))}
          />
        </label>
        <span class="note" role="status">
          {progressWords(outcomes)}
        </span>
      </div>
      <ul class="outcomes">
        {outcomes.map((one) => (
          <OutcomeView key={one.id} {...{ one, model, opacity }} />
        ))}
      </ul>
    </>
  );
}

/** What is exported, and exporting it. */
function Export({ state, make }: Pick<AskedExport, "state" | "make">) {
  if (!state) return <Waiting>Looking for an export</Waiting>;
  if (state.working) return <Waiting>Exporting the network</Waiting>;
  if (state.model)
    return (
      <p class="export-state note">
        <span class="name">{state.model.title}</span>
        <button type="button" onClick={make}>
          Export again
        </button>
      </p>
    );
  return (
    <div class="export-state">
      <p>Images are segmented here, in the browser, by the run's exported network. There is no export yet.</p>
      <button type="button" class="primary" onClick={make}>
        Export the network
      </button>
    </div>
  );
}

/** The view. */
export function SegmentView({ run }: { run: string }) {
  const { value: overview } = useJson<RunOverview>(`/api/runs/${run}`);
  const { state, error, make } = useExport(run);
  const model = state?.model ?? null;
  return (
    <>
      <RunHeading run={overview ?? null} id={run} tab="segment" />
      {error ? <Problem>{error}</Problem> : null}
      {state?.failure ? <Problem>{state.failure}</Problem> : null}
      {state || !error ? <Export state={state} make={make} /> : null}
      {model?.refusal ? <Problem>{model.refusal}</Problem> : null}
      {model && model.refusal === null ? <Images run={run} model={model} /> : null}
    </>
  );
}
