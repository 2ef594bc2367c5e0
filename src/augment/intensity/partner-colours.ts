/**
 * The colours of another scanner, pixel by pixel in the order of brightness; and in the opposite order where polarity is the
 * opposite: what one scanner shows bright on dark, another shows dark on bright, as fluorescence and stain do.
 *
 * Shapes as suffixes: N images, C channels, S all spatial axes as one.
 */
import { adaptiveAvgPool2d, scope, type Tensor, where } from "../../torch/index.js";

/** By how much an image's negative must be nearer to its partner: half the distance, which is rare within one polarity. */
const clearly = 0.5;

/** The tint of an image with colours, as a share of its contrast; that of a grey one is what its file format made of it. */
const noticeable = 0.05;

/** Colours of a palette, from the darkest to the brightest. */
const colours = 64;

/**
 * The middle of images: the largest square that no rotation turns out of them, so that the black corners which a weak
 * view's rotation leaves are no part of what an image is told by.
 */
function middleOf(images: Tensor): Tensor {
  const axes = [-2, -1] as const;
  const side = Math.floor(Math.min(...axes.map((axis) => images.shape.at(axis) as number)) / Math.SQRT2);
  const cut = (rest: Tensor, axis: -2 | -1) =>
    rest.narrow(axis, Math.floor(((rest.shape.at(axis) as number) - side) / 2), side);
  return axes.reduce(cut, images);
}

/** The mean of the channels of images, [N, 1, ...S] float32. */
function greyOf(images: Tensor): Tensor {
  return images.to({ dtype: "float32" }).mean([1], { keepdim: true });
}

/** The same, [N, S]. */
function brightnessOf(images: Tensor): Tensor {
  return greyOf(images).flatten(1);
}

/** Standing in order, [N, S] each. */
interface Order {
  /** Brightness from the darkest pixel to the brightest. */
  readonly sorted: Tensor;
  /** Which pixel stands where in it. */
  readonly pixels: Tensor;
}

function orderOf(images: Tensor): Order {
  const [sorted, pixels] = brightnessOf(images).sort(1);
  return { sorted, pixels };
}

/** Brightness in order, of mean 0 and deviation 1, [N, S]: whatever exposure and contrast were. */
function standardOrder({ sorted }: Order): Tensor {
  const mean = sorted.mean([1], { keepdim: true });
  const deviation = sorted.sub(mean).square().mean([1], { keepdim: true }).sqrt().clamp({ min: 1e-6 });
  return sorted.sub(mean).div(deviation);
}

/** Whether each image is the opposite of its partner by the Wasserstein distance of their distributions of brightness, [N] bool. */
function isOpposite(image: Order, partner: Order): Tensor {
  const [own, theirs] = [standardOrder(image), standardOrder(partner)];
  const distance = (order: Tensor) => order.sub(theirs).abs().mean([1]);
  return distance(own.neg().flip([1])).lt(distance(own).mul(clearly));
}

/** Where each pixel of `images` lies in an order from the brightest, 0, to the darkest, 1; equals share their middle. [N, S] */
function placeFromBrightest(images: Tensor, { sorted }: Order): Tensor {
  const [darkness, ordered] = [brightnessOf(images).neg(), sorted.neg().flip([1])];
  const twice = ordered.searchsorted(darkness).add(ordered.searchsorted(darkness, { right: true }));
  return twice
    .to({ dtype: "float32" })
    .sub(1)
    .div(2 * sorted.shape[1]);
}

/** The colours of each image from its darkest pixels to its brightest, means of equal shares of them, [N, C, colours]. */
function palettes(images: Tensor, { pixels }: Order): Tensor {
  const flat = images.to({ dtype: "float32" }).flatten(2);
  const ordered = flat.gather(2, pixels.unsqueeze(1).expand(flat.shape));
  return adaptiveAvgPool2d(ordered, [flat.shape[1], colours]);
}

/** Images in the colours of a palette each: what lies at `place`, from its darkest, 0, to its brightest, 1. [N, C, S] */
function colouredBy(palette: Tensor, place: Tensor): Tensor {
  const at = place
    .mul(colours)
    .sub(0.5)
    .clamp({ min: 0, max: colours - 1 });
  const below = at.floor().clamp({ max: colours - 2 });
  const each = [at.shape[0], palette.shape[1], at.shape[1]];
  const colour = (number: Tensor) => palette.gather(2, number.to({ dtype: "int64" }).unsqueeze(1).expand(each));
  const [darker, brighter] = [colour(below), colour(below.add(1))];
  return darker.add(brighter.sub(darker).mul(at.sub(below).unsqueeze(1)));
}

/** What the colours of images differ from their grey, [N, C, ...S] float32. */
function tintOf(images: Tensor): Tensor {
  return images.to({ dtype: "float32" }).sub(greyOf(images));
}

/** Whether each image has colours at all, [N] bool; the three equal channels of a grey one have none. */
function isColoured(images: Tensor): Tensor {
  const brightness = brightnessOf(images);
  const contrast = brightness
    .sub(brightness.mean([1], { keepdim: true }))
    .abs()
    .mean([1]);
  return tintOf(images).abs().flatten(1).mean([1]).gt(contrast.mul(noticeable));
}

/**
 * Images in the colours of their partners: pixel by pixel what stands at the same place there, from bright to dark where an
 * image is the opposite of its partner. Of other images the tint alone can be taken, from dark to bright: what the colours
 * differ from their grey; brightness whole would bend what is bright and dark where two images show different shares of it.
 * A grey image takes none: which of its parts would have which colour there, it does not tell.
 * @param imagesNCS x, any dtype
 * @param partnersNCS u, of the same shape
 * @param otherwise what becomes of images that are no opposites, the same shape, float32
 * @param tinted which of those take their partner's tint, if they have colours, and only the brightness of `otherwise`, [N]
 *   bool; left out: none
 * @returns the same shape, float32
 */
export function inColoursOf(imagesNCS: Tensor, partnersNCS: Tensor, otherwise: Tensor, tinted?: Tensor): Tensor {
  return scope(() => {
    const theirMiddle = middleOf(partnersNCS);
    const [own, theirs] = [orderOf(middleOf(imagesNCS)), orderOf(theirMiddle)];
    const opposite = isOpposite(own, theirs);
    const fromBrightest = placeFromBrightest(imagesNCS, own);
    const place = where(opposite.unsqueeze(1), fromBrightest, fromBrightest.neg().add(1));
    const coloured = colouredBy(palettes(theirMiddle, theirs), place).reshape(imagesNCS.shape);
    const each = imagesNCS.shape.map((count, axis) => (axis === 0 ? count : 1));
    const alike = tinted
      ? where(
          tinted.logicalAnd(isColoured(imagesNCS)).reshape(each),
          tintOf(coloured).add(greyOf(otherwise)),
          otherwise,
        )
      : otherwise;
    return where(opposite.reshape(each), coloured, alike);
  });
}
