/** The cases of a run's data set as cards, filtered and sorted. */
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { CaseList, CaseOverview } from "../../../workflows/studio/shown/cases.js";
import type { RunOverview } from "../../../workflows/studio/shown/runs.js";
import { Problem, Waiting } from "../parts/notice.js";
import { getJson, post, useJson } from "../parts/server.js";
import { grouped } from "../parts/words.js";
import { href } from "../route.js";
import { RunHeading } from "../runs/heading.js";
import { type CaseChoice, chooseCases, wholeChoice } from "./choose.js";
import { EstimateBar } from "./estimate.js";

/** Cards that are added at once. */
const page = 48;
/** Milliseconds between two looks at estimates under way. */
const lookAgain = 2000;

const uses: Record<CaseOverview["use"], string> = {
  labelled: "labelled",
  validation: "validation",
  unlabelled: "unlabelled",
  spare: "not used",
  test: "test",
};

/** Kept while other views are open, so that going back shows the same list. */
const choice = signal<CaseChoice>(wholeChoice);

function Card({ run, one }: { run: string; one: CaseOverview }) {
  const { id, domain, name, use, masked, corrected, draft, worst } = one;
  return (
    <li class="card">
      <a href={href("runs", run, "cases", id)}>
        <img src={`/api/runs/${run}/cases/${id}/thumbnail`} alt="" loading="lazy" decoding="async" />
        <span class="card-name name">{name}</span>
      </a>
      <p class="note">
        <bdi class="name">{domain}</bdi>, {uses[use]}
        {masked ? "" : ", no mask"}
      </p>
      {worst ? <EstimateBar estimate={worst} /> : null}
      {draft ? <span class="badge running">Being corrected</span> : null}
      {corrected && !draft ? <span class="badge finished">Corrected here</span> : null}
    </li>
  );
}

function Choices({ list }: { list: CaseList }) {
  const set = (change: Partial<CaseChoice>) => {
    choice.value = { ...choice.value, ...change };
  };
  const { domain, use, which, order, text } = choice.value;
  return (
    <form class="choices" onSubmit={(event) => event.preventDefault()}>
      <label>
        Domain
        <select value={domain} onChange={(event) => set({ domain: event.currentTarget.value })}>
          <option value="">All</option>
          {list.domains.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Used for
        <select value={use} onChange={(event) => set({ use: event.currentTarget.value as CaseChoice["use"] })}>
          <option value="">Anything</option>
          {Object.entries(uses).map(([name, words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label>
        Show
        <select value={which} onChange={(event) => set({ which: event.currentTarget.value as CaseChoice["which"] })}>
          <option value="all">All cases</option>
          <option value="doubtful">Doubtful predictions</option>
          <option value="masked">With a mask</option>
          <option value="unmasked">Without a mask</option>
          <option value="corrected">Corrected here</option>
        </select>
      </label>
      <label>
        Order
        <select value={order} onChange={(event) => set({ order: event.currentTarget.value as CaseChoice["order"] })}>
          <option value="doubt">Most doubtful first</option>
          <option value="name">As in the data set</option>
        </select>
      </label>
      <label>
        Name
        <input type="search" value={text} onInput={(event) => set({ text: event.currentTarget.value })} />
      </label>
    </form>
  );
}

function EstimateState({ run, list, again }: { run: RunOverview | null; list: CaseList; again: () => void }) {
  const [error, setError] = useState<string | null>(null);
  const { estimated, estimating, failure } = list;
  useEffect(() => {
    if (!estimating) return undefined;
    const timer = setTimeout(again, lookAgain);
    return () => clearTimeout(timer);
  }, [list]);
  const begin = () => {
    setError(null);
    post(`/api/runs/${run?.id}/estimate`).then(again, (problem: Error) => setError(problem.message));
  };
  const isOld = estimated !== null && run !== null && estimated.step < run.step;
  return (
    <div class="estimate-state">
      {(error ?? failure) ? <Problem>{error ?? failure}</Problem> : null}
      {estimating ? <Waiting>Estimating how good the masks are; this takes a while</Waiting> : null}
      {!estimating && (estimated === null || isOld) && run ? (
        <p>
          {estimated === null
            ? "Nothing was estimated yet: which predictions are doubtful is not known."
            : `Estimated at step ${grouped(estimated.step)}; the run has gone on since.`}{" "}
          <button type="button" onClick={begin}>
            Estimate quality
          </button>
        </p>
      ) : null}
    </div>
  );
}

/** The view. */
export function CaseListView({ run: id }: { run: string }) {
  const run = useJson<RunOverview>(`/api/runs/${id}`).value ?? null;
  const [list, setList] = useState<CaseList | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [shown, setShown] = useState(page);
  const load = () => {
    getJson<CaseList>(`/api/runs/${id}/cases`).then(setList, (problem: Error) => setError(problem.message));
  };
  useEffect(load, [id]);
  const chosen = list ? chooseCases(list.cases, choice.value) : [];
  return (
    <>
      <RunHeading run={run} id={id} tab="cases" />
      {error ? <Problem>{error}</Problem> : null}
      {list === null && !error ? <Waiting>Reading the data set</Waiting> : null}
      {list ? (
        <>
          <Choices list={list} />
          <EstimateState run={run} list={list} again={load} />
          <p class="note" role="status">
            {chosen.length === list.cases.length
              ? `${grouped(chosen.length)} cases`
              : `${grouped(chosen.length)} of ${grouped(list.cases.length)} cases`}
          </p>
          <ul class="cards">
            {chosen.slice(0, shown).map((one) => (
              <Card key={one.id} run={id} one={one} />
            ))}
          </ul>
          {chosen.length > shown ? (
            <button type="button" onClick={() => setShown(shown + page)}>
              Show {Math.min(page, chosen.length - shown)} more
            </button>
          ) : null}
        </>
      ) : null}
    </>
  );
}
