/** Correcting a case's mask: what it begins from, the editor, and writing it into the data set. */
import { useEffect, useState } from "preact/hooks";
import type { CaseFacts } from "../../../workflows/studio/shown/cases.js";
import type { DraftFacts, DraftOrigin, SavedMask } from "../../../workflows/studio/shown/corrections.js";
import { Problem, Waiting } from "../parts/notice.js";
import { post, useJson } from "../parts/server.js";
import { href } from "../route.js";
import { Drawing } from "./drawing.js";
import { Outbox } from "./outbox.js";

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
  const [open, setOpen] = useState<{ draft: DraftFacts; outbox: Outbox } | null>(null);
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
    work(from === "prediction" ? "Asking the network" : "Opening the mask", async () => {
      setOpen(null);
      const draft = await post<DraftFacts>(path, { from });
      setOpen({ draft, outbox: await Outbox.open(path, draft) });
    });
  useEffect(() => {
    if (facts?.hasDraft && open === null && saved === null) void begin("reference");
  }, [facts]);
  const write = () =>
    work("Writing the mask", async () => {
      setSaved(await post<SavedMask>(`${path}/save`, open?.outbox.seen));
      setOpen(null);
    });
  const discard = () =>
    work("Giving up", async () => {
      await post(`${path}/discard`, open?.outbox.seen);
      location.hash = href("runs", run, "cases", id);
    });
  const saving = open?.outbox.saving.value;
  const refused = open?.outbox.refused ?? 0;
  return (
    <div class="correct">
      <div class="correct-bar">
        <p class="crumbs">
          <a href={href("runs", run, "cases")}>Cases</a> /{" "}
          <a href={href("runs", run, "cases", id)}>{facts?.name ?? "Case"}</a>
        </p>
        <h1 class="unseen">Correct {facts?.name}</h1>
        {waiting ? <Waiting>{waiting}</Waiting> : null}
        {open ? (
          <div class="correct-actions">
            <span class="note">Every stroke is kept at once.</span>
            <button type="button" disabled={waiting !== null} onClick={discard}>
              Give up
            </button>
            <button type="button" class="primary" disabled={waiting !== null || saving?.waiting !== 0} onClick={write}>
              Write mask
            </button>
          </div>
        ) : null}
      </div>
      {(error ?? problem) ? <Problem>{error ?? problem}</Problem> : null}
      {facts && !open && !saved && waiting === null && !facts.hasDraft ? <Origin facts={facts} begin={begin} /> : null}
      {saving?.isRefused ? (
        <Problem>
          {saving.failure}{" "}
          <button type="button" disabled={waiting !== null} onClick={() => begin("reference")}>
            Open it again
          </button>
        </Problem>
      ) : null}
      {refused > 0 ? (
        <Problem>
          {refused} {refused === 1 ? "stroke of this page was" : "strokes of this page were"} not taken: the correction
          had gone on elsewhere.
        </Problem>
      ) : null}
      {facts && open ? <Drawing {...{ run, facts, ...open }} /> : null}
      {saved ? <Written run={run} id={id} saved={saved} /> : null}
    </div>
  );
}
