// The largest value of every 2 × 2 window of planes (float32, channel by channel, on the CPU); odd edges are dropped.
// libtorch's operator compares value by value and notes where each maximum was, which takes ten times as long; here the
// comparisons are whole rows at a time, and the places are found again when the gradient asks for them.
#include "bridge.h"

#include <ATen/TensorIterator.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

namespace bridge {

namespace {

// The first values of the windows' upper (0) or lower (1) rows, [B, C, H/2, W/2]; a view.
at::Tensor starts(const at::Tensor& planes, int64_t row) {
  const auto sizes = planes.sizes(), strides = planes.strides();
  return planes.as_strided({sizes[0], sizes[1], sizes[2] / 2, sizes[3] / 2}, {strides[0], strides[1], 2 * strides[2], 2},
                           planes.storage_offset() + row * strides[2]);
}

// Gives each gradient of a row of windows to the first of the window's largest values, and nothing to the others.
DIMSEG_VECTORISED void route(const float* __restrict upper, const float* __restrict lower, const float* __restrict gradient,
                             float* __restrict ofUpper, float* __restrict ofLower, int64_t windows) {
  for (int64_t i = 0; i < windows; i++) {
    const float a = upper[2 * i], b = upper[2 * i + 1], c = lower[2 * i], d = lower[2 * i + 1];
    const float above = a >= b ? a : b, below = c >= d ? c : d;
    const float up = above >= below ? gradient[i] : 0, down = above >= below ? 0 : gradient[i];
    ofUpper[2 * i] = a >= b ? up : 0;
    ofUpper[2 * i + 1] = a >= b ? 0 : up;
    ofLower[2 * i] = c >= d ? down : 0;
    ofLower[2 * i + 1] = c >= d ? 0 : down;
  }
}

struct MaxPoolPlanes : public torch::autograd::Function<MaxPoolPlanes> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& given) {
    const at::Tensor input = given.contiguous();
    context->save_for_backward({input});
    const int64_t height = input.size(2) / 2 * 2;
    const at::Tensor rows = at::maximum(input.slice(2, 0, height, 2), input.slice(2, 1, height, 2));
    const int64_t width = input.size(3) / 2 * 2;
    return at::maximum(rows.slice(3, 0, width, 2), rows.slice(3, 1, width, 2)).contiguous();
  }

  // The gradient goes to the first of the largest values, row by row, as libtorch's does; where there is a NaN, anywhere.
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list given) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "max_pool_planes has no gradient of its gradient (createGraph)");
    const at::Tensor input = context->get_saved_variables()[0];
    const bool odd = input.size(2) % 2 != 0 || input.size(3) % 2 != 0;
    const at::Tensor ofInput = odd ? at::zeros_like(input) : at::empty_like(input);
    at::TensorIteratorConfig config;
    config.set_check_mem_overlap(false).resize_outputs(false);
    for (int64_t row : {0, 1}) config.add_owned_output(starts(ofInput, row));
    for (int64_t row : {0, 1}) config.add_owned_input(starts(input, row));
    config.add_input(given[0]);
    at::TensorIterator operands = config.build();
    operands.for_each([](char** data, const int64_t* strides, int64_t count) {
      const auto at = [&](int operand, int64_t i) { return reinterpret_cast<float*>(data[operand] + i * strides[operand]); };
      // Where planes are one window wide, or the gradient lies otherwise, the iterator does not go along rows.
      const bool alongRow = strides[0] == 2 * sizeof(float) && strides[4] == sizeof(float);
      const int64_t step = alongRow ? count : 1;
      for (int64_t i = 0; i < count; i += step) route(at(2, i), at(3, i), at(4, i), at(0, i), at(1, i), step);
    });
    return {ofInput};
  }
};

at::Tensor maxPoolPlanes(const at::Tensor& input) {
  TORCH_CHECK(input.dim() == 4 && input.is_cpu(), "expects planes [B, C, H, W] on the CPU");
  TORCH_CHECK(input.scalar_type() == at::kFloat, "the input has scalar type ", input.scalar_type(), "; float32 is expected");
  TORCH_CHECK(input.size(2) > 1 && input.size(3) > 1, "planes of size ", input.size(2), " x ", input.size(3), " have no 2 x 2 window");
  return MaxPoolPlanes::apply(input);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(dimseg, library) { library.def("max_pool_planes(Tensor input) -> Tensor", &maxPoolPlanes); }

}  // namespace bridge
