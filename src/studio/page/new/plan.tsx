/** A plan for a data set, with its reasons, and the training that it begins. */
import { useEffect, useState } from "preact/hooks";
import type { RunBeginning } from "../../../workflows/studio/shown/labelling.js";
import type { DescribedDataset, PlanShown } from "../../../workflows/studio/shown/preparation.js";
import { Problem, Waiting } from "../parts/notice.js";
import { getJson, post } from "../parts/server.js";
import { Beginning } from "../runs/beginning.js";

/** Milliseconds between two looks at a plan under way. */
const lookAgain = 1000;

function Start({ plan: { id, file, text } }: { plan: PlanShown }) {
  const [begun, setBegun] = useState<RunBeginning | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const start = () => {
    setBusy(true);
    setBegun(null);
    setError(null);
    post<RunBeginning>(`/api/new/plans/${id}/start`).then(setBegun, (problem: Error) => {
      setError(problem.message);
      setBusy(false);
    });
  };
  return (
    <section>
      <h2>The plan</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section class="plan" tabIndex={0} aria-label="The planned configuration">
        <pre>{text}</pre>
      </section>
      <p>
        <button type="button" class="primary" disabled={busy} onClick={start}>
          Start training
        </button>{" "}
        <span class="note">
          as <bdi class="name">{file}</bdi> says
        </span>
      </p>
      {error ? <Problem>{error}</Problem> : null}
      {begun ? <Beginning key={begun.id} begun={begun} ended={() => setBusy(false)} /> : null}
    </section>
  );
}

/** The form, and what comes of it. */
export function PlanTraining({ dataset: { file, domains } }: { dataset: DescribedDataset }) {
  const most = domains.reduce((best, one) => (one.masks > best.masks ? one : best));
  const [labelled, setLabelled] = useState(most.name);
  const [minutes, setMinutes] = useState("60");
  const [plan, setPlan] = useState<PlanShown | null>(null);
  const [error, setError] = useState<string | null>(null);
  const failed = (problem: Error) => setError(problem.message);
  useEffect(() => {
    if (!plan?.planning) return undefined;
    const timer = setTimeout(() => getJson<PlanShown>(`/api/new/plans/${plan.id}`).then(setPlan, failed), lookAgain);
    return () => clearTimeout(timer);
  }, [plan]);
  const ask = (event: Event) => {
    event.preventDefault();
    setError(null);
    post<PlanShown>("/api/new/plans", { file, minutes: Number(minutes), labelled }).then(setPlan, failed);
  };
  const problem = error ?? plan?.failure ?? null;
  return (
    <>
      <h2>
        <bdi class="name">{file}</bdi>
      </h2>
      <form class="ask" onSubmit={ask}>
        <label>
          Labels come from
          <select value={labelled} onChange={(event) => setLabelled(event.currentTarget.value)}>
            {domains.map(({ name, training, masks }) => (
              <option key={name} value={name} disabled={masks === 0}>
                {name}: {training} training images, {masks} masks
              </option>
            ))}
          </select>
        </label>
        <label>
          Minutes of training
          <input
            type="number"
            required
            min={0.1}
            step="any"
            value={minutes}
            onInput={(event) => setMinutes(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class={plan?.text ? "" : "primary"} disabled={plan?.planning}>
          {plan ? "Plan anew" : "Plan"}
        </button>
      </form>
      {plan?.planning ? <Waiting>Looking at the images and timing this machine</Waiting> : null}
      {problem ? <Problem>{problem}</Problem> : null}
      {plan?.text ? <Start key={plan.id} plan={plan} /> : null}
    </>
  );
}
