/** What is said between the main thread and those that decode. */
import type { DecodedCase } from "../decoded-case.js";
import type { WorkingSize } from "../images/prepare-image.js";
import type { DecodingRules, LoadedCase, LoadRequest } from "./load-case.js";

/** What a thread is told when it begins. */
export interface ThreadBeginning {
  readonly rules: DecodingRules;
  readonly size: WorkingSize;
}

export interface ThreadRequest extends LoadRequest {
  /** Whether the arrays are wanted also where an entry could be mapped. */
  readonly needsArrays: boolean;
}

/** A case that a thread has loaded. */
export interface LoadedInThread extends Omit<LoadedCase, "decoded"> {
  /** Missing where there is an entry and nobody needs arrays. */
  readonly decoded?: DecodedCase;
}

export interface ThreadQuestion {
  readonly number: number;
  readonly request: ThreadRequest;
}

/** The answer to a question, or how it failed. */
export interface ThreadAnswer {
  readonly number: number;
  readonly loaded?: LoadedInThread;
  readonly failure?: { readonly kind: string; readonly message: string };
}
