/** Images that lie together, before they are divided into training and test. */
import type { ImageGroup } from "../pairing/grouping.js";
import type { SplitInput } from "./split-input.js";

/** Images with their masks, by a pattern, or one by one with ids. */
export interface DividedGroup extends Pick<ImageGroup, "domain" | "split" | "place"> {
  readonly source: SplitInput;
}
