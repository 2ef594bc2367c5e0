/** One case: image, reference, prediction and doubt; of a volume in three planes. */
import { useEffect, useState } from "preact/hooks";
import type { AnswerFacts, CaseFacts, LayerName } from "../../../workflows/studio/shown/cases.js";
import { Legend } from "../parts/legend.js";
import { Problem, Waiting } from "../parts/notice.js";
import { getJson, useJson } from "../parts/server.js";
import { capitalised, percent } from "../parts/words.js";
import { href } from "../route.js";
import { EstimateBar } from "./estimate.js";
import { SliceView } from "./slice-view.js";

const layerNames: Record<LayerName, string> = {
  image: "Image",
  reference: "Reference",
  prediction: "Prediction",
  doubt: "Doubt",
};

/** What can be done about the case's mask. */
function maskWords({ hasDraft, hasReference }: CaseFacts): string {
  if (hasDraft) return "Go on correcting";
  return hasReference ? "Correct the mask" : "Draw a mask";
}

/** What is asked of the network about the case; it may take seconds. */
function useAnswer(run: string, id: string) {
  const [answer, setAnswer] = useState<AnswerFacts | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    let wanted = true;
    getJson<AnswerFacts>(`/api/runs/${run}/cases/${id}/answer`).then(
      (said) => wanted && setAnswer(said),
      (problem: Error) => wanted && setError(problem.message),
    );
    return () => {
      wanted = false;
    };
  }, [run, id]);
  return { answer, error };
}

/** A picture's layers side by side. */
function Picture({ run, facts, layers, version }: ViewProps) {
  const {
    planes: [plane],
    labels,
    target,
  } = facts;
  return (
    <div class="slices pictures">
      {layers.map((layer) => (
        <SliceView
          key={layer}
          {...{ run, id: facts.id, plane, at: 0, index: 0, layer, labels, target, version, title: layerNames[layer] }}
        />
      ))}
    </div>
  );
}

interface ViewProps {
  readonly run: string;
  readonly facts: CaseFacts;
  readonly layers: readonly LayerName[];
  readonly version: string;
}

/** A volume's planes side by side, with one layer over them. */
function Volume({ run, facts, layers, version }: ViewProps) {
  const { labels, target } = facts;
  const [wanted, setWanted] = useState<LayerName | null>(null);
  const [places, setPlaces] = useState(facts.planes.map(({ count }) => Math.floor((count - 1) / 2)));
  const layer = wanted !== null && layers.includes(wanted) ? wanted : layers[layers.length > 1 ? 1 : 0];
  return (
    <>
      <fieldset class="layer-choice">
        <legend>Layer</legend>
        {layers.map((name) => (
          <label key={name}>
            <input type="radio" name="layer" checked={name === layer} onChange={() => setWanted(name)} />
            {layerNames[name]}
          </label>
        ))}
      </fieldset>
      <div class="slices planes">
        {facts.planes.map((plane, at) => (
          <SliceView
            key={plane.name}
            {...{ run, id: facts.id, plane, at, index: places[at], layer, labels, target, version }}
            title={capitalised(plane.name)}
            onIndex={(index) => setPlaces(places.map((old, i) => (i === at ? index : old)))}
          />
        ))}
      </div>
    </>
  );
}

function Scores({ facts, answer }: { facts: CaseFacts; answer: AnswerFacts | null }) {
  const measured = answer?.dice ?? [];
  if (measured.length === 0 && facts.estimates.length === 0) return null;
  return (
    <dl class="scores">
      {measured.length > 0 ? (
        <>
          <dt>Dice against the reference</dt>
          <dd>{measured.map(({ part, dice }) => `${part} ${percent(dice)}`).join(", ")}</dd>
        </>
      ) : null}
      {facts.estimates.length > 0 ? (
        <>
          <dt>{measured.length > 0 ? "Estimated without it" : "Estimated Dice"}</dt>
          <dd>
            {facts.estimates.map((one) => (
              <EstimateBar key={one.part} estimate={one} />
            ))}
          </dd>
        </>
      ) : null}
    </dl>
  );
}

/** The view. */
export function CaseView({ run, id }: { run: string; id: string }) {
  const { value: facts, error } = useJson<CaseFacts>(`/api/runs/${run}/cases/${id}`);
  const { answer, error: unanswered } = useAnswer(run, id);
  const layers: LayerName[] = [
    "image",
    ...(facts?.hasReference ? (["reference"] as const) : []),
    ...(answer ? (["prediction", "doubt"] as const) : []),
  ];
  const view = facts && {
    ...{ run, facts, layers, version: answer ? "answered" : "opened" },
  };
  return (
    <>
      <p class="crumbs">
        <a href={href("runs")}>Runs</a> / <a href={href("runs", run, "cases")}>Cases</a>
      </p>
      <div class="heading">
        <h1 class="name">{facts?.name ?? "Case"}</h1>
        {facts ? (
          <span class="note">
            <bdi class="name">{facts.domain}</bdi>, {facts.use}, <bdi class="name">{facts.file}</bdi>
          </span>
        ) : null}
      </div>
      {error ? <Problem>{error}</Problem> : null}
      {!facts && !error ? <Waiting>Opening the case</Waiting> : null}
      {view ? (
        <>
          <div class="case-bar">
            <Legend labels={view.facts.labels} />
            {answer || unanswered ? null : <Waiting>Asking the network</Waiting>}
            {answer ? <span class="note">{answer.answeredBy}</span> : null}
            <a class="button to-mask" href={href("runs", run, "cases", id, "mask")}>
              {maskWords(view.facts)}
            </a>
          </div>
          {unanswered ? <Problem>{unanswered}</Problem> : null}
          {view.facts.planes.length === 1 ? <Picture {...view} /> : <Volume {...view} />}
          <Scores facts={view.facts} answer={answer} />
        </>
      ) : null}
    </>
  );
}
