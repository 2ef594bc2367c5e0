// What every part of the bridge shares: the state of one JavaScript environment and the guard at its boundary.
// Nothing here knows about segmentation. Handles are small integers: a JavaScript Tensor owns exactly one slot.
#pragma once
#include "pch.h"

// The addon is compiled for every x86-64 processor; loops marked so once more for those with AVX2.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define DIMSEG_VECTORISED __attribute__((target_clones("avx2", "default"), optimize("O3")))
#else
#define DIMSEG_VECTORISED
#endif

namespace bridge {

// A JavaScript exception is already pending; unwind to the guard without touching it.
struct PendingException {};

// A misuse of the bridge itself (disposed handle, wrong argument), with the kind the JavaScript side maps to a class.
struct BridgeError : std::runtime_error {
  const char* kind;
  BridgeError(const char* errorKind, const std::string& message) : std::runtime_error(message), kind(errorKind) {}
};

enum class ArgumentKind { Tensor, TensorList, OptionalTensorList, Scalar, Int, Float, Bool, IntList, FloatList, BoolList, String, Device, Generator };

struct Argument {
  ArgumentKind kind;
  bool optional;
  int32_t expandTo;  // `int[2]` accepts one number for both entries
};

struct Operator {
  c10::OperatorHandle handle;
  std::string name;
  std::vector<Argument> arguments;
  bool returnsArgument;  // in-place: the result is an argument the caller already holds
};

// Everything one environment (main thread or worker) owns; freed when that environment ends, in any order.
class Environment {
 public:
  explicit Environment(napi_env env) : env(env), tensors(1) {}

  int32_t add(at::Tensor tensor);
  const at::Tensor& get(int32_t handle) const;
  void release(int32_t handle);
  // Tells V8 of a tensor that only a finalizer will release, so that it collects in time. Tensors of a scope go
  // without it: their memory comes and goes with every step, and V8 would collect in vain each time.
  void leaveToCollector(int32_t handle);
  // Lets go of the arguments and results of an operator call, also after a failed one.
  void endCall();

  napi_env env;
  std::vector<at::Tensor> tensors;  // slot 0 means "none"
  std::vector<int32_t> freeSlots;
  std::unordered_map<int32_t, int64_t> leftToCollector;  // and the bytes that V8 was told of
  int64_t liveTensors = 0;
  int64_t unreportedBytes = 0;
  std::vector<Operator> operators;
  std::vector<at::Generator> generators;
  std::vector<std::unique_ptr<c10::InferenceMode>> inferenceModes;
  std::vector<c10::IValue> stack;
  const char* running = nullptr;  // names the operator in error messages
  napi_ref errorFactory = nullptr;

 private:
  void reportMemory(int64_t bytes);
};

void check(napi_env env, napi_status status);
void throwToJavaScript(Environment& environment, const char* kind, const std::string& message);

// The arguments of one call from JavaScript.
class Call {
 public:
  static constexpr size_t kMaxArguments = 40;
  Call(napi_env env, napi_callback_info info);
  Environment& environment() const { return *environment_; }
  napi_env env() const { return env_; }
  size_t size() const { return count_; }
  napi_value operator[](size_t i) const { return i < count_ ? values_[i] : undefined(); }
  napi_value undefined() const;

  int32_t int32(size_t i) const;
  int64_t int64(size_t i) const;
  double number(size_t i) const;
  bool boolean(size_t i) const;
  std::string string(size_t i) const;
  const at::Tensor& tensor(size_t i) const;
  std::vector<at::Tensor> tensorList(size_t i) const;
  std::vector<int64_t> intList(size_t i) const;
  bool missing(size_t i) const;

 private:
  napi_env env_;
  Environment* environment_ = nullptr;
  size_t count_ = kMaxArguments;
  napi_value values_[kMaxArguments];
};

// values.cc
napi_valuetype typeOf(napi_env env, napi_value value);
std::string toString(napi_env env, napi_value value);
std::vector<at::Tensor> toTensorList(Environment& environment, napi_value value);
std::vector<int64_t> toIntList(napi_env env, napi_value value);
Argument describe(const c10::Argument& argument);
c10::IValue toIValue(Environment& environment, const Argument& argument, napi_value value);
napi_value fromIValue(Environment& environment, const c10::IValue& value);
napi_value fromString(napi_env env, const std::string& value);
napi_value fromNumber(napi_env env, double value);
napi_value fromHandle(napi_env env, int32_t handle);
napi_value fromBool(napi_env env, bool value);
at::ScalarType dtypeFromName(const std::string& name);
const char* dtypeName(at::ScalarType type);
at::Device deviceFromName(const std::string& name);

// Whether the result of an operator of libtorch, or its shape, is a value that lies on the device.
bool waitsForDevice(const char* name);

using Body = napi_value (*)(Call&);

// The one place where C++ exceptions become JavaScript ones, without native stack traces.
template <Body body>
napi_value guarded(napi_env env, napi_callback_info info);

template <Body body>
void exportFunction(Environment& environment, napi_value exports, const char* name) {
  napi_value function;
  check(environment.env, napi_create_function(environment.env, name, NAPI_AUTO_LENGTH, guarded<body>, &environment, &function));
  check(environment.env, napi_set_named_property(environment.env, exports, name, function));
}

void registerOperators(Environment& environment, napi_value exports);
void registerTensors(Environment& environment, napi_value exports);
void registerAutograd(Environment& environment, napi_value exports);
void registerRuntime(Environment& environment, napi_value exports);
void registerAllocator(Environment& environment, napi_value exports);
void registerMapping(Environment& environment, napi_value exports);
void registerDistributed(Environment& environment, napi_value exports);
void registerGraph(Environment& environment, napi_value exports);

template <Body body>
napi_value guarded(napi_env env, napi_callback_info info) {
  Environment* environment = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, reinterpret_cast<void**>(&environment));
  try {
    Call call(env, info);
    return body(call);
  } catch (const PendingException&) {
    environment->endCall();
  } catch (const BridgeError& error) {
    throwToJavaScript(*environment, error.kind, error.what());
  } catch (const c10::IndexError& error) {
    throwToJavaScript(*environment, "index", error.what_without_backtrace());
  } catch (const c10::NotImplementedError& error) {
    throwToJavaScript(*environment, "notImplemented", error.what_without_backtrace());
  } catch (const c10::Error& error) {
    throwToJavaScript(*environment, "torch", error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    throwToJavaScript(*environment, "memory", "out of memory");
  } catch (const std::exception& error) {
    throwToJavaScript(*environment, "torch", error.what());
  } catch (...) {
    throwToJavaScript(*environment, "torch", "unknown native error");
  }
  return nullptr;
}

}  // namespace bridge
