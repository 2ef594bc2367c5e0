/**
 * What operating systems, file servers and viewers leave in folders: previews, recycled files, indexes. None of it is
 * data, whatever its name ends in.
 */

/** Folders: hidden ones, those of Synology and QNAP (`@eaDir`, `#recycle`), of archives, discs and notebooks. */
const systemFolder =
  /^(?:[.@#].*|__MACOSX|lost\+found|\$RECYCLE\.BIN|RECYCLER|System Volume Information|_gsdata_|~snapshot)$/i;

/** Files: hidden ones such as the `._x.png` of a Mac, previews of a Synology, what an office program holds open. */
const systemFile = /^(?:\..*|SYNO(?:FILE|PHOTO|VIDEO)_THUMB.*|~\$.*|Thumbs\.db|ehthumbs\.db|desktop\.ini)$/i;

/** Whether a folder of that name holds what a system keeps for itself. */
export function isSystemFolder(name: string): boolean {
  return systemFolder.test(name);
}

/** Whether a file of that name is a system's own. */
export function isSystemFile(name: string): boolean {
  return systemFile.test(name);
}

/** Whether a file of a system is a picture whatever its ending, as SYNOFILE_THUMB_M is. */
export function isSystemPreview(name: string): boolean {
  return /^SYNO/i.test(name);
}

/** Pictures that systems keep in the folders of a walk. */
export interface SystemPictures {
  readonly count: number;
  /** Where the first of them lies. */
  readonly first: string;
}

/** One line for all of them; nothing where there are none. */
export function systemPicturesText({ count, first }: SystemPictures): string[] {
  if (count === 0) return [];
  const what =
    count === 1 ? "1 picture that a system or server keeps" : `${count} pictures that systems and servers keep`;
  return [
    `${what} for ${count === 1 ? "itself" : "themselves"} (${first}${count === 1 ? "" : " ..."}) ${count === 1 ? "is" : "are"} left out`,
  ];
}
