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

/** The mean of the channels, [N, S] float32. */
function brightness(images: Tensor): Tensor {
  return images.to({ dtype: "float32" }).mean([1]).flatten(1);
}

/** Brightness in order, of mean 0 and deviation 1, [N, S]: whatever exposure and contrast were. */
function standardOrder(images: Tensor): Tensor {
  const values = brightness(images);
  const centred = values.sub(values.mean([1], { keepdim: true }));
  const deviation = centred.square().mean([1], { keepdim: true }).sqrt().clamp({ min: 1e-6 });
  return centred.div(deviation).sort(1)[0];
}

/** Whether each image is the opposite of its partner by the Wasserstein distance of their distributions of brightness, [N] bool. */
function isOpposite(images: Tensor, partners: Tensor): Tensor {
  const [own, theirs] = [standardOrder(images), standardOrder(partners)];
  const distance = (order: Tensor) => order.sub(theirs).abs().mean([1]);
  return distance(own.neg().flip([1])).lt(distance(own).mul(clearly));
}

/** Where each pixel lies in the order from the brightest, 0, to the darkest, 1; equals share their middle. [N, S] */
function placeFromBrightest(images: Tensor): Tensor {
  const values = brightness(images).neg();
  const [ordered] = values.sort(1);
  const twice = ordered.searchsorted(values).add(ordered.searchsorted(values, { right: true }));
  return twice
    .to({ dtype: "float32" })
    .sub(1)
    .div(2 * values.shape[1]);
}

/** The colours of each image from its darkest pixels to its brightest, means of equal shares of them, [N, C, colours]. */
function palettes(images: Tensor): Tensor {
  const flat = images.to({ dtype: "float32" }).flatten(2);
  const [, order] = brightness(images).sort(1);
  const ordered = flat.gather(2, order.unsqueeze(1).expand(flat.shape));
  return adaptiveAvgPool2d(ordered, [flat.shape[1], colours]);
}

/** Each image's negative in the colours of its partner: what is brightest takes those of what is darkest there. */
function negativeIn(images: Tensor, partners: Tensor): Tensor {
  const { shape } = images.flatten(2);
  const palette = palettes(partners);
  const place = placeFromBrightest(images)
    .mul(colours)
    .sub(0.5)
    .clamp({ min: 0, max: colours - 1 });
  const below = place.floor().clamp({ max: colours - 2 });
  const colour = (number: Tensor) => palette.gather(2, number.to({ dtype: "int64" }).unsqueeze(1).expand(shape));
  const [darker, brighter] = [colour(below), colour(below.add(1))];
  return darker.add(brighter.sub(darker).mul(place.sub(below).unsqueeze(1))).reshape(images.shape);
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
    const each = imagesNCS.shape.map((count, axis) => (axis === 0 ? count : 1));
    return where(isOpposite(imagesNCS, partnersNCS).reshape(each), negativeIn(imagesNCS, partnersNCS), otherwise);
  });
}
