/** The editor over one slice of a correction, and the way to its other slices and planes. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { encodeMaskPatch, type MaskPatch } from "../../../grid/mask-patch.js";
import type { CaseFacts, ShownPlane } from "../../../workflows/studio/shown/cases.js";
import type { DraftFacts } from "../../../workflows/studio/shown/corrections.js";
import { fetchSlice, imagePixels } from "../cases/layers.js";
import { MaskEditor } from "../editor/mask-editor.js";
import { Problem, Waiting } from "../parts/notice.js";
import { getBytes, post } from "../parts/server.js";
import { capitalised } from "../parts/words.js";

function base64(bytes: Uint8Array): string {
  const piece = 8192;
  let text = "";
  for (let i = 0; i < bytes.length; i += piece) text += String.fromCharCode(...bytes.subarray(i, i + piece));
  return btoa(text);
}

/** Which slice is drawn on. */
interface Place {
  readonly plane: number;
  readonly index: number;
}

/** What the editor shows of one slice. */
interface EditedSlice extends Place {
  readonly image: { data: Uint8ClampedArray; width: number; height: number; tall: number };
  readonly mask: Uint8Array;
  readonly prediction: Uint8Array | null;
}

/** How many times as tall as wide the pixels of a plane are. */
function tallOf({ rows, columns, height, width }: ShownPlane): number {
  return height / rows / (width / columns);
}

async function loadSlice(run: string, facts: CaseFacts, draft: DraftFacts, { plane, index }: Place) {
  const place = { run, id: facts.id, plane, index };
  const path = `/api/runs/${run}/cases/${facts.id}/draft/${draft.session}/slices/${plane}/${index}`;
  const [image, { bytes }, prediction] = await Promise.all([
    fetchSlice(place, "image"),
    getBytes(path),
    draft.predicted ? fetchSlice(place, "prediction") : null,
  ]);
  const { data, width, height } = imagePixels(image);
  const slice: EditedSlice = {
    ...{ plane, index, image: { data, width, height, tall: tallOf(facts.planes[plane]) } },
    ...{ mask: new Uint8Array(bytes), prediction: prediction?.bytes ?? null },
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
  /** Strokes that the studio does not have yet. */
  readonly unsaved: number;
  readonly setUnsaved: (strokes: number) => void;
}

/** The view. */
export function Drawing({ run, facts, draft, unsaved, setUnsaved }: DrawingProps) {
  const { planes, drawnIn } = facts;
  const [plane, setPlane] = useState(drawnIn);
  const [indices, setIndices] = useState(planes.map(middle));
  const [slice, setSlice] = useState<EditedSlice | null>(null);
  const [error, setError] = useState<string | null>(null);
  const index = indices[plane];
  const isBehind = unsaved > 0;
  useEffect(() => {
    // Slices of other planes cross this one: they are fetched when all strokes are in them.
    if (isBehind || (slice?.plane === plane && slice.index === index)) return undefined;
    let wanted = true;
    loadSlice(run, facts, draft, { plane, index }).then(
      (loaded) => wanted && setSlice(loaded),
      (problem: Error) => wanted && setError(problem.message),
    );
    return () => {
      wanted = false;
    };
  }, [run, facts, draft, plane, index, isBehind]);
  const save = useMemo(() => {
    const own = { session: draft.session, plane: slice?.plane, slice: slice?.index };
    return async (patch: MaskPatch) => {
      const body = { ...own, patch: base64(encodeMaskPatch(patch)) };
      await post(`/api/runs/${run}/cases/${facts.id}/draft/strokes`, body);
    };
  }, [run, facts, draft, slice]);
  const choose = (place: Place) => {
    setPlane(place.plane);
    setIndices(indices.map((old, at) => (at === place.plane ? place.index : old)));
  };
  if (error) return <Problem>{error}</Problem>;
  if (!slice) return <Waiting>Opening the mask</Waiting>;
  return (
    <>
      {planes.length > 1 ? <SliceChoice {...{ planes, indices, plane, choose }} /> : null}
      <div class="editor-place" data-slice={`${planes[slice.plane].name} ${slice.index}`}>
        <MaskEditor
          image={slice.image}
          mask={slice.mask}
          labels={facts.labels}
          target={facts.target}
          prediction={slice.prediction}
          onStroke={save}
          onSaveState={({ waiting }) => setUnsaved(waiting)}
        />
      </div>
    </>
  );
}
