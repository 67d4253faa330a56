#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "services/lambda/function.hpp"
#include "services/lambda/function_store.hpp"
#include "services/lambda/output_log.hpp"
#include "services/lambda/ports.hpp"

namespace cumulet::lambda {

// What a streamed answer goes to.
class StreamSink : public runtime::ResponseSink {
 public:
  virtual void runs(const FunctionVersion& version) = 0;  // before anything else; again when it is tried again
};

// One invocation of a function.
struct InvocationJob {
  std::string region;
  std::string function_name;
  std::optional<std::string> qualifier;  // a version or an alias; none: $LATEST
  std::string request_id;
  std::shared_ptr<const std::string> payload;  // JSON text
  std::string function_arn;                    // as the caller qualified it; empty: the function's
  std::string trace_id;                        // X-Amzn-Trace-Id, or its root alone (base/trace.hpp); empty: made
  std::string client_context;                  // JSON text
  bool wants_tail = false;
  std::shared_ptr<StreamSink> sink;  // takes what the function streams; null: nothing is streamed
  // Until when it waits for room within the memory budget, on the steady clock; none: EnvironmentSettings::max_wait
  // from now.
  std::optional<TimePoint> wait_until;
};

struct InvocationOutcome {
  std::string payload;    // the answer, or the error document
  bool is_error = false;  // X-Amz-Function-Error
  bool streamed = false;  // the answer went to the job's sink; `payload` is empty, or the error that ended it
  std::string executed_version{kLatest};
  std::string log_tail;  // with wants_tail
};

class Witness;
struct Report;

struct EnvironmentSettings {
  std::filesystem::path scratch;              // <data>/lambda/tmp: functions' /tmp folders
  std::vector<std::filesystem::path> hidden;  // the data folder
  std::uint64_t memory_budget_mb = 0;         // of all environments together; 0: twice the machine's memory
  Milliseconds idle_limit{10 * 60 * 1000};    // then an environment is ended
  Milliseconds init_limit{10'000};
  Milliseconds max_wait{10'000};  // for room within the budget; then 429
  int scaling_step = 1'000;       // environments of a function that may be started within a window
  Milliseconds scaling_window{10'000};
  Milliseconds max_age{6 * 3600 * 1000};  // their credentials live twice as long
};

// Execution environments of all functions' versions: started when all are busy up to the function's and the account's
// concurrency, reused while warm, replaced after a change of code or configuration, ended when idle.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
// Everything here is called, and calls back, on the executor (one I/O thread); workers do what may block.
class Environments {
 public:
  using Done = std::function<void(Result<InvocationOutcome>)>;

  Environments(FunctionStore& store, boost::asio::any_io_executor executor, boost::asio::any_io_executor workers,
               const Clock& clock, Timers& timers, Random& random, DataPorts ports, EnvironmentSettings settings);
  ~Environments();

  // Errors: ResourceNotFoundException, TooManyRequestsException (with Reason). `done` is never called from inside.
  void invoke(InvocationJob job, Done done);
  // Whether an invocation would neither be throttled now nor have to wait for room: event sources ask before they take
  // anything from their queue.
  bool admits(const Function& function, const FunctionVersion& version) const;
  // Calls back once, soon, when a place has become free; in the order of asking.
  void when_free(std::function<void()> callback) { for_free_.push_back(std::move(callback)); }
  // The function changed or is gone: warm environments of older generations end; its code is dropped once unused.
  void changed(const FunctionRef& before, const FunctionRef& after);
  // A package that was named elsewhere is not any more: dropped once nobody uses it.
  void retire_code(const std::string& code_id);
  // Asked before a package is dropped: whether something else than environments still names it. Any thread.
  void set_names_code(std::function<bool(const std::string& code_id)> names) { names_code_ = std::move(names); }
  // Ends everything; what is running is not answered any more.
  void stop();

  // The trace of an invocation that came with `header`, which may be empty or a root alone.
  std::string trace_id_of(std::string_view header);

  std::size_t count() const { return entries_.size(); }  // of environments, starting ones included
  int in_flight(const std::string& region, const std::string& name) const;
  struct Count {
    std::string region, name;
    int busy = 0, idle = 0;  // starting ones are busy
  };
  std::vector<Count> counts() const;  // of functions that have any
  struct Live {
    std::string id, region, name;
    std::string state;       // "starting", "busy", "idle"
    std::string request_id;  // that it works on, or is started for
    TimePoint made;          // on the wall's clock
    TimePoint idle_since;    // idle ones: on the wall's clock
    int memory_mb = 0;
    std::string log_group, log_stream;
  };
  std::vector<Live> live() const;                         // in the order of their making
  std::uint64_t memory_mb() const { return memory_mb_; }  // of all environments
  std::uint64_t memory_budget_mb() const { return settings_.memory_budget_mb; }

 private:
  struct Entry;
  struct Pending;
  using Key = std::pair<std::string, std::string>;                       // region, name
  using VersionKey = std::tuple<std::string, std::string, std::string>;  // and version
  using EntryPtr = std::shared_ptr<Entry>;
  using PendingPtr = std::shared_ptr<Pending>;
  struct Scaling {
    TimePoint since{};
    int started = 0;
  };
  enum class Attempt { init, invoke };  // a failed init is tried again as a part of the invocation

  std::optional<Error> refuse(const Function& function) const;
  void place(const PendingPtr& pending);
  // The version that the job's qualifier stands for; an alias with weights is drawn for. Null: there is none.
  VersionRef chosen_version(const FunctionRef& function, const std::optional<std::string>& qualifier);
  // No further environment of the function may be started now.
  bool scales_too_fast(const std::string& region, const std::string& name);
  bool make_room(int memory_mb);
  void start(const PendingPtr& pending, Attempt attempt);
  void started(const EntryPtr& entry, Attempt attempt, runtime::InitResult result);
  void init_timed_out(const EntryPtr& entry, Attempt attempt);
  void run(const EntryPtr& entry, const PendingPtr& pending);
  void finished(const EntryPtr& entry, runtime::InvocationResult result);
  void conclude(const EntryPtr& entry, const PendingPtr& pending, InvocationOutcome outcome, const Report& report);
  void release(const EntryPtr& entry);
  void remove(const EntryPtr& entry, bool politely);
  void drop_unused_code();
  void serve_waiting();
  void freed();  // an invocation ended, or its waiting
  void reap_idle();
  void post(std::function<void()> task);
  void post_to_workers(std::function<void()> task);
  // Runs `task` on the executor at `when`, unless everything was stopped.
  Timers::Id at(TimePoint when, std::function<void()> task);
  std::string trace_id();

  FunctionStore& store_;
  boost::asio::any_io_executor executor_, workers_;
  const Clock& clock_;
  Timers& timers_;
  Random& random_;
  DataPorts ports_;
  EnvironmentSettings settings_;
  std::unique_ptr<Witness> witness_;
  std::function<bool(const std::string& code_id)> names_code_;

  std::list<EntryPtr> entries_;
  std::list<EntryPtr> ending_;                        // asked to end, given a moment
  std::map<VersionKey, std::vector<EntryPtr>> idle_;  // the last used at the end
  std::map<Key, int> in_flight_;
  std::map<Key, Scaling> scaling_;
  std::deque<PendingPtr> waiting_;  // for room
  std::vector<std::function<void()>> for_free_;
  bool telling_free_ = false;
  std::set<std::string> retired_code_;  // of older generations and deleted versions
  std::uint64_t memory_mb_ = 0;
  bool reaping_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cumulet::lambda
