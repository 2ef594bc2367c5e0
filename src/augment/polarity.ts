/**
 * Polarity: what one scanner shows bright on dark, another shows dark on bright, as fluorescence and stain do. No mixing of
 * amplitudes turns one into the other.
 *
 * Shapes as suffixes: N images, C channels, S all spatial axes as one.
 */
import { adaptiveAvgPool2d, scope, type Tensor, where } from "../torch/index.js";

/** By how much an image's negative must be nearer to its partner: half the distance, which is rare within one polarity. */
const clearly = 0.5;

/** Colours of a palette, from the darkest to the brightest. */
const colours = 64;

/** The mean of the channels of images, [N, S] float32. */
interface Brightness {
  readonly values: Tensor;
  /** From the darkest pixel to the brightest. */
  readonly sorted: Tensor;
  /** Which pixel stands where in `sorted`. */
  readonly order: Tensor;
}

function brightnessOf(images: Tensor): Brightness {
  const values = images.to({ dtype: "float32" }).mean([1]).flatten(1);
  const [sorted, order] = values.sort(1);
  return { values, sorted, order };
}

/** Brightness in order, of mean 0 and deviation 1, [N, S]: whatever exposure and contrast were. */
function standardOrder({ values, sorted }: Brightness): Tensor {
  const mean = values.mean([1], { keepdim: true });
  const deviation = values.sub(mean).square().mean([1], { keepdim: true }).sqrt().clamp({ min: 1e-6 });
  return sorted.sub(mean).div(deviation);
}

/** Whether each image is the opposite of its partner by the Wasserstein distance of their distributions of brightness, [N] bool. */
function isOpposite(image: Brightness, partner: Brightness): Tensor {
  const [own, theirs] = [standardOrder(image), standardOrder(partner)];
  const distance = (order: Tensor) => order.sub(theirs).abs().mean([1]);
  return distance(own.neg().flip([1])).lt(distance(own).mul(clearly));
}

/** Where each pixel lies in the order from the brightest, 0, to the darkest, 1; equals share their middle. [N, S] */
function placeFromBrightest({ values, sorted }: Brightness): Tensor {
  const [darkness, ordered] = [values.neg(), sorted.neg().flip([1])];
  const twice = ordered.searchsorted(darkness).add(ordered.searchsorted(darkness, { right: true }));
  return twice
    .to({ dtype: "float32" })
    .sub(1)
    .div(2 * values.shape[1]);
}

/** The colours of each image from its darkest pixels to its brightest, means of equal shares of them, [N, C, colours]. */
function palettes(images: Tensor, { order }: Brightness): Tensor {
  const flat = images.to({ dtype: "float32" }).flatten(2);
  const ordered = flat.gather(2, order.unsqueeze(1).expand(flat.shape));
  return adaptiveAvgPool2d(ordered, [flat.shape[1], colours]);
}

/** Negatives in the colours of a palette each: what is brightest takes those of what is darkest there. [N, C, S] */
function negativesIn(palette: Tensor, image: Brightness): Tensor {
  const [count, pixels] = image.values.shape;
  const place = placeFromBrightest(image)
    .mul(colours)
    .sub(0.5)
    .clamp({ min: 0, max: colours - 1 });
  const below = place.floor().clamp({ max: colours - 2 });
  const each = [count, palette.shape[1], pixels];
  const colour = (number: Tensor) => palette.gather(2, number.to({ dtype: "int64" }).unsqueeze(1).expand(each));
  const [darker, brighter] = [colour(below), colour(below.add(1))];
  return darker.add(brighter.sub(darker).mul(place.sub(below).unsqueeze(1)));
}

/**
 * Images in the polarity of their partners.
 * @param imagesNCS x, any dtype
 * @param partnersNCS u, of the same shape
 * @param otherwise what becomes of an image that is no opposite of its partner, the same shape, float32
 * @returns where x is the opposite of u, its negative in u's colours, else `otherwise`; the same shape, float32
 */
export function inPolarityOf(imagesNCS: Tensor, partnersNCS: Tensor, otherwise: Tensor): Tensor {
  return scope(() => {
    const [own, theirs] = [brightnessOf(imagesNCS), brightnessOf(partnersNCS)];
    const each = imagesNCS.shape.map((count, axis) => (axis === 0 ? count : 1));
    const negatives = negativesIn(palettes(partnersNCS, theirs), own).reshape(imagesNCS.shape);
    return where(isOpposite(own, theirs).reshape(each), negatives, otherwise);
  });
}
