/** One image that was given: its mask over it, how far it is, or why there is no mask. */
import { useEffect, useRef, useState } from "preact/hooks";
import { shapeText } from "../../../grid/grid.js";
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";
import { Problem } from "../parts/notice.js";
import type { MaskFacts } from "./mask-facts.js";
import type { Progress, Segmented, SegmentedPicture } from "./messages.js";
import { layMask, shownParts } from "./overlay.js";
import { saveMask } from "./save-mask.js";
import { VolumePlanes } from "./volume.js";

/** How an image stands. */
export interface Outcome {
  readonly id: number;
  readonly name: string;
  readonly progress?: Progress;
  readonly segmented?: Segmented;
  readonly refused?: string;
  /** Nobody waits for it any more. */
  cancel(): void;
}

function found(facts: MaskFacts, model: ShownModel): string {
  const names = shownParts(facts, model);
  return names.length === 0 ? "shows none of the parts" : `shows ${names.join(", ")}`;
}

function Picture({ name, picture, text, model, opacity }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height, pixels, mask } = picture;
  useEffect(() => {
    const image = new ImageData(pixels.slice(), width, height);
    layMask(image, mask, model, opacity);
    canvas.current?.getContext("2d")?.putImageData(image, 0, 0);
  }, [picture, opacity]);
  return (
    <div class="frame" style={{ aspectRatio: `${width} / ${height}` }}>
      <canvas ref={canvas} width={width} height={height} role="img" aria-label={`${name}; its mask ${text}`} />
    </div>
  );
}

interface PictureProps {
  readonly name: string;
  readonly picture: SegmentedPicture;
  /** What the mask shows. */
  readonly text: string;
  readonly model: ShownModel;
  /** Of the mask, 0 to 1. */
  readonly opacity: number;
}

function sizeText(segmented: Segmented): string {
  if (segmented.kind === "picture") return `${segmented.width} x ${segmented.height} pixels`;
  return `${shapeText(segmented.stored.grid)} voxels`;
}

function Done({ name, segmented, model, opacity }: DoneProps) {
  const [error, setError] = useState<string | null>(null);
  const text = found(segmented.facts, model);
  const save = () => {
    setError(null);
    saveMask(segmented, name).catch((problem: Error) => setError(problem.message));
  };
  return (
    <>
      {segmented.kind === "picture" ? (
        <Picture {...{ name, picture: segmented, text, model, opacity }} />
      ) : (
        <VolumePlanes {...{ volume: segmented, model, opacity }} />
      )}
      <p class="note">
        {sizeText(segmented)}; the mask {text}. {segmented.engine}.
      </p>
      <button type="button" onClick={save}>
        Save mask <span class="unseen">of {name}</span>
      </button>
      {error ? <Problem>{error}</Problem> : null}
    </>
  );
}

interface DoneProps extends Pick<PictureProps, "name" | "model" | "opacity"> {
  readonly segmented: Segmented;
}

/** How far an image is, and ending it. */
function Coming({ name, progress, cancel }: Pick<Outcome, "name" | "progress" | "cancel">) {
  return (
    <div class="coming">
      <p class="note">{progress?.step === "segmenting" ? "Segmenting" : progress ? "Reading" : "Waiting"}</p>
      {progress?.step === "segmenting" && progress.of > 1 ? (
        <progress value={progress.done} max={progress.of} aria-label={`Segmenting ${name}`} />
      ) : null}
      <button type="button" onClick={cancel}>
        Cancel <span class="unseen">{name}</span>
      </button>
    </div>
  );
}

/** The view. */
export function OutcomeView({ one, model, opacity }: { one: Outcome; model: ShownModel; opacity: number }) {
  const { name, progress, segmented, refused, cancel } = one;
  return (
    <li class={`outcome${segmented?.kind === "volume" ? " wide" : ""}`}>
      <h2 class="name">{name}</h2>
      {segmented ? <Done {...{ name, segmented, model, opacity }} /> : null}
      {refused !== undefined ? <p class="notice bad">{refused}</p> : null}
      {segmented || refused !== undefined ? null : <Coming {...{ name, progress, cancel }} />}
    </li>
  );
}
