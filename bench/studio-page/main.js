/** Shows the editor alone, on what it is given under case.json, and keeps the mask as a server would have it. */
import "../../src/studio/page/styles/index.css";
import "./page.css";
import { h, render } from "preact";
import { applyMaskPatch } from "../../src/grid/mask-patch.ts";
import { MaskEditor } from "../../src/studio/page/editor/mask-editor.tsx";

const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
const { width, height, ...rest } = await (await fetch("case.json")).json();
const [image, mask, prediction] = await Promise.all(["image", "mask", "prediction"].map(bytes));

/** What arrived. */
const saved = mask.slice();
const kept = { saved, strokes: [], isGone: false, waiting: null };
window.kept = kept;

const onStroke = async (patch) => {
  if (kept.isGone) throw new Error("no answer from the server");
  applyMaskPatch(saved, width, patch);
  const { values: _, ...box } = patch;
  kept.strokes.push(box);
};

const onSaveState = ({ waiting }) => {
  kept.waiting = waiting;
};

render(
  h(MaskEditor, {
    ...rest,
    mask,
    prediction,
    onStroke,
    onSaveState,
    image: { data: new Uint8ClampedArray(image), width, height },
  }),
  document.getElementById("app"),
);
