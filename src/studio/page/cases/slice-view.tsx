/** One slice of a case with a layer over it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { LayerName, MaskBytes, ShownLabel, ShownPlane } from "../../../workflows/studio/shown/cases.js";
import { SliceFigure } from "../parts/slice-figure.js";
import { fetchSlice, imagePixels, layDoubt, layLabels } from "./layers.js";

/** What is shown, and where it comes from. */
interface SliceViewProps {
  readonly run: string;
  readonly id: string;
  readonly plane: ShownPlane;
  /** The plane's place among the case's planes. */
  readonly at: number;
  readonly index: number;
  readonly layer: LayerName;
  readonly labels: readonly ShownLabel[];
  readonly target: MaskBytes;
  readonly title: string;
  /** Changes when the layer's contents do. */
  readonly version: string;
  /** Told of another slice; missing where there is one alone. */
  readonly onIndex?: ((index: number) => void) | undefined;
}

/** Draws once image and layer are there; another slice that is asked for meanwhile takes its place. */
function useDrawn({ run, id, at, index, layer, labels, target, version }: SliceViewProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const place = { run, id, plane: at, index };
    const draw = async () => {
      const wanted = layer === "image" ? [] : [fetchSlice(place, layer, stop.signal)];
      const [image, over] = await Promise.all([fetchSlice(place, "image", stop.signal), ...wanted]);
      const pixels = imagePixels(image);
      if (over) {
        if (layer === "doubt") layDoubt(pixels, over);
        else layLabels(pixels, over, labels, target);
      }
      const element = canvas.current;
      if (!element || stop.signal.aborted) return;
      element.width = image.columns;
      element.height = image.rows;
      element.getContext("2d")?.putImageData(pixels, 0, 0);
      element.dataset.drawn = `${layer} ${index}`;
      setError(null);
    };
    draw().catch((failure: Error) => {
      if (!stop.signal.aborted) setError(failure.message);
    });
    return () => stop.abort();
  }, [run, id, at, index, layer, version]);
  return { canvas, error };
}

/** The view. */
export function SliceView(props: SliceViewProps) {
  const { plane, index, title, onIndex } = props;
  const { canvas, error } = useDrawn(props);
  return <SliceFigure {...{ plane, index, title, error, canvas, onIndex }} />;
}
