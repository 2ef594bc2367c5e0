/** Sentences about files that are no part of the set: what systems keep, what is not read, links that lead nowhere. */
import { counted } from "../../../core/counted.js";
import { systemPicturesText } from "../../system-names.js";
import type { FolderContent, OtherFiles } from "./scan.js";

/** Extensions of pictures, volumes and arrays in formats that are not read; other files are notes and tables. */
const dataExtension =
  /^(?:gif|p[bgnp]m|pfm|ppm|jp2|j2k|jpx|heic|avif|jxl|psd|svg|dcm|dicom|ima|img|hdr|raw|nii|nrrd|mha|mhd|svs|ndpi|scn|mrxs|vms|czi|lif|npy|npz|mat|h5|hdf5|tfrecord|pkl|pt|xml|zip|tar|rar|7z|(?:[a-z]+\.)?gz)$/;
const packed = /^(?:zip|tar|rar|7z|(?:tar\.)?gz)$/;

function unreadText(others: readonly [string, OtherFiles][]): string[] {
  if (others.length === 0) return [];
  const [, { first }] = others[0];
  const total = others.reduce((sum, [, { count }]) => sum + count, 0);
  const each = others.map(([extension, { count }]) => `${count} .${extension}`);
  const list = each.length > 1 ? `${each.slice(0, -1).join(", ")} and ${each.at(-1)}` : each[0];
  const remedy = others.every(([extension]) => packed.test(extension)) ? "unpack" : "save";
  const them = total === 1 ? "it" : "them";
  return [
    `${list} file${total === 1 ? " is" : "s are"} not read (${first}${total === 1 ? "" : " ..."}); ` +
      `${remedy === "unpack" ? `unpack ${them}` : `save ${them} as PNG`} to have ${them}`,
  ];
}

/** Everything of a folder that inspect does not look at, in a few sentences. */
export function leftOutText({ system, others, dangling }: FolderContent): string[] {
  const unread = [...others]
    .filter(([extension]) => dataExtension.test(extension))
    .sort((a, b) => b[1].count - a[1].count);
  const links = counted(dangling.count, "link");
  const one = dangling.count === 1;
  return [
    ...(dangling.count === 0
      ? []
      : [
          `warning: ${links} ${one ? "leads" : "lead"} nowhere (${dangling.first} -> ${dangling.target}${one ? "" : " ..."}); ` +
            `mount or mend ${one ? "its" : "their"} target`,
        ]),
    ...unreadText(unread),
    ...systemPicturesText(system),
  ];
}
