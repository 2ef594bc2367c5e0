// The environment's tensor table and the reading of call arguments.
#include "bridge.h"

namespace bridge {

namespace {
// Told to V8 in steps: one call per small tensor would cost more than the tensor.
constexpr int64_t kReportStep = 16 << 20;

int64_t bytesOf(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<int64_t>(tensor.numel()) * static_cast<int64_t>(tensor.element_size()) : 0;
}
}  // namespace

void check(napi_env env, napi_status status) {
  if (status == napi_ok) return;
  // Read first: the next call on the environment forgets it.
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  const std::string message = info && info->error_message ? info->error_message : "invalid argument";
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) throw PendingException();
  throw BridgeError("argument", message);
}

void throwToJavaScript(Environment& environment, const char* kind, const std::string& message) {
  napi_env env = environment.env;
  napi_value factory = nullptr, error = nullptr, global;
  if (environment.errorFactory) napi_get_reference_value(env, environment.errorFactory, &factory);
  std::string text = environment.running ? std::string(environment.running) + ": " + message : message;
  environment.endCall();
  napi_value arguments[2] = {fromString(env, kind), fromString(env, text)};
  napi_get_global(env, &global);
  if (factory && napi_call_function(env, global, factory, 2, arguments, &error) == napi_ok) {
    napi_throw(env, error);
  } else {
    napi_throw_error(env, kind, text.c_str());
  }
}

int32_t Environment::add(at::Tensor tensor) {
  if (!tensor.defined()) return 0;
  liveTensors++;
  if (!freeSlots.empty()) {
    const int32_t slot = freeSlots.back();
    freeSlots.pop_back();
    tensors[slot] = std::move(tensor);
    return slot;
  }
  tensors.push_back(std::move(tensor));
  return static_cast<int32_t>(tensors.size() - 1);
}

const at::Tensor& Environment::get(int32_t handle) const {
  if (handle <= 0 || static_cast<size_t>(handle) >= tensors.size() || !tensors[handle].defined()) {
    throw BridgeError("disposed", "the tensor has been disposed");
  }
  return tensors[handle];
}

void Environment::release(int32_t handle) {
  if (handle <= 0 || static_cast<size_t>(handle) >= tensors.size() || !tensors[handle].defined()) return;
  const auto left = leftToCollector.find(handle);
  if (left != leftToCollector.end()) {
    reportMemory(-left->second);
    leftToCollector.erase(left);
  }
  tensors[handle].reset();
  freeSlots.push_back(handle);
  liveTensors--;
}

void Environment::leaveToCollector(int32_t handle) {
  const auto [entry, isNew] = leftToCollector.try_emplace(handle, bytesOf(get(handle)));
  if (isNew) reportMemory(entry->second);
}

void Environment::endCall() {
  stack.clear();
  running = nullptr;
}

void Environment::reportMemory(int64_t bytes) {
  unreportedBytes += bytes;
  if (unreportedBytes < kReportStep && unreportedBytes > -kReportStep) return;
  int64_t total;
  napi_adjust_external_memory(env, unreportedBytes, &total);
  unreportedBytes = 0;
}

Call::Call(napi_env env, napi_callback_info info) : env_(env) {
  check(env, napi_get_cb_info(env, info, &count_, values_, nullptr, reinterpret_cast<void**>(&environment_)));
  if (count_ > kMaxArguments) throw BridgeError("argument", "too many arguments");
}

napi_value Call::undefined() const {
  napi_value value;
  napi_get_undefined(env_, &value);
  return value;
}

bool Call::missing(size_t i) const {
  if (i >= count_) return true;
  const napi_valuetype type = typeOf(env_, values_[i]);
  return type == napi_undefined || type == napi_null;
}

int32_t Call::int32(size_t i) const {
  int32_t value = 0;
  check(env_, napi_get_value_int32(env_, (*this)[i], &value));
  return value;
}

int64_t Call::int64(size_t i) const {
  int64_t value = 0;
  check(env_, napi_get_value_int64(env_, (*this)[i], &value));
  return value;
}

double Call::number(size_t i) const {
  double value = 0;
  check(env_, napi_get_value_double(env_, (*this)[i], &value));
  return value;
}

bool Call::boolean(size_t i) const {
  bool value = false;
  check(env_, napi_get_value_bool(env_, (*this)[i], &value));
  return value;
}

std::string Call::string(size_t i) const { return toString(env_, (*this)[i]); }
const at::Tensor& Call::tensor(size_t i) const { return environment_->get(int32(i)); }
std::vector<at::Tensor> Call::tensorList(size_t i) const { return toTensorList(*environment_, (*this)[i]); }
std::vector<int64_t> Call::intList(size_t i) const { return toIntList(env_, (*this)[i]); }

}  // namespace bridge
