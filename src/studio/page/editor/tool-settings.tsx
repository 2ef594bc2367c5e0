/** How the tool at hand works. */
import type { Editor } from "./editor.js";
import { Slider, Tick } from "./fields.js";
import { diameters, type Settings, smoothings, type Tool } from "./settings.js";

type Of = { editor: Editor; settings: Settings };

function GreyRange({ editor, settings: { isRanged, low, high } }: Of) {
  return (
    <>
      <Tick name="Only within a range of grey" isOn={isRanged} onChange={(on) => editor.set({ isRanged: on })} />
      {isRanged && (
        <div class="editor-indented">
          <Slider
            name="From"
            value={low}
            least={0}
            most={255}
            onInput={(value) => editor.set({ low: value, high: Math.max(high, value) })}
          />
          <Slider
            name="To"
            value={high}
            least={0}
            most={255}
            onInput={(value) => editor.set({ high: value, low: Math.min(low, value) })}
          />
        </div>
      )}
    </>
  );
}

function BrushSettings({ editor, settings }: Of) {
  return (
    <>
      <Slider
        name="Size"
        value={settings.diameter}
        least={diameters.least}
        most={diameters.most}
        unit=" px"
        onInput={(diameter) => editor.set({ diameter })}
      />
      <GreyRange editor={editor} settings={settings} />
      <Tick
        name="A light pen draws thinner"
        isOn={settings.usesPressure}
        onChange={(usesPressure) => editor.set({ usesPressure })}
      />
    </>
  );
}

function PiecesSettings({ editor, settings: { keepsPiece } }: Of) {
  return (
    <>
      <Tick
        name="Keep this piece, remove the others"
        isOn={keepsPiece}
        onChange={(on) => editor.set({ keepsPiece: on })}
      />
      <p class="editor-note">{keepsPiece ? "Click the piece to keep." : "Click a piece of the part to remove it."}</p>
    </>
  );
}

function PolygonSettings({ editor }: Of) {
  const { corners } = editor.session;
  return (
    <>
      <p class="editor-note">Click corners; click the first or the last again to close.</p>
      <button type="button" disabled={corners.value.length < 3} onClick={() => editor.session.closePolygon()}>
        Close polygon
      </button>
    </>
  );
}

const notes: Partial<Record<Tool, string>> = {
  fill: "Click an area; all that hangs together with it becomes the part.",
  pan: "Drag to move, turn the wheel or pinch to zoom.",
};

const titles: Readonly<Record<Tool, string>> = {
  ...{ brush: "Brush", eraser: "Eraser", polygon: "Polygon", fill: "Fill", pieces: "Pieces", pan: "Move the view" },
};

/** Settings of the tool, and smoothing, which needs none. */
export function ToolSettings({ editor }: { editor: Editor }) {
  const { tool } = editor;
  const settings = editor.settings.value;
  const of = { editor, settings };
  return (
    <>
      <fieldset class="editor-group">
        <legend>{titles[tool]}</legend>
        {(tool === "brush" || tool === "eraser") && <BrushSettings {...of} />}
        {tool === "polygon" && <PolygonSettings {...of} />}
        {tool === "pieces" && <PiecesSettings {...of} />}
        {notes[tool] && <p class="editor-note">{notes[tool]}</p>}
      </fieldset>
      {!editor.isReadOnly.value && (
        <fieldset class="editor-group">
          <legend>Smooth</legend>
          <Slider
            name="Reach"
            value={settings.smoothing}
            least={smoothings.least}
            most={smoothings.most}
            unit=" px"
            onInput={(smoothing) => editor.set({ smoothing })}
          />
          <button type="button" title="Smooth the part (S)" onClick={() => editor.session.smooth()}>
            Smooth {editor.session.part.name}
          </button>
        </fieldset>
      )}
    </>
  );
}
