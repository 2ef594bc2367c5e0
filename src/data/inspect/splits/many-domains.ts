/** A folder of which every case would be a domain. */
import { DataError } from "../../../core/errors.js";
import type { ImageGroup } from "../pairing/grouping.js";

/** More domains than any set has. */
const mostDomains = 64;

/** @throws DataError where there are more domains than any set has */
export function refuseManyDomains(root: string, groups: readonly Pick<ImageGroup, "domain">[]): void {
  if (new Set(groups.map((group) => group.domain)).size > mostDomains)
    throw new DataError(
      `${root}: holds ${groups.length} folders of images that would each be a domain; ` +
        `if every case has its own folder, write dataset.yaml with cases instead of patterns`,
    );
}
