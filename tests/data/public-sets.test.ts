/**
 * The folder layouts of public sets, drawn small: each row of the table in docs/data.md is a row here. What counts is
 * that every image finds its mask, that nothing else becomes an image, and what inspect says.
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { maskFilesOf } from "../../src/data/case-files.js";
import { checkDataset } from "../../src/data/check/check.js";
import { loadDataset } from "../../src/data/dataset.js";
import { inspectFolder } from "../../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../../src/data/inspect/write-yaml.js";
import { pictures, put, temporaryFolder } from "./files.js";

const side = 24;
const base = temporaryFolder();

const { draw, image } = pictures(side);
const disc = (cx: number, cy: number, r: number) => (x: number, y: number) =>
  (x - cx) ** 2 + (y - cy) ** 2 <= r * r ? 255 : 0;
const mask = () => draw((x, y, n) => disc(7 + (n % 9), 7 + ((n * 5) % 9), 3)(x, y));
/** The same for every image: what a fundus camera sees. */
const view = () => draw((x, y) => disc(11.5, 11.5, 11)(x, y));

type Kind = "image" | "mask" | "view" | "text";
const makers: Record<Kind, () => Buffer | string> = { image, mask, view, text: () => "x" };

interface Row {
  readonly set: string;
  /** Paths with `#` for the numbers 1 to 6, and what lies there. */
  readonly files: readonly (readonly [path: string, kind: Kind, only?: number])[];
  /** Cases by `domain/split`, counted. */
  readonly cases: Readonly<Record<string, number>>;
  /** The mask files of one case. */
  readonly pair: readonly [image: string, ...masks: string[]] | null;
  readonly says?: readonly RegExp[];
  readonly classes?: readonly string[];
}

const isic = (year: string, domain: string, images: string, masks: string, suffix: string): Row => ({
  set: `ISIC ${year}`,
  files: [
    [`${images.replace("?", "Training")}/ISIC_000000#.jpg`, "image"],
    ...(year === "2017" ? [[`ISIC-2017_Training_Data/ISIC_000000#_superpixels.png`, "image"] as const] : []),
    [`${masks.replace("?", "Training")}/ISIC_000000#${suffix}.png`, "mask"],
    [`${images.replace("?", "Test")}/ISIC_001000#.jpg`, "image"],
    [`${masks.replace("?", "Test")}/ISIC_001000#${suffix}.png`, "mask"],
  ],
  cases: { [`${domain}/train`]: 6, [`${domain}/test`]: 6 },
  pair: [
    `${images.replace("?", "Training")}/ISIC_0000002.jpg`,
    `${masks.replace("?", "Training")}/ISIC_0000002${suffix}.png`,
  ],
  ...(year === "2017" ? { says: [/6 files \(ISIC_0000001_superpixels\.png \.\.\.\): neither images nor masks/] } : {}),
});

const rows: readonly Row[] = [
  isic("2016", "ISBI2016_ISIC", "ISBI2016_ISIC_Part1_?_Data", "ISBI2016_ISIC_Part1_?_GroundTruth", "_Segmentation"),
  isic("2017", "ISIC-2017", "ISIC-2017_?_Data", "ISIC-2017_?_Part1_GroundTruth", "_segmentation"),
  isic("2018", "ISIC-2018", "ISIC2018_Task1-2_?_Input", "ISIC2018_Task1_?_GroundTruth", "_segmentation"),
  {
    set: "HAM10000",
    files: [
      ["HAM10000_images_part_1/ISIC_002430#.jpg", "image"],
      ["HAM10000_images_part_2/ISIC_002931#.jpg", "image"],
      ["HAM10000_segmentations_lesion_tschandl/ISIC_002430#_segmentation.png", "mask"],
      ["HAM10000_segmentations_lesion_tschandl/ISIC_002931#_segmentation.png", "mask"],
    ],
    cases: { "HAM10000/train": 10, "HAM10000/test": 2 },
    pair: [
      "HAM10000_images_part_2/ISIC_0029312.jpg",
      "HAM10000_segmentations_lesion_tschandl/ISIC_0029312_segmentation.png",
    ],
  },
  {
    set: "PH2",
    files: [
      ["PH2 Dataset images/IMD00#/IMD00#_Dermoscopic_Image/IMD00#.bmp", "image"],
      ["PH2 Dataset images/IMD00#/IMD00#_lesion/IMD00#_lesion.bmp", "mask"],
    ],
    cases: { "PH2 Dataset images/train": 5, "PH2 Dataset images/test": 1 },
    pair: [
      "PH2 Dataset images/IMD002/IMD002_Dermoscopic_Image/IMD002.bmp",
      "PH2 Dataset images/IMD002/IMD002_lesion/IMD002_lesion.bmp",
    ],
  },
  {
    set: "CVC-ClinicDB",
    files: [
      ["Original/#.tif", "image"],
      ["Ground Truth/#.tif", "mask"],
    ],
    cases: { "CVC-ClinicDB/train": 5, "CVC-ClinicDB/test": 1 },
    pair: ["Original/3.tif", "Ground Truth/3.tif"],
  },
  {
    set: "CVC-ColonDB",
    files: [
      ["CVC-ColonDB/#.tiff", "image"],
      ["CVC-ColonDB/p#.tiff", "mask"],
    ],
    cases: { "CVC-ColonDB/train": 5, "CVC-ColonDB/test": 1 },
    pair: ["CVC-ColonDB/4.tiff", "CVC-ColonDB/p4.tiff"],
  },
  {
    set: "ETIS-Larib",
    files: [
      ["ETIS-LaribPolypDB/#.tif", "image"],
      ["Ground Truth/p#.tif", "mask"],
    ],
    cases: { "ETIS-LaribPolypDB/train": 5, "ETIS-LaribPolypDB/test": 1 },
    pair: ["ETIS-LaribPolypDB/4.tif", "Ground Truth/p4.tif"],
  },
  {
    set: "Kvasir-SEG",
    files: [
      ["Kvasir-SEG/images/cju#.jpg", "image"],
      ["Kvasir-SEG/masks/cju#.jpg", "mask"],
      ["Kvasir-SEG/kavsir_bboxes.json", "text", 1],
    ],
    cases: { "Kvasir-SEG/train": 5, "Kvasir-SEG/test": 1 },
    pair: ["Kvasir-SEG/images/cju2.jpg", "Kvasir-SEG/masks/cju2.jpg"],
  },
  {
    set: "polyps as PraNet divides them",
    files: [
      ["TrainDataset/image/#.png", "image"],
      ["TrainDataset/mask/#.png", "mask"],
      ["TestDataset/CVC-300/images/1#.png", "image"],
      ["TestDataset/CVC-300/masks/1#.png", "mask"],
      ["TestDataset/Kvasir/images/2#.png", "image"],
      ["TestDataset/Kvasir/masks/2#.png", "mask"],
    ],
    cases: { "polyps-as-PraNet-divides-them/train": 6, "CVC-300/test": 6, "Kvasir/test": 6 },
    pair: ["TestDataset/Kvasir/images/23.png", "TestDataset/Kvasir/masks/23.png"],
  },
  {
    set: "DRIVE",
    files: [
      ["training/images/2#_training.tif", "image"],
      ["training/1st_manual/2#_manual1.png", "mask"],
      ["training/mask/2#_training_mask.png", "view"],
      ["test/images/0#_test.tif", "image"],
      ["test/1st_manual/0#_manual1.png", "mask"],
      ["test/2nd_manual/0#_manual2.png", "mask"],
      ["test/mask/0#_test_mask.png", "view"],
    ],
    cases: { "DRIVE/train": 6, "DRIVE/test": 6 },
    pair: ["training/images/23_training.tif", "training/1st_manual/23_manual1.png"],
    says: [
      /training\/mask: the same area \(\d\d %\) in every image, as a camera's field of view is, and no labels: left out/,
      /several readers marked the images: test\/1st_manual is used, test\/2nd_manual is not/,
    ],
  },
  {
    set: "DRIVE as downloaded",
    files: [
      ["training/images/2#_training.tif", "image"],
      ["training/1st_manual/2#_manual1.gif", "text"],
      ["training/mask/2#_training_mask.gif", "text"],
    ],
    cases: { "DRIVE-as-downloaded/train": 6 },
    pair: null,
    says: [
      /12 \.gif files are not read \(training\/1st_manual\/21_manual1\.gif \.\.\.\); save them as PNG to have them/,
    ],
  },
  {
    set: "STARE",
    files: [
      ["stare-images/im000#.png", "image"],
      ["labels-ah/im000#.ah.png", "mask"],
      ["labels-vk/im000#.vk.png", "mask"],
    ],
    cases: { "STARE/train": 5, "STARE/test": 1 },
    pair: ["stare-images/im0003.png", "labels-ah/im0003.ah.png"],
    says: [/masks are taken from labels-ah; labels-vk is left out/],
  },
  {
    set: "CHASE_DB1",
    files: [
      ["Image_0#L.jpg", "image"],
      ["Image_0#L_1stHO.png", "mask"],
      ["Image_0#L_2ndHO.png", "mask"],
    ],
    cases: { "CHASE-DB1/train": 5, "CHASE-DB1/test": 1 },
    pair: ["Image_02L.jpg", "Image_02L_1stHO.png"],
    says: [/2 readers marked the images: \S*_1stHO\.png is used, \S*_2ndHO\.png is not/],
  },
  {
    set: "HRF",
    files: [
      ["images/0#_dr.JPG", "image"],
      ["manual1/0#_dr.tif", "mask"],
      ["mask/0#_dr_mask.tif", "view"],
    ],
    cases: { "HRF/train": 5, "HRF/test": 1 },
    pair: ["images/04_dr.JPG", "manual1/04_dr.tif"],
    says: [/mask: the same area/, /masks are taken from manual1/],
  },
  {
    set: "IOSTAR",
    files: [
      ["image/STAR 0#_OSC.jpg", "image"],
      ["GT/STAR 0#_OSC_GT.tif", "mask"],
      ["mask/STAR 0#_OSC_Mask.tif", "view"],
    ],
    cases: { "IOSTAR/train": 5, "IOSTAR/test": 1 },
    pair: ["image/STAR 03_OSC.jpg", "GT/STAR 03_OSC_GT.tif"],
  },
  {
    set: "DR HAGIS",
    files: [
      ["Fundus_Images/#.jpg", "image"],
      ["Manual_Segmentations/#_manual_orig.png", "mask"],
      ["Mask_images/#_mask_orig.png", "view"],
    ],
    cases: { "DR-HAGIS/train": 5, "DR-HAGIS/test": 1 },
    pair: ["Fundus_Images/3.jpg", "Manual_Segmentations/3_manual_orig.png"],
  },
  {
    set: "IDRiD",
    files: [
      ["A. Segmentation/1. Original Images/a. Training Set/IDRiD_0#.jpg", "image"],
      ["A. Segmentation/2. All Segmentation Groundtruths/a. Training Set/1. Microaneurysms/IDRiD_0#_MA.tif", "mask"],
      ["A. Segmentation/2. All Segmentation Groundtruths/a. Training Set/3. Hard Exudates/IDRiD_0#_EX.tif", "mask", 4],
      ["A. Segmentation/1. Original Images/b. Testing Set/IDRiD_5#.jpg", "image"],
      ["A. Segmentation/2. All Segmentation Groundtruths/b. Testing Set/1. Microaneurysms/IDRiD_5#_MA.tif", "mask"],
      ["A. Segmentation/2. All Segmentation Groundtruths/b. Testing Set/3. Hard Exudates/IDRiD_5#_EX.tif", "mask"],
    ],
    cases: { "A. Segmentation/train": 6, "A. Segmentation/test": 6 },
    pair: [
      "A. Segmentation/1. Original Images/a. Training Set/IDRiD_02.jpg",
      "A. Segmentation/2. All Segmentation Groundtruths/a. Training Set/1. Microaneurysms/IDRiD_02_MA.tif",
      "A. Segmentation/2. All Segmentation Groundtruths/a. Training Set/3. Hard Exudates/IDRiD_02_EX.tif",
    ],
    classes: ["Microaneurysms", "Hard Exudates"],
    says: [/every class has a folder of its own \(Microaneurysms, Hard Exudates\); classes may overlap/],
  },
  {
    set: "REFUGE",
    files: [
      ["REFUGE-Training400/Training400/Glaucoma/g000#.jpg", "image"],
      ["REFUGE-Training400/Training400/Non-Glaucoma/n000#.jpg", "image"],
      ["Annotation-Training400/Annotation-Training400/Disc_Cup_Masks/Glaucoma/g000#.bmp", "mask"],
      ["Annotation-Training400/Annotation-Training400/Disc_Cup_Masks/Non-Glaucoma/n000#.bmp", "mask"],
    ],
    cases: { "REFUGE-Training400/Glaucoma/train": 6, "REFUGE-Training400/Non-Glaucoma/train": 6 },
    pair: [
      "REFUGE-Training400/Training400/Glaucoma/g0003.jpg",
      "Annotation-Training400/Annotation-Training400/Disc_Cup_Masks/Glaucoma/g0003.bmp",
    ],
  },
  {
    set: "RIM-ONE r3",
    files: [
      ["Healthy/Stereo Images/N-#-R.jpg", "image"],
      ["Healthy/Expert1_masks/N-#-R-1-Disc-exp1.png", "mask"],
      ["Healthy/Expert1_masks/N-#-R-1-Cup-exp1.png", "mask"],
      ["Healthy/Expert2_masks/N-#-R-1-Disc-exp2.png", "mask"],
      ["Healthy/Expert2_masks/N-#-R-1-Cup-exp2.png", "mask"],
    ],
    cases: { "Healthy/train": 5, "Healthy/test": 1 },
    pair: [
      "Healthy/Stereo Images/N-2-R.jpg",
      "Healthy/Expert1_masks/N-2-R-1-Cup-exp1.png",
      "Healthy/Expert1_masks/N-2-R-1-Disc-exp1.png",
    ],
    classes: ["Cup", "Disc"],
    says: [/several readers marked the images: Healthy\/Expert1_masks is used, Healthy\/Expert2_masks is not/],
  },
  {
    set: "ORIGA",
    files: [
      ["Images/00#.jpg", "image"],
      ["Masks/00#.png", "mask"],
      ["Semi-automatic-annotations/00#.mat", "text"],
    ],
    cases: { "ORIGA/train": 5, "ORIGA/test": 1 },
    pair: ["Images/002.jpg", "Masks/002.png"],
    says: [/6 \.mat files are not read/],
  },
  {
    set: "Drishti-GS",
    files: [
      ["Training/Images/NORMAL/drishtiGS_00#.png", "image"],
      ["Training/GT/drishtiGS_00#/SoftMap/drishtiGS_00#_ODsegSoftmap.png", "mask"],
      ["Training/GT/drishtiGS_00#/SoftMap/drishtiGS_00#_cupsegSoftmap.png", "mask"],
    ],
    cases: { "NORMAL/train": 6 },
    pair: [
      "Training/Images/NORMAL/drishtiGS_002.png",
      "Training/GT/drishtiGS_002/SoftMap/drishtiGS_002_ODsegSoftmap.png",
      "Training/GT/drishtiGS_002/SoftMap/drishtiGS_002_cupsegSoftmap.png",
    ],
    classes: ["ODsegSoftmap", "cupsegSoftmap"],
  },
  {
    set: "Fundus, ProstateSlice and M&Ms of MiDSS",
    files: [
      ["BIDMC/train/image/00_0#.png", "image"],
      ["BIDMC/train/mask/00_0#.png", "mask"],
      ["BIDMC/test/image/01_0#.png", "image"],
      ["BIDMC/test/mask/01_0#.png", "mask"],
    ],
    cases: { "BIDMC/train": 6, "BIDMC/test": 6 },
    pair: ["BIDMC/train/image/00_02.png", "BIDMC/train/mask/00_02.png"],
  },
  {
    set: "ACDC slices",
    files: [
      ["images/patient00#_frame01_slice_0.png", "image"],
      ["labels/patient00#_frame01_slice_0.png", "mask"],
    ],
    cases: { "ACDC-slices/train": 5, "ACDC-slices/test": 1 },
    pair: ["images/patient002_frame01_slice_0.png", "labels/patient002_frame01_slice_0.png"],
  },
  {
    set: "CAMUS slices",
    files: [
      ["patient000#/patient000#_2CH_ED.png", "image"],
      ["patient000#/patient000#_2CH_ED_gt.png", "mask"],
    ],
    cases: { "CAMUS-slices/train": 5, "CAMUS-slices/test": 1 },
    pair: ["patient0002/patient0002_2CH_ED.png", "patient0002/patient0002_2CH_ED_gt.png"],
  },
  {
    set: "LGG",
    files: [
      ["kaggle_3m/TCGA_CS_494#_19960909/TCGA_CS_494#_19960909_1.tif", "image"],
      ["kaggle_3m/TCGA_CS_494#_19960909/TCGA_CS_494#_19960909_1_mask.tif", "mask"],
      ["kaggle_3m/TCGA_CS_494#_19960909/TCGA_CS_494#_19960909_2.tif", "image"],
      ["kaggle_3m/TCGA_CS_494#_19960909/TCGA_CS_494#_19960909_2_mask.tif", "mask"],
      ["kaggle_3m/data.csv", "text", 1],
    ],
    cases: { "kaggle_3m/train": 10, "kaggle_3m/test": 2 },
    pair: [
      "kaggle_3m/TCGA_CS_4942_19960909/TCGA_CS_4942_19960909_2.tif",
      "kaggle_3m/TCGA_CS_4942_19960909/TCGA_CS_4942_19960909_2_mask.tif",
    ],
    says: [/TCGA_CS_4941_19960909_1 is of TCGA_CS_4941/],
  },
  {
    set: "BUSI",
    files: [
      ["Dataset_BUSI_with_GT/benign/benign (#).png", "image"],
      ["Dataset_BUSI_with_GT/benign/benign (#)_mask.png", "mask"],
      ["Dataset_BUSI_with_GT/benign/benign (#)_mask_1.png", "mask", 2],
      ["Dataset_BUSI_with_GT/normal/normal (#).png", "image"],
      ["Dataset_BUSI_with_GT/normal/normal (#)_mask.png", "mask"],
    ],
    cases: {
      "Dataset_BUSI_with_GT/benign/train": 5,
      "Dataset_BUSI_with_GT/benign/test": 1,
      "Dataset_BUSI_with_GT/normal/train": 5,
      "Dataset_BUSI_with_GT/normal/test": 1,
    },
    pair: [
      "Dataset_BUSI_with_GT/benign/benign (1).png",
      "Dataset_BUSI_with_GT/benign/benign (1)_mask.png",
      "Dataset_BUSI_with_GT/benign/benign (1)_mask_1.png",
    ],
    says: [
      /2 files \(benign \(1\)_mask_1\.png \.\.\.\) are further masks of their images and are joined with the first/,
    ],
  },
  {
    set: "TN3K",
    files: [
      ["trainval-image/000#.jpg", "image"],
      ["trainval-mask/000#.jpg", "mask"],
      ["test-image/000#.jpg", "image"],
      ["test-mask/000#.jpg", "mask"],
    ],
    cases: { "TN3K/train": 6, "TN3K/test": 6 },
    pair: ["test-image/0003.jpg", "test-mask/0003.jpg"],
  },
  {
    set: "DDTI",
    files: [
      ["2_preprocessed_data/stage1/p_image/#.PNG", "image"],
      ["2_preprocessed_data/stage1/p_mask/#.PNG", "mask"],
    ],
    cases: { "2_preprocessed_data/stage1/train": 5, "2_preprocessed_data/stage1/test": 1 },
    pair: ["2_preprocessed_data/stage1/p_image/3.PNG", "2_preprocessed_data/stage1/p_mask/3.PNG"],
  },
  {
    set: "Montgomery",
    files: [
      ["MontgomerySet/CXR_png/MCUCXR_000#_0.png", "image"],
      ["MontgomerySet/ManualMask/leftMask/MCUCXR_000#_0.png", "mask"],
      ["MontgomerySet/ManualMask/rightMask/MCUCXR_000#_0.png", "mask"],
    ],
    cases: { "MontgomerySet/train": 5, "MontgomerySet/test": 1 },
    pair: [
      "MontgomerySet/CXR_png/MCUCXR_0002_0.png",
      "MontgomerySet/ManualMask/leftMask/MCUCXR_0002_0.png",
      "MontgomerySet/ManualMask/rightMask/MCUCXR_0002_0.png",
    ],
    says: [/left and right lie in files of their own \(.*\) and are joined/],
  },
  {
    set: "Shenzhen",
    files: [
      ["CXR_png/CHNCXR_000#_0.png", "image"],
      ["mask/CHNCXR_000#_0_mask.png", "mask"],
    ],
    cases: { "Shenzhen/train": 5, "Shenzhen/test": 1 },
    pair: ["CXR_png/CHNCXR_0004_0.png", "mask/CHNCXR_0004_0_mask.png"],
  },
  {
    set: "JSRT",
    files: [
      ["images/JPCLN00#.png", "image"],
      ["masks/left lung/JPCLN00#.png", "mask"],
      ["masks/right lung/JPCLN00#.png", "mask"],
      ["masks/heart/JPCLN00#.png", "mask"],
    ],
    cases: { "JSRT/train": 5, "JSRT/test": 1 },
    pair: [
      "images/JPCLN002.png",
      "masks/heart/JPCLN002.png",
      "masks/left lung/JPCLN002.png",
      "masks/right lung/JPCLN002.png",
    ],
    classes: ["heart", "left lung", "right lung"],
  },
  {
    set: "GlaS",
    files: [
      ["train_#.bmp", "image"],
      ["train_#_anno.bmp", "mask"],
      ["testA_#.bmp", "image"],
      ["testA_#_anno.bmp", "mask"],
      ["testB_#.bmp", "image"],
      ["testB_#_anno.bmp", "mask"],
    ],
    cases: { "GlaS/train": 6, "GlaS/test": 12 },
    pair: ["testA_3.bmp", "testA_3_anno.bmp"],
  },
  {
    set: "MoNuSeg",
    files: [
      ["Tissue Images/TCGA-A#.tif", "image"],
      ["Annotations/TCGA-A#.xml", "text"],
    ],
    cases: { "MoNuSeg/train": 6 },
    pair: null,
    says: [/6 \.xml files are not read/],
  },
  {
    set: "DSB2018",
    files: [
      ["stage1_train/a1b2c#/images/a1b2c#.png", "image"],
      ["stage1_train/a1b2c#/masks/0f3#.png", "mask"],
      ["stage1_train/a1b2c#/masks/77e#.png", "mask"],
      ["stage1_test/d9e8f#/images/d9e8f#.png", "image"],
    ],
    cases: { "stage1/train": 6, "stage1/test": 6 },
    pair: [
      "stage1_train/a1b2c2/images/a1b2c2.png",
      "stage1_train/a1b2c2/masks/0f32.png",
      "stage1_train/a1b2c2/masks/77e2.png",
    ],
  },
  {
    set: "VOC",
    files: [
      ["JPEGImages/2007_00000#.jpg", "image"],
      ["SegmentationClass/2007_00000#.png", "mask", 5],
      ["SegmentationObject/2007_00000#.png", "mask", 5],
    ],
    cases: { "VOC/train": 5, "VOC/test": 1 },
    pair: ["JPEGImages/2007_000002.jpg", "SegmentationClass/2007_000002.png"],
    says: [/masks are taken from SegmentationClass; SegmentationObject is left out/],
  },
];

/** Draws a row's files in a folder that is called after the set; returns the paths of its images. */
function drawSet({ set, files }: Row): { folder: string; images: string[] } {
  const folder = join(base, set.replace(/[^\p{L}\p{N}_-]+/gu, "-"));
  const images: string[] = [];
  for (const [path, kind, count = 6] of files)
    for (let n = 1; n <= count; n++) {
      const file = path.replaceAll("#", String(n));
      put(join(folder, file), makers[kind]());
      if (kind === "image" && !file.includes("superpixels")) images.push(file);
    }
  return { folder, images };
}

describe("layouts of public sets", () => {
  it.each(rows.map((row) => [row.set, row] as const))("%s", async (_, row) => {
    const { folder, images } = drawSet(row);
    const inspection = await inspectFolder(folder);
    const path = join(folder, "dataset.yaml");
    writeDatasetYaml(inspection, folder, path, true);
    const dataset = loadDataset(path);
    const found = dataset.domains.flatMap((domain) =>
      (["train", "test"] as const).map((split) => [`${domain.name}/${split}`, domain.cases(split)] as const),
    );
    const counts = found.filter(([, cases]) => cases.length > 0).map(([place, cases]) => [place, cases.length]);
    expect(Object.fromEntries(counts)).toEqual(row.cases);
    const cases = found.flatMap(([, ones]) => ones);
    const inside = (file: string) => relative(folder, file).replaceAll("\\", "/");
    expect(cases.map((one) => inside(one.imagePath)).sort()).toEqual([...images].sort());
    if (row.pair) {
      const [wanted, ...masks] = row.pair;
      const one = cases.find((other) => inside(other.imagePath) === wanted);
      expect(maskFilesOf(one ?? {}).map((file) => inside(file.path))).toEqual(masks);
    } else expect(cases.filter((one) => one.maskPath !== undefined)).toEqual([]);
    for (const sentence of row.says ?? []) expect(inspection.guesses.join("\n")).toMatch(sentence);
    if (row.classes) expect(dataset.classes.map((one) => one.name)).toEqual(row.classes);
    const { problems } = await checkDataset(dataset);
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  });

  it("VOC is divided by its lists, and by the one for validation where the test images have no masks", async () => {
    const folder = join(base, "VOC-with-lists");
    const name = (n: number) => `2007_00000${n}`;
    for (let n = 1; n <= 9; n++) put(join(folder, `JPEGImages/${name(n)}.jpg`), makers.image());
    for (const n of [1, 2, 3, 4, 5]) put(join(folder, `SegmentationClass/${name(n)}.png`), makers.mask());
    const list = (file: string, ...numbers: number[]) =>
      put(join(folder, `ImageSets/Segmentation/${file}.txt`), numbers.map((n) => `${name(n)}\n`).join(""));
    list("train", 1, 3, 4);
    list("val", 5, 2);
    list("trainval", 1, 2, 3, 4, 5);
    list("test", 6, 7);
    put(join(folder, "ImageSets/Main/train.txt"), `${name(9)}\n`);
    const split = async () => {
      const inspection = await inspectFolder(folder);
      const path = join(base, "voc.yaml");
      writeDatasetYaml(inspection, folder, path, true);
      const [domain] = loadDataset(path).domains;
      const ids = (part: "train" | "test") => domain.cases(part).map(({ id }) => id);
      return { train: ids("train"), test: ids("test"), guesses: inspection.guesses.join("\n") };
    };
    const found = await split();
    expect(found).toMatchObject({ train: [1, 3, 4].map(name), test: [5, 2].map(name) });
    expect(found.guesses).toMatch(
      /ImageSets\/Segmentation\/test\.txt: its 2 images have no masks to be judged by and are left out/,
    );
    expect(found.guesses).toMatch(/2 images that .*train\.txt, .* do not name are left out/);
    for (const n of [6, 7]) put(join(folder, `SegmentationClass/${name(n)}.png`), makers.mask());
    list("train", 1, 3, 8, 99);
    expect(await split()).toMatchObject({ train: [1, 3, 8].map(name), test: [6, 7].map(name) });
  });

  it("each has its row in the documentation", () => {
    const docs = readFileSync(new URL("../../docs/data.md", import.meta.url), "utf8");
    for (const { set } of rows) expect(docs, set).toContain(`| ${set} |`);
  });
});
