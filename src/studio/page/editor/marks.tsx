/** What moves over the image without being part of it: the brush's ring, the cursor's cross, the polygon under way. */
import type { JSX } from "preact";
import type { Editor } from "./editor.js";
import { brushCentre, type Point } from "./model/brush.js";
import { toStage, type View } from "./view/transform.js";

/** A line that is seen on light and on dark: a dark one under a light one. */
function Twice({ of: Shape }: { of: (look: string) => JSX.Element }) {
  return (
    <>
      {Shape("under")}
      {Shape("over")}
    </>
  );
}

function Ring({ at, diameter, view: { scale, tall } }: { at: Point; diameter: number; view: View }) {
  const [across, down] = [scale, scale * tall].map((pixel) => Math.max((diameter / 2) * pixel, 1.5));
  return <Twice of={(look) => <ellipse class={look} cx={at.x} cy={at.y} rx={across} ry={down} />} />;
}

function Cross({ at }: { at: Point }) {
  const path = `M${at.x - 9} ${at.y}h6m6 0h6M${at.x} ${at.y - 9}v6m0 6v6`;
  return <Twice of={(look) => <path class={look} d={path} />} />;
}

function Outline({ corners, cursor }: { corners: readonly Point[]; cursor: Point | null }) {
  const points = [...corners, ...(cursor ? [cursor] : [])].map(({ x, y }) => `${x},${y}`).join(" ");
  return (
    <>
      <Twice of={(look) => <polyline class={look} points={points} />} />
      {corners.map(({ x, y }, i) => (
        <circle key={`${x} ${y}`} class={i === 0 ? "corner first" : "corner"} cx={x} cy={y} r={i === 0 ? 5 : 3} />
      ))}
    </>
  );
}

/** The marks, in CSS pixels of the stage. */
export function Marks({ editor }: { editor: Editor }) {
  const { cursor, corners, isPenDown } = editor.session;
  const view = editor.viewport.view.value;
  const at = cursor.value;
  const place = at && toStage(view, at);
  const { tool } = editor;
  const { diameter } = editor.settings.value;
  const centre = at && brushCentre(at, diameter);
  const isBrush = tool === "brush" || tool === "eraser";
  return (
    <svg class={isPenDown.value ? "editor-marks pen-down" : "editor-marks"} aria-hidden="true">
      {isBrush && centre && (
        <Ring at={toStage(view, { x: centre.x + 0.5, y: centre.y + 0.5 })} diameter={diameter} view={view} />
      )}
      {corners.value.length > 0 && (
        <Outline corners={corners.value.map((corner) => toStage(view, corner))} cursor={place} />
      )}
      {!isBrush && tool !== "pan" && place && <Cross at={place} />}
    </svg>
  );
}
