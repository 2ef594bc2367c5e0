/**
 * Wright's ω function, the solution w > 0 of w + ln w = y, which is LambertW(e^y) without the overflow of e^y
 * (Corless & Jeffrey, "The Wright ω function", 2002).
 */
import { noGrad, type Tensor, where } from "../torch/index.js";

/** Newton converges quadratically from these starts; six steps reach the last bit of float64 for every y. */
const newtonSteps = 6;

/** One Newton step for w + ln w = y. */
function improve(w: Tensor, y: Tensor): Tensor {
  return w.mul(y.sub(w.log()).add(1)).div(w.add(1));
}

/**
 * ω(y) element by element, for every finite y that does not underflow e^y.
 * First derivatives only: the gradient is that of the implicit equation, dω/dy = ω/(1+ω).
 */
export function wrightOmega(y: Tensor): Tensor {
  const solution = noGrad(() => {
    // Starts above the root from where no step can become negative: e^y for small y, y itself for large.
    let w = where(y.lt(1), y.clamp({ max: 1 }).exp(), y);
    for (let i = 0; i < newtonSteps; i++) w = improve(w, y);
    return w;
  });
  // At the solution a Newton step changes nothing but depends on y, with exactly the implicit derivative.
  return improve(solution, y);
}
