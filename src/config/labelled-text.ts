/** Which labels a run learns from, in words. */
import { counted } from "../core/counted.js";

/** Ids of further labelled cases by domain, as a resolved configuration has them. */
interface Further {
  readonly further?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** `2 further ones of pm, 1 of idrid`; undefined where there are none. */
export function furtherText({ further }: Further): string | undefined {
  const [first, ...others] = Object.entries(further ?? {}).map(([domain, ids]) => ({ domain, count: ids.length }));
  if (first === undefined) return undefined;
  const rest = others.map(({ domain, count }) => `${count} of ${domain}`);
  return [`${counted(first.count, "further one")} of ${first.domain}`, ...rest].join(", ");
}
