/**
 * The mask editor: tools on the left, the stage in the middle, parts and settings beside it, a line of facts below.
 * Everything works by mouse, pen, fingers or keys alone. Colours and measures are the page's.
 */
import "./editor.css";
import type { Editor } from "./editor.js";
import { PartList } from "./part-list.js";
import type { MaskEditorProps } from "./props.js";
import { ShortcutSheet } from "./shortcut-sheet.js";
import { shortcutOf } from "./shortcuts.js";
import { Stage } from "./stage.js";
import { StatusLine } from "./status-line.js";
import { ToolBar } from "./tool-bar.js";
import { ToolSettings } from "./tool-settings.js";
import { useEditor } from "./use-editor.js";
import { ViewSettings } from "./view-settings.js";

export type { MaskEditorProps } from "./props.js";

/** Whether keys belong to an element that takes text. */
function takesText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=range], [type=checkbox], [type=radio])");
}

function onKey(editor: Editor, event: KeyboardEvent): void {
  if (takesText(event.target) || editor.isSheetOpen.value) return;
  const isOnStage = event.target instanceof HTMLElement && event.target.classList.contains("editor-stage");
  const shortcut = shortcutOf(event, isOnStage, editor.isReadOnly.value);
  if (!shortcut) return;
  event.preventDefault();
  shortcut.run(editor);
}

/** Edits one mask over its image. It fills its parent. */
export function MaskEditor(props: MaskEditorProps) {
  const editor = useEditor(props);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys reach it from the controls inside
    <div class="editor" onKeyDown={(event) => onKey(editor, event)}>
      <ToolBar editor={editor} />
      <Stage editor={editor} data={props.image.data} />
      <div class="editor-side">
        <PartList editor={editor} />
        <ToolSettings editor={editor} />
        <ViewSettings editor={editor} />
      </div>
      <StatusLine editor={editor} />
      <ShortcutSheet editor={editor} />
    </div>
  );
}
