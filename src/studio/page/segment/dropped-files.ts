/** The files of what is dropped, those of folders, too. */

function filesIn(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  return new Promise((resolve, reject) => {
    // Browsers hand out about a hundred at a time, and none at the end.
    const next = () =>
      reader.readEntries((some) => {
        if (some.length === 0) return resolve(all);
        all.push(...some);
        next();
      }, reject);
    next();
  });
}

/** A file with the path below what was dropped, as one that is chosen by its folder has it. */
function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) =>
    entry.file((file) => {
      Object.defineProperty(file, "webkitRelativePath", { value: entry.fullPath.slice(1) });
      resolve(file);
    }, reject),
  );
}

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) return [await fileOf(entry as FileSystemFileEntry)];
  const inside = await filesIn(entry as FileSystemDirectoryEntry);
  return (await Promise.all(inside.map(filesOf))).flat();
}

/** Must be asked while the drop is being told of: later the browser tells nothing. */
export function droppedFiles({ items, files }: DataTransfer): Promise<readonly File[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry());
  if (!entries.some((entry) => entry?.isDirectory)) return Promise.resolve([...files]);
  return Promise.all(entries.map((entry) => (entry ? filesOf(entry) : []))).then((found) => found.flat());
}
