/** How the run was judged last: a line for each domain. */
import type { DomainScores, RunScores } from "../../../workflows/studio/shown/runs.js";
import { Problem } from "../parts/notice.js";
import { useJson } from "../parts/server.js";
import { percent } from "../parts/words.js";

function Interval({ dice: { interval } }: DomainScores) {
  if (interval === null) return <>–</>;
  const [low, high] = interval.map((share) => (100 * share).toFixed(1));
  return (
    <>
      {low} to {high}
    </>
  );
}

/** The table; nothing where the run was not judged yet. */
export function Scores({ run }: { run: string }) {
  const { value: scores, error } = useJson<RunScores | null>(`/api/runs/${run}/scores`);
  if (error) return <Problem>{error}</Problem>;
  if (!scores) return null;
  return (
    <section class="judged" aria-labelledby="scores">
      <h2 id="scores">Test images</h2>
      <p class="note">
        {scores.network}, step {scores.step}, as <code>dimseg evaluate</code> judged it last; mean Dice over domains{" "}
        {percent(scores.dice)}. Missed: cases whose reference holds a part, and of which nothing at all was predicted.
      </p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Domain</th>
              <th scope="col">Images</th>
              <th scope="col">Missed</th>
              <th scope="col">Dice</th>
              <th scope="col">95 %</th>
              <th scope="col">HD95, {scores.units}</th>
            </tr>
          </thead>
          <tbody>
            {scores.domains.map((domain) => (
              <tr key={domain.name}>
                <th scope="row">
                  <bdi class="name">{domain.name}</bdi>
                  {domain.labelled ? ", labelled" : ""}
                </th>
                <td>{domain.cases}</td>
                <td>{domain.missed}</td>
                <td>{percent(domain.dice.mean)}</td>
                <td>
                  <Interval {...domain} />
                </td>
                <td>{domain.hd95 === null ? "–" : domain.hd95.toFixed(1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
