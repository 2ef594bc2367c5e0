/** The editor over one slice of a correction, and the way to its other slices and planes. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { CaseFacts, ShownPlane } from "../../../workflows/studio/shown/cases.js";
import type { DraftFacts } from "../../../workflows/studio/shown/corrections.js";
import { fetchSlice, imagePixels } from "../cases/layers.js";
import { MaskEditor } from "../editor/mask-editor.js";
import { History } from "../editor/model/history.js";
import type { FinishedStroke } from "../editor/session.js";
import { Problem, Waiting } from "../parts/notice.js";
import { getBytes } from "../parts/server.js";
import { capitalised } from "../parts/words.js";
import type { Outbox } from "./outbox.js";
import { usePrediction } from "./use-prediction.js";

/** Which slice is drawn on. */
interface Place {
  readonly plane: number;
  readonly index: number;
}

/** What the editor shows of one slice. */
interface EditedSlice extends Place {
  readonly image: { data: Uint8ClampedArray; width: number; height: number; tall: number };
  readonly mask: Uint8Array;
}

/** How many times as tall as wide the pixels of a plane are. */
function tallOf({ rows, columns, height, width }: ShownPlane): number {
  return height / rows / (width / columns);
}

async function loadSlice(run: string, facts: CaseFacts, draft: DraftFacts, { plane, index }: Place) {
  const place = { run, id: facts.id, plane, index };
  const path = `/api/runs/${run}/cases/${facts.id}/draft/${draft.session}/slices/${plane}/${index}`;
  const [image, { bytes }] = await Promise.all([fetchSlice(place, "image"), getBytes(path)]);
  const { data, width, height } = imagePixels(image);
  const slice: EditedSlice = {
    ...{ plane, index, image: { data, width, height, tall: tallOf(facts.planes[plane]) } },
    ...{ mask: new Uint8Array(bytes) },
  };
  return slice;
}

function middle({ count }: ShownPlane): number {
  return Math.floor((count - 1) / 2);
}

/** Plane and slice of a volume. */
function SliceChoice({
  planes,
  indices,
  plane,
  choose,
}: {
  planes: readonly ShownPlane[];
  indices: readonly number[];
  plane: number;
  choose: (place: Place) => void;
}) {
  const { count } = planes[plane];
  const index = indices[plane];
  return (
    <div class="slice-choice">
      <fieldset class="layer-choice">
        <legend>Plane</legend>
        {planes.map(({ name }, at) => (
          <label key={name}>
            <input
              type="radio"
              name="plane"
              checked={at === plane}
              onChange={() => choose({ plane: at, index: indices[at] })}
            />
            {capitalised(name)}
          </label>
        ))}
      </fieldset>
      <label class="slice-slider">
        Slice {index + 1} of {count}
        <input
          type="range"
          min={0}
          max={count - 1}
          value={index}
          onInput={(event) => choose({ plane, index: Number(event.currentTarget.value) })}
        />
      </label>
    </div>
  );
}

/** What is drawn on. */
export interface DrawingProps {
  readonly run: string;
  readonly facts: CaseFacts;
  readonly draft: DraftFacts;
  readonly outbox: Outbox;
}

/** The view. */
export function Drawing({ run, facts, draft, outbox }: DrawingProps) {
  const { planes, drawnIn } = facts;
  const [plane, setPlane] = useState(drawnIn);
  const [indices, setIndices] = useState(planes.map(middle));
  const [slice, setSlice] = useState<EditedSlice | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [tries, setTries] = useState(0);
  const index = indices[plane];
  const saving = outbox.saving.value;
  const isBehind = saving.waiting > 0;
  useEffect(() => {
    // Slices of other planes cross this one: they are fetched when all strokes are in them.
    if (isBehind || (slice?.plane === plane && slice.index === index)) return undefined;
    let wanted = true;
    loadSlice(run, facts, draft, { plane, index }).then(
      (loaded) => {
        if (!wanted) return;
        setSlice(loaded);
        setError(null);
      },
      (problem: Error) => wanted && setError(problem.message),
    );
    return () => {
      wanted = false;
    };
  }, [run, facts, draft, plane, index, isBehind, tries]);
  const shown = slice ?? { plane, index };
  const place = { run, id: facts.id, plane: shown.plane, index: shown.index };
  const prediction = usePrediction(place, draft.predicted);
  const choose = (place: Place) => {
    setPlane(place.plane);
    setIndices(indices.map((old, at) => (at === place.plane ? place.index : old)));
  };
  const history = useMemo(() => new History(), [outbox]);
  // A slice that is shown for long has a session of then, and goes to where a step was by the choice of now.
  const goTo = useRef(choose);
  goTo.current = choose;
  const steps = slice && {
    history,
    place: { plane: slice.plane, index: slice.index },
    goTo: (place: Place) => goTo.current(place),
  };
  const problem = error && (
    <Problem>
      {error}{" "}
      <button type="button" onClick={() => setTries(tries + 1)}>
        Try again
      </button>
    </Problem>
  );
  if (!slice || !steps) return problem || <Waiting>Opening the mask</Waiting>;
  const keep = ({ patch, model }: FinishedStroke) => {
    const { plane, index } = slice;
    const told = model === undefined ? {} : { model: model === null ? null : { answeredBy: model } };
    outbox.add({ plane, slice: index, patch, ...told });
  };
  return (
    <>
      {problem}
      {planes.length > 1 ? <SliceChoice {...{ planes, indices, plane, choose }} /> : null}
      <div class="editor-place" data-slice={`${planes[slice.plane].name} ${slice.index}`}>
        <MaskEditor
          image={slice.image}
          mask={slice.mask}
          labels={facts.labels}
          target={facts.target}
          prediction={prediction.slice?.bytes ?? null}
          predictedBy={prediction.slice?.answeredBy ?? ""}
          predictionNote={prediction.note}
          onStroke={keep}
          saving={saving}
          steps={steps}
          readOnly={saving.isRefused ?? false}
        />
      </div>
    </>
  );
}
