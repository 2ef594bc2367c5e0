/** One image that was given: its mask over it, or why there is none. */
import { useEffect, useRef } from "preact/hooks";
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";
import { maskPng } from "./mask-png.js";
import type { Segmented } from "./messages.js";
import { overlaid, shownParts } from "./overlay.js";

/** How an image stands. */
export interface Outcome {
  readonly id: number;
  readonly name: string;
  readonly segmented?: Segmented;
  readonly refused?: string;
}

/** Hands the mask out under the image's name, as `dimseg predict` calls it. */
async function save({ mask, height, width }: Segmented, name: string): Promise<void> {
  const address = URL.createObjectURL(await maskPng(mask, height, width));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${name.replace(/\.[^.]+$/, "")}.png`;
  link.click();
  // Not at once: the browser begins to read it after this.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function found(mask: Uint8Array, model: ShownModel): string {
  const names = shownParts(mask, model);
  return names.length === 0 ? "shows none of the parts" : `shows ${names.join(", ")}`;
}

function Picture({ name, segmented, model, opacity }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height, mask, engine } = segmented;
  useEffect(() => {
    canvas.current?.getContext("2d")?.putImageData(overlaid(segmented, model, opacity), 0, 0);
  }, [segmented, opacity]);
  const text = found(mask, model);
  return (
    <>
      <div class="frame" style={{ aspectRatio: `${width} / ${height}` }}>
        <canvas ref={canvas} width={width} height={height} role="img" aria-label={`${name}; its mask ${text}`} />
      </div>
      <p class="note">
        {width} x {height} pixels; the mask {text}. {engine}.
      </p>
      <button type="button" onClick={() => save(segmented, name)}>
        Save mask <span class="unseen">of {name}</span>
      </button>
    </>
  );
}

interface PictureProps {
  readonly name: string;
  readonly segmented: Segmented;
  readonly model: ShownModel;
  /** Of the mask, 0 to 1. */
  readonly opacity: number;
}

/** The view. */
export function OutcomeView({ one, model, opacity }: { one: Outcome; model: ShownModel; opacity: number }) {
  const { name, segmented, refused } = one;
  return (
    <li class="outcome">
      <h2 class="name">{name}</h2>
      {segmented ? <Picture {...{ name, segmented, model, opacity }} /> : null}
      {refused !== undefined ? <p class="notice bad">{refused}</p> : null}
      {segmented || refused !== undefined ? null : <p class="note">Segmenting</p>}
    </li>
  );
}
