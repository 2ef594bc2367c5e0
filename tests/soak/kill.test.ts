/** Runs that are killed. */
import { run as kill } from "../../soak/kill.js";
import { soakTest } from "./soak-test.js";

soakTest("a killed and resumed run is the one that was not killed", kill);
