/** Correcting a case's mask: what it begins from, the editor, and writing it into the data set. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { encodeMaskPatch, type MaskPatch } from "../../../grid/mask-patch.js";
import type { CaseFacts } from "../../../workflows/studio/shown/cases.js";
import type { DraftFacts, DraftOrigin, SavedMask } from "../../../workflows/studio/shown/corrections.js";
import { fetchSlice, imagePixels } from "../cases/layers.js";
import { MaskEditor } from "../editor/mask-editor.js";
import { Problem, Waiting } from "../parts/notice.js";
import { getBytes, post, useJson } from "../parts/server.js";
import { href } from "../route.js";

function base64(bytes: Uint8Array): string {
  const piece = 8192;
  let text = "";
  for (let i = 0; i < bytes.length; i += piece) text += String.fromCharCode(...bytes.subarray(i, i + piece));
  return btoa(text);
}

/** What the editor shows of one slice. */
interface EditedSlice {
  readonly index: number;
  readonly image: { data: Uint8ClampedArray; width: number; height: number };
  readonly mask: Uint8Array;
  readonly prediction: Uint8Array | null;
}

async function loadSlice(run: string, facts: CaseFacts, draft: DraftFacts, index: number): Promise<EditedSlice> {
  const place = { run, id: facts.id, plane: facts.drawnIn, index };
  const path = `/api/runs/${run}/cases/${facts.id}/draft/${draft.session}/slices/${index}`;
  const [image, { bytes }, prediction] = await Promise.all([
    fetchSlice(place, "image"),
    getBytes(path),
    draft.predicted ? fetchSlice(place, "prediction") : null,
  ]);
  const { data, width, height } = imagePixels(image);
  return { index, image: { data, width, height }, mask: new Uint8Array(bytes), prediction: prediction?.bytes ?? null };
}

function Origin({ facts, begin }: { facts: CaseFacts; begin: (from: DraftOrigin) => void }) {
  return (
    <section class="origin">
      <h2>What shall the mask begin from?</h2>
      <p class="note">The mask in the data set stays as it is until you write the corrected one.</p>
      <div class="origin-choices">
        {facts.hasReference ? (
          <button type="button" class="primary" onClick={() => begin("reference")}>
            The mask that is there
          </button>
        ) : null}
        <button type="button" class={facts.hasReference ? "" : "primary"} onClick={() => begin("prediction")}>
          What the network says
        </button>
        <button type="button" onClick={() => begin("empty")}>
          An empty mask
        </button>
      </div>
    </section>
  );
}

/** The editor over one slice, with a slider between slices of a volume. */
function Drawing({ run, facts, draft }: { run: string; facts: CaseFacts; draft: DraftFacts }) {
  const [index, setIndex] = useState(Math.floor((draft.count - 1) / 2));
  const [slice, setSlice] = useState<EditedSlice | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    let wanted = true;
    loadSlice(run, facts, draft, index).then(
      (loaded) => wanted && setSlice(loaded),
      (problem: Error) => wanted && setError(problem.message),
    );
    return () => {
      wanted = false;
    };
  }, [run, facts, draft, index]);
  const save = useMemo(() => {
    const own = slice?.index;
    return async (patch: MaskPatch) => {
      const body = { session: draft.session, slice: own, patch: base64(encodeMaskPatch(patch)) };
      await post(`/api/runs/${run}/cases/${facts.id}/draft/strokes`, body);
    };
  }, [run, facts, draft, slice]);
  if (error) return <Problem>{error}</Problem>;
  if (!slice) return <Waiting>Opening the mask</Waiting>;
  return (
    <>
      {draft.count > 1 ? (
        <label class="slice-choice">
          Slice {index + 1} of {draft.count}
          <input
            type="range"
            min={0}
            max={draft.count - 1}
            value={index}
            onInput={(event) => setIndex(Number(event.currentTarget.value))}
          />
        </label>
      ) : null}
      <div class="editor-place">
        <MaskEditor
          image={slice.image}
          mask={slice.mask}
          labels={facts.labels}
          target={facts.target}
          prediction={slice.prediction}
          onStroke={save}
        />
      </div>
    </>
  );
}

function Written({ run, id, saved }: { run: string; id: string; saved: SavedMask }) {
  return (
    <section class="written" role="status">
      <h2>Written</h2>
      <p>
        The mask is in <bdi class="name">{saved.file}</bdi>.{" "}
        {saved.kept === null ? null : (
          <>
            What was there before is kept as <bdi class="name">{saved.kept}</bdi>.
          </>
        )}
      </p>
      <p class="origin-choices">
        <a class="button primary" href={href("runs", run, "cases")}>
          Back to the cases
        </a>
        <a class="button" href={href("runs", run, "label")}>
          What to label next
        </a>
        <a class="button" href={href("runs", run, "cases", id)}>
          Look at this one
        </a>
      </p>
    </section>
  );
}

/** The view. */
export function CorrectView({ run, id }: { run: string; id: string }) {
  const { value: facts, error } = useJson<CaseFacts>(`/api/runs/${run}/cases/${id}`);
  const [draft, setDraft] = useState<DraftFacts | null>(null);
  const [saved, setSaved] = useState<SavedMask | null>(null);
  const [waiting, setWaiting] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const path = `/api/runs/${run}/cases/${id}/draft`;
  const work = async (words: string, task: () => Promise<void>) => {
    setWaiting(words);
    setProblem(null);
    await task().catch((failure: Error) => setProblem(failure.message));
    setWaiting(null);
  };
  const begin = (from: DraftOrigin) =>
    work(from === "prediction" ? "Asking the network" : "Opening the mask", async () =>
      setDraft(await post<DraftFacts>(path, { from })),
    );
  useEffect(() => {
    if (facts?.hasDraft && draft === null && saved === null) void begin("reference");
  }, [facts]);
  const write = () =>
    work("Writing the mask", async () => {
      setSaved(await post<SavedMask>(`${path}/save`, { session: draft?.session }));
      setDraft(null);
    });
  const discard = () =>
    work("Giving up", async () => {
      await post(`${path}/discard`, { session: draft?.session });
      location.hash = href("runs", run, "cases", id);
    });
  return (
    <div class="correct">
      <div class="correct-bar">
        <p class="crumbs">
          <a href={href("runs", run, "cases")}>Cases</a> /{" "}
          <a href={href("runs", run, "cases", id)}>{facts?.name ?? "Case"}</a>
        </p>
        <h1 class="unseen">Correct {facts?.name}</h1>
        {waiting ? <Waiting>{waiting}</Waiting> : null}
        {draft ? (
          <div class="correct-actions">
            <span class="note">Every stroke is kept at once.</span>
            <button type="button" disabled={waiting !== null} onClick={discard}>
              Give up
            </button>
            <button type="button" class="primary" disabled={waiting !== null} onClick={write}>
              Write mask
            </button>
          </div>
        ) : null}
      </div>
      {(error ?? problem) ? <Problem>{error ?? problem}</Problem> : null}
      {facts && !draft && !saved && waiting === null && !facts.hasDraft ? <Origin facts={facts} begin={begin} /> : null}
      {facts && draft ? <Drawing run={run} facts={facts} draft={draft} /> : null}
      {saved ? <Written run={run} id={id} saved={saved} /> : null}
    </div>
  );
}
