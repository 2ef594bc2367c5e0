/** One run: how far it is, its curves as they grow, going on and stopping. */
import { useState } from "preact/hooks";
import type { RunNews, RunOverview } from "../../../workflows/studio/shown/runs.js";
import { Problem, Waiting } from "../parts/notice.js";
import { post, useEvents } from "../parts/server.js";
import { Chart } from "./chart.js";
import { type Curves, planFigures, withNews } from "./curve-store.js";
import { RunHeading } from "./heading.js";
import { Scores } from "./scores.js";
import { StepProgress } from "./stage.js";

/** What can be done about a run now. */
function Actions({ run, told }: { run: RunOverview; told: (error: string | null) => void }) {
  const [busy, setBusy] = useState(false);
  const ask = async (verb: "resume" | "stop") => {
    setBusy(true);
    told(null);
    await post(`/api/runs/${run.id}/${verb}`).catch((error: Error) => told(error.message));
    setBusy(false);
  };
  if (run.stage === "stopped")
    return (
      <button type="button" class="primary" disabled={busy} onClick={() => ask("resume")}>
        Go on training
      </button>
    );
  if (run.ours)
    return (
      <button type="button" disabled={busy || run.stage === "stopping"} onClick={() => ask("stop")}>
        Stop
      </button>
    );
  if (run.stage === "running") return <span class="note">Trained by another process; stop it there.</span>;
  return null;
}

function Figures({ curves }: { curves: Curves }) {
  const { main, further } = planFigures(curves);
  return (
    <>
      <section class="charts" aria-label="Curves">
        {main.map((figure) => (
          <Chart key={figure.title} figure={figure} />
        ))}
      </section>
      {further.length > 0 ? (
        <details>
          <summary>Further quantities ({further.length})</summary>
          <div class="charts">
            {further.map((figure) => (
              <Chart key={figure.title} figure={figure} />
            ))}
          </div>
        </details>
      ) : null}
    </>
  );
}

/** The view. */
export function RunView({ id }: { id: string }) {
  const [run, setRun] = useState<RunOverview | null>(null);
  const [curves, setCurves] = useState<Curves>(new Map());
  const [problem, setProblem] = useState<string | null>(null);
  const take = (news: RunNews) => {
    if (news.overview) setRun(news.overview);
    if (news.curves) setCurves((before) => withNews(before, news));
  };
  const error = useEvents<RunNews>(`/api/runs/${id}/events`, take, () => setCurves(new Map()));
  return (
    <>
      <RunHeading run={run} id={id} tab="training" />
      {error ? <Problem>{error}</Problem> : null}
      {problem ? <Problem>{problem}</Problem> : null}
      {run?.failure && run.stage === "stopped" ? <Problem>{run.failure}</Problem> : null}
      {run === null && !error ? <Waiting>Opening the run</Waiting> : null}
      {run ? (
        <div class="run-state">
          <StepProgress run={run} label="Progress" />
          <Actions run={run} told={setProblem} />
        </div>
      ) : null}
      {run ? <Scores run={id} /> : null}
      {run && curves.size === 0 ? <p class="note">Nothing was logged yet.</p> : null}
      <Figures curves={curves} />
    </>
  );
}
