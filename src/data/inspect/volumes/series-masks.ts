/**
 * The masks of DICOM series: segmentations, whose headers say what they were drawn on, and label maps of other formats, by
 * their names and places. A file that could be of several series is nobody's mask.
 */
import { basename, dirname, join } from "node:path";
import { counted, countedNames } from "../../../core/counted.js";
import { seenFrom } from "../../../core/files/seen-from.js";
import { groupBy } from "../../../core/group-by.js";
import { referencedSeries } from "../../dicom/segmentation-reader.js";
import { seriesUidOf } from "../../dicom/series-uid.js";
import { foldCase, withoutEnding } from "../../file-patterns.js";
import { mapLimited } from "../../limited.js";
import { spread } from "../files/sampling.js";
import { isLabelMap } from "../pairing/masks-by-values.js";
import { areClasses, classOfName, isMaskFolder, withoutMaskWords } from "../words.js";
import { type SeriesFolder, sayingParts } from "./series-folders.js";

const filesAtOnce = 8;
/** Volumes that nothing calls masks whose values are looked at. */
const volumesRead = 3;

/** Its mask, where it has one: a file, or one for every class. */
export interface SeriesCase extends SeriesFolder {
  readonly mask?: string;
  readonly masksByClass?: Readonly<Record<string, string>>;
}

/** Files that may be masks. */
export interface SeriesMasks {
  /** DICOM SEG anywhere, absolute. */
  readonly segmentations: readonly string[];
  /** Label maps of other formats, from the root. */
  readonly labelMaps: readonly string[];
}

/** Whether a file is called as masks are, or lies in a folder that is. */
function isCalledMask(path: string): boolean {
  return [withoutEnding(basename(path)), ...dirname(path).split("/")].some(isMaskFolder);
}

/**
 * Which volumes beside series are label maps: those that are called masks, and all others where some of them hold nothing but
 * class numbers.
 * @param paths from the root
 */
export async function labelMapsAmong(
  root: string,
  paths: readonly string[],
): Promise<{ readonly labelMaps: readonly string[]; readonly images: readonly string[] }> {
  const unnamed = paths.filter((path) => !isCalledMask(path));
  const looked = await mapLimited(spread(unnamed, volumesRead), 1, (path) => isLabelMap(join(root, path)));
  if (looked.every((is) => is)) return { labelMaps: paths, images: [] };
  return { labelMaps: paths.filter(isCalledMask), images: unnamed };
}

const folded = (part: string) => foldCase(part.normalize("NFC"));

/** Whether all of one path's parts are among another's, in their order. */
function isWithin(inner: readonly string[], outer: readonly string[]): boolean {
  let at = 0;
  for (const part of outer) if (at < inner.length && part === inner[at]) at++;
  return at === inner.length;
}

/** A label map with the series that it is of, and the class that its name says beside that. */
interface Placed {
  readonly file: string;
  readonly series?: SeriesFolder | undefined;
  readonly className?: string | undefined;
}

/** Finds the one series that a label map is of. */
class Finder {
  private readonly said: ReadonlyMap<SeriesFolder, readonly string[]>;
  private readonly known: ReadonlySet<string>;

  constructor(private readonly folders: readonly SeriesFolder[]) {
    this.said = new Map(folders.map((one) => [one, sayingParts(one.folder).map(folded)]));
    this.known = new Set([...this.said.values()].flat());
  }

  private only(fits: (said: readonly string[], series: SeriesFolder) => boolean): SeriesFolder | undefined {
    const found = this.folders.filter((one) => fits(this.said.get(one) as readonly string[], one));
    return found.length === 1 ? found[0] : undefined;
  }

  /** The series that folders and the name of a file tell together. */
  private byNames(places: readonly string[], id: string): SeriesFolder | undefined {
    const parts = [...places, ...(id === "" ? [] : [id])];
    return this.only((said) => said.join("/") === parts.join("/")) ?? this.only((said) => isWithin(parts, said));
  }

  /** The series whose name a file's begins with, and what its name says after that: `p0_liver` is of p0. */
  private byBeginning(places: readonly string[], name: string): Omit<Placed, "file"> | undefined {
    const pieces = name.split(/([_\s.-]+)/);
    for (let end = pieces.length - 2; end > 0; end -= 2) {
      const series = this.byNames(places, folded(pieces.slice(0, end).join("")));
      if (series) return { series, className: classOfName(pieces.slice(end + 1).join("")) };
    }
    return undefined;
  }

  /**
   * By what folders and names of both say, else where the file lies: with the slices, beside the folder of one series, masks
   * perhaps in a folder of their own there, or in a folder that is called as one series.
   */
  place(file: string): Placed {
    const name = withoutMaskWords(withoutEnding(basename(file)));
    const folder = dirname(file);
    const places = sayingParts(folder)
      .map(folded)
      .filter((part) => this.known.has(part));
    const named = this.byNames(places, folded(name));
    if (named) return { file, series: named };
    const around = folder
      .split("/")
      .filter((part) => !isMaskFolder(part))
      .join("/");
    const near =
      this.only((_, series) => folder === series.folder || folder.startsWith(`${series.folder}/`)) ??
      ([".", ""].includes(around) ? undefined : this.only((_, series) => dirname(series.folder) === around));
    const inside = near ?? (places.length > 0 ? this.byNames(places, "") : undefined);
    if (inside) return { file, series: inside, className: classOfName(name) };
    return { file, ...this.byBeginning(places, name) };
  }
}

/**
 * The files of series that have one for each class: several, each called after a class of its own.
 * @param placed label maps with the series that they are of
 */
function filesByClass(placed: ReadonlyMap<string | undefined, readonly Placed[]>): Map<string, Record<string, string>> {
  const byFolder = [...placed].flatMap(([folder, own]) => (folder === undefined ? [] : [{ folder, own }]));
  const hasSeveral = byFolder.some(({ own }) => own.length > 1);
  const haveClasses = byFolder.every(({ own }) => areClasses(own.map(({ className }) => className)));
  if (!hasSeveral || !haveClasses) return new Map();
  const record = (own: readonly Placed[]) => Object.fromEntries(own.map(({ file, className }) => [className, file]));
  return new Map(byFolder.map(({ folder, own }) => [folder, record(own)]));
}

/** Which series segmentations were drawn on, as their headers say; of one that says nothing the one in its folder. */
async function segmentationsBySeries(root: string, segmentations: readonly string[]): Promise<Map<string, string[]>> {
  const named = await mapLimited(segmentations, filesAtOnce, async (path) => {
    const file = seenFrom(root, path);
    const series = await referencedSeries(path);
    return (series.length > 0 ? series : [dirname(file)]).map((key) => ({ key, file }));
  });
  return new Map([...groupBy(named.flat(), ({ key }) => key)].map(([key, all]) => [key, all.map(({ file }) => file)]));
}

/**
 * Pairs series with segmentations of them, and where there is none with label maps.
 * @param guesses receives a warning where a series has several, and of files that are of none
 */
export async function pairSeries(
  root: string,
  folders: readonly SeriesFolder[],
  { segmentations, labelMaps }: SeriesMasks,
  guesses: string[],
): Promise<SeriesCase[]> {
  const drawn = await segmentationsBySeries(root, segmentations);
  const finder = new Finder(folders);
  const byName = groupBy(
    labelMaps.map((file) => finder.place(file)),
    ({ series }) => series?.folder,
  );
  const byClass = segmentations.length > 0 ? new Map<string, Record<string, string>>() : filesByClass(byName);
  if (byClass.size > 0) guesses.push("every class has a file of its own; classes may overlap");
  const used = new Set<string>();
  const cases = await mapLimited(folders, filesAtOnce, async ({ folder, volume }): Promise<SeriesCase> => {
    const uid = await seriesUidOf(volume);
    const own = [...((uid && drawn.get(uid)) || []), ...(drawn.get(folder) ?? [])];
    for (const file of own) used.add(file);
    const masksByClass = byClass.get(folder);
    if (masksByClass) return { folder, volume, masksByClass };
    const maps = (byName.get(folder) ?? []).map(({ file }) => file);
    const [mask, ...others] = [...own, ...maps];
    if (others.length > 0)
      guesses.push(
        `warning: ${folder} has ${counted(others.length + 1, own.length > 0 ? "segmentation" : "label map")}; ${mask} is its mask`,
      );
    return { folder, volume, ...(mask === undefined ? {} : { mask }) };
  });
  const lost = (byName.get(undefined) ?? []).map(({ file }) => file);
  if (lost.length > 0)
    guesses.push(
      `warning: ${countedNames(lost, "label map")} ${lost.length === 1 ? "fits" : "fit"} no series, or several, by ` +
        `${lost.length === 1 ? "its name and is" : "their names and are"} left out; call each as the folder of its series, as masks/NAME.nii.gz`,
    );
  const idle = [...new Set([...drawn.values()].flat())].filter((file) => !used.has(file));
  if (idle.length > 0)
    guesses.push(
      `warning: ${countedNames(idle, "segmentation")} ${idle.length === 1 ? "was" : "were"} drawn on no series that is here and left out`,
    );
  return cases;
}
