#pragma once
#include <concepts>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/wire/shape.hpp"
#include "base/http.hpp"
#include "base/result.hpp"

// What a service registers and all that the gateway knows of it.
namespace cumulet::wire {

enum class Protocol { aws_json_1_0, aws_json_1_1, query, rest_json, rest_xml };

// Who calls. `arn` is the principal ("arn:aws:iam::000000000000:root", an assumed role's session ARN).
struct Principal {
  std::string access_key_id;
  std::string account;
  std::string arn;
  std::string user_id;
  bool is_root = false;
  bool is_anonymous = false;
};

// The call an operation runs in. Lives until the response was encoded.
struct CallContext {
  std::string request_id;
  std::string region;
  Principal caller;
  const http::RequestHead* head = nullptr;  // raw request, for what no shape describes
  // Trailing fields of a streamed body ("x-amz-checksum-crc32c"), complete once its stream gave its end. Never null for
  // operations with an input_stream.
  std::shared_ptr<const http::Headers> trailers;
  std::string endpoint;  // "http://127.0.0.1:4566", as the client addressed it
  TimePoint received;
};

// A type-erased value of a described shape.
struct ErasedValue {
  std::shared_ptr<void> value;
  const Shape* shape = nullptr;
};

// Where the handler runs: `worker`: a plain function, may block (reads, hashing), runs on the pool.
// One that is brief() may run on the I/O thread all the same, while nobody else waits for that (base/io_turn.hpp).
// `coroutine`: started on the I/O thread, must not block there: it waits (commits, invokes, long polls, streams).
enum class Runs { worker, coroutine };

struct Operation {
  std::string_view name;
  std::string_view method = "POST";  // REST only
  // REST only: "/{Bucket}/{Key+}?partNumber&uploadId": labels, then query keys that must be present ("list-type=2":
  // with value).
  std::string_view uri = "/";
  std::string_view required_header = {};  // REST only: route taken only when this header is present (CopyObject)
  int success_status = 200;

  const Shape* input = nullptr;
  const Shape* output = nullptr;
  std::shared_ptr<void> (*make_input)() = nullptr;
  Runs runs = Runs::worker;
  bool is_brief = false;
  std::function<Result<ErasedValue>(const CallContext&, void* input)> call;                       // Runs::worker
  std::function<awaitable<Result<ErasedValue>>(const CallContext&, void* input)> call_coroutine;  // Runs::coroutine

  // Builder calls for operations.cpp.
  Operation&& at(std::string_view http_method, std::string_view uri_pattern, int status = 200) && {
    method = http_method;
    uri = uri_pattern;
    success_status = status;
    return std::move(*this);
  }
  // Runs::worker: it reads a bounded handful of rows, at most some milliseconds' work, and waits for nothing else.
  Operation&& brief() && {
    is_brief = true;
    return std::move(*this);
  }
  Operation&& when_header(std::string_view name_) && {
    required_header = name_;
    return std::move(*this);
  }
};

// What a service lets pages of other sites do. `raw_path`: the path, still encoded, with a virtual host's bucket in
// front. `origin`: whose page asks; empty: none was named. For OPTIONS, a preflight, what the request it announces
// would get. Gives the headers that let the page see the answer, or why it may not. On the I/O thread; must not block.
using PageRules =
    std::function<Result<http::Headers>(const http::RequestHead&, std::string_view raw_path, std::string_view origin)>;

struct ServiceDescriptor {
  std::string_view name;                        // endpoint prefix and default signing name: "s3", "states", "lambda"
  std::vector<std::string_view> signing_names;  // further names accepted in credential scopes
  std::string_view target_prefix;               // awsJson: "AWSStepFunctions"
  std::string_view api_version;                 // Query: "2010-05-08"; REST: the model's version
  std::string_view xml_namespace;               // Query and REST-XML responses
  std::vector<Protocol> protocols;              // the first is the default
  std::vector<Operation> operations;
  // Code for inputs that break the shape's constraints: "ValidationException", "InvalidParameterValueException", ...
  const ErrorKind* validation_error = nullptr;

  // Below: what this service does unlike most. Gateway and codecs ask here and know no service by its name; what a
  // service leaves out is done as most do it.

  // Finding its requests. Of one service at most: what names no service is for it.
  bool takes_the_rest = false;
  // Whether a request that neither signature nor host addresses to a service is for this one.
  bool (*claims)(const http::RequestHead&) = nullptr;
  // A bucket before the host's name is the first part of the path: BUCKET.HOST, BUCKET.s3.REGION.HOST.
  bool has_virtual_hosts = false;
  // REST: query keys that make another operation of a request. One that the matched row does not name asks for an
  // operation that is not there.
  std::span<const std::string_view> subresources;
  // Query: whether `action` may be asked for at that path.
  bool (*takes_action)(std::string_view action, std::string_view raw_path) = nullptr;

  // Reading them.
  std::size_t buffered_body_bytes = 0;     // of operations that do not stream, at most; 0: the gateway's own limit
  bool reads_presigned_headers = false;    // x-amz-* headers may stand in a presigned URL's query
  Scalars json_scalars = Scalars::strict;  // awsJson
  // What a head says of the buffered body beyond the signature (Content-MD5 and the like). May run on a worker.
  std::function<Result<void>(const http::RequestHead&, std::string_view operation, std::string_view body)> check_body;

  // Browsers.
  PageRules page_rules;           // none: nothing for other sites' pages, and no preflights
  bool serves_documents = false;  // its answers may be anything, pages with scripts too

  // Answering.
  std::string (*new_request_id)() = nullptr;  // most: a UUID
  // Headers of every answer; most: x-amzn-RequestId.
  void (*add_headers)(http::Headers&, std::string_view request_id) = nullptr;
  const ErrorKind* unknown_operation = nullptr;                // REST; most: UnknownOperationException, 404
  Error (*no_such_action)(std::string_view action) = nullptr;  // Query; `action` is empty when none was named
  Error (*bad_uri)(const http::RequestHead&) = nullptr;        // REST: path or query is not percent-encoded
  Error (*body_too_large)(std::size_t limit) = nullptr;
  // What clients are told of what failed inside (kInternalFailure), which goes to the log; most: the error itself.
  const ErrorKind* internal_error = nullptr;
  std::string_view query_error_end;  // Query: stands last in each <Error>
  // Errors that carry a Type say "Message" for "message" when their code is one of these. REST-JSON.
  std::span<const std::string_view> codes_with_capital_message;
};

template <class In, class Out>
Operation erased(std::string_view name) {
  Operation op;
  op.name = name;
  op.input = &shape_of<In>();
  op.output = &shape_of<Out>();
  op.make_input = []() -> std::shared_ptr<void> { return std::make_shared<In>(); };
  return op;
}

// A row of operations.cpp: operation("CreateRole", iam, &Iam::create_role). The method is either
//   Result<Out> create_role(const CallContext&, const In&)              -> runs on a worker
//   awaitable<Result<Out>> create_role(const CallContext&, In)          -> a coroutine; In is moved in, CallContext
//   outlives it
// `service` must outlive the table.
template <class Service, class In, class Out>
Operation operation(std::string_view name, Service& service,
                    Result<Out> (Service::*method)(const CallContext&, const In&)) {
  Operation op = erased<In, Out>(name);
  op.runs = Runs::worker;
  op.call = [&service, method](const CallContext& context, void* input) -> Result<ErasedValue> {
    Result<Out> result = (service.*method)(context, *static_cast<const In*>(input));
    if (!result.ok()) return std::move(result).error();
    return ErasedValue{std::make_shared<Out>(std::move(result).value()), &shape_of<Out>()};
  };
  return op;
}

template <class Service, class In, class Out>
Operation operation(std::string_view name, Service& service,
                    awaitable<Result<Out>> (Service::*method)(const CallContext&, In)) {
  Operation op = erased<In, Out>(name);
  op.runs = Runs::coroutine;
  op.call_coroutine = [&service, method](const CallContext& context, void* input) -> awaitable<Result<ErasedValue>> {
    Result<Out> result = co_await (service.*method)(context, std::move(*static_cast<In*>(input)));
    if (!result.ok()) co_return std::move(result).error();
    ErasedValue value;
    value.value = std::make_shared<Out>(std::move(result).value());
    value.shape = &shape_of<Out>();
    co_return value;
  };
  return op;
}

}  // namespace cumulet::wire
