/** Fundus-like phantoms: a drawn eye of a domain's population, seen through that domain's camera. */
import { checkPhantomKey, type FundusDomain, type Phantom, type PhantomKey, phantomStream } from "../types.js";
import { drawFundusAnatomy } from "./anatomy.js";
import { photograph } from "./camera.js";
import { fundusProfiles } from "./cameras.js";
import { renderFundusScene } from "./scene.js";

/**
 * One colour picture of the region around the optic disc with its exact mask.
 * @returns image `[size, size, 3]`; mask 0 cup, 128 rim, 255 background, the cup always inside the disc
 * @throws UsageError when the key's size, seed or index cannot be drawn
 */
export function generateFundusPhantom(key: PhantomKey<FundusDomain>): Phantom {
  checkPhantomKey(key);
  const { population, camera } = fundusProfiles[key.domain];
  const anatomy = drawFundusAnatomy(phantomStream("fundus", key, "anatomy"), population);
  const { light, mask } = renderFundusScene(key, anatomy);
  const image = photograph(phantomStream("fundus", key, "camera"), camera, light, key.size, -anatomy.temporal);
  return { size: key.size, channels: 3, image, mask };
}
