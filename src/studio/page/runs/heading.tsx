/** The head of every view of one run: its name, its stage, and the ways to its parts. */
import type { RunOverview } from "../../../workflows/studio/shown/runs.js";
import { href } from "../route.js";
import { StageBadge } from "./stage.js";

const tabs = [
  { name: "training", title: "Training", parts: [] },
  { name: "cases", title: "Cases", parts: ["cases"] },
  { name: "label", title: "What to label next", parts: ["label"] },
  { name: "segment", title: "Segment images", parts: ["segment"] },
] as const;

/** Which of the run's views this is. */
export type RunTab = (typeof tabs)[number]["name"];

/** The head. */
export function RunHeading({ run, id, tab }: { run: RunOverview | null; id: string; tab: RunTab }) {
  return (
    <>
      <p class="crumbs">
        <a href={href("runs")}>Runs</a>
      </p>
      <div class="heading">
        <h1 class="name">{run?.place ?? "Run"}</h1>
        {run ? <StageBadge run={run} /> : null}
      </div>
      {run ? (
        <p class="note">
          {run.method}
          {run.optimizer === "none" ? "" : ` with ${run.optimizer}`}, {run.model}, labels from{" "}
          <bdi class="name">{run.labelledDomain}</bdi>, data set <bdi class="name">{run.dataset}</bdi>
        </p>
      ) : (
        // Kept free, so that the ways below do not move from under a pointer.
        <p class="note">{"\u00a0"}</p>
      )}
      <nav class="tabs" aria-label="Parts of the run">
        {tabs.map(({ name, title, parts }) => (
          <a key={name} href={href("runs", id, ...parts)} aria-current={name === tab ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
    </>
  );
}
