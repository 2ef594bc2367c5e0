/** Damaged files. */
import { run as dicomFiles } from "../../soak/dicom-files.js";
import { run as hdf5Files } from "../../soak/hdf5-files.js";
import { run as imageFiles } from "../../soak/image-files.js";
import { run as runFiles } from "../../soak/run-files.js";
import { run as volumeFiles } from "../../soak/volume-files.js";
import { soakTest } from "./soak-test.js";

soakTest("a damaged image is a picture or a sentence", imageFiles);
soakTest("a damaged DICOM file is an image or a sentence", dicomFiles);
soakTest("a damaged run is read rightly or refused", runFiles);
soakTest("a damaged volume is a volume or a sentence", volumeFiles);
soakTest("a damaged HDF5 file is an image or a sentence", hdf5Files);
