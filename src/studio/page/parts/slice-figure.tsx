/** One slice of an image, as large as the page lets it, in the patient's proportions, with a slider to the others. */
import type { RefObject } from "preact";
import type { ShownPlane } from "../../../workflows/studio/shown/cases.js";

/** The figure. */
export function SliceFigure({ plane, index, title, error = null, canvas, onIndex }: SliceFigureProps) {
  const { letters, width, height, count } = plane;
  return (
    <figure class="slice">
      <figcaption>
        <span>{title}</span>
        {count > 1 ? (
          <span class="note">
            {index + 1} of {count}
          </span>
        ) : null}
      </figcaption>
      <div class="frame" style={{ aspectRatio: `${width} / ${height}` }}>
        <canvas ref={canvas} role="img" aria-label={`${title}${count > 1 ? `, slice ${index + 1} of ${count}` : ""}`} />
        {letters
          ? (["left", "right", "top", "bottom"] as const).map((side) => (
              <span key={side} class={`letter ${side}`} aria-hidden="true">
                {letters[side]}
              </span>
            ))
          : null}
      </div>
      {error ? <p class="note">{error}</p> : null}
      {onIndex && count > 1 ? (
        <input
          type="range"
          min={0}
          max={count - 1}
          value={index}
          aria-label={`Slice, ${title}`}
          onInput={(event) => onIndex(Number(event.currentTarget.value))}
        />
      ) : null}
    </figure>
  );
}

interface SliceFigureProps {
  readonly plane: ShownPlane;
  readonly index: number;
  readonly title: string;
  /** Why the slice could not be drawn. */
  readonly error?: string | null;
  /** What the caller draws on. */
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  /** Told of another slice; missing where there is one alone. */
  readonly onIndex?: ((index: number) => void) | undefined;
}
