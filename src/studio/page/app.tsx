/** The frame round every view, and which view an address means. */
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { CaseView } from "./cases/case.js";
import { CaseListView } from "./cases/list.js";
import { CorrectView } from "./correction/correct.js";
import { LabelView } from "./label/label.js";
import { NewView } from "./new/new.js";
import { href, route } from "./route.js";
import { RunListView } from "./runs/list.js";
import { RunView } from "./runs/run.js";
import { SegmentView } from "./segment/view.js";

/** What an address shows, and what the window's title calls it. */
interface View {
  readonly title: string;
  readonly content: VNode;
}

/** The views that are always one click away, by the first part of their address. */
const views: Readonly<Record<"runs" | "new", View>> = {
  runs: { title: "Runs", content: <RunListView /> },
  new: { title: "New training", content: <NewView /> },
};

function viewOf([view, id, part, one, what]: readonly string[]): View {
  if (view === "new") return views.new;
  if (id === undefined) return views.runs;
  switch (part) {
    case "cases":
      if (one === undefined) return { title: "Cases", content: <CaseListView key={id} run={id} /> };
      if (what === "mask") return { title: "Correct a mask", content: <CorrectView key={one} run={id} id={one} /> };
      return { title: "Case", content: <CaseView key={one} run={id} id={one} /> };
    case "label":
      return { title: "What to label next", content: <LabelView key={id} run={id} /> };
    case "segment":
      return { title: "Segment images", content: <SegmentView key={id} run={id} /> };
    default:
      return { title: "Run", content: <RunView key={id} id={id} /> };
  }
}

/** The page. */
export function App() {
  const [path = "runs"] = route.value;
  const { title, content } = viewOf(route.value);
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${title} – dimseg studio`;
    // Whoever goes by keys or by ear begins at the new view's beginning, not where the old one was left.
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
  }, [route.value]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="bar">
        <a class="mark" href={href()}>
          dimseg studio
        </a>
        <nav aria-label="Views">
          {Object.entries(views).map(([view, { title }]) => (
            <a key={view} href={href(view)} aria-current={view === path ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
      </header>
      <main id="main" class="sheet" tabIndex={-1} ref={main}>
        {content}
      </main>
    </>
  );
}
