/** One door to all phantoms: by kind and domain name, as picture or as tile of a contact sheet. */
import { UsageError } from "../core/errors.js";
import type { SheetTile } from "../drawing/contact-sheet.js";
import { generateFundusPhantom } from "./fundus/fundus.js";
import { generateProstatePhantom } from "./prostate/prostate.js";
import {
  type FundusDomain,
  type Phantom,
  type PhantomKey,
  type PhantomKind,
  type ProstateSite,
  phantomDomains,
} from "./types.js";

/**
 * Draws one phantom; see {@link generateFundusPhantom} and {@link generateProstatePhantom}.
 * @throws UsageError when the kind has no such domain, or the key's size, seed or index cannot be drawn
 */
export function generatePhantom(kind: PhantomKind, key: PhantomKey): Phantom {
  const domains = phantomDomains(kind);
  if (!domains.includes(key.domain))
    throw new UsageError(`${kind} phantoms have no domain ${key.domain}; choose from ${domains.join(", ")}`);
  return kind === "fundus"
    ? generateFundusPhantom(key as PhantomKey<FundusDomain>)
    : generateProstatePhantom(key as PhantomKey<ProstateSite>);
}

const outer = [240, 228, 66] as const;
const inner = [86, 180, 233] as const;

/** A phantom as a tile of a contact sheet: outlines of disc (yellow) and cup (blue), or of the prostate. */
export function phantomTile(phantom: Phantom): SheetTile {
  const { size, channels, image, mask } = phantom;
  const below = (limit: number): Uint8Array => mask.map((value) => (value <= limit ? 1 : 0));
  const contours = [
    { mask: below(128), colour: outer },
    ...(channels === 3 ? [{ mask: below(0), colour: inner }] : []),
  ];
  return { width: size, height: size, channels, image, contours };
}
