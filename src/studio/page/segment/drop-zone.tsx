/** Where images are dropped, or chosen with the keyboard. */
import { useState } from "preact/hooks";

/** The zone. @param take told of the files, at least one */
export function DropZone({ take }: { take: (files: readonly File[]) => void }) {
  const [over, setOver] = useState(false);
  const given = (files: FileList | null | undefined) => {
    if (files && files.length > 0) take([...files]);
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
        given(event.dataTransfer?.files);
      }}
    >
      <span class="drop-words">Drop images here, or choose them</span>
      <span class="note">PNG, JPEG, WebP and whatever else this browser shows. They stay in this browser.</span>
      <input
        type="file"
        multiple
        class="unseen"
        onChange={(event) => {
          given(event.currentTarget.files);
          // The same file may be chosen again.
          event.currentTarget.value = "";
        }}
      />
    </label>
  );
}
