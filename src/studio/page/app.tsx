/** The frame round every view, and which view an address means. */
import { href, route } from "./route.js";

const views = [{ path: "runs", title: "Runs" }] as const;

/** The page. */
export function App() {
  const [path = "runs"] = route.value;
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
      <main id="main" class="sheet" tabIndex={-1}>
        <h1>Runs</h1>
      </main>
    </>
  );
}
