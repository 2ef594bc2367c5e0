/** A new training, step by step: a folder, its description, a plan, the start. */
import { useState } from "preact/hooks";
import type { DescribedDataset, FolderProposal, Looked } from "../../../workflows/studio/shown/preparation.js";
import { Problem, Waiting } from "../parts/notice.js";
import { post } from "../parts/server.js";
import { DescribeFolder } from "./describe.js";
import { PlanTraining } from "./plan.js";

/** The view. */
export function NewView() {
  const [path, setPath] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [proposal, setProposal] = useState<FolderProposal | null>(null);
  const [dataset, setDataset] = useState<DescribedDataset | null>(null);
  const look = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    setProposal(null);
    setDataset(null);
    try {
      const found = await post<Looked>("/api/new/look", { path });
      if (found.kind === "described") setDataset(found);
      else setProposal(found);
    } catch (problem) {
      setError((problem as Error).message);
    }
    setBusy(false);
  };
  return (
    <>
      <h1>New training</h1>
      <form class="ask" onSubmit={look}>
        <label>
          Folder of images, or a dataset.yaml, from the studio's folder
          <input
            class="path"
            required
            spellcheck={false}
            autocomplete="off"
            value={path}
            onInput={(event) => setPath(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class={proposal || dataset ? "" : "primary"} disabled={busy}>
          Look at it
        </button>
      </form>
      {busy ? <Waiting>Looking at the images; of many this takes a while</Waiting> : null}
      {error ? <Problem>{error}</Problem> : null}
      {proposal ? (
        <DescribeFolder
          key={proposal.folder}
          proposal={proposal}
          written={(described) => {
            setProposal(null);
            setDataset(described);
          }}
        />
      ) : null}
      {dataset ? <PlanTraining key={dataset.file} dataset={dataset} /> : null}
    </>
  );
}
