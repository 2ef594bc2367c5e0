/** A run's exported network, asked in this browser about images that are dropped in. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { AskedSet } from "../../../data/asked-set.js";
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";
import type { RunOverview } from "../../../workflows/studio/shown/runs.js";
import { Legend } from "../parts/legend.js";
import { Problem, Waiting } from "../parts/notice.js";
import { useJson } from "../parts/server.js";
import { RunHeading } from "../runs/heading.js";
import { DropZone } from "./drop-zone.js";
import { grouped } from "./grouped.js";
import type { GivenImage } from "./messages.js";
import { type Outcome, OutcomeView } from "./outcome.js";
import { Segmenter } from "./segmenter.js";
import { type AskedExport, useExport } from "./use-export.js";

/** The images that were given, the last first, as their masks come. */
function useOutcomes(run: string, model: ShownModel) {
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  const count = useRef(0);
  const segmenter = useMemo(() => new Segmenter(model, `/api/runs/${run}/export`), [run, model]);
  useEffect(() => () => segmenter.close(), [segmenter]);
  const addOne = (image: GivenImage, set: AskedSet) => {
    const id = count.current++;
    const change = (news: Partial<Outcome>) =>
      setOutcomes((all) => all.map((one) => (one.id === id ? { ...one, ...news } : one)));
    const asked = segmenter.segment(image, set, (progress) => change({ progress }));
    const cancel = () => {
      asked.cancel();
      setOutcomes((all) => all.filter((one) => one.id !== id));
    };
    setOutcomes((all) => [{ id, name: image.name, cancel }, ...all]);
    asked.segmented.then(
      (segmented) => change({ segmented }),
      (error: Error) => change({ refused: error.message }),
    );
  };
  const add = async (files: readonly File[], set: AskedSet) => {
    for (const image of await grouped(files, set)) addOne(image, set);
  };
  return { outcomes, add };
}

/** What screen readers hear while masks come. */
function progressWords(outcomes: readonly Outcome[]): string {
  const done = outcomes.filter(({ segmented, refused }) => segmented || refused !== undefined).length;
  return outcomes.length === 0 ? "" : `${done} of ${outcomes.length} images done`;
}

/** Which files a network can be given. */
function kindsOf({ slices, channelNames }: AskedSet): string {
  const one = slices
    ? "NIfTI, NRRD, MetaImage, HDF5 or DICOM; the files of a DICOM series together, or their folder."
    : "PNG, JPEG, TIFF, BMP or WebP.";
  return channelNames
    ? `${one} Of one image at a time its channels (${channelNames.join(", ")}): in one file, or one file each, called as \`dimseg predict\` wants them.`
    : one;
}

/** Which domain's rule for values images follow. */
function DomainChoice({ rules, chosen, choose }: DomainChoiceProps) {
  if (rules.length === 1) return null;
  return (
    <label class="domain-choice">
      Images are like those of
      <select value={chosen} onChange={(event) => choose(Number(event.currentTarget.value))}>
        {rules.map(({ domain }, i) => (
          <option key={domain} value={i}>
            {domain}
          </option>
        ))}
      </select>
    </label>
  );
}

interface DomainChoiceProps extends Pick<ShownModel, "rules"> {
  /** Number of the rule. */
  readonly chosen: number;
  readonly choose: (rule: number) => void;
}

function Images({ run, model }: { run: string; model: ShownModel }) {
  const { outcomes, add } = useOutcomes(run, model);
  const [opacity, setOpacity] = useState(0.5);
  const [rule, setRule] = useState(0);
  const { set } = model.rules[rule];
  return (
    <>
      <DomainChoice rules={model.rules} chosen={rule} choose={setRule} />
      <DropZone kinds={kindsOf(set)} take={(files) => add(files, set)} />
      {outcomes.some(({ segmented }) => segmented?.isCardBroken) ? (
        <p class="notice" role="status">
          The graphics card could not run the network, so the processor does: masks are the same, and take longer.
        </p>
      ) : null}
      <div class="case-bar">
        <Legend labels={model.parts} />
        <label class="opacity">
          Opacity of masks
          <input
            type="range"
            min={0}
            max={1}
            step={0.05}
            value={opacity}
            onInput={(event) => setOpacity(Number(event.currentTarget.value))}
          />
        </label>
        <span class="note" role="status">
          {progressWords(outcomes)}
        </span>
      </div>
      {outcomes.some(({ refused }) => refused !== undefined) ? (
        <p class="note">
          What is refused here may go with an option of <code>{model.command} FILE</code>.
        </p>
      ) : null}
      <ul class="outcomes">
        {outcomes.map((one) => (
          <OutcomeView key={one.id} {...{ one, model, opacity }} />
        ))}
      </ul>
    </>
  );
}

/** What is exported, and exporting it. */
function Export({ state, make }: Pick<AskedExport, "state" | "make">) {
  if (!state) return <Waiting>Looking for an export</Waiting>;
  if (state.working) return <Waiting>Exporting the network</Waiting>;
  if (state.model)
    return (
      <p class="export-state note">
        <span class="name">{state.model.title}</span>
        <button type="button" onClick={make}>
          Export again
        </button>
      </p>
    );
  return (
    <div class="export-state">
      <p>Images are segmented here, in the browser, by the run's exported network. There is no export yet.</p>
      <button type="button" class="primary" onClick={make}>
        Export the network
      </button>
    </div>
  );
}

/** The view. */
export function SegmentView({ run }: { run: string }) {
  const { value: overview } = useJson<RunOverview>(`/api/runs/${run}`);
  const { state, error, make } = useExport(run);
  const model = state?.model ?? null;
  return (
    <>
      <RunHeading run={overview ?? null} id={run} tab="segment" />
      {error ? <Problem>{error}</Problem> : null}
      {state?.failure ? <Problem>{state.failure}</Problem> : null}
      {state || !error ? <Export state={state} make={make} /> : null}
      {model ? <Images run={run} model={model} /> : null}
    </>
  );
}
