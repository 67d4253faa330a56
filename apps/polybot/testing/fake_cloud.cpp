#include "apps/polybot/testing/fake_cloud.hpp"

#include "base/encoding.hpp"

namespace cumulet::polybot {
namespace {

FakeCloud::Reply not_found() {
  return {.status = 404, .body = "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"};
}

std::string parameter(const std::string& query, const std::string& name) {
  const auto at = ('&' + query).find('&' + name + '=');
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 1;
  return percent_decode(query.substr(begin, query.find('&', begin) - begin)).value_or("");
}

}  // namespace

FakeCloud::FakeCloud() : server_([this](const Received& request) { return respond(request); }) {}

sdk::Client FakeCloud::client() const {
  sdk::ClientOptions options;
  options.region = "us-east-1";
  options.endpoint = server_.url();
  options.max_attempts = 1;
  options.credentials = std::make_shared<sdk::StaticCredentials>(auth::Credentials{"AKIA", "secret", ""});
  return *sdk::Client::create(std::move(options));
}

void FakeCloud::intercept(std::function<std::optional<Reply>(const Received&)> first) {
  std::lock_guard lock(mutex_);
  first_ = std::move(first);
}
std::map<std::string, std::string> FakeCloud::objects() const {
  std::lock_guard lock(mutex_);
  return objects_;
}
void FakeCloud::put(const std::string& path, const std::string& content) {
  std::lock_guard lock(mutex_);
  objects_[path] = content;
}
std::vector<FakeCloud::Queued> FakeCloud::queued() const {
  std::lock_guard lock(mutex_);
  return queued_;
}
std::vector<FakeCloud::Said> FakeCloud::said() const {
  std::lock_guard lock(mutex_);
  return said_;
}
std::vector<std::string> FakeCloud::texts() const {
  std::vector<std::string> out;
  for (const Said& one : said())
    if (one.method == "sendMessage" && !json::find(one.parameters, "disable_notification"))
      out.push_back(json::text_at(one.parameters, "text"));
  return out;
}
std::vector<std::string> FakeCloud::edits() const {
  std::vector<std::string> out;
  for (const Said& one : said())
    if (one.method == "editMessageText") out.push_back(json::text_at(one.parameters, "text"));
  return out;
}
int FakeCloud::count(std::string_view method) const {
  int out = 0;
  for (const Said& one : said()) out += one.method == method;
  return out;
}
std::vector<std::pair<std::string, int>> FakeCloud::visibilities() const {
  std::lock_guard lock(mutex_);
  return visibilities_;
}
void FakeCloud::give_file(const std::string& file_id, const std::string& content) {
  std::lock_guard lock(mutex_);
  files_[file_id] = content;
}
void FakeCloud::set_executions(json::array executions, json::object described) {
  std::lock_guard lock(mutex_);
  executions_ = std::move(executions);
  described_ = std::move(described);
}
void FakeCloud::set_updates(std::vector<std::string> batches) {
  std::lock_guard lock(mutex_);
  updates_ = std::move(batches);
}

FakeCloud::Reply FakeCloud::respond(const Received& request) {
  std::function<std::optional<Reply>(const Received&)> first;
  {
    std::lock_guard lock(mutex_);
    first = first_;
  }
  if (first)
    if (auto reply = first(request)) return *reply;
  std::lock_guard lock(mutex_);
  if (const auto target = request.headers.get("x-amz-target")) return json_service(request, std::string(*target));
  if (request.target.starts_with("/bot") || request.target.starts_with("/file/bot")) return bot(request);
  return s3(request);
}

FakeCloud::Reply FakeCloud::s3(const Received& request) {
  const auto question = request.target.find('?');
  const std::string path = percent_decode(request.target.substr(1, question - 1)).value_or("");
  const std::string query = question == std::string::npos ? "" : request.target.substr(question + 1);
  if (query.find("list-type=2") != std::string::npos) return list(path.substr(0, path.find('/')), query);
  const auto found = objects_.find(path);
  if (request.method == "PUT") {
    if (request.headers.get_or("if-none-match", "") == "*" && found != objects_.end())
      return {.status = 412, .body = "<Error><Code>PreconditionFailed</Code></Error>"};
    if (const auto from = request.headers.get("x-amz-copy-source")) {
      const auto source = objects_.find(percent_decode(from->substr(1)).value_or(""));
      if (source == objects_.end()) return not_found();
      objects_[path] = source->second;
      return {.body = "<CopyObjectResult><ETag>\"c\"</ETag></CopyObjectResult>"};
    }
    objects_[path] = request.body;
    return {.headers = {{"ETag", "\"e\""}}};
  }
  if (request.method == "DELETE") {
    objects_.erase(path);
    return {.status = 204};
  }
  if (found == objects_.end()) return not_found();
  return {.headers = {{"ETag", "\"e\""}}, .body = found->second};
}

FakeCloud::Reply FakeCloud::list(const std::string& bucket, const std::string& query) {
  const std::string prefix = bucket + '/' + parameter(query, "prefix");
  std::string out = "<ListBucketResult><IsTruncated>false</IsTruncated>";
  std::size_t left = std::stoul(parameter(query, "max-keys"));
  for (auto at = objects_.lower_bound(prefix); at != objects_.end() && at->first.starts_with(prefix) && left-- > 0;
       ++at)
    out += "<Contents><Key>" + percent_encode(at->first.substr(bucket.size() + 1), "/") + "</Key></Contents>";
  return {.body = out + "</ListBucketResult>"};
}

FakeCloud::Reply FakeCloud::json_service(const Received& request, const std::string& target) {
  const auto input = *json::parse(request.body);
  const std::string operation = target.substr(target.find('.') + 1);
  if (operation == "GetQueueUrl")
    return {.body = R"({"QueueUrl":"http://queue/)" + json::text_at(input, "QueueName") + "\"}"};
  if (operation == "SendMessage") {
    Queued message;
    message.queue = json::text_at(input, "QueueUrl").substr(13);
    message.body = json::text_at(input, "MessageBody");
    if (const auto* delay = json::find(input, "DelaySeconds")) message.delay = delay->get_int64();
    if (const auto* attributes = json::find(input, "MessageAttributes"))
      for (const auto& [name, value] : attributes->get_object())
        message.attributes[name] = json::text_at(value, "StringValue");
    queued_.push_back(message);
    return {.body = R"({"MessageId":"m-)" + std::to_string(queued_.size()) + R"(","MD5OfMessageBody":")" +
                    hex_encode(md5(message.body)) + "\"}"};
  }
  if (operation == "ChangeMessageVisibility") {
    visibilities_.emplace_back(json::text_at(input, "ReceiptHandle"),
                               static_cast<int>(json::find(input, "VisibilityTimeout")->get_int64()));
    return {};
  }
  if (operation == "ListExecutions") return {.body = json::text(json::object{{"executions", executions_}})};
  if (operation == "DescribeExecution") return {.body = json::text(described_)};
  return {.status = 400, .body = R"({"__type":"UnknownOperationException"})"};
}

FakeCloud::Reply FakeCloud::bot(const Received& request) {
  if (request.target.starts_with("/file/bot")) {
    const auto file = files_.find(request.target.substr(request.target.rfind('/') + 1));
    if (file == files_.end()) return {.status = 404};
    return {.body = file->second};
  }
  Said said;
  said.method = request.target.substr(request.target.rfind('/') + 1);
  if (request.headers.get_or("content-type", "").starts_with("multipart/"))
    said.form = request.body;
  else
    said.parameters = json::parse(request.body).ok() ? *json::parse(request.body) : json::value();
  said_.push_back(said);
  const auto good = [](const std::string& result) { return Reply{.body = R"({"ok":true,"result":)" + result + '}'}; };
  if (said.method == "getUpdates") {
    if (updates_.empty()) return good("[]");
    const std::string batch = updates_.front();
    updates_.erase(updates_.begin());
    return good(batch);
  }
  if (said.method == "getFile") {
    const std::string id = json::text_at(said.parameters, "file_id");
    if (!files_.contains(id))
      return {.status = 400, .body = R"({"ok":false,"error_code":400,"description":"Bad Request: invalid file_id"})"};
    return good(R"({"file_id":")" + id + R"(","file_path":"files/)" + id + "\"}");
  }
  if (said.method == "sendMessage" || said.method.starts_with("sendV") || said.method.starts_with("sendD"))
    return good(R"({"message_id":)" + std::to_string(next_message_++) + '}');
  return good("true");
}

}  // namespace cumulet::polybot
