#include "server/stack_caller.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <charconv>
#include <future>

#include "aws/wire/codec.hpp"
#include "aws/wire/json_codec.hpp"
#include "base/ids.hpp"

namespace cumulet::server {
namespace {

namespace asio = boost::asio;
using wire::Kind;
using wire::Member;
using wire::Shape;

// As the codec for JSON reads it.
std::string_view json_name(const Member& m) { return m.wire_name.empty() || m.is_flattened ? m.name : m.wire_name; }

enum class Direction { to_codec, from_codec };

// Members by the API's names and by those that the codec for JSON writes, which for REST-XML are the elements'. A text
// where a number or a boolean belongs becomes one: templates write both, and CloudFormation takes both.
json::value renamed(const json::value& value, const Shape& shape, Direction direction) {
  switch (shape.kind) {
    case Kind::structure: {
      if (!value.is_object()) return value;
      json::object out;
      for (const Member& m : shape.members) {
        const std::string_view from = direction == Direction::to_codec ? m.name : json_name(m);
        const std::string_view to = direction == Direction::to_codec ? json_name(m) : m.name;
        const json::value* found = value.as_object().if_contains(from);
        if (found != nullptr) out[to] = renamed(*found, *m.shape(m), direction);
      }
      return out;
    }
    case Kind::list: {
      if (!value.is_array()) return value;
      json::array out;
      for (const json::value& item : value.as_array()) out.push_back(renamed(item, *shape.element(shape), direction));
      return out;
    }
    case Kind::map: {
      if (!value.is_object()) return value;
      json::object out;
      for (const auto& [key, item] : value.as_object()) out[key] = renamed(item, *shape.element(shape), direction);
      return out;
    }
    case Kind::boolean:
      if (value.is_string() && (value.as_string() == "true" || value.as_string() == "false"))
        return value.as_string() == "true";
      return value;
    case Kind::integer:
    case Kind::long_: {
      if (!value.is_string()) return value;
      const std::string_view text = value.as_string();
      std::int64_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      return error == std::errc{} && end == text.data() + text.size() ? json::value(number) : value;
    }
    default: return value;
  }
}

// Codes as clients see them: without the name space that some have in JSON ("com.amazonaws.sqs#QueueDoesNotExist").
Error plainly_named(const Error& error) {
  const auto hash = error.code().rfind('#');
  if (hash == std::string_view::npos) return error;
  return cloudformation::aws_error(std::string(error.code().substr(hash + 1)), error.message());
}

class StackCaller final : public cloudformation::Caller {
 public:
  StackCaller(StackCallerPorts ports, cloudformation::service::OnBehalfOf who)
      : ports_(std::move(ports)), who_(std::move(who)) {}

  Result<json::value> call(std::string_view service, std::string_view operation, const json::object& input) override {
    if (service == "s3" && operation == "GetObject") return get_object(input);
    if (service == "s3" && operation == "PutBucketPolicy") {  // a document, which is one text
      json::object as_document = input;
      if (const json::value* policy = input.if_contains("Policy")) as_document["Text"] = *policy;
      return find_and_run(service, operation, as_document);
    }
    if (service == "s3" && operation == "GetBucketPolicy") {
      CUMULET_TRY(json::value answer, find_and_run(service, operation, input));
      return json::value(json::object{{"Policy", cloudformation::member_text(answer, "Text")}});
    }
    return find_and_run(service, operation, input);
  }

 private:
  Result<json::value> find_and_run(std::string_view service, std::string_view operation,
                                   const json::object& input) const {
    for (const wire::ServiceDescriptor& descriptor : ports_.services) {
      if (descriptor.name != service) continue;
      const auto found = std::ranges::find(descriptor.operations, operation, &wire::Operation::name);
      if (found != descriptor.operations.end()) return run(descriptor, *found, input);
    }
    return cloudformation::aws_error("UnknownOperationException",
                                     std::string(operation) + " of " + std::string(service) + " is not offered here");
  }

  Result<json::value> get_object(const json::object& input) const {
    const auto text = [&](std::string_view name) { return cloudformation::member_text(json::value(input), name); };
    CUMULET_TRY(std::string body, ports_.read_object(text("Bucket"), text("Key")));
    return json::value(json::object{{"Body", std::move(body)}});
  }

  Result<json::value> run(const wire::ServiceDescriptor& service, const wire::Operation& operation,
                          const json::object& input) const {
    const std::shared_ptr<void> value = operation.make_input();
    wire::Violations violations;
    const std::string text = json::text(renamed(input, *operation.input, Direction::to_codec));
    CUMULET_CHECK(
        wire::read_json(text, *operation.input, value.get(), wire::Members::all, violations, wire::Scalars::as_text));
    const ErrorKind& broken =
        service.validation_error != nullptr ? *service.validation_error : wire::kValidationException;
    CUMULET_CHECK(violations.result(broken));
    wire::CallContext context;
    context.request_id = uuid4();
    context.region = who_.region;
    context.caller = who_.caller;
    context.endpoint = who_.endpoint;
    context.received = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
    const auto output = answer(operation, context, value.get());
    if (!output.ok()) return plainly_named(output.error());
    std::string told;
    wire::write_json(told, *output->shape, output->value.get(), wire::Members::all);
    CUMULET_TRY(const json::value parsed, json::parse(told));
    return renamed(parsed, *output->shape, Direction::from_codec);
  }

  Result<wire::ErasedValue> answer(const wire::Operation& operation, const wire::CallContext& context,
                                   void* input) const {
    if (operation.runs == wire::Runs::worker) return operation.call(context, input);
    std::promise<Result<wire::ErasedValue>> promise;
    auto future = promise.get_future();
    auto body = [](const wire::Operation* asked, const wire::CallContext* in, void* with,
                   std::promise<Result<wire::ErasedValue>>* told) -> awaitable<void> {
      Result<wire::ErasedValue> result = co_await asked->call_coroutine(*in, with);
      told->set_value(std::move(result));
    };
    auto failed = [&promise](std::exception_ptr exception) {
      if (exception) promise.set_exception(exception);
    };
    auto task = body(&operation, &context, input, &promise);
    asio::co_spawn(ports_.io, std::move(task), failed);
    try {
      return future.get();
    } catch (const std::exception& exception) {
      return Error{kInternalFailure, exception.what()};
    }
  }

  StackCallerPorts ports_;
  cloudformation::service::OnBehalfOf who_;
};

}  // namespace

std::unique_ptr<cloudformation::Caller> make_stack_caller(const StackCallerPorts& ports,
                                                          cloudformation::service::OnBehalfOf who) {
  return std::make_unique<StackCaller>(ports, std::move(who));
}

}  // namespace cumulet::server
