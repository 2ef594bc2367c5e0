// Looking operators up in libtorch's dispatcher and calling them boxed.
#include "bridge.h"

namespace bridge {

namespace {

napi_value findOperator(Call& call) {
  const std::string name = call.string(0), overload = call.string(1);
  auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
  if (!handle) {
    throw BridgeError("unknownOperator", "libtorch " TORCH_VERSION " has no operator " + name + (overload.empty() ? "" : "." + overload));
  }
  const auto& returns = handle->schema().returns();
  const bool inPlace = !returns.empty() && returns[0].alias_info() && returns[0].alias_info()->isWrite();
  Operator found{*handle, name, {}, inPlace};
  for (const auto& argument : handle->schema().arguments()) found.arguments.push_back(describe(argument));
  auto& operators = call.environment().operators;
  operators.push_back(std::move(found));
  return fromNumber(call.env(), static_cast<double>(operators.size() - 1));
}

// One result as itself, several as an array.
napi_value results(Environment& environment) {
  const auto& stack = environment.stack;
  if (stack.size() == 1) return fromIValue(environment, stack.front());
  napi_value array;
  check(environment.env, napi_create_array_with_length(environment.env, stack.size(), &array));
  for (size_t i = 0; i < stack.size(); i++) {
    check(environment.env, napi_set_element(environment.env, array, static_cast<uint32_t>(i), fromIValue(environment, stack[i])));
  }
  return array;
}

// Says which argument was wrong.
c10::IValue readArgument(Environment& environment, const Argument& argument, const std::string& name, napi_value value) {
  try {
    return toIValue(environment, argument, value);
  } catch (const BridgeError& error) {
    throw BridgeError(error.kind, "argument \"" + name + "\": " + error.what());
  }
}

napi_value callOperator(Call& call) {
  Environment& environment = call.environment();
  const int32_t index = call.int32(0);
  if (index < 0 || static_cast<size_t>(index) >= environment.operators.size()) {
    throw BridgeError("unknownOperator", "unknown operator number " + std::to_string(index));
  }
  const Operator& op = environment.operators[index];
  environment.running = op.name.c_str();
  auto& stack = environment.stack;
  stack.clear();
  const auto& schemaArguments = op.handle.schema().arguments();
  for (size_t i = 0; i < op.arguments.size(); i++) {
    const Argument& argument = op.arguments[i];
    const napi_valuetype type = i + 1 < call.size() ? typeOf(call.env(), call[i + 1]) : napi_undefined;
    if (type == napi_undefined) {
      const auto& fallback = schemaArguments[i].default_value();
      if (!fallback && !argument.optional) throw BridgeError("argument", "argument " + schemaArguments[i].name() + " is missing");
      stack.push_back(fallback ? *fallback : c10::IValue());
    } else if (type == napi_null && argument.optional) {
      stack.emplace_back();
    } else {
      stack.push_back(readArgument(environment, argument, schemaArguments[i].name(), call[i + 1]));
    }
  }
  op.handle.callBoxed(&stack);
  napi_value result = op.returnsArgument || stack.empty() ? call.undefined() : results(environment);
  environment.endCall();
  return result;
}

// The schemas of all overloads of one operator, as text, for the code generator.
napi_value schemas(Call& call) {
  const std::string name = call.string(0);
  std::vector<std::string> found;
  for (const auto& operatorName : c10::Dispatcher::singleton().getAllOpNames()) {
    if (operatorName.name != name) continue;
    const auto handle = c10::Dispatcher::singleton().findSchema(operatorName);
    if (!handle) continue;
    std::ostringstream text;
    text << handle->schema();
    found.push_back(text.str());
  }
  std::sort(found.begin(), found.end());
  napi_value array;
  check(call.env(), napi_create_array_with_length(call.env(), found.size(), &array));
  for (size_t i = 0; i < found.size(); i++) {
    check(call.env(), napi_set_element(call.env(), array, static_cast<uint32_t>(i), fromString(call.env(), found[i])));
  }
  return array;
}

}  // namespace

void registerOperators(Environment& environment, napi_value exports) {
  exportFunction<findOperator>(environment, exports, "findOperator");
  exportFunction<callOperator>(environment, exports, "callOperator");
  exportFunction<schemas>(environment, exports, "schemas");
}

}  // namespace bridge
