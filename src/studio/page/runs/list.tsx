/** All runs of the folder, those that changed last first. */
import { useState } from "preact/hooks";
import type { RunOverview, RunList as Runs } from "../../../workflows/studio/shown/runs.js";
import { Problem, Waiting } from "../parts/notice.js";
import { useEvents } from "../parts/server.js";
import { ago, percent } from "../parts/words.js";
import { href } from "../route.js";
import { StageBadge, StepProgress } from "./stage.js";

function Row({ run }: { run: RunOverview }) {
  const { id, place, method, optimizer, dice, labelledDomain, changed } = run;
  return (
    <tr>
      <th scope="row">
        <a class="name" href={href("runs", id)}>
          {place}
        </a>
        <span class="how">
          {method}
          {optimizer === "none" ? "" : ` with ${optimizer}`}
        </span>
      </th>
      <td>
        <StageBadge run={run} />
      </td>
      <td>
        <StepProgress run={run} label={`Progress of ${place}`} />
      </td>
      <td class="number">{percent(dice)}</td>
      <td class="name">{labelledDomain}</td>
      <td class="note">
        <time dateTime={changed}>{ago(changed)}</time>
      </td>
    </tr>
  );
}

function Empty({ folder }: { folder: string }) {
  return (
    <div class="empty">
      <h2>No runs yet</h2>
      <p>
        <bdi class="name">{folder}</bdi> holds no run folder. <a href={href("new")}>Begin a training</a>, here or with{" "}
        <code>dimseg train config.yaml</code> in it; the run appears here by itself.
      </p>
    </div>
  );
}

/** The view. */
export function RunListView() {
  const [list, setList] = useState<Runs | null>(null);
  const error = useEvents<Runs>("/api/runs/events", setList);
  return (
    <>
      <div class="heading">
        <h1>Runs</h1>
        {list ? <bdi class="note name">{list.folder}</bdi> : null}
      </div>
      {error ? <Problem>{error}</Problem> : null}
      {list === null && !error ? <Waiting>Looking for runs</Waiting> : null}
      {list?.unreadable.map((one) => (
        <Problem key={one}>{one}</Problem>
      ))}
      {list?.runs.length === 0 ? <Empty folder={list.folder} /> : null}
      {list && list.runs.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        <section class="scroll" tabIndex={0} aria-label="Table of runs">
          <table class="runs">
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">State</th>
                <th scope="col">Progress</th>
                <th scope="col" class="number">
                  Validation Dice
                </th>
                <th scope="col">Labels from</th>
                <th scope="col">Last logged</th>
              </tr>
            </thead>
            <tbody>
              {list.runs.map((run) => (
                <Row key={run.id} run={run} />
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
    </>
  );
}
