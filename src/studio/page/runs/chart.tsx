/** Curves over steps, drawn by uPlot in the page's colours. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Curve } from "../../../workflows/studio/shown/runs.js";
import type { FigurePlan } from "./curve-store.js";

const height = 190;
/** All charts of a page show the same step under the pointer. */
const together = "steps";

function short(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** Curves as uPlot takes them: all steps, and for each curve its values there, or nothing. */
function columns(curves: readonly Curve[]): uPlot.AlignedData {
  const steps = [...new Set(curves.flatMap(({ points }) => points.map(([step]) => step)))].sort((a, b) => a - b);
  const at = new Map(steps.map((step, i) => [step, i]));
  const values = curves.map(({ points }) => {
    const column: (number | null)[] = new Array(steps.length).fill(null);
    for (const [step, value] of points) column[at.get(step) as number] = value;
    return column;
  });
  return [steps, ...values];
}

/** What the legend says of a series: its value at the step pointed at, or its last one while nothing is pointed at. */
function said(words: (value: number) => string): uPlot.Series.Value {
  return (own, value: number | null, series, at) => {
    const shown = at === null ? Array.from(own.data[series]).findLast((one) => one !== null) : value;
    return typeof shown === "number" ? words(shown) : "";
  };
}

/** The page's colours now; they change with the scheme. */
function colourOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function options(curves: readonly Curve[], width: number): uPlot.Options {
  const axis = {
    stroke: () => colourOf("--soft"),
    grid: { stroke: () => colourOf("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return {
    ...{ width, height },
    cursor: { sync: { key: together }, drag: { x: true, y: false }, points: { size: 6 } },
    legend: { live: true, markers: { width: 2 } },
    scales: { x: { time: false } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((tick) => String(tick)), size: 30 },
      { ...axis, values: (_, ticks) => ticks.map(short), size: 52 },
    ],
    series: [
      { label: "step", value: said((step) => String(Math.round(step))) },
      ...curves.map(({ title, points }, i) => ({
        label: title,
        stroke: () => colourOf(`--data-${(i % 6) + 1}`),
        width: 1.75,
        ...(i >= 6 ? { dash: [6, 4] } : {}),
        spanGaps: true,
        points: { show: points.length < 30, size: 5 },
        value: said(short),
      })),
    ],
  };
}

/** From where to where each curve runs. */
function inWords({ title, curves }: FigurePlan): string {
  const ends = curves.map(({ title: name, points }) => {
    const [first, last] = [points[0], points[points.length - 1]];
    return `${name} from ${short(first[1])} to ${short(last[1])}`;
  });
  return `${title} over training steps: ${ends.join("; ")}.`;
}

/** One figure. */
export function Chart({ figure }: { figure: FigurePlan }) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const { title, caption, curves } = figure;
  const names = curves.map(({ key, points }) => `${key}${points.length < 30}`).join(" ");
  // Other curves are another chart; more points of the same ones are new data.
  useEffect(() => {
    const element = place.current as HTMLDivElement;
    const own = new uPlot(options(curves, Math.max(200, element.clientWidth)), columns(curves), element);
    chart.current = own;
    const resized = new ResizeObserver(() => own.setSize({ width: Math.max(200, element.clientWidth), height }));
    resized.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => own.redraw(false, true);
    scheme.addEventListener("change", redraw);
    return () => {
      scheme.removeEventListener("change", redraw);
      resized.disconnect();
      own.destroy();
      chart.current = null;
    };
  }, [names]);
  useEffect(() => chart.current?.setData(columns(curves)), [curves]);
  return (
    <figure class="chart">
      <h2>{title}</h2>
      <p class="note">{caption}</p>
      <div ref={place} role="img" aria-label={inWords(figure)} />
    </figure>
  );
}
