/**
 * Reads zip archives (a Python wheel is one) without any package: stored and deflated entries, zip64, checksums
 * and lengths verified, contents streamed so that a file of any size takes a few megabytes of memory. Follows
 * PKWARE's APPNOTE 6.3.10. Encryption, multiple disks and other methods are refused.
 */
import { createReadStream, createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createInflateRaw, inflateRawSync } from "node:zlib";

const endSignature = 0x06054b50;
const endSize = 22;
const longestComment = 0xffff;
const locator64Signature = 0x07064b50;
const locator64Size = 20;
const end64Signature = 0x06064b50;
const end64Size = 56;
const entrySignature = 0x02014b50;
const entrySize = 46;
const localSignature = 0x04034b50;
const localSize = 30;
const extra64 = 1;
const stored = 0;
const deflated = 8;
/** Smaller entries are inflated in one piece: ten thousand headers would otherwise open ten thousand streams. */
const wholeLimit = 1 << 20;

/** A broken or unsupported archive; the message is one sentence naming the file. */
export class ZipError extends Error {
  constructor(message) {
    super(message);
    this.name = "ZipError";
  }
}

const crcTable = Int32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 of bytes, continuing from the checksum of the bytes before them. */
export function crc32(bytes, before = 0) {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Reads exactly `length` bytes at `position`. */
async function readAt(zip, position, length) {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await zip.handle.read(bytes, 0, length, position);
  if (bytesRead < length) throw new ZipError(`${zip.path} ends too early; it was not completely downloaded.`);
  return bytes;
}

/** Where the directory of entries lies: {count, size, offset}. */
async function findDirectory(zip) {
  const tail = await readAt(
    zip,
    Math.max(0, zip.size - endSize - longestComment),
    Math.min(zip.size, endSize + longestComment),
  );
  for (let at = tail.length - endSize; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== endSignature || at + endSize + tail.readUInt16LE(at + 20) !== tail.length) continue;
    const position = zip.size - tail.length + at;
    const locator = position >= locator64Size ? await readAt(zip, position - locator64Size, locator64Size) : undefined;
    if (locator?.readUInt32LE(0) === locator64Signature)
      return findDirectory64(zip, Number(locator.readBigUInt64LE(8)));
    return { count: tail.readUInt16LE(at + 10), size: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
  }
  throw new ZipError(
    `${zip.path} is no complete zip archive (its end record is missing); it was not completely downloaded.`,
  );
}

async function findDirectory64(zip, position) {
  const record = await readAt(zip, position, end64Size);
  if (record.readUInt32LE(0) !== end64Signature) throw new ZipError(`${zip.path} has a broken zip64 end record.`);
  const [count, size, offset] = [32, 40, 48].map((at) => Number(record.readBigUInt64LE(at)));
  return { count, size, offset };
}

/** One entry of the directory that starts at `at`, and where the next one starts. */
function parseEntry(zip, directory, at) {
  if (at + entrySize > directory.length || directory.readUInt32LE(at) !== entrySignature) {
    throw new ZipError(`${zip.path} has a broken directory.`);
  }
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => directory.readUInt16LE(at + field));
  const nameEnd = at + entrySize + nameLength;
  const entry = {
    name: directory.toString("utf8", at + entrySize, nameEnd),
    flags: directory.readUInt16LE(at + 8),
    method: directory.readUInt16LE(at + 10),
    crc: directory.readUInt32LE(at + 16),
    compressedSize: directory.readUInt32LE(at + 20),
    size: directory.readUInt32LE(at + 24),
    offset: directory.readUInt32LE(at + 42),
  };
  widen(entry, directory.subarray(nameEnd, nameEnd + extraLength));
  return { entry, next: nameEnd + extraLength + commentLength };
}

/** Replaces the sizes that did not fit 32 bits by those of the zip64 field, which holds only these, in this order. */
function widen(entry, extra) {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== extra64) continue;
    let field = at + 4;
    for (const key of ["size", "compressedSize", "offset"]) {
      if (entry[key] !== 0xffffffff || field + 8 > extra.length) continue;
      entry[key] = Number(extra.readBigUInt64LE(field));
      field += 8;
    }
  }
}

/** All entries of an archive. */
async function readDirectory(zip) {
  const { count, size, offset } = await findDirectory(zip);
  if (offset + size > zip.size) throw new ZipError(`${zip.path} has a directory outside the file.`);
  const directory = await readAt(zip, offset, size);
  const entries = [];
  for (let at = 0; entries.length < count; ) {
    const { entry, next } = parseEntry(zip, directory, at);
    entries.push(entry);
    at = next;
  }
  return entries;
}

/** Refuses what could be written outside the target folder or cannot be read. */
function checkEntry(zip, { name, flags, method }) {
  if (name.startsWith("/") || name.includes("\\") || name.includes("\0") || name.split("/").includes("..")) {
    throw new ZipError(`${zip.path} has an entry with the unsafe name ${JSON.stringify(name)}.`);
  }
  if ((flags & 1) !== 0 || (method !== stored && method !== deflated)) {
    throw new ZipError(`${zip.path}: entry ${name} is encrypted or compressed by the unsupported method ${method}.`);
  }
}

/** Where an entry's bytes start: its local header may have other extra fields than the directory. */
async function dataStart(zip, entry) {
  const header = await readAt(zip, entry.offset, localSize);
  if (header.readUInt32LE(0) !== localSignature)
    throw new ZipError(`${zip.path}: entry ${entry.name} has a broken header.`);
  return entry.offset + localSize + header.readUInt16LE(26) + header.readUInt16LE(28);
}

/** Passes chunks on while it counts and sums them; fails at once when there are more than declared, or wrong ones. */
function verified(zip, entry, onChunk) {
  return async function* (chunks) {
    let [crc, size] = [0, 0];
    for await (const chunk of chunks) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      if (size > entry.size) break;
      onChunk(chunk.length);
      yield chunk;
    }
    if (size !== entry.size || crc !== entry.crc) {
      throw new ZipError(`${zip.path}: entry ${entry.name} is damaged (its checksum or length is wrong).`);
    }
  };
}

/** The decompressed bytes of a small entry. */
async function inflateWhole(zip, entry, start) {
  const bytes = await readAt(zip, start, entry.compressedSize);
  if (entry.method === stored) return bytes;
  return inflateRawSync(bytes, { maxOutputLength: Math.max(1, entry.size) });
}

async function extractEntry(zip, entry, target, onChunk) {
  checkEntry(zip, entry);
  const path = join(target, entry.name);
  if (entry.name.endsWith("/")) return void mkdirSync(path, { recursive: true });
  mkdirSync(dirname(path), { recursive: true });
  const start = await dataStart(zip, entry);
  const check = verified(zip, entry, onChunk);
  try {
    if (entry.size <= wholeLimit && entry.compressedSize <= wholeLimit) {
      const parts = [];
      for await (const part of check([await inflateWhole(zip, entry, start)])) parts.push(part);
      return void writeFileSync(path, Buffer.concat(parts));
    }
    const options = { start, end: start + entry.compressedSize - 1, highWaterMark: wholeLimit };
    const inflate = entry.method === deflated ? [createInflateRaw({ chunkSize: wholeLimit })] : [];
    await pipeline(createReadStream(zip.path, options), ...inflate, check, createWriteStream(path));
  } catch (cause) {
    if (!/^(Z_|ERR_BUFFER_TOO_LARGE)/.test(cause.code ?? "")) throw cause;
    throw new ZipError(`${zip.path}: entry ${entry.name} is damaged (${cause.message}).`);
  }
}

async function withZip(path, use) {
  const handle = await open(path, "r");
  try {
    const zip = { path, handle, size: (await handle.stat()).size };
    return await use(zip, await readDirectory(zip));
  } finally {
    await handle.close();
  }
}

/**
 * The entries of an archive: name, size in bytes and what else its directory says.
 * @throws ZipError when the archive is truncated or broken
 */
export function listZip(path) {
  return withZip(path, async (_, entries) => entries);
}

/**
 * Unpacks the entries that `select(name)` takes into the folder `target`.
 * @param onProgress called with (bytes written, bytes in all)
 * @throws ZipError when the archive is truncated, damaged or unsafe
 */
export function extractZip(path, target, { select = () => true, onProgress = () => {} } = {}) {
  return withZip(path, async (zip, entries) => {
    const chosen = entries.filter((entry) => select(entry.name));
    const total = chosen.reduce((sum, entry) => sum + entry.size, 0);
    let done = 0;
    for (const entry of chosen) {
      await extractEntry(zip, entry, target, (bytes) => {
        done += bytes;
        onProgress(done, total);
      });
    }
  });
}
