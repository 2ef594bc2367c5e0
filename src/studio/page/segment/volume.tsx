/** A volume that was segmented, in three planes with its mask over it. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { scaledSlice } from "../../../data/volumes/prepare-volume.js";
import { plane as channelOf } from "../../../grid/stored-image.js";
import { type CutPlane, planesOfCase, sliceOfPlane } from "../../../workflows/studio/planes.js";
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";
import { SliceFigure } from "../parts/slice-figure.js";
import { capitalised } from "../parts/words.js";
import type { SegmentedVolume } from "./messages.js";
import { layMask } from "./overlay.js";

/** A slice of the first channel, with the mask over it. */
function drawn(
  { stored, scale, mask }: SegmentedVolume,
  plane: CutPlane,
  index: number,
  model: ShownModel,
  opacity: number,
): ImageData {
  const { grid } = stored;
  const { rows, columns } = plane;
  const values = sliceOfPlane({ grid, channels: 1, samples: channelOf(stored, 0) }, plane, index);
  const first = { kind: scale.kind, channels: scale.channels.slice(0, 1) };
  const bytes = scaledSlice({ grid, channels: 1, samples: values }, first).samples;
  const pixels = new ImageData(columns, rows);
  pixels.data.fill(255);
  for (let i = 0; i < bytes.length; i++) for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = bytes[i];
  layMask(pixels, sliceOfPlane({ grid, channels: 1, samples: mask }, plane, index), model, opacity);
  return pixels;
}

/** The slice where a plane shows most of the mask, the first of them; the one in the middle where there is none. */
function tellingSlice({ facts }: SegmentedVolume, { order, count }: CutPlane): number {
  const stored = order ? facts.marked[order.axes[0]] : [];
  const marked = order?.reversed[0] ? [...stored].reverse() : stored;
  const most = Math.max(0, ...marked);
  return most === 0 ? Math.floor((count - 1) / 2) : marked.indexOf(most);
}

function Plane({ volume, plane, model, opacity }: PlaneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [index, setIndex] = useState(() => tellingSlice(volume, plane));
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    element.width = plane.columns;
    element.height = plane.rows;
    element.getContext("2d")?.putImageData(drawn(volume, plane, index, model, opacity), 0, 0);
    element.dataset.drawn = String(index);
  }, [volume, plane, index, opacity]);
  return <SliceFigure {...{ plane, index, canvas, title: capitalised(plane.name), onIndex: setIndex }} />;
}

interface PlaneProps extends VolumeProps {
  readonly plane: CutPlane;
}

/** The planes. */
export function VolumePlanes(props: VolumeProps) {
  const planes = useMemo(() => planesOfCase(props.volume.stored.grid), [props.volume]);
  return (
    <div class="slices planes">
      {planes.map((plane) => (
        <Plane key={plane.name} {...props} plane={plane} />
      ))}
    </div>
  );
}

interface VolumeProps {
  readonly volume: SegmentedVolume;
  readonly model: ShownModel;
  /** Of the mask, 0 to 1. */
  readonly opacity: number;
}
