/** The editor of the properties at hand: a new one for another image or mask, the same settings for all. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Editor } from "./editor.js";
import type { MaskEditorProps } from "./props.js";
import type { FinishedStroke } from "./session.js";
import { createSettings, type SettingsSignal } from "./settings.js";

/** The editor; while strokes wait to be saved the browser asks before it leaves the page. */
export function useEditor(props: MaskEditorProps): Editor {
  const { image, mask, labels, target = "softmax", readOnly = false, onStroke, saving } = props;
  const { prediction = null, predictedBy = "", predictionNote = null, steps } = props;
  const settings = useRef<SettingsSignal>(undefined);
  settings.current ??= createSettings();
  const shared = settings.current;
  const { editor, keeper } = useMemo(() => {
    // A stroke goes to where its own mask is kept, also once another one is open.
    const keeper = { keep: onStroke };
    const keep = (stroke: FinishedStroke) => keeper.keep(stroke);
    return { editor: new Editor({ image, mask, parts: labels, target, settings: shared, keep, steps }), keeper };
  }, [image, mask]);
  keeper.keep = onStroke;
  useEffect(() => {
    editor.prediction.value = prediction;
    editor.predictedBy = predictedBy;
    editor.predictionNote.value = predictionNote;
    editor.isReadOnly.value = readOnly;
    if (saving) editor.saving.value = saving;
  });
  useEffect(() => editor.session.arrive(), [editor]);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (editor.saving.value.waiting > 0) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [editor]);
  return editor;
}
