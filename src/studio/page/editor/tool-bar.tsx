/** The tools, undo and redo. */
import type { Editor } from "./editor.js";
import { KeysIcon, RedoIcon, toolIcons, UndoIcon } from "./icons.js";
import { toolKeys } from "./shortcuts.js";

/** A column of buttons; on narrow screens a row. */
export function ToolBar({ editor }: { editor: Editor }) {
  const { canUndo, canRedo } = editor.session.steps.value;
  const isReadOnly = editor.isReadOnly.value;
  return (
    <div class="editor-tools" role="toolbar" aria-label="Tools">
      {toolKeys.map(({ tool, key, name }) => {
        const ToolIcon = toolIcons[tool];
        return (
          <button
            key={tool}
            type="button"
            aria-label={name}
            title={`${name} (${key.toUpperCase()})`}
            aria-pressed={editor.tool === tool}
            disabled={isReadOnly && tool !== "pan"}
            onClick={() => editor.choose(tool)}
          >
            <ToolIcon />
          </button>
        );
      })}
      <hr />
      <button
        type="button"
        aria-label="Undo"
        title="Undo (Ctrl+Z)"
        disabled={!canUndo || isReadOnly}
        onClick={() => editor.session.undo()}
      >
        <UndoIcon />
      </button>
      <button
        type="button"
        aria-label="Do again"
        title="Do again (Ctrl+Shift+Z)"
        disabled={!canRedo || isReadOnly}
        onClick={() => editor.session.redo()}
      >
        <RedoIcon />
      </button>
      <button
        type="button"
        class="editor-keys-button"
        aria-label="Keys"
        title="Keys (?)"
        onClick={() => {
          editor.isSheetOpen.value = true;
        }}
      >
        <KeysIcon />
      </button>
    </div>
  );
}
