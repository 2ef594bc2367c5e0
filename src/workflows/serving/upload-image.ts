/** The one image of an upload: a file whose contents say what it is, or an archive of the files of a series or of channels. */
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../../core/errors.js";
import type { Dataset } from "../../data/dataset.js";
import { startOf } from "../../data/file-bytes.js";
import { maxVolumeBytes, sniffBytes, startsWith } from "../../data/formats/format.js";
import { sniffFormat } from "../../data/formats/registry.js";
import type { Observer } from "../observer.js";
import { wholeImages } from "../prediction/channel-files.js";
import { type InputImage, listInputs } from "../prediction/inputs.js";
import { listVolumes } from "../prediction/series-inputs.js";
import { uploadName } from "./messages.js";
import { unpackZip } from "./unpack.js";

/** The slices of a series are many; what is unpacked of one request is no more than a volume may have. */
const unpackLimits = { files: 10_000, bytes: maxVolumeBytes };

/** The file under a name that its contents ask for, or the folder that it was unpacked to. */
export async function contentsOf(folder: string): Promise<string> {
  const upload = join(folder, uploadName);
  const head = await startOf(upload, sniffBytes);
  if (startsWith(head, "PK\u0003\u0004")) {
    const files = join(folder, "files");
    await unpackZip(upload, files, unpackLimits);
    return files;
  }
  const [ending] = sniffFormat(head)?.extensions ?? [];
  const path = join(folder, ending === undefined ? "image" : `image.${ending}`);
  await rename(upload, path);
  return path;
}

/** The one image of an upload. @throws DataError when it holds none, several, or a part of one */
export async function onlyImage(path: string, dataset: Dataset, observer: Observer): Promise<InputImage> {
  const { images } = dataset.slices ? await listVolumes([path], observer) : listInputs([path]);
  const whole = await wholeImages(images, dataset);
  if (whole.incomplete.length > 0) throw new DataError(whole.incomplete[0]);
  const [image, second] = whole.images;
  if (second === undefined) return image;
  throw new DataError(
    `the upload holds ${whole.images.length} images (${image.name}, ${second.name}${whole.images.length > 2 ? ", ..." : ""}); send one at a time`,
  );
}
