// Batch normalisation of batches that lie one after another along the first axis, each by its own statistics, for
// channels-last maps on the CPU. libtorch's operator takes one batch, and its kernels go pixel by pixel with one vector
// instruction per 16 channels or so: a map of 8 channels takes ten times as long as reading it. Here neighbouring pixels
// are folded into rows of about 64 values, as if there were more channels and fewer pixels; the same kernels then run at
// the speed of memory, and what they find is put together over the folds. Where several processes train together, what
// they find is put together over those as well: each has as many images, so sums and means need no counts.
#include "world.h"

#include <ATen/TensorIterator.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

namespace bridge {

namespace {

constexpr int64_t kRowLength = 64;

// How a batch is folded: `row` values, which are `fold` pixels with all their channels, `count` times.
struct Rows {
  Rows(int64_t images, const at::Tensor& map) : channels(map.size(1)), pixels(images * map.size(2) * map.size(3)) {
    while (2 * fold * channels <= kRowLength && pixels % (2 * fold) == 0) fold *= 2;
    row = fold * channels;
    count = pixels / fold;
  }

  // The batch as a map [1, row, count, 1] in channels-last layout; a view.
  at::Tensor of(const at::Tensor& batch) const { return batch.as_strided({1, row, count, 1}, {count * row, 1, row, row}); }

  // A number for each channel, repeated over a row.
  template <typename Numbers>
  at::Tensor repeated(const Numbers& perChannel) const {
    at::Tensor result = at::empty({row}, at::kFloat);
    auto* numbers = result.data_ptr<float>();
    for (int64_t i = 0; i < row; i++) numbers[i] = static_cast<float>(perChannel[i % channels]);
    return result;
  }

  // What belongs to a channel in a row, summed.
  template <typename Value>
  double sum(int64_t channel, Value value) const {
    double total = 0;
    for (int64_t i = channel; i < row; i += channels) total += value(i);
    return total;
  }

  int64_t channels, pixels, fold = 1, row, count;
};

// Mean and variance of every channel of a folded batch; rounded to float32, as libtorch's own operator has them, or not.
void measure(const Rows& rows, const at::Tensor& batch, double* mean, double* variance, bool rounded) {
  // With float32 averages to move, here by nothing, the kernel answers in float32 for bfloat16 maps too.
  const auto average = [&] { return at::ones({rows.row}, at::kFloat); };
  const auto [means, variances] = at::batch_norm_update_stats(batch, average(), average(), 0);
  const auto *m = means.data_ptr<float>(), *v = variances.data_ptr<float>();
  for (int64_t c = 0; c < rows.channels; c++) {
    const double middle = rows.sum(c, [&](int64_t i) { return m[i]; }) / rows.fold;
    const double spread = rows.sum(c, [&](int64_t i) { return v[i] + (m[i] - middle) * (m[i] - middle); }) / rows.fold;
    mean[c] = rounded ? static_cast<float>(middle) : middle;
    variance[c] = rounded ? static_cast<float>(spread) : spread;
  }
}

void moveAverage(const at::Tensor& average, const double* value, double momentum, double scale) {
  auto* numbers = average.data_ptr<float>();
  for (int64_t c = 0; c < average.numel(); c++) {
    numbers[c] = static_cast<float>((1 - momentum) * numbers[c] + momentum * scale * value[c]);
  }
}

// A bfloat16 value; rounds as libtorch's own type does, but without a branch, which no vector instruction takes.
struct Bfloat16 {
  uint16_t bits;

  Bfloat16(float value) {
    uint32_t whole;
    std::memcpy(&whole, &value, sizeof whole);
    const uint32_t rounded = (whole + 0x7fff + (whole >> 16 & 1)) >> 16;
    bits = static_cast<uint16_t>(value != value ? 0x7fc0 : rounded);
  }

  operator float() const {
    const uint32_t whole = static_cast<uint32_t>(bits) << 16;
    float value;
    std::memcpy(&value, &whole, sizeof value);
    return value;
  }
};

// Where a run of rows begins in every operand, and how far apart they are in the maps.
template <typename Value>
struct Run {
  Value* result;
  const Value *first, *second;
  const float *a, *b, *c;
  int64_t row, count, step;
};

template <typename Value>
inline __attribute__((always_inline)) void scaleRun(const Run<Value>& run) {
  const float *__restrict a = run.a, *__restrict c = run.c;
  for (int64_t r = 0; r < run.count; r++) {
    const Value* __restrict first = run.first + r * run.step;
    Value* __restrict result = run.result + r * run.step;
    for (int64_t i = 0; i < run.row; i++) result[i] = static_cast<Value>(static_cast<float>(first[i]) * a[i] + c[i]);
  }
}

template <typename Value>
inline __attribute__((always_inline)) void combineRun(const Run<Value>& run) {
  const float *__restrict a = run.a, *__restrict b = run.b, *__restrict c = run.c;
  for (int64_t r = 0; r < run.count; r++) {
    const Value *__restrict first = run.first + r * run.step, *__restrict second = run.second + r * run.step;
    Value* __restrict result = run.result + r * run.step;
    for (int64_t i = 0; i < run.row; i++) {
      result[i] = static_cast<Value>(static_cast<float>(first[i]) * a[i] + static_cast<float>(second[i]) * b[i] + c[i]);
    }
  }
}

DIMSEG_VECTORISED void scale(const Run<float>& run) { scaleRun(run); }
DIMSEG_VECTORISED void scale(const Run<Bfloat16>& run) { scaleRun(run); }
DIMSEG_VECTORISED void combine(const Run<float>& run) { combineRun(run); }
DIMSEG_VECTORISED void combine(const Run<Bfloat16>& run) { combineRun(run); }

// Folded maps and the numbers that their rows are multiplied with, and what is added. The second map may be missing.
struct Combination {
  at::Tensor first, a, second, b, c;
};

template <typename Value>
void writeAs(at::TensorIterator& operands) {
  const int many = operands.ntensors();
  operands.for_each([&](char** data, const int64_t* strides, int64_t inner, int64_t outer) {
    // Rows of one value have no axis of their own: the iterator then goes from row to row first.
    const bool single = strides[2] == 0;
    const int64_t row = single ? 1 : inner, count = single ? inner : outer;
    const int64_t step = strides[single ? 0 : many] / static_cast<int64_t>(sizeof(Value));
    const auto map = [&](int i) { return reinterpret_cast<Value*>(data[i]); };
    const auto numbers = [&](int i) { return reinterpret_cast<const float*>(data[i]); };
    if (many == 4) scale(Run<Value>{map(0), map(1), nullptr, numbers(2), nullptr, numbers(3), row, count, step});
    else combine(Run<Value>{map(0), map(1), map(4), numbers(2), numbers(5), numbers(3), row, count, step});
  });
}

// result = first·a + second·b + c on all threads: libtorch's iterator shares out the rows.
void write(const at::Tensor& result, const Combination& of) {
  const auto acrossRows = [](const at::Tensor& numbers) { return numbers.view({1, numbers.numel(), 1, 1}); };
  at::TensorIteratorConfig config;
  config.set_check_mem_overlap(false).check_all_same_dtype(false).resize_outputs(false);
  config.add_output(result).add_input(of.first).add_owned_input(acrossRows(of.a)).add_owned_input(acrossRows(of.c));
  if (of.second.defined()) config.add_input(of.second).add_owned_input(acrossRows(of.b));
  at::TensorIterator operands = config.build();
  if (result.scalar_type() == at::kFloat) writeAs<float>(operands);
  else writeAs<Bfloat16>(operands);
}

// How many processes have a part of a batch.
int64_t sharers(bool synced) { return synced ? World::current()->size() : 1; }

// Means and variances [batches, channels] of the images of all processes, from each one's own, in float64: rounded on the
// way, they would be further from those that one process finds in the whole batch.
void putTogether(at::Tensor& means, at::Tensor& variances) {
  const at::Tensor sums = World::current()->sum(at::stack({means, variances + means * means})) / sharers(true);
  means = sums[0];
  variances = (sums[1] - sums[0] * sums[0]).clamp_min(0);
}

struct BatchNormParts : public torch::autograd::Function<BatchNormParts> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& given, const at::Tensor& weight,
                            const at::Tensor& bias, const c10::optional<at::Tensor>& runningMean,
                            const c10::optional<at::Tensor>& runningVar, std::vector<int64_t> parts, double momentum, double eps,
                            bool synced) {
    const at::Tensor input = given.contiguous(at::MemoryFormat::ChannelsLast), output = at::empty_like(input);
    const auto batches = static_cast<int64_t>(parts.size());
    at::Tensor means = at::empty({batches, input.size(1)}, at::kDouble), variances = at::empty_like(means);
    const auto *w = weight.data_ptr<float>(), *b = bias.data_ptr<float>();
    // Alone, a batch is written while it is still in the processor's cache.
    const auto normalise = [&](int64_t i, int64_t start) {
      const Rows rows(parts[i], input);
      const at::Tensor batch = rows.of(input.narrow(0, start, parts[i]));
      const auto *mean = means[i].data_ptr<double>(), *variance = variances[i].data_ptr<double>();
      if (runningMean) {
        const auto pixels = static_cast<double>(rows.pixels * sharers(synced));
        moveAverage(*runningMean, mean, momentum, 1);
        moveAverage(*runningVar, variance, momentum, pixels / (pixels - 1));
      }
      std::vector<double> scale(rows.channels), shift(rows.channels);
      for (int64_t c = 0; c < rows.channels; c++) {
        scale[c] = w[c] / std::sqrt(variance[c] + eps);
        shift[c] = b[c] - mean[c] * scale[c];
      }
      write(rows.of(output.narrow(0, start, parts[i])), {batch, rows.repeated(scale), {}, {}, rows.repeated(shift)});
    };
    for (int64_t i = 0, start = 0; i < batches; start += parts[i++]) {
      const Rows rows(parts[i], input);
      measure(rows, rows.of(input.narrow(0, start, parts[i])), means[i].data_ptr<double>(), variances[i].data_ptr<double>(), !synced);
      if (!synced) normalise(i, start);
    }
    if (synced) {
      putTogether(means, variances);
      for (int64_t i = 0, start = 0; i < batches; start += parts[i++]) normalise(i, start);
    }
    context->save_for_backward({input, weight});
    context->saved_data["means"] = means;
    context->saved_data["variances"] = variances;
    context->saved_data["parts"] = std::move(parts);
    context->saved_data["eps"] = eps;
    context->saved_data["synced"] = synced;
    return output;
  }

  // With x̂ the normalised input, N the pixels of a batch and s = weight/σ:
  // dx = s·(dy − (Σdy + x̂·Σ(dy·x̂))/N), dweight = Σ(dy·x̂), dbias = Σdy. Sums within dx are over all processes, those of
  // weight and bias are each one's own, as all gradients of weights are.
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list given) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "batch_norm_parts has no gradient of its gradient (createGraph)");
    const auto saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1];
    const at::Tensor means = context->saved_data["means"].toTensor(), variances = context->saved_data["variances"].toTensor();
    const auto parts = context->saved_data["parts"].toIntVector();
    const double eps = context->saved_data["eps"].toDouble();
    const bool synced = context->saved_data["synced"].toBool();
    const at::Tensor gradient = given[0].contiguous(at::MemoryFormat::ChannelsLast), ofInput = at::empty_like(input);
    const at::Tensor ofWeight = at::zeros_like(weight), ofBias = at::zeros_like(weight);
    const auto* w = weight.data_ptr<float>();
    at::Tensor found = at::empty({means.size(0), input.size(1), 2}, at::kDouble);
    const auto differentiate = [&](int64_t i, int64_t start) {
      const Rows rows(parts[i], input);
      const at::Tensor batch = rows.of(input.narrow(0, start, parts[i])), up = rows.of(gradient.narrow(0, start, parts[i]));
      const auto *mean = means[i].data_ptr<double>(), *variance = variances[i].data_ptr<double>();
      const auto* all = found[i].data_ptr<double>();
      std::vector<double> a(rows.channels), b(rows.channels), constant(rows.channels);
      for (int64_t c = 0; c < rows.channels; c++) {
        const double product = all[2 * c], sum = all[2 * c + 1];
        const double inverse = 1 / std::sqrt(variance[c] + eps), pixels = static_cast<double>(rows.pixels * sharers(synced));
        a[c] = w[c] * inverse;
        b[c] = -a[c] * inverse * product / pixels;
        constant[c] = -a[c] * sum / pixels - b[c] * mean[c];
      }
      write(rows.of(ofInput.narrow(0, start, parts[i])), {up, rows.repeated(a), batch, rows.repeated(b), rows.repeated(constant)});
    };
    for (int64_t i = 0, start = 0; i < means.size(0); start += parts[i++]) {
      const Rows rows(parts[i], input);
      const at::Tensor batch = rows.of(input.narrow(0, start, parts[i])), up = rows.of(gradient.narrow(0, start, parts[i]));
      // Only the sums: the kernel takes the statistics for given.
      const auto [none, products, sums] =
          at::native_batch_norm_backward(up, batch, at::ones({rows.row}, at::kFloat), rows.repeated(means[i].data_ptr<double>()),
                                         rows.repeated(variances[i].data_ptr<double>()), {}, {}, false, eps, {false, true, true});
      auto* own = found[i].data_ptr<double>();
      for (int64_t c = 0; c < rows.channels; c++) {
        own[2 * c] = rows.sum(c, [&, p = products.data_ptr<float>()](int64_t j) { return p[j]; });
        own[2 * c + 1] = rows.sum(c, [&, s = sums.data_ptr<float>()](int64_t j) { return s[j]; });
        ofWeight.data_ptr<float>()[c] += static_cast<float>(own[2 * c]);
        ofBias.data_ptr<float>()[c] += static_cast<float>(own[2 * c + 1]);
      }
      if (!synced) differentiate(i, start);
    }
    if (synced) {
      found = World::current()->sum(found);
      for (int64_t i = 0, start = 0; i < means.size(0); start += parts[i++]) differentiate(i, start);
    }
    return {ofInput, ofWeight, ofBias, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

// The same of maps in any layout, on any device and of any rank, in libtorch's own operators.
struct SyncedBatchNorm : public torch::autograd::Function<SyncedBatchNorm> {
  static std::vector<int64_t> axesBesideChannels(const at::Tensor& map) {
    std::vector<int64_t> axes{0};
    for (int64_t axis = 2; axis < map.dim(); axis++) axes.push_back(axis);
    return axes;
  }

  // One number per channel beside a map.
  static at::Tensor across(const at::Tensor& perChannel, const at::Tensor& map) {
    std::vector<int64_t> shape(map.dim(), 1);
    shape[1] = perChannel.numel();
    return perChannel.view(shape);
  }

  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const at::Tensor& bias, const c10::optional<at::Tensor>& runningMean,
                            const c10::optional<at::Tensor>& runningVar, std::vector<int64_t> parts, double momentum, double eps) {
    std::vector<at::Tensor> ownMeans, ownVariances, outputs;
    for (const at::Tensor& batch : input.split_with_sizes(parts)) {
      const auto [variance, mean] = at::var_mean(batch.to(at::kFloat), axesBesideChannels(batch), false);
      ownMeans.push_back(mean);
      ownVariances.push_back(variance);
    }
    at::Tensor means = at::stack(ownMeans).to(at::kDouble), variances = at::stack(ownVariances).to(at::kDouble);
    putTogether(means, variances);
    means = means.to(at::kFloat);
    variances = variances.to(at::kFloat);
    const at::Tensor inverses = (variances + eps).rsqrt();
    int64_t i = 0;
    for (const at::Tensor& batch : input.split_with_sizes(parts)) {
      if (runningMean) {
        const auto pixels = static_cast<double>(batch.numel() / batch.size(1) * sharers(true));
        runningMean->mul_(1 - momentum).add_(means[i], momentum);
        runningVar->mul_(1 - momentum).add_(variances[i], momentum * pixels / (pixels - 1));
      }
      const at::Tensor scale = weight * inverses[i];
      outputs.push_back((batch * across(scale, batch) + across(bias - means[i] * scale, batch)).to(input.scalar_type()));
      i++;
    }
    context->save_for_backward({input, weight});
    context->saved_data["means"] = means;
    context->saved_data["inverses"] = inverses;
    context->saved_data["parts"] = std::move(parts);
    return at::cat(outputs).contiguous(input.suggest_memory_format());
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list given) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "batch_norm_synced has no gradient of its gradient (createGraph)");
    const auto saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1];
    const at::Tensor means = context->saved_data["means"].toTensor(), inverses = context->saved_data["inverses"].toTensor();
    const auto parts = context->saved_data["parts"].toIntVector();
    const auto batches = input.split_with_sizes(parts), gradients = given[0].split_with_sizes(parts);
    const auto normalised = [&](size_t i) {
      const auto at = static_cast<int64_t>(i);
      return (batches[i] - across(means[at], batches[i])) * across(inverses[at], batches[i]);
    };
    std::vector<at::Tensor> found, ofInput;
    for (size_t i = 0; i < batches.size(); i++) {
      const auto axes = axesBesideChannels(input);
      const at::Tensor up = gradients[i].to(at::kFloat);
      found.push_back(at::stack({(up * normalised(i)).sum(axes), up.sum(axes)}));
    }
    const at::Tensor own = at::stack(found).to(at::kDouble), all = World::current()->sum(own);
    for (size_t i = 0; i < batches.size(); i++) {
      const at::Tensor& batch = batches[i];
      const auto pixels = static_cast<double>(batch.numel() / batch.size(1) * sharers(true));
      const at::Tensor sums = (all[static_cast<int64_t>(i)] / pixels).to(at::kFloat);
      const at::Tensor centred = gradients[i].to(at::kFloat) - across(sums[1], batch) - normalised(i) * across(sums[0], batch);
      ofInput.push_back((centred * across(weight * inverses[static_cast<int64_t>(i)], batch)).to(input.scalar_type()));
    }
    const at::Tensor sums = own.sum(0).to(weight.scalar_type());
    return {at::cat(ofInput).contiguous(input.suggest_memory_format()), sums[0], sums[1], at::Tensor(), at::Tensor(), at::Tensor(),
            at::Tensor(), at::Tensor()};
  }
};

// One float32 number per channel, side by side, as the loops above read them.
void requirePerChannel(const at::Tensor& numbers, const char* name, int64_t channels) {
  TORCH_CHECK(numbers.is_cpu() && numbers.is_contiguous(), name, " must lie side by side on the CPU");
  TORCH_CHECK(numbers.scalar_type() == at::kFloat, name, " has scalar type ", numbers.scalar_type(), "; float32 is expected");
  TORCH_CHECK(numbers.numel() == channels, name, " has size ", numbers.numel(), ", the input has ", channels, " channels");
}

at::Tensor inParts(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                   const c10::optional<at::Tensor>& runningMean, const c10::optional<at::Tensor>& runningVar,
                   at::IntArrayRef parts, double momentum, double eps, bool synced) {
  TORCH_CHECK(input.dim() == 4 && input.is_cpu(), "expects a map [B, C, H, W] on the CPU");
  TORCH_CHECK(input.numel() > 0, "the input is empty, of size ", input.sizes());
  const auto type = input.scalar_type();
  TORCH_CHECK(type == at::kFloat || type == at::kBFloat16, "the input has scalar type ", type, "; float32 or bfloat16 is expected");
  int64_t images = 0;
  for (const int64_t part : parts) {
    TORCH_CHECK(part > 0, "a part has size ", part, "; it needs an image");
    images += part;
  }
  TORCH_CHECK(images == input.size(0), "the parts have ", images, " images, the input's first axis has size ", input.size(0));
  const int64_t channels = input.size(1);
  TORCH_CHECK(runningMean.has_value() == runningVar.has_value(), "running_mean and running_var go together");
  if (runningMean) {
    requirePerChannel(*runningMean, "running_mean", channels);
    requirePerChannel(*runningVar, "running_var", channels);
  }
  const at::Tensor scale = weight.contiguous(), shift = bias.contiguous();
  requirePerChannel(scale, "weight", channels);
  requirePerChannel(shift, "bias", channels);
  return BatchNormParts::apply(input, scale, shift, runningMean, runningVar, parts.vec(), momentum, eps, synced);
}

at::Tensor batchNormParts(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                          const c10::optional<at::Tensor>& runningMean, const c10::optional<at::Tensor>& runningVar,
                          at::IntArrayRef parts, double momentum, double eps) {
  return inParts(input, weight, bias, runningMean, runningVar, parts, momentum, eps, false);
}

// By the statistics of the batches of all processes together.
at::Tensor batchNormSynced(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                           const c10::optional<at::Tensor>& runningMean, const c10::optional<at::Tensor>& runningVar,
                           at::IntArrayRef parts, double momentum, double eps) {
  TORCH_CHECK(World::current(), "this process has joined no others");
  const bool rows = input.dim() == 4 && input.is_cpu() && input.is_contiguous(at::MemoryFormat::ChannelsLast) &&
                    (input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16);
  if (rows) return inParts(input, weight, bias, runningMean, runningVar, parts, momentum, eps, true);
  return SyncedBatchNorm::apply(input, weight, bias, runningMean, runningVar, parts.vec(), momentum, eps);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(dimseg, library) {
  library.def(
      "batch_norm_parts(Tensor input, Tensor weight, Tensor bias, Tensor? running_mean, Tensor? running_var, int[] parts, "
      "float momentum, float eps) -> Tensor",
      &batchNormParts);
  library.def(
      "batch_norm_synced(Tensor input, Tensor weight, Tensor bias, Tensor? running_mean, Tensor? running_var, int[] parts, "
      "float momentum, float eps) -> Tensor",
      &batchNormSynced);
}

}  // namespace bridge
