/** Frames as the files of a run keep them. */
import { z } from "zod";
import { frameModes, frameOf } from "../../grid/frame.js";

const side = z.int().min(1);

/** A frame as a file keeps it; other keys are left out. */
export const frameRecordSchema = z.union([side, z.object({ height: side, width: side, mode: z.enum(frameModes) })]);

/** The same, read as what it means. */
export const frameSchema = frameRecordSchema.transform(frameOf);
