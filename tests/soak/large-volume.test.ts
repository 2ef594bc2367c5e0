/** A volume with many classes in bounded memory. */
import { run } from "../../soak/large-volume.js";
import { soakTest } from "./soak-test.js";

soakTest("a volume of many classes is segmented in bounded memory", run);
