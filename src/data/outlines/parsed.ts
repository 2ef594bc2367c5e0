/** The content of a file by its schema. */
import type { z } from "zod";
import { DataError } from "../../core/errors.js";

/** @throws DataError naming the first thing that is not as it should be */
export function parsed<Schema extends z.ZodType>(schema: Schema, content: unknown, file: string): z.output<Schema> {
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  throw new DataError(`${file}: ${path.join(".")}: ${message}; export it again, or mend it`);
}
