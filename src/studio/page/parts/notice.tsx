/** Short messages in the page: what is being waited for, and what went wrong. */
import type { ComponentChildren } from "preact";

/** Something that went wrong, read aloud when it appears. */
export function Problem({ children }: { children: ComponentChildren }) {
  return (
    <p class="notice bad" role="alert">
      {children}
    </p>
  );
}

/** Something is on its way. */
export function Waiting({ children = "Loading" }: { children?: ComponentChildren }) {
  return (
    <p class="note" role="status">
      {children}
    </p>
  );
}
