/** Lists of ids beside images that divide them: `train.txt`, `val.txt`, `test.txt`, also as Pascal VOC has them. */
import { posix, resolve } from "node:path";
import { counted } from "../../../core/counted.js";
import { type Case, readList } from "../../case-files.js";
import type { ImageGroup } from "../pairing/grouping.js";
import type { SplitName } from "../words.js";
import { casesOf, type SplitInput } from "./split-input.js";

/** Where lists of cases lie below the place of images and masks: beside them, or as Pascal VOC has them. */
const listFolders = ["", "ImageSets/Segmentation"];
const listNames = { train: "train.txt", test: "test.txt", validation: "val.txt" } as const;

/** The cases that a list beside the images names. */
interface Listed {
  readonly split: SplitName;
  readonly list: string;
  readonly source: SplitInput;
  readonly cases: readonly Case[];
}

/** One list with those of its cases that are there; nothing where none is. */
function readListed(split: SplitName, list: string, source: SplitInput, root: string, guesses: string[]): Listed[] {
  const byId = new Map(casesOf(source, root).map((one) => [one.id, one]));
  const ids = readList(resolve(root, list), list);
  const found = ids.flatMap((id) => byId.get(id.normalize("NFC")) ?? byId.get(id.replace(/\.[^.]*$/, "")) ?? []);
  const cases = [...new Set(found)];
  if (cases.length < ids.length)
    guesses.push(
      `${list}: ${ids.length - cases.length} of its ${ids.length} ids have no image of their own and are left out`,
    );
  if (cases.length === 0) return [];
  const [first, ...rest] = cases.map(({ id }) => id);
  return [
    {
      split,
      list,
      cases,
      source: cases.length < ids.length ? { ...source, ids: [first, ...rest] } : { ...source, list },
    },
  ];
}

/** What the lists of a group say; a test list without masks gives way to one for validation, which has some. */
export function listedIn(
  { source, place }: Pick<ImageGroup, "place"> & { readonly source: SplitInput },
  helpers: ReadonlySet<string>,
  root: string,
  guesses: string[],
): Listed[] {
  const found = listFolders
    .map((folder) =>
      (Object.keys(listNames) as SplitName[]).flatMap((split) => {
        const list = posix.join(place, folder, listNames[split]);
        return helpers.has(list) ? readListed(split, list, source, root, guesses) : [];
      }),
    )
    .find((lists) => lists.some(({ split }) => split !== "validation"));
  if (!found) return [];
  const hasMasks = (split: SplitName) =>
    found.some((one) => one.split === split && one.cases.some(({ maskPath }) => maskPath !== undefined));
  const idle = hasMasks("validation") && !hasMasks("test") ? found.filter(({ split }) => split === "test") : [];
  for (const { list, cases } of idle)
    guesses.push(`${list}: its ${cases.length} images have no masks to be judged by and are left out`);
  const named = new Set(found.flatMap(({ cases }) => cases.map(({ id }) => id)));
  const others = casesOf(source, root).filter(({ id }) => !named.has(id)).length;
  if (others > 0)
    guesses.push(
      `${counted(others, "image")} that ${found.map(({ list }) => list).join(", ")} ${found.length > 1 ? "do" : "does"} not name ` +
        `${others === 1 ? "is" : "are"} left out; without list they would be cases, too`,
    );
  return found.filter((one) => !idle.includes(one));
}
