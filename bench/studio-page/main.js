/** Shows the editor alone, on what it is given under case.json, and keeps the mask as a server would have it. */
import "../../src/studio/page/styles/index.css";
import "./page.css";
import { h, render } from "preact";
import { applyMaskPatch } from "../../src/grid/mask-patch.ts";
import { Autosave } from "../../src/studio/page/correction/autosave.ts";
import { MaskEditor } from "../../src/studio/page/editor/mask-editor.tsx";

const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
const { width, height, ...rest } = await (await fetch("case.json")).json();
const [image, mask, prediction] = await Promise.all(["image", "mask", "prediction"].map(bytes));

/** What arrived. */
const saved = mask.slice();
const kept = { saved, strokes: [], isGone: false, waiting: null };
window.kept = kept;

const save = async ({ patch }) => {
  if (kept.isGone) throw new Error("no answer from the server");
  applyMaskPatch(saved, width, patch);
  const { values: _, ...box } = patch;
  kept.strokes.push(box);
};

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const show = (saving) => {
  kept.waiting = saving.waiting;
  render(h(MaskEditor, { ...shown, saving }), document.getElementById("app"));
};

const autosave = new Autosave(save, show, wait);
const shown = {
  ...rest,
  mask,
  prediction,
  onStroke: (stroke) => autosave.add(stroke),
  image: { data: new Uint8ClampedArray(image), width, height },
};
show(autosave.state);
