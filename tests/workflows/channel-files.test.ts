/** Files of one image are found by the ends of their names, and what lacks is named. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { groupChannels } from "../../src/workflows/prediction/channel-files.js";
import type { InputImage } from "../../src/workflows/prediction/inputs.js";
import { put, temporaryFolder } from "../data/files.js";

const base = temporaryFolder();
const never = async () => false;

/** Images as they are found below a folder. */
const found = (...names: readonly string[]): InputImage[] =>
  names.map((name) => ({ path: join(base, `${name}.nii.gz`), name, given: false }));

const endsOf = ({ path, furtherChannels = [] }: InputImage) =>
  [path, ...furtherChannels].map((file) => file.slice(base.length + 1).replace(".nii.gz", ""));

describe("groupChannels", () => {
  it("goes by nnU-Net's numbers, or by the names of channels, whatever the order that files are found in", async () => {
    const images = found("b/p1_0001", "b/p1_0000", "a/s-1_FLAIR", "a/s-1_T1w", "a/S-2-t1w", "a/S-2-flair");
    const grouped = await groupChannels(images, ["T1w", "FLAIR"], never);
    expect(grouped.incomplete).toEqual([]);
    expect(grouped.images.map(({ name }) => name)).toEqual(["b/p1", "a/s-1", "a/S-2"]);
    expect(grouped.images.map(endsOf)).toEqual([
      ["b/p1_0000", "b/p1_0001"],
      ["a/s-1_T1w", "a/s-1_FLAIR"],
      ["a/S-2-t1w", "a/S-2-flair"],
    ]);
  });

  it("takes the longest name of a channel, and no number beyond the channels", async () => {
    const images = found("x_T2-FLAIR", "x_FLAIR", "vol_0002");
    const { images: grouped } = await groupChannels(images, ["FLAIR", "T2-FLAIR"], never);
    expect(grouped.map(({ name }) => name)).toEqual(["vol_0002", "x"]);
  });

  it("names the channels that an image lacks, and those that it has twice", async () => {
    const images = found("p1_0000", "p1_0002", "p2_0000", "p2_T1", "p2_T2", "p2_PD");
    const { images: grouped, incomplete } = await groupChannels(images, ["T1", "T2", "PD"], never);
    expect(grouped).toEqual([]);
    expect(incomplete).toEqual([
      `${join(base, "p1_0000.nii.gz")}: the run learnt from T1, T2, PD, but T2 of the same image is not beside it; put it there as p1_0001`,
      `${join(base, "p2_0000.nii.gz")} and ${join(base, "p2_T1.nii.gz")} hold the same channel of one image; leave one of them out`,
    ]);
  });

  it("keeps files that hold all channels, whatever their numbers", async () => {
    const images = found("BRATS_0000", "BRATS_0001");
    expect(await groupChannels(images, ["T1", "T2"], async () => true)).toEqual({ images, incomplete: [] });
  });

  it("looks beside a file that was given itself for its other channels alone", async () => {
    const names = ["given/p1_0000", "given/p1_0001", "given/p2_0000", "given/p2_0001"];
    for (const name of names) put(join(base, `${name}.nii.gz`), "");
    const one = { path: join(base, "given/p1_0001.nii.gz"), name: "p1_0001", given: true };
    const { images } = await groupChannels([one], ["T1", "T2"], never);
    expect(images.map(endsOf)).toEqual([["given/p1_0000", "given/p1_0001"]]);
  });

  it("goes by folders that are called as channels, and looks into those beside one that was given", async () => {
    for (const name of ["f/T2/a", "f/ADC/a", "f/T2/deep/b", "f/ADC/deep/b", "f/T2/c"])
      put(join(base, `${name}.nii.gz`), "");
    const all = await groupChannels(found("f/adc/z_ADC", "f/T2/z_T2", "f/ADC/a", "f/T2/a"), ["T2", "ADC"], never);
    expect(all.images.map(({ name }) => name)).toEqual(["f/z", "f/a"]);
    expect(all.images.map(endsOf)).toEqual([
      ["f/T2/z_T2", "f/adc/z_ADC"],
      ["f/T2/a", "f/ADC/a"],
    ]);
    const inFolder = ["a", "deep/b", "c"].map((name) => ({
      ...{ path: join(base, `f/T2/${name}.nii.gz`), name, given: false },
    }));
    const { images, incomplete } = await groupChannels(inFolder, ["T2", "ADC"], never);
    expect(images.map(({ name }) => name)).toEqual(["a", "deep/b"]);
    expect(images.map(endsOf)).toEqual([
      ["f/T2/a", "f/ADC/a"],
      ["f/T2/deep/b", "f/ADC/deep/b"],
    ]);
    expect(incomplete).toEqual([
      `${join(base, "f/T2/c.nii.gz")}: the run learnt from T2, ADC, but ADC of the same image is not beside it; put it there as ${join(base, "f/ADC/c.nii.gz")}`,
    ]);
  });

  it("goes by the folders of DICOM series", async () => {
    const series = {} as NonNullable<InputImage["series"]>;
    for (const name of ["d/p1/T2/1.dcm", "d/p1/ADC/1.dcm"]) put(join(base, name), "");
    const one = { path: join(base, "d/p1/T2"), name: "p1/T2", given: false, series };
    const { images } = await groupChannels([one], ["T2", "ADC"], never);
    expect(images).toEqual([
      { path: join(base, "d/p1/T2"), furtherChannels: [join(base, "d/p1/ADC")], name: "p1", given: false },
    ]);
    const alone = await groupChannels([{ ...one, name: "T2" }], ["T2", "ADC"], never);
    expect(alone.images[0].name).toBe("p1");
    // By the ends of names, too, of folders and of single files.
    for (const [first, second] of [
      ["e/q_T2", "e/q_ADC"],
      ["e/r_0000.dcm", "e/r_0001.dcm"],
    ]) {
      const both = [first, second].map((path) => {
        return { path: join(base, path), name: path.replace(".dcm", ""), given: false, series };
      });
      const { images: grouped } = await groupChannels(both, ["T2", "ADC"], never);
      expect(grouped).toMatchObject([
        { path: join(base, first), furtherChannels: [join(base, second)], name: first.slice(0, 3) },
      ]);
    }
  });
});
