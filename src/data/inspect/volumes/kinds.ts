/** A set is of pictures or of volumes; files of the other kind beside it are previews and the like. */
import { counted } from "../../../core/counted.js";
import { isVolumeName } from "../../file-patterns.js";
import type { FolderContent } from "../files/scan.js";

/** The images of one kind. */
export interface OneKind {
  readonly content: FolderContent;
  readonly isVolumes: boolean;
  readonly guesses: readonly string[];
}

/** Keeps the kind that most of a folder's images are of. */
export function oneKind(content: FolderContent): OneKind {
  const isVolume = (path: string) => isVolumeName(path) && !content.pictures?.has(path);
  const volumes = content.images.filter(isVolume);
  const pictures = content.images.filter((path) => !isVolume(path));
  const isVolumes = volumes.length > pictures.length;
  const [images, others] = isVolumes ? [volumes, pictures] : [pictures, volumes];
  if (others.length === 0) return { content, isVolumes, guesses: [] };
  const [own, other] = isVolumes ? ["volume", "picture"] : ["picture", "volume"];
  return {
    content: { ...content, images },
    isVolumes,
    guesses: [
      `${counted(others.length, other)} (${others[0]}${others.length > 1 ? " ..." : ""}) beside ` +
        `${counted(images.length, own)} ${others.length === 1 ? "is" : "are"} left out`,
    ],
  };
}
