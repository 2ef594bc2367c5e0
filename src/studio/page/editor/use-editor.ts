/** The editor of the properties at hand: a new one for another image or mask, the same settings for all. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { MaskPatch } from "../../../grid/mask-patch.js";
import { Editor } from "./editor.js";
import type { MaskEditorProps } from "./props.js";
import { createSettings, type SettingsSignal } from "./settings.js";

/** The editor; while strokes wait to be saved the browser asks before it leaves the page. */
export function useEditor(props: MaskEditorProps): Editor {
  const { image, mask, labels, target = "softmax", prediction = null, readOnly = false, onStroke, onSaveState } = props;
  const settings = useRef<SettingsSignal>(undefined);
  settings.current ??= createSettings();
  const shared = settings.current;
  const { editor, saver } = useMemo(() => {
    // A stroke goes to where its own mask is kept, also once another one is open.
    const saver = { save: onStroke, report: onSaveState };
    const save = (patch: MaskPatch) => saver.save(patch);
    return { editor: new Editor({ image, mask, parts: labels, target, settings: shared, save }), saver };
  }, [image, mask]);
  saver.save = onStroke;
  saver.report = onSaveState;
  useEffect(() => {
    editor.prediction.value = prediction;
    editor.isReadOnly.value = readOnly;
  });
  useEffect(() => editor.session.saving.subscribe((state) => saver.report?.(state)), [editor]);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (editor.session.saving.value.waiting > 0) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [editor]);
  return editor;
}
