#include "server/services.hpp"

#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/trace.hpp"
#include "events/feed.hpp"
#include "events/journal.hpp"
#include "events/outbox.hpp"
#include "events/sums.hpp"
#include "oci/distribution.hpp"
#include "readapi/read_api.hpp"
#include "runtime/process_environment.hpp"
#include "server/function_adapter.hpp"
#include "server/function_url_door.hpp"
#include "server/image_adapter.hpp"
#include "server/log_adapter.hpp"
#include "server/notification_adapter.hpp"
#include "server/object_adapter.hpp"
#include "server/queue_adapter.hpp"
#include "server/read_adapter.hpp"
#include "server/registry_adapter.hpp"
#include "server/samples.hpp"
#include "server/stack_caller.hpp"
#include "server/work_metrics.hpp"
#include "services/cloudformation/service.hpp"
#include "services/cloudwatch/service.hpp"
#include "services/ecr/service.hpp"
#include "services/iam/service.hpp"
#include "services/lambda/service.hpp"
#include "services/logs/service.hpp"
#include "services/rekognition/service.hpp"
#include "services/s3/service.hpp"
#include "services/sqs/service.hpp"
#include "services/ssm/service.hpp"
#include "services/states/service.hpp"
#include "services/sts/service.hpp"

namespace cumulet::server {
namespace {

constexpr std::uint64_t kPackageBytes = 250u << 20;  // of a function's zip in S3
constexpr std::uint64_t kTemplateBytes = 2u << 20;   // of a template or a definition in S3; both take 1 MB

rekognition::Settings face_settings(const Ground& ground) {
  rekognition::Settings settings;
  std::error_code ec;
  settings.program = std::filesystem::read_symlink("/proc/self/exe", ec).parent_path() / "cumulet-vision";
  if (const auto& model = ground.config.face_model) {
    settings.model = model->file;
    settings.detector = vision::detector_description(model->kind);
  }
  settings.folder = ground.data / "rekognition";
  settings.hidden = {ground.data};
  settings.job_time = ground.config.face_job_limit;
  return settings;
}

lambda::Lambda::Settings function_settings(const Ground& ground) {
  lambda::Lambda::Settings settings;
  settings.folder = ground.data / "lambda";
  settings.durable = !ground.config.is_ephemeral;
  settings.orphans = ground.orphans;
  settings.environments.hidden = {ground.data};
  return settings;
}

sqs::Settings queue_settings(const Ground& ground) {
  sqs::Settings settings;
  settings.waits_after_deletion = ground.config.holds_deleted_queue_names;
  return settings;
}

events::JournalEntry row_of(const gateway::FailedRequest& failed) {
  events::JournalEntry entry;
  entry.subject = events::Subject::request;
  entry.what = failed.service;
  entry.what += ':';
  entry.what += failed.operation;
  entry.what += '/';
  entry.what += failed.request_id;
  entry.outcome = std::to_string(failed.status);
  entry.verdict = events::Verdict::failed;
  entry.detail = failed.code;
  if (!failed.message.empty()) entry.detail += ": " + std::string(failed.message);
  entry.trace = trace_root(failed.trace);
  return entry;
}

}  // namespace

// Members in the order of their making; each uses only what stands above it. Destroyed in reverse.
struct Services::Impl {
  explicit Impl(Ground g) : ground(std::move(g)) {}

  Result<void> build() {
    CUMULET_CHECK(journal.load());
    CUMULET_CHECK(sums.load());
    CUMULET_CHECK(outbox.load());
    CUMULET_CHECK(iam.load());
    CUMULET_CHECK(keys.load());
    CUMULET_CHECK(logs.load());
    CUMULET_CHECK(sqs.load());
    CUMULET_CHECK(images.load());
    CUMULET_CHECK(lambda.load());
    CUMULET_CHECK(s3.load());
    CUMULET_CHECK(outbox.subscribe(std::string(s3::kNotificationTopic), notification_consumer(lambda, sqs, journal)));
    CUMULET_CHECK(states.load());
    CUMULET_CHECK(rekognition.load());
    CUMULET_CHECK(ecr.load());
    CUMULET_CHECK(ssm.load());
    CUMULET_CHECK(stacks.load());
    descriptors.push_back(s3::describe(s3));
    descriptors.push_back(iam::describe(iam));
    descriptors.push_back(sts::describe(sts));
    descriptors.push_back(logs::describe(logs));
    descriptors.push_back(sqs::describe(sqs));
    descriptors.push_back(lambda::describe(lambda));
    descriptors.push_back(states::describe(states));
    descriptors.push_back(rekognition::describe(rekognition));
    descriptors.push_back(cloudwatch::describe(cloudwatch));
    descriptors.push_back(ecr::describe(ecr));
    descriptors.push_back(ssm::describe(ssm));
    descriptors.push_back(cloudformation::service::describe(stacks));
    return {};
  }

  Result<void> start(const std::string& endpoint, runtime::InsideService inside) {
    function_endpoint = "http://127.0.0.1:" + std::to_string(inside.port);
    const Config& config = ground.config;
    environments.open(inside_network(config.function_network, config.function_hosts, std::move(inside), ground.io));
    logs.start();
    rekognition.start();
    sqs.start(endpoint);
    lambda.start();
    outbox.start();
    samples.start();
    images.start();
    ecr.start();
    CUMULET_CHECK(states.start());
    stacks.start();
    return {};
  }

  void stop() {
    if (std::exchange(stopped, true)) return;
    feed.close();
    stacks.stop();
    samples.stop();
    ecr.stop();
    images.stop();
    states.stop();
    outbox.stop();
    lambda.stop();
    sqs.stop();
    sums.stop();
    journal.stop();
  }

  std::optional<sts::AssumableRole> assumable(std::string_view arn) {
    const auto role = iam.role_of_arn(arn);
    if (!role) return std::nullopt;
    return sts::AssumableRole{role->role_name, role->role_id, Seconds{role->max_session_duration.value_or(3600)}};
  }

  StackCallerPorts stack_caller_ports() {
    return {descriptors, ground.io, [this](const std::string& bucket, const std::string& key) {
              return s3.read_object(bucket, key, kTemplateBytes);
            }};
  }

  lambda::ControlPorts control_ports() {
    lambda::ControlPorts ports;
    ports.role_exists = [this](std::string_view arn) { return iam.role_of_arn(arn).has_value(); };
    ports.read_object = [this](std::string_view, const std::string& bucket, const std::string& key) {
      return s3.read_object(bucket, key, kPackageBytes);
    };
    ports.queue_exists = [this](std::string_view arn) { return sqs.find(arn).has_value(); };
    ports.images = &function_images;
    ports.package_url = [this](const wire::CallContext& context, const std::string& code_id) {
      return package_url(context, keys.find(context.caller.access_key_id), code_id);
    };
    return ports;
  }

  lambda::DataPorts data_ports() {
    lambda::DataPorts ports;
    ports.log = [this](const std::string& region, const std::string& group, const std::string& stream,
                       std::vector<lambda::LogEvent> events) {
      std::vector<logs::InputEvent> lines;
      lines.reserve(events.size());
      for (auto& event : events) lines.push_back({event.at, std::move(event.message)});
      publish(feed, region, group, stream, lines);
      logs.writer().append(region, group, stream, std::move(lines));
    };
    ports.mint = [this](const std::string& role_arn, const std::string& function_name, Seconds lifetime) {
      const auto role = iam.role_of_arn(role_arn);
      sts::RoleSession session;
      session.role_name = role ? role->role_name : role_arn.substr(role_arn.rfind('/') + 1);
      session.role_id = role ? role->role_id : "AROA0000000000000000";
      session.session_name = function_name;
      const sts::SessionKey key = keys.mint(session, lifetime);
      return runtime::Credentials{key.credentials.access_key_id, key.credentials.secret_access_key,
                                  key.credentials.session_token};
    };
    ports.revoke = [this](const std::string& access_key_id) { keys.revoke(access_key_id); };
    ports.make_environment = [this](runtime::EnvironmentSpec spec) { return environments.make(std::move(spec)); };
    ports.endpoint_url = [this] { return function_endpoint; };
    ports.queues = &queues;
    ports.observers = observers;
    return ports;
  }

  Ground ground;
  std::string function_endpoint;  // the engine as functions see it; set before any runs
  events::Feed feed{ground.clock, ground.timers};
  events::Journal journal{ground.database, ground.clock, ground.timers};
  events::Sums sums{ground.database, ground.clock, ground.timers};
  const events::Observers observers{&feed, &journal, &sums};
  events::Outbox outbox{ground.database, ground.clock, ground.timers};
  iam::Iam iam{iam::Dependencies{ground.database, ground.clock, system_random()}};
  sts::Keys keys{ground.database, ground.clock, system_random(),
                 ground.config.root.value_or(auth::Credentials{"test", "test", {}})};
  sts::Sts sts{sts::Dependencies{ground.database, keys, [this](std::string_view arn) { return assumable(arn); }}};
  logs::Logs logs{logs::Dependencies{ground.database, ground.clock, ground.timers}};

  sqs::Sqs sqs{sqs::Dependencies{ground.database, ground.clock, ground.timers, system_random(), ground.io,
                                 ground.workers, queue_settings(ground), observers}};
  LambdaQueues queues{sqs, ground.io};
  oci::Registry images{registry_dependencies(ground)};
  FunctionImages function_images{images, ground, [this](const std::string& code_id) {
                                   return lambda.store().names_code(code_id);
                                 }};
  runtime::ProcessEnvironments environments{ground.io, ground.workers, ground.clock, ground.timers,
                                            ground.data / "lambda" / "runtimes"};
  lambda::Lambda lambda{ground.database, ground.io,     ground.workers,
                        ground.clock,    ground.timers, system_random(),
                        control_ports(), data_ports(),  function_settings(ground)};
  FunctionUrlDoor function_urls{
      lambda, keys, ground.clock, ground.io,
      is_closed(ground.config) ? gateway::UnknownKeys::are_refused : gateway::UnknownKeys::are_root};
  StatesFunctions functions{lambda, system_random()};
  NotifiedTargets targets{lambda, sqs};
  s3::S3 s3{s3::Dependencies{ground.database, ground.blobs, outbox, targets, ground.clock, system_random(),
                             ground.workers, observers}};
  StatesLogSink history_sink{logs, feed};
  // No RoleDirectory: AWS checks a machine's role when a task uses it; enforcement comes later.
  states::States states{states::Dependencies{ground.database,
                                             ground.clock,
                                             ground.timers,
                                             system_random(),
                                             ground.workers,
                                             functions,
                                             &history_sink,
                                             {},
                                             observers}};

  RekognitionObjects media{s3};
  rekognition::Rekognition rekognition{
      rekognition::Dependencies{ground.database, media, ground.clock, system_random(), face_settings(ground)}};

  cloudwatch::CloudWatch cloudwatch{cloudwatch::Dependencies{sums, ground.clock}};
  oci::Distribution distribution{images, door_keeper(ground.config, keys)};
  ecr::Ecr ecr{images, ground.clock};
  Samples samples{sqs, lambda, feed, sums, ground.clock, ground.timers, ground.io};
  ssm::Ssm ssm{ssm::Dependencies{ground.database, ground.clock}};
  cloudformation::service::CloudFormation stacks{cloudformation::service::Dependencies{
      ground.database, ground.clock, system_random(),
      [this](auto who) { return make_stack_caller(stack_caller_ports(), std::move(who)); }}};
  readapi::ReadApi read_api{read_sources(feed, journal, sums, lambda, sqs, rekognition), ground.clock, ground.workers};

  std::deque<wire::ServiceDescriptor> descriptors;
  bool stopped = false;
};

Services::Services(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Services::~Services() { stop(); }

Result<std::unique_ptr<Services>> Services::build(Ground ground) {
  std::unique_ptr<Services> services(new Services(std::make_unique<Impl>(std::move(ground))));
  CUMULET_CHECK(services->impl_->build());
  return services;
}

Result<void> Services::start(const std::string& endpoint, runtime::InsideService inside) {
  return impl_->start(endpoint, std::move(inside));
}
void Services::stop() { impl_->stop(); }
const std::deque<wire::ServiceDescriptor>& Services::descriptors() const { return impl_->descriptors; }
const auth::KeyDirectory& Services::keys() const { return impl_->keys; }
Services::ShortKey Services::mint_short_key(Seconds lifetime) {
  sts::SessionKey key = impl_->keys.mint_for_root(lifetime);
  return {std::move(key.credentials), key.expires};
}
void Services::revoke_short_key(const std::string& access_key_id) { impl_->keys.revoke(access_key_id); }
bool Services::is_function_url(const http::RequestHead& head) { return FunctionUrlDoor::takes(head); }
awaitable<http::Response> Services::function_url(const http::RequestHead& head, http::BodyStream& body) {
  return impl_->function_urls.handle(head, body);
}
http::Response Services::package(const http::RequestHead& head) const { return package_page(impl_->lambda, head); }
std::vector<gateway::Gauge> Services::gauges() const { return work_gauges(impl_->sqs, impl_->lambda); }
awaitable<http::Response> Services::read(const http::RequestHead& head) { return impl_->read_api.handle(head); }
awaitable<http::Response> Services::registry(const http::RequestHead& head, http::BodyStream& body) {
  return impl_->distribution.handle(head, body);
}
void Services::note(const gateway::FailedRequest& failed) { impl_->journal.note(row_of(failed)); }
void Services::end_watching() { impl_->feed.close(); }
std::string Services::face_detector() const { return impl_->rekognition.detector(); }

}  // namespace cumulet::server
