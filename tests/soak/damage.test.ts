/** Damaged files. */
import { run as imageFiles } from "../../soak/image-files.js";
import { run as runFiles } from "../../soak/run-files.js";
import { soakTest } from "./soak-test.js";

soakTest("a damaged image is a picture or a sentence", imageFiles);
soakTest("a damaged run is read rightly or refused", runFiles);
