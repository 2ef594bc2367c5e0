/** Where enhanced multi-frame files keep what differs by frame (PS3.3, C.7.6.16): its own groups before the shared ones. */
import type { DataSet } from "./data-set.js";
import type { Attribute } from "./dictionary.js";

/** The first item of a frame's functional group; undefined where neither it nor the shared groups have it. */
export function functionalGroup(set: DataSet, frame: number, group: Attribute): DataSet | undefined {
  const own = set.items("PerFrameFunctionalGroupsSequence")[frame]?.items(group)[0];
  return own ?? set.items("SharedFunctionalGroupsSequence")[0]?.items(group)[0];
}
