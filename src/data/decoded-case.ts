/** A case as training, judging and analysis take it, whatever its files were. */
import type { Case } from "./dataset.js";
import type { PreparedImage } from "./images/prepare-image.js";

/** A case ready for use. The arrays belong to the caller unless a cache says otherwise. */
export interface DecodedCase extends PreparedImage {
  /** softmax: class numbers `[S]`; sigmoid: 0/1 `[K, S]`; `ignoredLabel` where nobody labelled; missing for an unlabelled case. */
  readonly label?: Uint8Array;
}

/** Where decoded cases come from, memory or disk; a `DecodedCache` of the network's size is one. */
export interface CaseSource {
  /** The decoded case. @throws DataError when it cannot be decoded */
  get(one: Case): Promise<DecodedCase>;
}
