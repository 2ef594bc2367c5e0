/** The frame round every view, and which view an address means. */
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

const views = [
  { path: "runs", title: "Runs" },
  { path: "new", title: "New training" },
] as const;

/** What an address shows, in the window's title. */
function titleOf([view, id, part, one, what]: readonly string[]): string {
  if (view === "new") return "New training";
  if (id === undefined) return "Runs";
  if (part === "cases" && one !== undefined) return what === "mask" ? "Correct a mask" : "Case";
  const titles: Readonly<Record<string, string>> = {
    cases: "Cases",
    label: "What to label next",
    segment: "Segment images",
  };
  return titles[part ?? ""] ?? "Run";
}

function View({ parts }: { parts: readonly string[] }) {
  const [view, id, part, one, what] = parts;
  if (view === "new") return <NewView />;
  if (id !== undefined && part === "cases" && one !== undefined && what === "mask")
    return <CorrectView key={one} run={id} id={one} />;
  if (id !== undefined && part === "cases")
    return one === undefined ? <CaseListView key={id} run={id} /> : <CaseView key={one} run={id} id={one} />;
  if (id !== undefined && part === "label") return <LabelView key={id} run={id} />;
  if (id !== undefined && part === "segment") return <SegmentView key={id} run={id} />;
  if (id !== undefined) return <RunView key={id} id={id} />;
  return <RunListView />;
}

/** The page. */
export function App() {
  const [path = "runs"] = route.value;
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${titleOf(route.value)} – dimseg studio`;
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
          {views.map((view) => (
            <a key={view.path} href={href(view.path)} aria-current={view.path === path ? "page" : undefined}>
              {view.title}
            </a>
          ))}
        </nav>
      </header>
      <main id="main" class="sheet" tabIndex={-1} ref={main}>
        <View parts={route.value} />
      </main>
    </>
  );
}
