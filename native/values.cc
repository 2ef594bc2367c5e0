// JavaScript values to libtorch's boxed values and back, led by the operator's schema.
#include "bridge.h"

namespace bridge {

namespace {

struct DtypeName {
  at::ScalarType type;
  const char* name;
};
constexpr DtypeName kDtypes[] = {
    {at::kFloat, "float32"}, {at::kDouble, "float64"}, {at::kHalf, "float16"}, {at::kBFloat16, "bfloat16"},
    {at::kLong, "int64"},    {at::kInt, "int32"},      {at::kShort, "int16"},  {at::kChar, "int8"},
    {at::kByte, "uint8"},    {at::kBool, "bool"},
};

// Integer arguments that carry an enumeration are written by name in JavaScript.
int64_t enumerationFromName(const std::string& name) {
  for (const auto& dtype : kDtypes) {
    if (name == dtype.name) return static_cast<int64_t>(dtype.type);
  }
  if (name == "contiguous") return static_cast<int64_t>(at::MemoryFormat::Contiguous);
  if (name == "preserve") return static_cast<int64_t>(at::MemoryFormat::Preserve);
  if (name == "channelsLast") return static_cast<int64_t>(at::MemoryFormat::ChannelsLast);
  if (name == "channelsLast3d") return static_cast<int64_t>(at::MemoryFormat::ChannelsLast3d);
  if (name == "strided") return static_cast<int64_t>(at::kStrided);
  throw BridgeError("dtype", "unknown dtype, layout or memory format \"" + name + "\"");
}

double toDouble(napi_env env, napi_value value) {
  double number = 0;
  check(env, napi_get_value_double(env, value, &number));
  return number;
}

// A JavaScript number has no integer type: whole numbers become integer scalars, as a literal `1` would in Python.
c10::Scalar toScalar(napi_env env, napi_value value) {
  const napi_valuetype type = typeOf(env, value);
  if (type == napi_boolean) {
    bool flag = false;
    check(env, napi_get_value_bool(env, value, &flag));
    return flag;
  }
  if (type == napi_bigint) {
    int64_t integer = 0;
    bool lossless = false;
    check(env, napi_get_value_bigint_int64(env, value, &integer, &lossless));
    return integer;
  }
  const double number = toDouble(env, value);
  const auto integer = static_cast<int64_t>(number);
  if (std::abs(number) < 9e15 && static_cast<double>(integer) == number && !(number == 0 && std::signbit(number))) return integer;
  return number;
}

template <typename Element>
std::vector<Element> toList(napi_env env, napi_value value, Element (*convert)(napi_env, napi_value)) {
  uint32_t length = 0;
  check(env, napi_get_array_length(env, value, &length));
  std::vector<Element> list;
  list.reserve(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    check(env, napi_get_element(env, value, i, &element));
    list.push_back(convert(env, element));
  }
  return list;
}

int64_t toInt(napi_env env, napi_value value) {
  const napi_valuetype type = typeOf(env, value);
  if (type == napi_string) return enumerationFromName(toString(env, value));
  if (type == napi_boolean) {
    bool flag = false;
    check(env, napi_get_value_bool(env, value, &flag));
    return flag ? 1 : 0;
  }
  const double number = toDouble(env, value);
  if (number != std::floor(number)) throw BridgeError("argument", "expected a whole number, got " + std::to_string(number));
  return static_cast<int64_t>(number);
}

bool toBool(napi_env env, napi_value value) {
  bool flag = false;
  check(env, napi_get_value_bool(env, value, &flag));
  return flag;
}

c10::List<c10::optional<at::Tensor>> toOptionalTensorList(Environment& environment, napi_value value) {
  c10::List<c10::optional<at::Tensor>> list;
  for (const int64_t handle : toIntList(environment.env, value)) {
    list.push_back(handle == 0 ? c10::optional<at::Tensor>() : c10::optional<at::Tensor>(environment.get(static_cast<int32_t>(handle))));
  }
  return list;
}

}  // namespace

napi_valuetype typeOf(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  check(env, napi_typeof(env, value, &type));
  return type;
}

std::string toString(napi_env env, napi_value value) {
  size_t length = 0;
  check(env, napi_get_value_string_utf8(env, value, nullptr, 0, &length));
  std::string text(length, '\0');
  check(env, napi_get_value_string_utf8(env, value, text.data(), length + 1, &length));
  return text;
}

std::vector<int64_t> toIntList(napi_env env, napi_value value) {
  bool typed = false;
  check(env, napi_is_typedarray(env, value, &typed));
  if (!typed) return toList<int64_t>(env, value, toInt);
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  check(env, napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr));
  if (type != napi_int32_array) throw BridgeError("argument", "expected an array or an Int32Array");
  const auto* numbers = static_cast<const int32_t*>(data);
  return std::vector<int64_t>(numbers, numbers + length);
}

std::vector<at::Tensor> toTensorList(Environment& environment, napi_value value) {
  std::vector<at::Tensor> tensors;
  const auto handles = toIntList(environment.env, value);
  tensors.reserve(handles.size());
  for (const int64_t handle : handles) tensors.push_back(environment.get(static_cast<int32_t>(handle)));
  return tensors;
}

at::ScalarType dtypeFromName(const std::string& name) {
  for (const auto& dtype : kDtypes) {
    if (name == dtype.name) return dtype.type;
  }
  throw BridgeError("dtype", "unknown dtype \"" + name + "\"");
}

const char* dtypeName(at::ScalarType type) {
  for (const auto& dtype : kDtypes) {
    if (type == dtype.type) return dtype.name;
  }
  throw BridgeError("dtype", std::string("dtype ") + c10::toString(type) + " is not supported");
}

at::Device deviceFromName(const std::string& name) { return at::Device(name); }

Argument describe(const c10::Argument& argument) {
  c10::TypePtr type = argument.type();
  Argument described{ArgumentKind::Tensor, false, argument.N().value_or(0)};
  if (type->kind() == c10::TypeKind::OptionalType) {
    described.optional = true;
    type = type->expectRef<c10::OptionalType>().getElementType();
  }
  switch (type->kind()) {
    case c10::TypeKind::TensorType: described.kind = ArgumentKind::Tensor; return described;
    case c10::TypeKind::NumberType: described.kind = ArgumentKind::Scalar; return described;
    case c10::TypeKind::IntType: described.kind = ArgumentKind::Int; return described;
    case c10::TypeKind::FloatType: described.kind = ArgumentKind::Float; return described;
    case c10::TypeKind::BoolType: described.kind = ArgumentKind::Bool; return described;
    case c10::TypeKind::StringType: described.kind = ArgumentKind::String; return described;
    case c10::TypeKind::DeviceObjType: described.kind = ArgumentKind::Device; return described;
    case c10::TypeKind::GeneratorType: described.kind = ArgumentKind::Generator; return described;
    case c10::TypeKind::ListType: break;
    default: throw BridgeError("argument", "argument type " + type->str() + " is not supported by the bridge");
  }
  const auto element = type->expectRef<c10::ListType>().getElementType();
  switch (element->kind()) {
    case c10::TypeKind::TensorType: described.kind = ArgumentKind::TensorList; return described;
    case c10::TypeKind::OptionalType: described.kind = ArgumentKind::OptionalTensorList; return described;
    case c10::TypeKind::IntType: described.kind = ArgumentKind::IntList; return described;
    case c10::TypeKind::FloatType: described.kind = ArgumentKind::FloatList; return described;
    case c10::TypeKind::BoolType: described.kind = ArgumentKind::BoolList; return described;
    default: throw BridgeError("argument", "argument type " + type->str() + " is not supported by the bridge");
  }
}

c10::IValue toIValue(Environment& environment, const Argument& argument, napi_value value) {
  napi_env env = environment.env;
  switch (argument.kind) {
    case ArgumentKind::Tensor: {
      int32_t handle = 0;
      check(env, napi_get_value_int32(env, value, &handle));
      return environment.get(handle);
    }
    case ArgumentKind::TensorList: return toTensorList(environment, value);
    case ArgumentKind::OptionalTensorList: return toOptionalTensorList(environment, value);
    case ArgumentKind::Scalar: return toScalar(env, value);
    case ArgumentKind::Int: return toInt(env, value);
    case ArgumentKind::Float: return toDouble(env, value);
    case ArgumentKind::Bool: return toBool(env, value);
    case ArgumentKind::IntList: {
      if (typeOf(env, value) == napi_number) return std::vector<int64_t>(std::max(argument.expandTo, 1), toInt(env, value));
      return toIntList(env, value);
    }
    case ArgumentKind::FloatList: return toList<double>(env, value, toDouble);
    case ArgumentKind::BoolList: {
      c10::List<bool> list;
      for (const int64_t flag : toList<int64_t>(env, value, toInt)) list.push_back(flag != 0);
      return list;
    }
    case ArgumentKind::String: return toString(env, value);
    case ArgumentKind::Device: return deviceFromName(toString(env, value));
    case ArgumentKind::Generator: {
      int32_t index = 0;
      check(env, napi_get_value_int32(env, value, &index));
      if (index < 0 || static_cast<size_t>(index) >= environment.generators.size() || !environment.generators[index].defined()) {
        throw BridgeError("disposed", "the generator has been disposed");
      }
      return environment.generators[index];
    }
  }
  throw BridgeError("argument", "unreachable argument kind");
}

napi_value fromString(napi_env env, const std::string& value) {
  napi_value result = nullptr;
  napi_create_string_utf8(env, value.data(), value.size(), &result);
  return result;
}

napi_value fromNumber(napi_env env, double value) {
  napi_value result;
  check(env, napi_create_double(env, value, &result));
  return result;
}

napi_value fromHandle(napi_env env, int32_t handle) {
  napi_value result;
  check(env, napi_create_int32(env, handle, &result));
  return result;
}

napi_value fromBool(napi_env env, bool value) {
  napi_value result;
  check(env, napi_get_boolean(env, value, &result));
  return result;
}

namespace {
template <typename List, typename Convert>
napi_value fromList(napi_env env, const List& list, Convert convert) {
  napi_value array;
  check(env, napi_create_array_with_length(env, list.size(), &array));
  for (size_t i = 0; i < list.size(); i++) check(env, napi_set_element(env, array, static_cast<uint32_t>(i), convert(list[i])));
  return array;
}
}  // namespace

napi_value fromIValue(Environment& environment, const c10::IValue& value) {
  napi_env env = environment.env;
  if (value.isTensor()) return fromHandle(env, environment.add(value.toTensor()));
  if (value.isNone()) {
    napi_value null;
    check(env, napi_get_null(env, &null));
    return null;
  }
  if (value.isBool()) return fromBool(env, value.toBool());
  if (value.isInt()) return fromNumber(env, static_cast<double>(value.toInt()));
  if (value.isDouble()) return fromNumber(env, value.toDouble());
  if (value.isString()) return fromString(env, value.toStringRef());
  if (value.isTensorList()) {
    return fromList(env, value.toTensorVector(), [&](const at::Tensor& tensor) { return fromHandle(env, environment.add(tensor)); });
  }
  if (value.isIntList()) {
    return fromList(env, value.toIntVector(), [&](int64_t number) { return fromNumber(env, static_cast<double>(number)); });
  }
  if (value.isDoubleList()) return fromList(env, value.toDoubleVector(), [&](double number) { return fromNumber(env, number); });
  if (value.isTuple()) {
    return fromList(env, value.toTupleRef().elements().vec(), [&](const c10::IValue& element) { return fromIValue(environment, element); });
  }
  if (value.isList()) {
    return fromList(env, value.toListRef().vec(), [&](const c10::IValue& element) { return fromIValue(environment, element); });
  }
  throw BridgeError("argument", "results of type " + value.tagKind() + " are not supported by the bridge");
}

}  // namespace bridge
