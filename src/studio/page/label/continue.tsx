/** Going on from the run with the masks that were corrected. */
import { useState } from "preact/hooks";
import type { LabelList, RunBeginning } from "../../../workflows/studio/shown/labelling.js";
import { Problem } from "../parts/notice.js";
import { post } from "../parts/server.js";
import { grouped } from "../parts/words.js";
import { href } from "../route.js";
import { Beginning } from "../runs/beginning.js";

function masks(count: number): string {
  return count === 1 ? "1 mask" : `${grouped(count)} masks`;
}

/** What would be learnt, and the button that begins it; nothing where no mask was corrected. */
export function ContinueTraining({ run, list }: { run: string; list: LabelList }) {
  const { corrected, leftOut, iterations } = list;
  const [steps, setSteps] = useState(String(iterations));
  const [busy, setBusy] = useState(false);
  const [begun, setBegun] = useState<RunBeginning | null>(null);
  const [error, setError] = useState<string | null>(null);
  if (corrected.length === 0 && leftOut === 0) return null;
  const begin = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setBegun(null);
    setError(null);
    try {
      setBegun(await post<RunBeginning>(`/api/runs/${run}/continue`, { iterations: Number(steps) }));
    } catch (problem) {
      setError((problem as Error).message);
      setBusy(false);
    }
  };
  return (
    <section class="continue">
      <h2>{corrected.length === 0 ? "Corrected" : `${masks(corrected.length)} to learn from`}</h2>
      <ul class="learnt">
        {corrected.map(({ id, domain, name, change }) => (
          <li key={id}>
            <a href={href("runs", run, "cases", id)}>
              <bdi class="name">{domain}</bdi>, <bdi class="name">{name}</bdi>
            </a>{" "}
            <span class="note">{change === "added" ? "a new label" : "a label that was changed"}</span>
          </li>
        ))}
      </ul>
      {leftOut > 0 ? (
        <p class="note">
          {masks(leftOut)} left out: test images, and images of subjects that are kept for validation, are never learnt
          from.
        </p>
      ) : null}
      {corrected.length > 0 ? (
        <form class="ask" onSubmit={begin}>
          <label>
            Steps
            <input
              type="number"
              required
              min={1}
              step={1}
              value={steps}
              onInput={(event) => setSteps(event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="primary" disabled={busy}>
            Continue training with these
          </button>
          <p class="note">
            A new run begins with this one's weights; its configuration lies beside the run, which stays as it is.
          </p>
        </form>
      ) : null}
      {error ? <Problem>{error}</Problem> : null}
      {begun ? <Beginning key={begun.id} begun={begun} ended={() => setBusy(false)} /> : null}
    </section>
  );
}
