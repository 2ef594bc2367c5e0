/** What the images of a set have in common, and some of them do not. */
import { counted } from "../../core/counted.js";
import type { Dataset } from "../dataset.js";
import { valueKindOf } from "../images/values.js";
import type { CaseFacts } from "./examine.js";
import { type Problem, warning } from "./problems.js";

/** `3 images (the first is a.png)`; of one its name alone. */
function named(files: readonly string[], kind: string): string {
  return files.length === 1 ? `the ${kind} ${files[0]}` : `${counted(files.length, kind)} (the first is ${files[0]})`;
}

function transparent(files: readonly string[], kind: string): Problem[] {
  if (files.length === 0) return [];
  const [has, them] = files.length === 1 ? ["has", "it"] : ["have", "them"];
  return [
    warning(
      `${named(files, kind)} ${has} transparent parts; the alpha channel is not used, so what lies under them counts ` +
        `as ${kind}: save ${them} with the background that is to be seen`,
    ),
  ];
}

/** A warning for all images, and one for all masks, that are not opaque everywhere: alpha is not used. */
export function transparentFiles(facts: readonly CaseFacts[]): Problem[] {
  const images = facts.flatMap((one) => (one.transparent ? one.case.imagePath : []));
  const masks = facts.flatMap((one) => (one.maskTransparent ? (one.case.maskPath ?? []) : []));
  return [...transparent(images, "image"), ...transparent(masks, "mask")];
}

/** A warning where training images are all of 8 bits, or all of more, and test images are not; to z-scores it is nothing. */
export function otherDepths(facts: readonly CaseFacts[], dataset: Dataset): Problem[] {
  if (valueKindOf(dataset) === "zscores") return [];
  const decoded = facts.filter(({ wide }) => wide !== undefined);
  const train = decoded.filter((one) => one.case.split === "train");
  const wide = train.every((one) => one.wide);
  if (train.length === 0 || (!wide && train.some((one) => one.wide))) return [];
  const others = decoded.filter((one) => one.case.split === "test" && one.wide !== wide);
  if (others.length === 0) return [];
  const [own, usual] = wide ? ["8 bits", "more"] : ["more than 8 bits", "8"];
  return [
    warning(
      `${named(
        others.map((one) => one.case.imagePath),
        "test image",
      )} ${others.length === 1 ? "has" : "have"} ${own}, while every training image has ` +
        `${usual}: grey means something else there; save the test images as those for training are`,
    ),
  ];
}
