/**
 * Which view is shown, by what follows the address's `#`: one part for each word, as in `#/runs/NAME/cases`. Parts are
 * percent-encoded, so that a name may hold anything.
 */
import { signal } from "@preact/signals";

function partsOf(hash: string): string[] {
  try {
    return hash
      .replace(/^#\/?/, "")
      .split("/")
      .filter((part) => part !== "")
      .map(decodeURIComponent);
  } catch {
    return [];
  }
}

const read = () => partsOf(location.hash);

/** The parts of the present address. */
export const route = signal<readonly string[]>(read());

addEventListener("hashchange", () => {
  route.value = read();
});

/** The address of a view. */
export function href(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}
