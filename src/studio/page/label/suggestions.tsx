/** The images that are worth a label, each of which leads to the editor. */
import { useState } from "preact/hooks";
import type { LabelList, SuggestedCase } from "../../../workflows/studio/shown/labelling.js";
import { Problem, Waiting } from "../parts/notice.js";
import { post } from "../parts/server.js";
import { grouped } from "../parts/words.js";
import { href } from "../route.js";

const mostImages = 200;

function Card({ run, suggested: { rank, reason, one } }: { run: string; suggested: SuggestedCase }) {
  const { id, domain, name, masked, corrected, draft } = one;
  return (
    <li class="card">
      <a href={href("runs", run, "cases", id, "mask")}>
        <img src={`/api/runs/${run}/cases/${id}/thumbnail`} alt="" loading="lazy" decoding="async" />
        <span class="card-name">
          {rank}: <bdi class="name">{name}</bdi>
        </span>
      </a>
      <p class="note">
        <bdi class="name">{domain}</bdi>
        {masked ? "" : ", no mask"}
      </p>
      <p class="reason">{reason}</p>
      {draft ? <span class="badge running">Being corrected</span> : null}
      {corrected && !draft ? <span class="badge finished">Corrected here</span> : null}
    </li>
  );
}

/** The list, and the way to another one. */
export function Suggestions({ run, list, again }: { run: string; list: LabelList; again: () => void }) {
  const [count, setCount] = useState("10");
  const [error, setError] = useState<string | null>(null);
  const { images, suggested, suggesting, failure } = list;
  const ask = (event: Event) => {
    event.preventDefault();
    setError(null);
    post(`/api/runs/${run}/suggest`, { count: Number(count) }).then(again, (problem: Error) =>
      setError(problem.message),
    );
  };
  return (
    <section>
      <h2>Worth a label</h2>
      <p class="note">
        {suggested
          ? `Chosen at step ${grouped(suggested.step)}, the most useful first. Open one to draw its mask.`
          : "The run chooses among the training images that it has no label of: those it is unsure of, of domains that need labels, and unlike each other."}
      </p>
      <form class="ask" onSubmit={ask}>
        <label>
          How many
          <input
            type="number"
            required
            min={1}
            max={mostImages}
            step={1}
            value={count}
            onInput={(event) => setCount(event.currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={suggesting}>
          {suggested ? "Choose anew" : "Choose images"}
        </button>
      </form>
      {(error ?? failure) ? <Problem>{error ?? failure}</Problem> : null}
      {suggesting ? <Waiting>Choosing images; this takes a while</Waiting> : null}
      <ul class="cards suggested">
        {images.map((one) => (
          <Card key={one.one.id} run={run} suggested={one} />
        ))}
      </ul>
    </section>
  );
}
