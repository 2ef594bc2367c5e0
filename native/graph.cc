// Stretches of work that are captured once and repeated as a whole: on a device as its own graph, which the host starts
// with one call; on the CPU as the list of operators that ran, so that the rules of capture hold, and are tested, without
// a device. Both repeat operators on the tensors they ran on, in the memory where these lay.
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
#define DIMSEG_DEVICE_GRAPHS
using LibtorchGraph = at::accelerator::Graph;
// Other threads may allocate while this one captures.
constexpr auto kCaptureMode = at::GraphCaptureMode::ThreadLocal;
#elif defined(DIMSEG_CUDA) && __has_include(<cuda_runtime_api.h>) && \
    (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4))
#include <ATen/cuda/CUDAGraph.h>
#define DIMSEG_DEVICE_GRAPHS
using LibtorchGraph = at::cuda::CUDAGraph;
constexpr auto kCaptureMode = cudaStreamCaptureModeThreadLocal;
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

// A key below autograd that libtorch has no use for: with it, every operator comes by here right before its kernel.
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
  for (const char* reading : {"aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::equal", "aten::_unique2"})
    if (name == reading) throw BridgeError("capture", name + " reads values of the device, which a captured step must not");
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

class TapeGraph : public Graph {
 public:
  void begin() override {
    if (tape != nullptr) throw BridgeError("capture", "a capture has begun on this thread already");
    tape = &entries_;
    c10::impl::tls_set_dispatch_key_included(kTapeKey, true);
  }
  void end() override { stop(); }
  void abandon() override {
    stop();
    entries_.clear();
  }
  void replay() override {
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
};

#endif

#ifdef DIMSEG_DEVICE_GRAPHS

// libtorch's own; its memory stays apart from that of all other work.
class DeviceGraph : public Graph {
 public:
  explicit DeviceGraph(at::Device device) : guard_(device.type()), device_(device) {}
  void begin() override {
    // Devices do not capture their default stream. Work before and after is ordered by the waits around the capture.
    at::detail::getCUDAHooks().deviceSynchronize(device_.index());
    before_ = guard_.exchangeStream(guard_.getStreamFromGlobalPool(device_));
    try {
      graph_.capture_begin({0, 0}, kCaptureMode);
    } catch (...) {
      guard_.exchangeStream(*before_);
      throw;
    }
  }
  void end() override {
    try {
      graph_.capture_end();
    } catch (...) {
      guard_.exchangeStream(*before_);
      throw;
    }
    guard_.exchangeStream(*before_);
    graph_.replay();
  }
  // The device has said itself what it did not like; that the capture then cannot be ended well is no news.
  void abandon() override {
    try {
      graph_.capture_end();
    } catch (const std::exception&) {
    }
    guard_.exchangeStream(*before_);
    graph_.reset();
  }
  void replay() override { graph_.replay(); }

 private:
  c10::impl::VirtualGuardImpl guard_;
  at::Device device_;
  std::optional<c10::Stream> before_;
  LibtorchGraph graph_;
};

#endif

std::unique_ptr<Graph> makeGraph(at::Device device) {
#if TORCH_VERSION_MAJOR >= 2
  if (device.is_cpu()) return std::make_unique<TapeGraph>();
#endif
#ifdef DIMSEG_DEVICE_GRAPHS
  if (device.is_cuda()) return std::make_unique<DeviceGraph>(device.has_index() ? device : at::Device(device.type(), 0));
#endif
  throw BridgeError("capture", "libtorch " TORCH_VERSION " captures no graphs on " + device.str());
}

// Graphs of all environments of this thread, by number; freed by hand.
thread_local std::unordered_map<int32_t, std::unique_ptr<Graph>> graphs;
thread_local int32_t made = 0;

Graph& graphAt(Call& call) {
  const auto found = graphs.find(call.int32(0));
  if (found == graphs.end()) throw BridgeError("disposed", "the graph has been disposed");
  return *found->second;
}

napi_value beginCapture(Call& call) {
  auto graph = makeGraph(deviceFromName(call.string(0)));
  graph->begin();
  graphs[++made] = std::move(graph);
  return fromNumber(call.env(), made);
}

napi_value endCapture(Call& call) {
  graphAt(call).end();
  return call.undefined();
}

napi_value abandonCapture(Call& call) {
  graphAt(call).abandon();
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

#if TORCH_VERSION_MAJOR >= 2
TORCH_LIBRARY_IMPL(_, Fake, library) { library.fallback(torch::CppFunction::makeFromBoxedFunction<&record>()); }
#endif

void registerGraph(Environment& environment, napi_value exports) {
  exportFunction<beginCapture>(environment, exports, "beginCapture");
  exportFunction<endCapture>(environment, exports, "endCapture");
  exportFunction<abandonCapture>(environment, exports, "abandonCapture");
  exportFunction<replayGraph>(environment, exports, "replayGraph");
  exportFunction<releaseGraph>(environment, exports, "releaseGraph");
}

}  // namespace bridge
