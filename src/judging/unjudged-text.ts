/** Domains that cannot be judged, in words. */
import { counted } from "../core/counted.js";
import type { Unjudged } from "./about.js";

/** `hospital B (40 images, no masks)`. */
export function unjudgedText({ domain, images, masksElsewhere }: Unjudged): string {
  return `${domain} (${counted(images, "image")}, ${masksElsewhere ? "no masks in this split" : "no masks"})`;
}
