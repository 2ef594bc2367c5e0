/** Where images are dropped, or chosen with the keyboard. */
import { useState } from "preact/hooks";
import { droppedFiles } from "./dropped-files.js";

/** The zone. */
export function DropZone({ kinds, take }: DropZoneProps) {
  const [over, setOver] = useState(false);
  const given = (files: readonly File[]) => {
    if (files.length > 0) take(files);
  };
  return (
    <label
      class={`drop-zone${over ? " over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        // A folder that cannot be read holds nothing to segment.
        if (event.dataTransfer) droppedFiles(event.dataTransfer).then(given, () => {});
      }}
    >
      <span class="drop-words">Drop images here, or choose them</span>
      <span class="note">{kinds} They do not leave this machine.</span>
      <input
        type="file"
        multiple
        class="unseen"
        onChange={(event) => {
          given([...(event.currentTarget.files ?? [])]);
          // The same file may be chosen again.
          event.currentTarget.value = "";
        }}
      />
    </label>
  );
}

interface DropZoneProps {
  /** Which files, in sentences. */
  readonly kinds: string;
  /** Told of the files, at least one. */
  readonly take: (files: readonly File[]) => void;
}
