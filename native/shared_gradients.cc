// Gradients of processes that share a batch: averaged in buckets, each of which is sent as soon as the backward pass has
// made what is in it, while the pass goes on (Li et al., "PyTorch Distributed", VLDB 2020, section 3.2.3).
#include "shared_gradients.h"

#include "world.h"

namespace bridge {

namespace {

// Large against what a message costs, small against all gradients, of which the last bucket has nothing to hide behind.
constexpr size_t kBucketBytes = size_t{2} << 20;

struct Bucket {
  at::Tensor whole;
  // Tensors of it that are not there yet.
  size_t missing = 0;
  std::function<void()> wait;
};

// Buckets follow the backward pass, from the last tensor to the first, and are sent in that order by every process.
class Buckets {
 public:
  Buckets(World& world, const std::vector<at::Tensor>& inputs) : world_(world), places_(inputs.size()), there_(inputs.size()) {
    for (size_t last = inputs.size(); last > 0;) {
      size_t first = last;
      int64_t count = 0;
      do count += inputs[--first].numel();
      while (first > 0 && inputs[first - 1].options().type_equal(inputs[last - 1].options()) &&
             static_cast<size_t>(count + inputs[first - 1].numel()) * inputs[last - 1].element_size() <= kBucketBytes);
      Bucket bucket{at::empty({count}, inputs[last - 1].options().requires_grad(false)), last - first, {}};
      int64_t at = 0;
      for (size_t i = last; i > first; at += inputs[--i].numel()) places_[i - 1] = {buckets_.size(), placeFor(inputs[i - 1], bucket.whole, at)};
      buckets_.push_back(std::move(bucket));
      last = first;
    }
  }

  void take(size_t input, const at::Tensor& gradient) {
    at::NoGradGuard noGrad;
    auto& [bucket, place] = places_[input];
    if (gradient.defined()) place.copy_(gradient);
    else place.zero_();
    there_[input] = true;
    buckets_[bucket].missing--;
    for (; next_ < buckets_.size() && buckets_[next_].missing == 0; next_++) {
      buckets_[next_].wait = world_.startSum(buckets_[next_].whole);
    }
  }

  // What nothing came for is zero everywhere.
  std::vector<at::Tensor> means() {
    for (size_t i = places_.size(); i > 0; i--) {
      if (!there_[i - 1]) take(i - 1, {});
    }
    for (Bucket& bucket : buckets_) {
      bucket.wait();
      bucket.whole.div_(world_.size());
    }
    std::vector<at::Tensor> result;
    for (const auto& [bucket, place] : places_) result.push_back(place);
    return result;
  }

 private:
  struct Place {
    size_t bucket = 0;
    at::Tensor tensor;
  };

  // A part of a bucket in the shape of a tensor, and in its layout, which its gradient has as a rule.
  static at::Tensor placeFor(const at::Tensor& input, const at::Tensor& whole, int64_t at) {
    if (input.is_non_overlapping_and_dense()) return whole.as_strided(input.sizes(), input.strides(), at);
    return whole.narrow(0, at, input.numel()).view(input.sizes());
  }

  World& world_;
  std::vector<Bucket> buckets_;
  std::vector<Place> places_;
  std::vector<bool> there_;
  size_t next_ = 0;
};

// Has a function called with the gradient of each input once it is whole, for as long as it lives.
class Hooks {
 public:
  Hooks(const std::vector<at::Tensor>& inputs, const std::function<void(size_t, const at::Tensor&)>& call) : inputs_(inputs) {
    for (size_t i = 0; i < inputs.size(); i++) {
      ids_.push_back(inputs[i].register_hook([call, i](const at::Tensor& gradient) { call(i, gradient); }));
    }
  }
  ~Hooks() {
    for (size_t i = 0; i < ids_.size(); i++) inputs_[i].remove_hook(ids_[i]);
  }
  Hooks(const Hooks&) = delete;

 private:
  const std::vector<at::Tensor>& inputs_;
  std::vector<unsigned> ids_;
};

}  // namespace

std::vector<at::Tensor> sharedGradients(World& world, const std::vector<at::Tensor>& outputs, const std::vector<at::Tensor>& inputs,
                                        bool retainGraph) {
  Buckets buckets(world, inputs);
  {
    const Hooks hooks(inputs, [&](size_t input, const at::Tensor& gradient) { buckets.take(input, gradient); });
    torch::autograd::grad(outputs, inputs, {}, retainGraph, false, true);
  }
  return buckets.means();
}

}  // namespace bridge
