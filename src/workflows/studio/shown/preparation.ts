/** What the studio shows of a training that is to begin. Types alone: they are the same in this process and in the page. */

/** A data set that a file describes. */
export interface DescribedDataset {
  readonly kind: "described";
  /** Its file, from the studio's folder. */
  readonly file: string;
  /** In the file's order. */
  readonly domains: readonly { readonly name: string; readonly training: number; readonly masks: number }[];
}

/** What was found in a folder that no file describes yet. */
export interface FolderProposal {
  readonly kind: "proposal";
  /** From the studio's folder. */
  readonly folder: string;
  /** Where the description would be written, from the studio's folder. */
  readonly file: string;
  /** Sentences. */
  readonly guesses: readonly string[];
  readonly splits: readonly {
    readonly domain: string;
    readonly split: string;
    readonly images: number;
    readonly masks: number;
    readonly sizes: string;
    readonly values: string;
  }[];
  /** Names of the domains. */
  readonly domains: readonly string[];
  /** What the masks do not tell; null where they do. */
  readonly ask: string | null;
  /** What they can mean: one reading where they tell, else one for each answer. */
  readonly readings: readonly ReadingShown[];
}

/** What masks can mean, to be named. */
export interface ReadingShown {
  /** In words; null where nothing is asked. */
  readonly means: string | null;
  /** What has a name: every value or colour of the masks, or, where classes are told apart otherwise, every class. */
  readonly named: "values" | "classes";
  readonly rows: readonly {
    /** A value or colour, or what stands for a class, in words. */
    readonly mark: string;
    /** As it was guessed. */
    readonly name: string;
  }[];
}

/** What a path leads to. */
export type Looked = DescribedDataset | FolderProposal;

/** A configuration that is planned, or was. */
export interface PlanShown {
  readonly id: string;
  readonly planning: boolean;
  readonly failure: string | null;
  /** Its file, from the studio's folder. */
  readonly file: string;
  /** Of the file, with a reason beside every choice; null where it is not there yet. */
  readonly text: string | null;
}
