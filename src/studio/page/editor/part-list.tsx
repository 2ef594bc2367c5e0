/** The parts: which one is painted, and which are shown. */
import type { Editor } from "./editor.js";
import { EyeIcon } from "./icons.js";
import type { Part } from "./model/parts.js";

function PartRow({ editor, part, digit }: { editor: Editor; part: Part; digit: number }) {
  const isShut = editor.settings.value.hidden.has(part.value);
  return (
    <li>
      <label class="editor-part">
        <input
          type="radio"
          name="editor-part"
          checked={editor.session.part === part}
          disabled={editor.isReadOnly.value}
          onChange={() => editor.choosePart(part)}
        />
        <svg class="editor-swatch" viewBox="0 0 12 12" aria-hidden="true">
          <rect width="12" height="12" rx="3" fill={part.colour} />
        </svg>
        <span class="name">{part.name}</span>
        {part.inside !== undefined && <span class="editor-inside">in {part.inside}</span>}
        {digit <= 9 && <kbd>{digit}</kbd>}
      </label>
      <button
        type="button"
        class="editor-quiet"
        aria-pressed={!isShut}
        aria-label={`Show ${part.name}`}
        title={isShut ? "Show" : "Hide"}
        onClick={() => editor.toggleShown(part)}
      >
        <EyeIcon isShut={isShut} />
      </button>
    </li>
  );
}

/** A list of parts with their colours. */
export function PartList({ editor }: { editor: Editor }) {
  return (
    <fieldset class="editor-group">
      <legend>Part</legend>
      <ul class="editor-parts">
        {editor.parts.map((part, i) => (
          <PartRow key={part.value} editor={editor} part={part} digit={i + 1} />
        ))}
      </ul>
    </fieldset>
  );
}
