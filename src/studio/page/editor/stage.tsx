/** Where the image is drawn and painted on. */
import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Editor } from "./editor.js";
import { Marks } from "./marks.js";
import { Painter } from "./view/painter.js";
import { Pointers } from "./view/pointers.js";

/** Ties an editor to the elements that show it; returns what unties it. */
function attach(editor: Editor, stage: HTMLElement, data: Uint8ClampedArray): () => void {
  const [image, overlay] = stage.querySelectorAll("canvas");
  const painter = new Painter(image, overlay, data, editor.session.size, () => editor.scene());
  const measure = () => {
    const { clientWidth: width, clientHeight: height } = stage;
    editor.viewport.resize({ width, height });
    painter.resize({ width, height }, window.devicePixelRatio);
  };
  const resizes = new ResizeObserver(measure);
  resizes.observe(stage);
  editor.session.onChange = (box) => painter.redrawBox(box);
  const { session, viewport, settings } = editor;
  const canDraw = () => editor.tool !== "pan";
  const pointers = new Pointers(stage, { session, viewport, settings, canDraw });
  const stopDrawing = effect(() => {
    editor.scene();
    painter.redraw();
  });
  const space = (event: KeyboardEvent) => {
    if (event.key !== " " || !(document.activeElement === stage || document.activeElement === document.body)) return;
    event.preventDefault();
    pointers.holdSpace(event.type === "keydown");
  };
  // Whoever turns to something else, such as another slice, has finished the stroke.
  const turnedAway = () => session.lift();
  stage.addEventListener("blur", turnedAway);
  window.addEventListener("keydown", space);
  window.addEventListener("keyup", space);
  return () => {
    stage.removeEventListener("blur", turnedAway);
    window.removeEventListener("keydown", space);
    window.removeEventListener("keyup", space);
    stopDrawing();
    pointers.stop();
    resizes.disconnect();
    painter.stop();
    editor.session.settle();
    editor.session.onChange = () => {};
  };
}

/** The canvases with the marks of cursor and polygon over them. */
export function Stage({ editor, data }: { editor: Editor; data: Uint8ClampedArray }) {
  const stage = useRef<HTMLDivElement>(null);
  useEffect(() => attach(editor, stage.current as HTMLDivElement, data), [editor]);
  return (
    <div
      class="editor-stage"
      ref={stage}
      role="application"
      aria-label="Image and mask. Arrow keys move the cursor, Enter paints, question mark lists all keys."
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys, as its role says
      tabIndex={0}
      data-tool={editor.tool}
    >
      <canvas />
      <canvas />
      <Marks editor={editor} />
    </div>
  );
}
