/** Where the cursor is, what lies there, how large it is shown, and whether all is saved. */
import type { Editor } from "./editor.js";

function Place({ editor }: { editor: Editor }) {
  const { session } = editor;
  const at = session.cursor.value;
  const { width, height } = session.size;
  const [x, y] = at ? [Math.floor(at.x), Math.floor(at.y)] : [-1, -1];
  const isInside = x >= 0 && y >= 0 && x < width && y < height;
  return (
    <span class="editor-cursor">
      {isInside ? `x ${x}, y ${y}, grey ${session.grey[y * width + x]}` : `${width} × ${height} pixels`}
    </span>
  );
}

function Saved({ editor }: { editor: Editor }) {
  const { waiting, failure, isRefused, isKept } = editor.saving.value;
  const strokes = `${waiting} ${waiting === 1 ? "stroke" : "strokes"}`;
  if (failure !== null && waiting > 0) {
    const words = [`${strokes} not saved: ${failure}.`];
    if (!isRefused) words.push("Trying again.", ...(isKept ? ["This browser keeps them."] : []));
    return (
      <span class="editor-saved failed" role="alert">
        {words.join(" ")}
      </span>
    );
  }
  if (editor.isReadOnly.value) return <span class="editor-saved">Read only</span>;
  if (waiting > 0) return <span class="editor-saved waiting">{`Saving ${strokes}`}</span>;
  return <span class="editor-saved">All saved</span>;
}

function Zoom({ editor }: { editor: Editor }) {
  const { viewport } = editor;
  return (
    <span class="editor-zoom">
      <button
        type="button"
        class="editor-quiet"
        aria-label="Zoom out"
        title="Zoom out (-)"
        onClick={() => viewport.zoom(0.8)}
      >
        −
      </button>
      <button type="button" class="editor-quiet" title="Whole image (0)" onClick={() => viewport.fit()}>
        {`${Math.round(100 * viewport.view.value.scale)} %`}
      </button>
      <button
        type="button"
        class="editor-quiet"
        aria-label="Zoom in"
        title="Zoom in (+)"
        onClick={() => viewport.zoom(1.25)}
      >
        +
      </button>
    </span>
  );
}

/** The line below the stage. */
export function StatusLine({ editor }: { editor: Editor }) {
  return (
    <div class="editor-status">
      <Place editor={editor} />
      <span class="editor-did" role="status">
        {editor.session.message.value}
      </span>
      <Saved editor={editor} />
      <Zoom editor={editor} />
    </div>
  );
}
