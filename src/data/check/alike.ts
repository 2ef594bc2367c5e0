/** What the images of a set have in common, and some of them do not. */
import { counted } from "../../core/counted.js";
import type { CaseFacts } from "./examine.js";
import { type Problem, warning } from "./problems.js";

/** `3 images (the first is a.png)`; of one image its name alone. */
function imagesText(facts: readonly CaseFacts[], kind: string): string {
  const [{ imagePath }] = facts.map((one) => one.case);
  return facts.length === 1 ? `the ${kind} ${imagePath}` : `${counted(facts.length, kind)} (the first is ${imagePath})`;
}

/** A warning for all images that are not opaque everywhere: alpha is not used. */
export function transparentImages(facts: readonly CaseFacts[]): Problem[] {
  const found = facts.filter(({ transparent }) => transparent);
  if (found.length === 0) return [];
  const [has, they] = found.length === 1 ? ["has", "it"] : ["have", "them"];
  return [
    warning(
      `${imagesText(found, "image")} ${has} transparent parts; the alpha channel is not used, so what lies under ` +
        `them counts as image: save ${they} with the background that you see`,
    ),
  ];
}

/** A warning where training images are all of 8 bits, or all of more, and test images are not. */
export function otherDepths(facts: readonly CaseFacts[]): Problem[] {
  const decoded = facts.filter(({ wide }) => wide !== undefined);
  const train = decoded.filter((one) => one.case.split === "train");
  const wide = train.every((one) => one.wide);
  if (train.length === 0 || (!wide && train.some((one) => one.wide))) return [];
  const others = decoded.filter((one) => one.case.split === "test" && one.wide !== wide);
  if (others.length === 0) return [];
  const [own, usual] = wide ? ["8 bits", "more"] : ["more than 8 bits", "8"];
  return [
    warning(
      `${imagesText(others, "test image")} ${others.length === 1 ? "has" : "have"} ${own}, while every training image has ` +
        `${usual}: grey means something else there; save the test images as those for training are`,
    ),
  ];
}
