/** How parts are shown, and the model's mask beside them. */
import type { Editor } from "./editor.js";
import { Slider, Tick } from "./fields.js";

function ModelMask({ editor }: { editor: Editor }) {
  const settings = editor.settings.value;
  const hasMask = editor.prediction.value !== null;
  return (
    <fieldset class="editor-group">
      <legend>Model</legend>
      {hasMask ? (
        <Tick
          name="Compare: dashed outlines"
          isOn={settings.isComparing}
          onChange={(isComparing) => editor.set({ isComparing })}
        />
      ) : (
        <p class="editor-note" role="status">
          {editor.predictionNote.value}
        </p>
      )}
      {hasMask && !editor.isReadOnly.value && (
        <button type="button" onClick={() => editor.accept()}>
          Accept model’s mask
        </button>
      )}
    </fieldset>
  );
}

/** Opacity, outlines and comparison. */
export function ViewSettings({ editor }: { editor: Editor }) {
  const { opacity, isOutlined } = editor.settings.value;
  return (
    <>
      <fieldset class="editor-group">
        <legend>View</legend>
        <Slider
          name="Opacity"
          value={Math.round(100 * opacity)}
          least={0}
          most={100}
          unit=" %"
          onInput={(percent) => editor.set({ opacity: percent / 100 })}
        />
        <Tick name="Outlines only" isOn={isOutlined} onChange={(on) => editor.set({ isOutlined: on })} />
      </fieldset>
      {(editor.prediction.value ?? editor.predictionNote.value) && <ModelMask editor={editor} />}
    </>
  );
}
