/** How far a run is, as a badge and a bar. */
import type { RunOverview, RunStage } from "../../../workflows/studio/shown/runs.js";
import { duration, grouped } from "../parts/words.js";

const words: Record<RunStage, string> = {
  running: "Training",
  starting: "Starting",
  stopping: "Saving and stopping",
  stopped: "Stopped",
  finished: "Finished",
};

/** The run's stage in a word; a failure stands beside it. */
export function StageBadge({ run }: { run: RunOverview }) {
  const failed = run.stage === "stopped" && run.failure !== null;
  return <span class={`badge ${failed ? "failed" : run.stage}`}>{failed ? "Failed" : words[run.stage]}</span>;
}

/** Steps done of all, and the time that is left. */
export function StepProgress({ run, label }: { run: RunOverview; label: string }) {
  const { step, iterations, secondsLeft, stage } = run;
  return (
    <div class="progress">
      <progress max={iterations} value={step} aria-label={label} />
      <span class="note">
        {stage === "finished" ? `${grouped(iterations)} steps` : `${grouped(step)} of ${grouped(iterations)} steps`}
        {secondsLeft !== null && stage === "running" ? `, about ${duration(secondsLeft)} left` : ""}
      </span>
    </div>
  );
}
