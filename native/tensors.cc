// Tensor lifetime, facts and the exchange of bytes with typed arrays.
#include "bridge.h"

namespace bridge {

namespace {

struct Bytes {
  uint8_t* data = nullptr;
  size_t size = 0;
};

Bytes bytesOf(napi_env env, napi_value value) {
  bool typed = false;
  check(env, napi_is_typedarray(env, value, &typed));
  if (!typed) throw BridgeError("argument", "expected a typed array");
  napi_typedarray_type type;
  size_t length = 0, width = 1;
  void* data = nullptr;
  check(env, napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr));
  switch (type) {
    case napi_int16_array: case napi_uint16_array: width = 2; break;
    case napi_int32_array: case napi_uint32_array: case napi_float32_array: width = 4; break;
    case napi_float64_array: case napi_bigint64_array: case napi_biguint64_array: width = 8; break;
    default: break;
  }
  return {static_cast<uint8_t*>(data), length * width};
}

napi_value intArray(napi_env env, at::IntArrayRef values) {
  napi_value array;
  check(env, napi_create_array_with_length(env, values.size(), &array));
  for (size_t i = 0; i < values.size(); i++) {
    check(env, napi_set_element(env, array, static_cast<uint32_t>(i), fromNumber(env, static_cast<double>(values[i]))));
  }
  return array;
}

napi_value fromBytes(Call& call) {
  const Bytes bytes = bytesOf(call.env(), call[0]);
  const at::ScalarType dtype = dtypeFromName(call.string(1));
  const auto shape = call.intList(2);
  at::Tensor tensor = at::empty(shape, at::TensorOptions(dtype));
  if (tensor.nbytes() != bytes.size) {
    throw BridgeError("shape", "the array holds " + std::to_string(bytes.size) + " bytes but the shape and dtype need " + std::to_string(tensor.nbytes()));
  }
  if (bytes.size > 0) std::memcpy(tensor.data_ptr(), bytes.data, bytes.size);
  return fromHandle(call.env(), call.environment().add(std::move(tensor)));
}

// Copies a tensor's values, row-major, into a typed array of exactly its size.
napi_value copyBytes(Call& call) {
  const at::Tensor tensor = call.tensor(0).detach().to(at::kCPU).contiguous();
  const Bytes bytes = bytesOf(call.env(), call[1]);
  if (tensor.nbytes() != bytes.size) {
    throw BridgeError("shape", "the tensor holds " + std::to_string(tensor.nbytes()) + " bytes but the array " + std::to_string(bytes.size));
  }
  if (bytes.size > 0) std::memcpy(bytes.data, tensor.data_ptr(), bytes.size);
  return call.undefined();
}

napi_value release(Call& call) {
  call.environment().release(call.int32(0));
  return call.undefined();
}

napi_value leaveToCollector(Call& call) {
  call.environment().leaveToCollector(call.int32(0));
  return call.undefined();
}

napi_value releaseMany(Call& call) {
  for (const int64_t handle : call.intList(0)) call.environment().release(static_cast<int32_t>(handle));
  return call.undefined();
}

// A second handle on the same tensor, sharing storage and autograd history.
napi_value alias(Call& call) { return fromHandle(call.env(), call.environment().add(call.tensor(0))); }

napi_value shape(Call& call) { return intArray(call.env(), call.tensor(0).sizes()); }
napi_value strides(Call& call) { return intArray(call.env(), call.tensor(0).strides()); }
napi_value dtype(Call& call) { return fromString(call.env(), dtypeName(call.tensor(0).scalar_type())); }
napi_value device(Call& call) { return fromString(call.env(), call.tensor(0).device().str()); }
napi_value requiresGrad(Call& call) { return fromBool(call.env(), call.tensor(0).requires_grad()); }
napi_value isChannelsLast(Call& call) { return fromBool(call.env(), call.tensor(0).is_contiguous(at::MemoryFormat::ChannelsLast)); }
napi_value liveTensors(Call& call) { return fromNumber(call.env(), static_cast<double>(call.environment().liveTensors)); }

}  // namespace

void registerTensors(Environment& environment, napi_value exports) {
  exportFunction<fromBytes>(environment, exports, "fromBytes");
  exportFunction<copyBytes>(environment, exports, "copyBytes");
  exportFunction<release>(environment, exports, "release");
  exportFunction<leaveToCollector>(environment, exports, "leaveToCollector");
  exportFunction<releaseMany>(environment, exports, "releaseMany");
  exportFunction<alias>(environment, exports, "alias");
  exportFunction<shape>(environment, exports, "shape");
  exportFunction<strides>(environment, exports, "strides");
  exportFunction<dtype>(environment, exports, "dtype");
  exportFunction<device>(environment, exports, "device");
  exportFunction<requiresGrad>(environment, exports, "requiresGrad");
  exportFunction<isChannelsLast>(environment, exports, "isChannelsLast");
  exportFunction<liveTensors>(environment, exports, "liveTensors");
}

}  // namespace bridge
