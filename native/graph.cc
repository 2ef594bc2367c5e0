// Stretches of work that are captured once and repeated as a whole: on a device as its own graph, which the host starts
// with one call; on the CPU as the list of operators that ran, so that the rules of capture hold, and are tested, without
// a device. Both repeat operators on the tensors they ran on, in the memory where these lay.
#include <algorithm>
#include <functional>
#include <optional>
#include <unordered_set>

#include "bridge.h"

#if TORCH_VERSION_MAJOR >= 2
#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>
#endif
#include <c10/core/impl/VirtualGuardImpl.h>

// Since 2.13 libtorch has graphs of any accelerator; before, of CUDA alone, and to be compiled with its headers.
#if __has_include(<ATen/accelerator/Graph.h>)
#include <ATen/accelerator/Graph.h>
#include <c10/core/CachingDeviceAllocator.h>
#define DIMSEG_DEVICE_GRAPHS
using LibtorchGraph = at::accelerator::Graph;
// Other threads may allocate while this one captures.
constexpr auto kCaptureMode = at::GraphCaptureMode::ThreadLocal;
inline void emptyCache(at::Device device) { at::getDeviceAllocator(device.type())->emptyCache(); }
#elif defined(DIMSEG_CUDA) && __has_include(<cuda_runtime_api.h>) && \
    (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4))
#include <ATen/cuda/CUDAGraph.h>
#define DIMSEG_DEVICE_GRAPHS
using LibtorchGraph = at::cuda::CUDAGraph;
constexpr auto kCaptureMode = cudaStreamCaptureModeThreadLocal;
inline void emptyCache(at::Device) { c10::cuda::CUDACachingAllocator::emptyCache(); }
#endif

namespace bridge {

namespace {

class Graph {
 public:
  virtual ~Graph() = default;
  // Until `end`, everything that this thread asks for is captured.
  virtual void begin() = 0;
  // What was captured has run once afterwards, whether or not it ran while it was captured.
  virtual void end() = 0;
  // Ends a capture whose body failed.
  virtual void abandon() = 0;
  virtual void replay() = 0;
};

#if TORCH_VERSION_MAJOR >= 2

// A key below autograd, for which this libtorch has no kernels of its own: with it, every operator comes by here right
// before its kernel.
constexpr auto kTapeKey = c10::DispatchKey::Fake;

struct TapeEntry {
  c10::OperatorHandle op;
  std::vector<c10::IValue> arguments, results;
};

thread_local std::vector<TapeEntry>* tape = nullptr;

void forEachTensor(const c10::IValue& value, const std::function<void(const at::Tensor&)>& visit) {
  if (value.isTensor() && value.toTensor().defined()) visit(value.toTensor());
  if (value.isTensorList())
    for (const at::Tensor& one : value.toTensorVector())
      if (one.defined()) visit(one);
}

// A device has to be waited for to see a result, or copies a number of the host, where the CPU does neither.
void refuseWaits(const c10::OperatorHandle& op, const std::vector<c10::IValue>& arguments) {
  const std::string& name = op.schema().name();
  if (waitsForDevice(name.c_str())) throw BridgeError("capture", name + " reads values of the device, which a captured step must not");
  if (name == "aten::where")
    for (const auto& argument : arguments)
      if (argument.isTensor() && argument.toTensor().unsafeGetTensorImpl()->is_wrapped_number())
        throw BridgeError("capture", "aten::where copies a number to the device, which a captured step must not");
}

void record(const c10::OperatorHandle& op, c10::DispatchKeySet keys, torch::jit::Stack* stack) {
  const size_t count = op.schema().arguments().size();
  std::vector<c10::IValue> arguments(stack->end() - static_cast<int64_t>(count), stack->end());
  refuseWaits(op, arguments);
  {
    // Operators that this one calls are part of it.
    c10::impl::ExcludeDispatchKeyGuard once(kTapeKey);
    op.redispatchBoxed(keys & c10::DispatchKeySet(c10::DispatchKeySet::FULL_AFTER, kTapeKey), stack);
  }
  if (tape == nullptr) return;
  const size_t results = op.schema().returns().size();
  tape->push_back({op, std::move(arguments), {stack->end() - static_cast<int64_t>(results), stack->end()}});
}

// Only for who needs it: another libtorch may have kernels under this key after all, and refuse others.
void registerTape() {
  try {
    static torch::Library library(torch::Library::IMPL, "_", kTapeKey, __FILE__, __LINE__);
    static const bool registered = (library.fallback(torch::CppFunction::makeFromBoxedFunction<&record>()), true);
    static_cast<void>(registered);
  } catch (const c10::Error& error) {
    throw BridgeError("capture", "libtorch " TORCH_VERSION " captures nothing on the CPU: " + std::string(error.what_without_backtrace()));
  }
}

// The tensors that a tape reads and did not make. A graph of a device knows addresses alone, so someone has to keep them.
class Outside {
 public:
  explicit Outside(const std::vector<TapeEntry>& entries) {
    std::unordered_set<const c10::StorageImpl*> made;
    std::unordered_set<const c10::TensorImpl*> seen;
    std::unordered_set<const void*> lists;
    // A list that several operators were given holds its tensors once.
    const auto isKnown = [&](const c10::IValue& value) { return value.isTensorList() && !lists.insert(value.internalToPointer()).second; };
    const auto count = [&](const at::Tensor& one) {
      held_[one.unsafeGetTensorImpl()]++;
      if (!one.has_storage() || !seen.insert(one.unsafeGetTensorImpl()).second) return;
      const auto* storage = one.storage().unsafeGetStorageImpl();
      if (made.count(storage) == 0) tensors_[storage].push_back(one.unsafeGetTensorImpl());
    };
    for (const TapeEntry& entry : entries) {
      for (const auto& argument : entry.arguments)
        if (!isKnown(argument)) forEachTensor(argument, count);
      for (const auto& result : entry.results)
        if (!isKnown(result)) forEachTensor(result, [&](const at::Tensor& one) {
          if (one.has_storage() && tensors_.count(one.storage().unsafeGetStorageImpl()) == 0)
            made.insert(one.storage().unsafeGetStorageImpl());
          count(one);
        });
    }
  }
  // Whether the tape alone holds one of them.
  bool areGone() const {
    for (const auto& [storage, tensors] : tensors_) {
      const auto isHeld = [&](const c10::TensorImpl* one) { return references(one) > held_.at(one); };
      if (references(storage) > static_cast<int64_t>(tensors.size())) continue;
      if (std::none_of(tensors.begin(), tensors.end(), isHeld)) return true;
    }
    return false;
  }

 private:
  static int64_t references(const c10::intrusive_ptr_target* target) {
    return static_cast<int64_t>(c10::raw::intrusive_ptr::use_count(const_cast<c10::intrusive_ptr_target*>(target)));
  }
  std::unordered_map<const c10::StorageImpl*, std::vector<const c10::TensorImpl*>> tensors_;
  std::unordered_map<const c10::TensorImpl*, int64_t> held_;
};

class TapeGraph : public Graph {
 public:
  void begin() override {
    if (tape != nullptr) throw BridgeError("capture", "a capture has begun on this thread already");
    registerTape();
    tape = &entries_;
    c10::impl::tls_set_dispatch_key_included(kTapeKey, true);
  }
  void end() override {
    stop();
    outside_.emplace(entries_);
  }
  void abandon() override { stop(); }
  void replay() override {
    if (outside_->areGone()) throw BridgeError("capture", "a tensor that captured work reads has been freed");
    at::AutoDispatchBelowADInplaceOrView below;
    torch::jit::Stack stack;
    for (const TapeEntry& entry : entries_) {
      stack.assign(entry.arguments.begin(), entry.arguments.end());
      entry.op.callBoxed(&stack);
      for (size_t i = 0; i < stack.size(); i++) putWhereItWas(stack[i], entry.results[i]);
    }
  }

 private:
  static void stop() {
    c10::impl::tls_set_dispatch_key_included(kTapeKey, false);
    tape = nullptr;
  }
  // A view, or an argument that was changed in place, lies where it lay anyway.
  static void putWhereItWas(const c10::IValue& now, const c10::IValue& before) {
    std::vector<at::Tensor> places;
    forEachTensor(before, [&](const at::Tensor& one) { places.push_back(one); });
    size_t i = 0;
    forEachTensor(now, [&](const at::Tensor& one) {
      const at::Tensor& place = places.at(i++);
      if (one.data_ptr() != place.data_ptr()) place.copy_(one);
    });
  }

  std::vector<TapeEntry> entries_;
  std::optional<Outside> outside_;
};

#endif

#ifdef DIMSEG_DEVICE_GRAPHS

// libtorch's own. Its memory stays apart from that of all other work but graphs that were captured to share it.
class DeviceGraph : public Graph {
 public:
  DeviceGraph(at::Device device, const DeviceGraph* sharing) : guard_(device.type()), device_(device) {
    if (sharing) pool_ = sharing->pool_;
  }
  void begin() override {
    deviceBefore_ = guard_.exchangeDevice(device_);
    // Devices do not capture their default stream, and give back nothing that is cached while they capture.
    at::detail::getCUDAHooks().deviceSynchronize(device_.index());
    emptyCache(device_);
    streamBefore_ = guard_.exchangeStream(guard_.getStreamFromGlobalPool(device_));
    try {
      graph_.capture_begin(pool_, kCaptureMode);
    } catch (...) {
      leave();
      throw;
    }
  }
  void end() override {
    try {
      graph_.capture_end();
    } catch (...) {
      leave();
      throw;
    }
    pool_ = graph_.pool();
    leave();
    graph_.replay();
  }
  // The device has said itself what it did not like; that the capture then cannot be ended well is no news.
  void abandon() override {
    try {
      graph_.capture_end();
      graph_.reset();
    } catch (const std::exception&) {
    }
    leave();
  }
  void replay() override { graph_.replay(); }

 private:
  void leave() {
    guard_.exchangeStream(*streamBefore_);
    guard_.setDevice(*deviceBefore_);
  }

  c10::impl::VirtualGuardImpl guard_;
  at::Device device_;
  std::optional<at::Device> deviceBefore_;
  std::optional<c10::Stream> streamBefore_;
  decltype(std::declval<LibtorchGraph&>().pool()) pool_ = {0, 0};
  LibtorchGraph graph_;
};

#endif

// @param sharing a graph of the same device whose memory this one may use, too, or null
std::unique_ptr<Graph> makeGraph(at::Device device, const Graph* sharing) {
#if TORCH_VERSION_MAJOR >= 2
  if (device.is_cpu()) return std::make_unique<TapeGraph>();
#endif
#ifdef DIMSEG_DEVICE_GRAPHS
  if (device.is_cuda()) {
    const at::Device indexed = device.has_index() ? device : at::Device(device.type(), 0);
    return std::make_unique<DeviceGraph>(indexed, dynamic_cast<const DeviceGraph*>(sharing));
  }
#endif
  throw BridgeError("capture", "libtorch " TORCH_VERSION " captures no graphs on " + device.str());
}

// Graphs of all environments of this thread, by number; freed by hand.
thread_local std::unordered_map<int32_t, std::unique_ptr<Graph>> graphs;
thread_local int32_t made = 0;

Graph& graphAt(Call& call, size_t i = 0) {
  const auto found = graphs.find(call.int32(i));
  if (found == graphs.end()) throw BridgeError("disposed", "the graph has been disposed");
  return *found->second;
}

napi_value beginCapture(Call& call) {
  auto graph = makeGraph(deviceFromName(call.string(0)), call.missing(1) ? nullptr : &graphAt(call, 1));
  graph->begin();
  graphs[++made] = std::move(graph);
  return fromNumber(call.env(), made);
}

napi_value endCapture(Call& call) {
  graphAt(call).end();
  return call.undefined();
}

napi_value abandonCapture(Call& call) {
  Graph& graph = graphAt(call);
  graph.abandon();
  graphs.erase(call.int32(0));
  return call.undefined();
}

napi_value replayGraph(Call& call) {
  graphAt(call).replay();
  return call.undefined();
}

napi_value releaseGraph(Call& call) {
  graphs.erase(call.int32(0));
  return call.undefined();
}

}  // namespace

void registerGraph(Environment& environment, napi_value exports) {
  exportFunction<beginCapture>(environment, exports, "beginCapture");
  exportFunction<endCapture>(environment, exports, "endCapture");
  exportFunction<abandonCapture>(environment, exports, "abandonCapture");
  exportFunction<replayGraph>(environment, exports, "replayGraph");
  exportFunction<releaseGraph>(environment, exports, "releaseGraph");
}

}  // namespace bridge
