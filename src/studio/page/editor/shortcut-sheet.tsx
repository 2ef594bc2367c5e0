/** The sheet that lists all keys. */
import { useEffect, useRef } from "preact/hooks";
import type { Editor } from "./editor.js";
import { type SheetGroup, sheet } from "./shortcuts.js";

function Group({ group: { title, lines } }: { group: SheetGroup }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {lines.map(({ keys, what }) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** A dialogue over the page; Escape shuts it, and the focus goes back to where it was. */
export function ShortcutSheet({ editor }: { editor: Editor }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = editor.isSheetOpen.value;
  useEffect(() => {
    if (isOpen && !dialog.current?.open) dialog.current?.showModal();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      class="editor-sheet"
      aria-labelledby="editor-sheet-title"
      onClose={() => {
        editor.isSheetOpen.value = false;
      }}
    >
      <header>
        <h2 id="editor-sheet-title">Keys</h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
      <div class="editor-sheet-groups">
        {sheet.map((group) => (
          <Group key={group.title} group={group} />
        ))}
      </div>
    </dialog>
  );
}
