/** Opening whatever segments: a run, or what was exported of one. */
import type { Turn } from "../../core/turns.js";
import { isExported } from "../../export/exported-model.js";
import type { Observer } from "../observer.js";
import { openExportedSegmenter } from "./exported-segmenter.js";
import { openRunSegmenter } from "./run-segmenter.js";
import type { AskedNetwork, Segmenter } from "./segmenter.js";

/**
 * Opens a run or an exported model.
 * @param turn for others, between slices and windows
 * @throws UsageError, DataError, CheckpointError, ResourceError as {@link openExportedSegmenter} and {@link openRunSegmenter}
 */
export function openSegmenter(asked: AskedNetwork, turn: Turn, observer: Observer): Promise<Segmenter> {
  return isExported(asked.run) ? openExportedSegmenter(asked, turn) : openRunSegmenter(asked, turn, observer);
}
