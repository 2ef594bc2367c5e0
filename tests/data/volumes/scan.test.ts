/** Which files of a folder are images where headers and values lie side by side. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { scanFolder } from "../../../src/data/inspect/files/scan.js";
import { put, temporaryFolder } from "../files.js";

it("counts a header and the values beside it as one image, and values without a header as not read", () => {
  const folder = temporaryFolder();
  const names = [
    "a.hdr",
    "a.img",
    "b.mhd",
    "b.zraw",
    "c.nhdr",
    "c.raw.gz",
    "d.hdr.gz",
    "d.img.gz",
    "e.NII.GZ",
    "f.raw",
  ];
  for (const name of names) put(join(folder, name), "x");
  const { images, others } = scanFolder(folder);
  expect(images).toEqual(["a.hdr", "b.mhd", "c.nhdr", "d.hdr.gz", "e.NII.GZ"]);
  expect([...others.keys()].sort()).toEqual(["raw"]);
});
