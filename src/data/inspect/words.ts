/**
 * What the words in names of folders and files mean, as public sets use them: masks, images, splits, readers, parts of
 * the body. Words are compared in lower case; `GroundTruth`, `ground_truth` and `Ground Truth` are the same two.
 */
import { basename } from "node:path";
import { withoutEnding } from "../file-patterns.js";

const imageWords = new Set([
  "image",
  "images",
  "img",
  "imgs",
  "photo",
  "photos",
  "slices",
  "input",
  "inputs",
  "original",
  "originals",
  "frames",
  "cxr",
  "orig",
]);
const maskWords = new Set([
  "mask",
  "masks",
  "msk",
  "msks",
  "label",
  "labels",
  "gt",
  "gts",
  "groundtruth",
  "groundtruths",
  "truth",
  "truths",
  "annotation",
  "annotations",
  "anno",
  "annot",
  "segmentation",
  "segmentations",
  "seg",
  "segs",
  "manual",
  "manuals",
]);
/** Words that stand for masks at the end of a file's name, beside the image of the name before them. */
const maskEndings = new Set([...maskWords, "lesion", "segmap", "labelmap", "labelids", "roi"]);
const readerWord =
  /^(?:manual|reader|expert|observer|annotator|rater|doctor|radiologist|grader|ho|sho|stho|ndho|obs)s?$/;
const partWords = new Set([
  ..."disc disk cup od oc odseg cupseg vessel vessels artery arteries vein veins fovea macula ma he ex se".split(" "),
  ..."microaneurysms haemorrhages hemorrhages exudates lung lungs heart clavicle clavicles rib ribs liver kidney".split(
    " ",
  ),
  ..."spleen pancreas stomach bladder tumor tumour lesion polyp nodule nucleus nuclei gland cell cells membrane".split(
    " ",
  ),
  ..."lv rv la ra myo myocardium atrium ventricle prostate bone cartilage femur tibia plaque edema".split(" "),
  ..."gallbladder esophagus oesophagus aorta duodenum colon bowel adrenal uterus trachea thyroid spine sacrum".split(
    " ",
  ),
  ..."vertebra vertebrae hip humerus scapula skull brain brainstem hippocampus thalamus putamen caudate pallidum".split(
    " ",
  ),
  ..."amygdala parotid mandible chiasm cochlea eye lens cord muscle fat skin necrosis tumors tumours lesions".split(
    " ",
  ),
  ..."kidneys nodules polyps bones muscles".split(" "),
]);
const modalities = new Set(
  [
    "t1 t1w t1n t1c t1ce t1gd t1km t1post t2 t2w t2f t2flair flair pd pdw swi asl",
    "dwi adc hbv dce trace cbf cbv mtt tmax mr mra ct cta pet suv",
  ].flatMap((line) => line.split(" ")),
);
/** Derived pictures that are neither image nor mask. */
const asideWord =
  /^(?:superpixels?|overlays?|contours?|boundar(?:y|ies)|outlines?|previews?|thumbs?|thumbnails?|heatmaps?|visuali[sz]ations?|colou?red|bbox(?:es)?)$/;
const trainWords = new Set(["train", "training", "tr", "trainval"]);
const testWords = new Set(["test", "testing", "ts"]);
const validationWords = new Set(["val", "valid", "validation"]);
const silentWords = new Set([
  "roi",
  "rois",
  "labelled",
  "labeled",
  "unlabelled",
  "unlabeled",
  "data",
  "set",
  "dataset",
  "part",
  "png",
  "jpg",
  "jpeg",
  "tif",
  "tiff",
  "bmp",
  "all",
  "v",
]);

/** The words of a name in lower case, numbers as words of their own: `ISIC2018_GroundTruth` holds isic 2018 ground truth. */
export function wordsOf(name: string): string[] {
  return name
    .normalize("NFC")
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu}{2})(\p{Lu}\p{Ll}{2})/gu, "$1 $2")
    .replace(/(\p{L})(\p{N})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

export function hasMaskWord(words: readonly string[]): boolean {
  return words.some((word, i) => maskWords.has(word) && !(/^truths?$/.test(word) && words[i - 1] !== "ground"));
}

/** Whether a folder of that name holds masks by its name, as `masks`, `labelsTr` or `ISIC2018_Task1_GroundTruth`. */
export function isMaskFolder(name: string): boolean {
  return hasMaskWord(wordsOf(name));
}

export function hasImageWord(words: readonly string[]): boolean {
  return words.some((word) => imageWords.has(word));
}

/** Masks by hand: the first to be chosen where masks of several kinds lie side by side. */
export function isByHand(words: readonly string[]): boolean {
  return words.some((word) => /^manuals?$/.test(word));
}

/** Whether words name one of several people who marked the same images: `1st_manual`, `Expert 2`, `2ndHO`. */
export function namesReader(words: readonly string[]): boolean {
  return words.some(
    (word, i) =>
      readerWord.test(word.replace(/^\d+(?:st|nd|rd|th)?/, "")) ||
      (/^\d+(?:st|nd|rd|th)$/.test(word) && readerWord.test(words[i + 1] ?? "")),
  );
}

export function namesPart(words: readonly string[]): boolean {
  return words.some((word) => partWords.has(word));
}

/** Whether words name what is in no class, which needs no file: `background`, `mask_background`. */
export function namesBackground(words: readonly string[]): boolean {
  const own = words.filter((word) => !maskWords.has(word) && !isNumber(word));
  return own.length > 0 && own.every((word) => word === "background");
}

/** What is said of files that show the background. */
export function backgroundNote(where: string): string {
  return `${where} is left out: what is in no class is background`;
}

/** Whether words name what is made of images for people to look at: superpixels, overlays, outlines. */
export function isAside(words: readonly string[]): boolean {
  return words.some((word) => asideWord.test(word));
}

/** Whether a word of a file's name, with its number, is that of a modality: `T2`, `flair`, `CT`. */
export function isModality(word: string): boolean {
  return modalities.has(word.toLowerCase());
}

function isNumber(word: string): boolean {
  return /^\p{N}+$/u.test(word);
}

/** Whether a file is a mask by its first word or its last one but for numbers, as mask_01, c00_Mask, x_mask_2, x_1stHO. */
export function isMaskName(stem: string): boolean {
  const words = wordsOf(stem);
  const last = words.findLast((word) => !isNumber(word));
  if (words.length < 2 || last === undefined) return maskWords.has(words[0] ?? "");
  return maskWords.has(words[0]) || maskEndings.has(last) || readerWord.test(last.replace(/^\d+(?:st|nd|rd|th)?/, ""));
}

/** A file's name without what says that it is a mask: `p0_seg` is p0, `liver_mask` liver, `mask` nothing. */
export function withoutMaskWords(stem: string): string {
  const pieces = stem.split(/([_\s.-]+)/);
  let [start, end] = [0, pieces.length];
  while (end > start && isMaskFolder(pieces[end - 1])) end -= 2;
  while (start < end && isMaskFolder(pieces[start])) start += 2;
  return pieces.slice(start, Math.max(start, end)).join("");
}

/**
 * The class that the name of one of several files of a mask stands for, `liver` of `liver_mask`; undefined where the name
 * says no more than that the file is a mask, which number it has or whose it is.
 */
export function classOfName(stem: string): string | undefined {
  const name = withoutMaskWords(stem)
    .replace(/[^\p{L}\p{N} ._+-]+/gu, " ")
    .replace(/^[^\p{L}]+/u, "")
    .slice(0, 80)
    .trim();
  return name === "" || namesReader(wordsOf(name)) ? undefined : name;
}

/** Whether files stand for a class each, by what {@link classOfName} says of their names: all for one, and none for another's. */
export function areClasses(classes: readonly (string | undefined)[]): boolean {
  return !classes.includes(undefined) && new Set(classes).size === classes.length;
}

/** Whether a file is called `mask.png` or the like, so that its folder and not its name says which case it is. */
export function isBareMask(name: string): boolean {
  const words = wordsOf(withoutEnding(basename(name)));
  return words.length === 1 && isMaskName(words[0]);
}

/** Whether what follows or precedes the name of an image says that the file is its mask, or of one of its parts. */
export function isMaskAffix(affix: string): boolean {
  const words = wordsOf(affix);
  return words.some((word) => maskEndings.has(word)) || namesReader(words) || namesPart(words);
}

export type SplitName = "train" | "test" | "validation";

/** The split that words name; undefined where they name none. */
export function splitOfWords(words: readonly string[]): SplitName | undefined {
  if (words.some((word) => trainWords.has(word))) return "train";
  if (words.some((word) => testWords.has(word))) return "test";
  return words.some((word) => validationWords.has(word)) ? "validation" : undefined;
}

/** Whether words say nothing about the domain: a split, a format, a number, a letter of a list. */
export function isSilent(words: readonly string[]): boolean {
  const known = [trainWords, testWords, validationWords, silentWords];
  return words.every((word) => known.some((set) => set.has(word)));
}

/** A folder's name without the words of images, masks, splits and formats: what else it says; "" for nothing. */
export function remainder(name: string): string {
  const says = (token: string) => {
    // "a." and "2." number a list.
    if (/^[\p{L}\p{N}]{1,2}[.)]$/u.test(token)) return false;
    const words = wordsOf(token).filter((word) => !isNumber(word));
    return (
      words.length > 0 &&
      words.some((word) => !imageWords.has(word) && !maskWords.has(word) && word !== "ground" && !isSilent([word]))
    );
  };
  return name
    .split(/[\s_]+/)
    .filter(says)
    .join("_");
}
