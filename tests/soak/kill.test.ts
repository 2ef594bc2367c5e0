/** Runs that are killed. */
import { run as kill } from "../../soak/kill.js";
import { run as processKill } from "../../soak/process-kill.js";
import { soakTest } from "./soak-test.js";

soakTest("a killed and resumed run is the one that was not killed", kill);
soakTest("when one of several processes is killed, the others end and the run goes on", processKill);
