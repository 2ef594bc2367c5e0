/** The keys of a split that say which files are images and masks. */
import type { DatasetFileInput } from "../../schema.js";

type SplitInput = NonNullable<DatasetFileInput["domains"][number]["train"]>;

/** The keys of a split that say which files are images and masks; patterns of names. */
export type FileKeys = Pick<
  SplitInput,
  "images" | "furtherChannels" | "masks" | "joined" | "masksByClass" | "otherReaders" | "except"
>;
